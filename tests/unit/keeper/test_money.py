"""Worth and cost in wei: rounded down, in integers, with a price that is known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bulkhead.exceptions import InvalidInput
from bulkhead.keeper.money import Prices, bumped, current_fees
from bulkhead.keeper.types import Fees, Head
from bulkhead.model.types import WAD

GWEI = 10**9


def pair(label: str, decimals: int = 6) -> Any:
    quote = label.partition("/")[2]
    return SimpleNamespace(label=label, quote=quote, asset=f"asset {quote}", decimals=decimals)


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_wei__price_of_the_pair_itself__is_exact(decimals: int):
    prices = Prices("ETH", {}, [pair("ETH/USD", decimals)])
    assert prices.wei("asset USD", 10**decimals) == 0  # not known yet
    prices.learn("ETH/USD", 2_000 * WAD)
    assert prices.wei("asset USD", 10**decimals) == 5 * 10**14
    prices.learn("ETH/USD", 0)  # without a price, the last one stays
    assert prices.wei("asset USD", 3 * 10**decimals) == 15 * 10**14


def test_wei__number_or_another_pair__is_taken():
    pairs = [pair("ETH/USDC"), pair("BTC/DAI", 18)]
    prices = Prices("ETH", {"DAI": "eth/usdc", "USDC": "2500"}, pairs)
    prices.learn("ETH/USDC", 2_000 * WAD)
    assert prices.wei("asset USDC", 2_500 * 10**6) == WAD
    assert prices.wei("asset DAI", 2_000 * WAD) == WAD


@pytest.mark.parametrize(
    ("given", "words"),
    [({}, "No pair ETH/DAI"), ({"DAI": "ETH/XYZ"}, "No pair"), ({"DAI": "0"}, "above zero"),
     ({"DAI": "x"}, "not a number")],
)  # fmt: skip
def test_prices__none_for_an_asset__says_what_to_set(given: dict[str, str], words: str):
    with pytest.raises(InvalidInput, match=words):
        Prices("ETH", given, [pair("BTC/DAI", 18)])


def test_current_fees__base_fee__leaves_room_and_keeps_the_cap():
    head = Head(1, "0x", 0, 10 * GWEI)
    assert current_fees(head, GWEI, 300 * GWEI) == Fees(21 * GWEI, GWEI)
    assert current_fees(head, GWEI, 15 * GWEI) == Fees(15 * GWEI, GWEI)
    assert current_fees(head, GWEI, 300 * GWEI).price(10 * GWEI) == 11 * GWEI


def test_bumped__both_fees__by_an_eighth_at_least():
    old = Fees(80, 8)
    assert bumped(old, Fees(80, 8), 1_000) == Fees(91, 10)
    assert bumped(old, Fees(500, 8), 1_000) == Fees(500, 10)
    assert bumped(old, Fees(80, 8), 90) is None
