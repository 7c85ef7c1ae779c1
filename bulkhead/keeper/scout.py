"""What is due at a block: found without a request for each position, ordered by what it brings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from bulkhead.client.codec import package_abi
from bulkhead.client.node import View
from bulkhead.client.pair import Pair, PositionKey
from bulkhead.keeper.money import Prices
from bulkhead.keeper.types import Head, Item, Kind
from bulkhead.model.types import Market, Position, PriceBand, Status
from bulkhead.vector import Book, Moment

_KINDS = {
    Status.LIQUIDATABLE: Kind.LIQUIDATE,
    Status.SETTLEABLE: Kind.SETTLE,
    Status.MARGIN_CALL: Kind.CALL_MARGIN,
}


Changes = Mapping[PositionKey, Position | None]  # None stands for closed


class Positions(Protocol):
    """Where positions come from."""

    def update(self) -> Mapping[str, Changes]:
        """By pair, what has changed up to the latest block since the last call."""

    def close(self) -> None:
        """Let go of files."""


class Watched(NamedTuple):
    """A vault at one block: its price and market, and its positions."""

    moment: Moment
    book: Book


class SignedOrders(Protocol):
    """Where signed orders come from."""

    def waiting(self, head: Head, watched: Mapping[str, Watched]) -> Iterable[Item]:
        """Those whose moment may have come; a simulation decides. `watched` by vault."""


@dataclass(frozen=True)
class Found:
    """At one block."""

    items: list[Item]
    watched: int  # open positions
    under: set[str]  # ids of those under the margin-call line
    silent: set[str]  # vaults without a live price: nothing is known of their positions


class Scout:
    """Watches pairs. `prices` learns the pairs' prices on the way."""

    def __init__(
        self,
        pairs: list[Pair],
        positions: Positions,
        prices: Prices,
        orders: SignedOrders | None = None,
    ) -> None:
        self.pairs, self.prices = pairs, prices
        self._positions, self._orders = positions, orders
        self._books = {pair.label: Book(pair.params, pair.decimals) for pair in pairs}

    def close(self) -> None:
        self._positions.close()

    def learn(self) -> None:
        """The pairs' prices as they are, before anything is reckoned with them."""
        for pair, (_, band) in zip(self.pairs, self._read(), strict=True):
            if band is not None and band.live:
                self.prices.learn(pair.label, (band.bid + band.ask) // 2)

    def scan(self, head: Head) -> Found:
        """Everything that is due at `head`, the most valuable first."""
        found = Found([], 0, set(), set())
        for label, changes in self._positions.update().items():
            self._books[label].update(changes)
        moments = []
        for pair, (market, band) in zip(self.pairs, self._read(), strict=True):
            # a second later: the earliest at which a transaction can happen
            now = head.timestamp + 1
            moment = Moment(pair.params, pair.decimals, market, now=now, band=band)
            self.prices.learn(pair.label, moment.mid)
            moments.append(moment)
        for pair, moment in zip(self.pairs, moments, strict=True):
            self._judge(pair, moment, found)
        if self._orders is not None:
            watched = {
                pair.vault: Watched(moment, self._books[pair.label])
                for pair, moment in zip(self.pairs, moments, strict=True)
            }
            found.items.extend(self._orders.waiting(head, watched))
        found.items.sort(key=lambda item: -item.worth)
        return replace(found, watched=sum(map(len, self._books.values())))

    def _read(self) -> list[tuple[Market, PriceBand | None]]:
        """Market and band of every pair, in one request."""
        views = [view for pair in self.pairs for view in _views(pair)]
        words = self.pairs[0].node.try_views(views) if self.pairs else []
        return [
            (Market(*market), PriceBand(*band) if band else None)
            for market, band in zip(words[::2], words[1::2], strict=True)
        ]

    def _judge(self, pair: Pair, moment: Moment, found: Found) -> None:
        if not moment.band.live:
            found.silent.add(pair.vault)
            return
        book = self._books[pair.label]
        for status, keys in book.due(moment).items():
            for key in keys:
                worth = 0
                if status == Status.LIQUIDATABLE:
                    reward = moment.liquidation(book[key]).reward
                    worth = self.prices.wei(pair.asset, reward)
                found.items.append(Item(_KINDS[status], pair.vault, *key, worth))
                if status != Status.SETTLEABLE:
                    found.under.add(position_id(pair.vault, key))


def position_id(vault: str, key: PositionKey) -> str:
    """Names a position in the keeper's memory."""
    return f"{vault}:{key[0]}:{key[1]}"


def _views(pair: Pair) -> list[View]:
    return [
        View(pair.vault, pair.abi, "get_market"),
        View(pair.entry.oracle, package_abi("IPriceOracle"), "price_band"),
    ]
