"""A7, A13, A19, A20: everyone gets out, in any order, with what is his and no more."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from bulkhead.model import WAD
from tests.kit import PRICE, any_price
from tests.regression.support import (
    DAY,
    FREE,
    TIMELESS,
    begin_wind_down,
    call,
    run,
    set_price_against,
    trade,
)
from tests.simulation import Call

ETH = WAD


# ---- A7 ----


@pytest.mark.parametrize("route", ["close", "reduce", "liquidate", "settle"])
def test_a7__carry_has_eaten_the_margin__there_is_a_way_out(
    make_world, trader, keeper, side, route
):
    """Velar #96: when the fees that had run up were more than the margin, closing reverted, and so
    did everything else: the position could only grow worse.

    A year at 1,000 %: the position owes ten times its value.
    """
    world = make_world(borrow_base=10 * WAD, max_funding=0)
    world.set_price(PRICE)
    world.adjust(trader, 1, side * 10 * ETH, world.units(2_000))
    world.advance(365 * DAY)
    margin, health = world.position(trader, 1).margin, world.health(trader, 1)
    assert health.equity < -9 * world.units(20_000)
    pool = world.market().pool
    if route == "close":
        assert world.close(trader, 1).result == 0
    elif route == "reduce":
        refused = (1, -side * ETH, 0, any_price(-side))
        world.refuse("below min margin", "adjust_position", *refused, sender=trader)
        made = world.adjust(trader, 1, -side * ETH, 2 * world.units(200_000))
        assert made.result[0] == side * 9 * ETH, "with what it owes, in part"
        world.close(trader, 1)
    elif route == "liquidate":
        _, reward = world.send("liquidate", trader, 1, sender=keeper).result
        assert reward == world.params.keeper_min_reward
    else:
        world.send("accrue", sender=keeper)
        world.set_price(PRICE)
        begin_wind_down(world, keeper)
        assert world.send("settle_position", trader, 1, sender=keeper).result == 0
    assert world.position(trader, 1).size == 0
    assert world.market().reserved == 0
    assert world.market().pool >= pool + margin - world.params.keeper_min_reward


@pytest.mark.parametrize("route", ["close", "liquidate"])
def test_a7__fee_is_more_than_what_is_left__what_is_left_is_the_fee(
    make_world, trader, keeper, side, route
):
    """The last unit of a margin: there is no price at which a fee that cannot be paid is in the
    way."""
    world = make_world(**TIMELESS)
    world.set_price(PRICE)
    world.adjust(trader, 1, side * 10 * ETH, world.units(1_500))
    margin, cost = world.position(trader, 1).margin, world.units(20_000)
    paid = []
    for spare in (0, 1, world.units(1), world.units(13)):
        price = PRICE - side * PRICE * (margin - spare) // cost
        moved = Call(world.owner, world.oracle, "set_price", (price,))
        close = call(world, trader, "close_position", 1, any_price(-side))
        out = close if route == "close" else call(world, keeper, "liquidate", trader, 1)
        ((_, made),) = run(world, (1, [moved, out]))
        assert made.is_success, spare
        paid.append(made.result if route == "close" else made.result[1])
    least = 0 if route == "close" else world.params.keeper_min_reward
    assert paid[:3] == [least] * 3


# ---- A13 ----


@pytest.mark.parametrize("seed", range(3))
def test_a13__adds_and_partial_closes__pay_no_more_than_margin_and_reserve(
    make_world, trader, side, seed
):
    """Tigris H-04, H-09: the limit of a profit was that of one call, so it was passed in parts, or
    raised by a dust of an increase.

    A position at 60 ups and downs of a wild price, with adds and partial closes in between.
    """
    world = make_world(**TIMELESS, reserve_ratio=WAD // 10)
    dice = random.Random(seed)
    world.set_price(PRICE)
    reserved, gained, blocks = 0, 0, []
    opening = trade(world, trader, 1, side * 20 * ETH, world.units(400_000))
    blocks.append((1, [opening, call(world, trader, "get_position", trader, 1)]))
    for step in range(60):
        price = PRICE * dice.randrange(60, 150) // 100
        moved = Call(world.owner, world.oracle, "set_price", (price,))
        size = dice.choice([1, 1, -1]) * dice.randrange(1, 10**19)
        calls = [
            moved,
            trade(world, trader, 1, side * size),
            call(world, trader, "get_position", trader, 1),
        ]
        blocks.append((2 + step, calls))
    outcomes = run(world, *blocks)
    before, capped, refusals = 0, 0, set()
    for made in outcomes:
        *_, traded, seen = made
        after = seen.result[3]
        if traded.is_success:
            event = dict(world.events_of(traded))["PositionAdjusted"]
            if event["size_delta"] * side > 0:
                reserved += after - before
            else:
                gained += event["realised"]
                assert event["realised"] <= before - after, "the closed share of the reserve"
                capped += event["realised"] == before - after
        else:
            refusals.add(traded.reason)
        before = after
    assert gained + before <= reserved
    assert capped > 3
    assert "vault: gain at reserve" in refusals


def test_a13__gain_at_its_reserve__dust_does_not_raise_it(make_world, trader, side):
    world = make_world(**TIMELESS, reserve_ratio=WAD // 10)
    world.set_price(PRICE)
    world.adjust(trader, 1, side * 20 * ETH, world.units(40_000))
    reserve = world.position(trader, 1).reserve
    set_price_against(world, side, -30)
    assert world.health(trader, 1).gain == reserve
    grow = (1, side, 0, any_price(side))
    world.refuse("gain at reserve", "adjust_position", *grow, sender=trader)


# ---- A19 ----


@pytest.mark.parametrize("is_ending", [False, True], ids=["open", "wind down"])
def test_a19__left_in_every_order__each_is_paid_the_same(
    make_world, trader, trader2, attacker, lp, keeper, is_ending
):
    """Flat Money #198: losses were booked against the margin of all, so who left last was paid out
    of what was left.

    Two that win all of the pool's reserve, one that loses, one that is bankrupt: 24 orders.
    """
    world = make_world(
        **FREE, reserve_ratio=WAD // 10, lp_lockup=0, max_utilisation=WAD, skew_scale=10**36
    )
    world.set_price(PRICE)
    owners = [trader, trader2, attacker, keeper]
    plans = [(300, 100_000), (200, 80_000), (-100, 90_000), (-250, 40_000)]
    for owner, (size, margin) in zip(owners, plans, strict=True):
        world.adjust(owner, 1, size * ETH, world.units(margin))
    market = world.market()
    world.send("withdraw", market.pool - market.reserved, sender=lp)
    world.set_price(PRICE * 120 // 100)
    if is_ending:
        begin_wind_down(world, keeper)
    expected = []
    for owner in owners:
        position, health = world.position(owner, 1), world.health(owner, 1)
        gain = min(health.gain, position.reserve)
        expected.append(max(position.margin + gain, 0))
    assert expected[3] == 0
    rounding = 0 if is_ending else 1  # of an impact of next to nothing
    closings = [
        call(world, owner, "close_position", 1, any_price(-size))
        for owner, (size, _) in zip(owners, plans, strict=True)
    ]
    see = call(world, lp, "get_market")
    pools = set()
    for order in permutations(range(4)):
        (made,) = run(world, (1, [*(closings[i] for i in order), see]))
        paid = {i: outcome.result for i, outcome in zip(order, made[:4], strict=True)}
        for i, what_is_his in enumerate(expected):
            assert 0 <= what_is_his - paid[i] <= rounding, order
        pools.add(made[4].result[6])
    assert max(pools) - min(pools) <= 4 * rounding


# ---- A20 ----


@pytest.mark.parametrize("times", [2, 10, 10**6])
def test_a20__price_times_anything__winners_are_paid_and_no_more(
    make_world, trader, trader2, lp, times, side
):
    """Elfi #72: the profit of a position had no bound, and the pool had: the last winners found
    nothing."""
    world = make_world(**FREE, lp_lockup=0)
    world.set_price(PRICE)
    for owner in (trader, trader2):
        world.adjust(owner, 1, side * 1_000 * ETH, world.units(200_000))
    market = world.market()
    world.send("withdraw", market.pool - market.reserved, sender=lp)
    world.set_price(PRICE * times if side > 0 else PRICE // times)
    for owner in (trader, trader2):
        position = world.position(owner, 1)
        paid = world.close(owner, 1).result
        assert position.margin < paid <= position.margin + position.reserve
        if times > 2 and side > 0:
            assert paid == position.margin + position.reserve
        market = world.market()
        assert market.pool >= market.reserved
