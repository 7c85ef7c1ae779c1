"""What a reward is worth and what a transaction costs, in wei."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bulkhead.client.codec import call_data
from bulkhead.client.node import Node
from bulkhead.client.pair import Pair
from bulkhead.client.units import parse_decimal, to_units
from bulkhead.exceptions import InvalidInput
from bulkhead.keeper.types import Fees, Head
from bulkhead.model.types import WAD

_BUMP_PERCENT = 13  # nodes take a replacement from 10 or 12.5 % more on, in both fees
_SIGNATURE_BYTES = 110  # of a transaction around its call data, about


class Prices:
    """Prices of the native coin in each pair's asset: from settings, or from a pair's own oracle"""

    def __init__(self, native: str, given: Mapping[str, str], pairs: list[Pair]) -> None:
        """Raises InvalidInput where a pair's asset has no price."""
        labels = {pair.label.lower(): pair.label for pair in pairs}
        self._fixed: dict[str, int] = {}  # asset units for one coin, by asset
        self._from: dict[str, tuple[str, int]] = {}  # label and one unit, by asset
        self._mids: dict[str, int] = {}  # WAD, by label
        for pair in pairs:
            source = given.get(pair.quote, f"{native}/{pair.quote}")
            label = labels.get(source.lower())
            if label is not None:
                self._from[pair.asset] = label, 10**pair.decimals
            elif pair.quote in given and "/" not in source:
                self._fixed[pair.asset] = _price(source, pair)
            else:
                raise InvalidInput(
                    f"what is a reward in {pair.quote} worth? No pair {source} is kept",
                    f'Say it in native_prices: {pair.quote} = "2000", or the label of a pair.',
                )

    def learn(self, label: str, mid: int) -> None:
        """The latest live price (WAD) of a pair; 0 where it has none, and the last one stays."""
        if mid:
            self._mids[label] = mid

    def wei(self, asset: str, units: int) -> int:
        """Of asset units, rounded down; 0 while the price is not known yet."""
        if asset in self._fixed:
            return units * WAD // self._fixed[asset]
        label, one = self._from[asset]
        mid = self._mids.get(label, 0)
        return units * WAD * WAD // (mid * one) if mid else 0


def _price(text: str, pair: Pair) -> int:
    number: Decimal = parse_decimal(text, f"native_prices.{pair.quote}")
    units = to_units(number, pair.decimals, f"native_prices.{pair.quote}")
    if units <= 0:
        raise InvalidInput(f"native_prices.{pair.quote}: a price is above zero")
    return units


def current_fees(head: Head, tip: int, max_fee: int) -> Fees:
    """Room for five full blocks in a row; never more than `max_fee`."""
    return Fees(min(2 * head.base_fee + tip, max_fee), min(tip, max_fee))


def bumped(fees: Fees, fresh: Fees, max_fee: int) -> Fees | None:
    """What replaces a transaction that hangs; None where that would be above `max_fee`."""
    more = Fees(
        max(fresh.max_fee, _more(fees.max_fee)),
        max(fresh.tip, _more(fees.tip)),
    )
    return more if more.max_fee <= max_fee else None


def _more(fee: int) -> int:
    return -(-fee * (100 + _BUMP_PERCENT) // 100)


def l1_fee(node: Node, oracle: str | None, data: str) -> int:
    """Wei for a transaction's data on the first layer, where the OP stack charges it apart."""
    if oracle is None:
        return 0
    padded = bytes.fromhex(data[2:]) + b"\xff" * _SIGNATURE_BYTES
    query = {"to": oracle, "data": call_data("getL1Fee(bytes)", padded)}
    return int(node.request("eth_call", query, "latest"), 16)
