"""A12, A16: checks look at what a position is worth now, and at what is stored in the end."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil

import pytest

from bulkhead.model import WAD, Health, Market, Position, Status
from tests.kit import PRICE, World
from tests.regression.support import TIMELESS, call, run, trade
from tests.simulation import Call, Outcome

ETH = WAD


# ---- A12 ----


def healths(world: World, trader, prices: list[int]) -> list[Health]:
    """Of position 1 at each of the prices."""
    looks = []
    for price in prices:
        looks.append(Call(world.owner, world.oracle, "set_price", (price,)))
        looks.append(call(world, trader, "get_health", trader, 1))
    (found,) = run(world, (1, looks))
    return [
        Health(Status(status), *rest) for status, *rest in (made.result for made in found[1::2])
    ]


def test_a12__health__is_of_the_price_now(make_world, trader, side):
    """Unstoppable #150: leverage was worked out from the margin and debt of the opening, so a
    position was healthy until it was long gone, or the other way round."""
    world = make_world(**TIMELESS)
    world.set_price(PRICE)
    size, params = 30 * ETH, world.params
    world.adjust(trader, 1, side * size, world.units(9_000))
    position = world.position(trader, 1)
    moves = [*range(-30, 31, 2), 80]
    prices = [PRICE * (100 - side * percent) // 100 for percent in moves]  # from best to worst
    found = healths(world, trader, prices)
    for price, health in zip(prices, found, strict=True):
        value = Fraction(size * price, world.scale)
        part = Fraction(size, params.skew_scale)
        for name in ("maintenance", "margin_call", "initial"):
            ratio = Fraction(getattr(params, f"{name}_ratio"), WAD)
            assert getattr(health, name) == pytest.approx(float(value * (ratio + part)), abs=2)
        gain = side * value - position.basis * side
        assert health.gain == pytest.approx(float(gain), abs=1)
        assert health.equity == position.margin + health.gain
        is_under = health.equity < health.maintenance
        assert (health.status == Status.LIQUIDATABLE) == is_under
    equities = [health.equity for health in found]
    assert equities == sorted(equities, reverse=True), "never better at a worse price"
    order = [Status.HEALTHY, Status.MARGIN_CALL, Status.LIQUIDATABLE]
    ranks = [order.index(health.status) for health in found]
    assert ranks == sorted(ranks)
    assert {0, 2} <= set(ranks)


# ---- A16 ----


def last_accepted(is_accepted: Callable[[int], bool], low: int, high: int) -> int:
    """The largest number that is; `low` is, `high` is not."""
    assert is_accepted(low)
    assert not is_accepted(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_accepted(middle) else (low, middle)
    return low


def test_a16__largest_opening__cap_holds_on_what_is_stored(make_world, trader, side):
    """GMX #135: the cap of open interest was compared with what was there before the trade, so one
    trade could go past it by its own size."""
    world = make_world(pool=1_000, protocol_share=WAD // 5, max_utilisation=WAD // 2)
    world.set_price(PRICE)
    market_of = call(world, trader, "get_market")

    def attempt(size: int) -> list[Outcome]:
        (made,) = run(
            world, (1, [trade(world, trader, 1, side * size, world.units(5_000)), market_of])
        )
        return made

    size = last_accepted(lambda size: attempt(size)[0].is_success, 1, ETH)
    market = Market(*attempt(size)[1].result)
    assert 2 * market.reserved <= market.pool, "with the fee that has come in, and not more"
    assert market.pool - 2 * market.reserved < 10
    assert attempt(size + 10**13)[0].reason == "vault: pool full"


def test_a16__least_margin__ratio_holds_on_what_is_stored(make_world, trader, side):
    """The same of the margin: what the fee and the spread have taken is no longer there."""
    world = make_world(trading_fee=WAD // 200, maintenance_ratio=3 * WAD // 100)
    size = 10 * ETH
    looks = [call(world, trader, view, trader, 1) for view in ("get_position", "get_health")]

    def attempt(missing: int) -> list[Outcome]:
        margin = world.units(2_000) - missing
        (made,) = run(world, (1, [trade(world, trader, 1, side * size, margin), *looks]))
        return made

    missing = last_accepted(lambda missing: attempt(missing)[0].is_success, 0, world.units(1_000))
    _, found, seen = attempt(missing)
    position, (_, equity, gain, *_) = Position(*found.result), seen.result
    value = Fraction(size * (1_998 if side > 0 else 2_002) * WAD, world.scale)
    needed = ceil(value * (Fraction(5, 100) + Fraction(size, world.params.skew_scale)))
    assert gain < 0
    assert position.margin + gain == equity == needed
    assert attempt(missing + 1)[0].reason == "vault: below initial ratio"
