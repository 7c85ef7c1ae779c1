"""Orders by what they are for: every field, mirrored for shorts, and what makes no sense."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.exceptions import InvalidOrder
from bulkhead.model import MAX_UINT256, WAD
from bulkhead.orders import Order, Trigger
from bulkhead.orders.build import (
    ALL,
    Life,
    Terms,
    any_price,
    bounded,
    bracket,
    cost,
    fresh_id,
    limit_entry,
    stop,
    stop_entry,
    take_profit,
    top_up,
)
from bulkhead.orders.tables import kind_of
from tests.unit.orders.support import OPERATOR, OWNER, VAULT

TERMS = Terms(OWNER.address, OPERATOR.address, VAULT, 5, 2, 1_000, 4_000)
LIFE = Life(7, 900)
ABOVE, BELOW = Trigger.PRICE_AT_OR_ABOVE, Trigger.PRICE_AT_OR_BELOW


def fields(order: Order) -> tuple[Any, ...]:
    """What a constructor decides."""
    common = order.owner, order.signer, order.vault, order.nonce, order.keeper_fee
    assert common == (OWNER.address, OPERATOR.address, VAULT, 5, 2)
    assert (order.valid_from, order.deadline) == (1_000, 4_000)
    assert (order.position_id, order.opened_at) == (7, 900)
    return (
        kind_of(order), order.size_delta, order.margin_delta, order.reduce_only,
        order.acceptable_price, order.trigger, order.trigger_value,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (limit_entry(TERMS, LIFE, 3, 10, 50), ("limit entry", 3, 10, False, 50, 0, 0)),
        (limit_entry(TERMS, LIFE, -3, 10, 50), ("limit entry", -3, 10, False, 50, 0, 0)),
        (stop_entry(TERMS, LIFE, 3, 10, 50, 51), ("stop entry", 3, 10, False, 51, ABOVE, 50)),
        (stop_entry(TERMS, LIFE, -3, 10, 50, 49), ("stop entry", -3, 10, False, 49, BELOW, 50)),
        (take_profit(TERMS, LIFE, 1, 60, 59), ("take profit", -ALL, 0, True, 59, ABOVE, 60)),
        (take_profit(TERMS, LIFE, -1, 40, 41, 2), ("take profit", 2, 0, True, 41, BELOW, 40)),
        (stop(TERMS, LIFE, 1, 40, 0, 2), ("stop", -2, 0, True, 0, BELOW, 40)),
        (stop(TERMS, LIFE, -1, 60, MAX_UINT256), ("stop", ALL, 0, True, MAX_UINT256, ABOVE, 60)),
        (top_up(TERMS, LIFE, 10, 2 * WAD), ("top-up", 0, 10, False, 0, 3, 2 * WAD)),
    ],
)
def test_order__by_what_it_is_for__has_its_fields(order: Order, expected: tuple[Any, ...]):
    assert fields(order) == expected


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("kind", ["limit", "stop"])
def test_bracket__exits__are_for_the_life_that_the_entry_begins(side: int, kind: str):
    new = Life(7)
    price = 50 * WAD
    entry = (
        limit_entry(TERMS, new, side * 3, 10, price)
        if kind == "limit"
        else stop_entry(TERMS, new, side * 3, 10, price, any_price(side))
    )
    made = bracket(entry, 6, price + side * WAD, price - side * WAD, slippage=WAD // 100)

    assert made.entry == entry
    assert list(map(kind_of, made.orders[1:])) == ["take profit", "stop"]
    for order in made.orders[1:]:
        assert (order.nonce, order.size_delta, order.reduce_only) == (6, -side * ALL, True)
        assert order.deadline == 4_000 + 3_000
        # a life is meant that begins after `valid_from` and not after `opened_at`: whenever
        # the entry may execute, from its first second to its last
        assert (order.valid_from, order.opened_at) == (entry.valid_from - 1, entry.deadline)
    worst = (price + side * WAD) * (100 - side) // 100
    assert made.take_profit.acceptable_price == worst
    assert made.stop.acceptable_price == any_price(-side)


@pytest.mark.parametrize(
    ("profit", "loss", "changes", "words"),
    [
        (49, 40, {}, "must rise: stop < entry < take profit"),
        (60, 50, {}, "must rise"),
        (60, 40, {"size_delta": -1}, "must rise: take profit < entry < stop"),
        (60, 40, {"nonce": 6}, "another nonce"),
        (60, 40, {"opened_at": 1}, "opens a position"),
    ],
)
def test_bracket__makes_no_sense__refuses(
    profit: int, loss: int, changes: dict[str, Any], words: str
):
    entry = replace(limit_entry(TERMS, Life(7), 3, 10, 50), **changes)
    with pytest.raises(InvalidOrder, match=words):
        bracket(entry, 6, profit, loss, slippage=0)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: limit_entry(TERMS, LIFE, 0, 10, 50), "needs a size"),
        (lambda: limit_entry(TERMS, LIFE, 1, 10, 0), "price above 0"),
        (lambda: stop_entry(TERMS, LIFE, 1, -1, 50, 50), "no negative margin"),
        (lambda: take_profit(TERMS, LIFE, 1, 0, 0), "price above 0"),
        (lambda: stop(TERMS, LIFE, 1, 50, 0, 0), "needs a size"),
        (lambda: top_up(TERMS, LIFE, 0, 2 * WAD), "must be positive"),
        (lambda: top_up(TERMS, LIFE, 1, WAD), "at a health of 1"),
        (lambda: bounded(50, 1, WAD), "slippage"),
        (lambda: bounded(50, 1, -1), "slippage"),
    ],
)
def test_order__makes_no_sense__refuses(build: Any, words: str):
    with pytest.raises(InvalidOrder, match=words):
        build()


def test_cost__of_each_kind__is_what_is_pulled():
    assert cost(limit_entry(TERMS, LIFE, 3, 10, 50)) == 12
    assert cost(top_up(TERMS, LIFE, 10, 2 * WAD)) == 12
    assert cost(stop(TERMS, LIFE, 1, 40, 0)) == 0  # out of what it pays
    assert cost(stop(TERMS, LIFE, 1, 40, 0, 2)) == 2  # a part pays nothing out


def test_fresh_id__drawn_often__never_the_same():
    assert len({fresh_id() for _ in range(1_000)}) == 1_000
