"""Which orders a keeper takes a closer look at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bulkhead.keeper.orders import is_near
from bulkhead.keeper.scout import Watched
from bulkhead.model.types import MAX_UINT256, WAD, Market, Position, PriceBand
from bulkhead.orders import Order, Trigger
from bulkhead.profiles import REFERENCE_PROFILE
from bulkhead.vector import Book, Moment

OWNER, VAULT = "0x" + "11" * 20, "0x" + "22" * 20
NOW = 1_000
LONG = Position(WAD, 200 * 10**6, 2_000 * 10**6, 2_000 * 10**6, 1, 1)


def watched(bid: int = 1_990, ask: int = 2_010, *, live: bool = True) -> Watched:
    """One long of one ETH, from 2,000."""
    market = Market(long_size=WAD, long_basis=2_000 * 10**6, pool=10**12, reserved=2_000 * 10**6)
    band = PriceBand(bid * WAD, ask * WAD, NOW, live)
    book = Book(REFERENCE_PROFILE, 6)
    book.put((OWNER, 1), LONG)
    return Watched(Moment(REFERENCE_PROFILE, 6, market, now=NOW, band=band), book)


ORDER = Order(
    owner=OWNER,
    signer=OWNER,
    vault=VAULT,
    position_id=1,
    opened_at=1,
    size_delta=-WAD,
    margin_delta=0,
    reduce_only=True,
    acceptable_price=0,
    trigger=Trigger.NONE,
    trigger_value=0,
    keeper_fee=10**6,
    nonce=0,
    valid_from=NOW,
    deadline=NOW,
)


def price_order(trigger: Trigger, value: int, size_delta: int) -> Order:
    bound = MAX_UINT256 if size_delta > 0 else 0
    return replace(
        ORDER, trigger=trigger, trigger_value=value * WAD, size_delta=size_delta,
        acceptable_price=bound, reduce_only=False,
    )  # fmt: skip


def test_is_near__time__is_kept_at_both_ends():
    assert is_near(ORDER, watched(), NOW)
    assert not is_near(ORDER, watched(), NOW - 1)
    assert not is_near(ORDER, watched(), NOW + 1)
    assert not is_near(ORDER, watched(live=False), NOW)


@pytest.mark.parametrize(
    ("trigger", "value", "size_delta", "is_due"),
    [
        (Trigger.PRICE_AT_OR_ABOVE, 1_990, -WAD, True),
        (Trigger.PRICE_AT_OR_ABOVE, 1_991, -WAD, False),
        (Trigger.PRICE_AT_OR_ABOVE, 2_010, WAD, True),
        (Trigger.PRICE_AT_OR_ABOVE, 2_011, WAD, False),
        (Trigger.PRICE_AT_OR_BELOW, 1_990, -WAD, True),
        (Trigger.PRICE_AT_OR_BELOW, 1_989, -WAD, False),
        (Trigger.PRICE_AT_OR_BELOW, 2_010, WAD, True),
        (Trigger.PRICE_AT_OR_BELOW, 2_009, WAD, False),
    ],
)
def test_is_near__price_trigger__looks_at_the_side_of_the_trade(
    trigger: Trigger, value: int, size_delta: int, is_due: bool
):
    assert is_near(price_order(trigger, value, size_delta), watched(), NOW) is is_due


def test_is_near__acceptable_price__counts_the_impact():
    buy = replace(ORDER, size_delta=10 * WAD, reduce_only=False)
    assert not is_near(replace(buy, acceptable_price=2_010 * WAD), watched(), NOW)
    assert is_near(replace(buy, acceptable_price=2_011 * WAD), watched(), NOW)
    sell = replace(ORDER, size_delta=-WAD)
    assert is_near(replace(sell, acceptable_price=1_990 * WAD), watched(), NOW)
    assert not is_near(replace(sell, acceptable_price=1_990 * WAD + 1), watched(), NOW)


def test_is_near__reduce_only__needs_something_to_reduce():
    assert not is_near(replace(ORDER, size_delta=WAD), watched(), NOW)
    assert not is_near(replace(ORDER, position_id=2), watched(), NOW)


def test_is_near__health__strictly_below_the_value():
    market = watched()
    health = market.moment.health(LONG)
    ratio = health.equity * WAD // health.maintenance
    top_up = replace(
        ORDER, trigger=Trigger.HEALTH_BELOW, size_delta=0, margin_delta=10**6, reduce_only=False
    )
    assert is_near(replace(top_up, trigger_value=ratio + 1), market, NOW)
    assert not is_near(replace(top_up, trigger_value=ratio), market, NOW)
    assert not is_near(replace(top_up, trigger_value=ratio + 1, position_id=2), market, NOW)
