"""A2, A8, A9, A11, A14: the books are exact, whatever the units, the sequence and the numbers."""

from __future__ import annotations

import copy
import random

import pytest

from bulkhead.exceptions import Refused
from bulkhead.model import MAX_UINT256, WAD, Position
from tests.kit import PRICE
from tests.node import plain
from tests.regression.support import DAY, begin_wind_down, call, run, set_price_against

ETH = WAD
MAX_INT, MIN_INT = 2**255 - 1, -(2**255)


# ---- A2 ----


def whole_life(world, trader, trader2, lp, keeper, side):
    """Every operation once; what each answered or moved, in token units."""
    units, amounts = world.units, []
    world.adjust(trader, 1, side * 25 * ETH // 2, units(2_000))
    world.adjust(trader2, 1, -side * 7 * ETH, units(900))
    world.send("deposit", units(12_345), sender=lp)
    world.send("add_margin", 1, units(77), sender=trader)
    set_price_against(world, -side, 3)
    world.advance(10 * DAY)
    amounts.append(world.adjust(trader, 1, -side * 5 * ETH).event("PositionAdjusted")["realised"])
    amounts.append(world.adjust(trader, 1, 0, -units(55)).result[1])
    set_price_against(world, side, 6)
    world.send("accrue", sender=keeper)
    amounts.append(world.health(trader, 1).equity)
    set_price_against(world, side, 22)
    liquidation = world.send("liquidate", trader, 1, sender=keeper).event("PositionLiquidated")
    amounts += [liquidation[name] for name in ("realised", "fee", "reward", "credited", "bad_debt")]
    amounts.append(world.close(trader2, 1).result)
    amounts.append(world.send("withdraw", units(1_000), sender=lp).result // 1_000)
    amounts.append(world.send("redeem", 10**9 * units(1) // 10**6, sender=lp).result)
    amounts += [world.market().pool, world.view("protocol_fees")]
    return amounts


@pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)
def test_a2__every_operation__equals_exact_model(
    make_world, trader, trader2, lp, keeper, side, decimals
):
    """Unstoppable #191 (fees a thousand times too high), FutureSwap 2026 ($395k): amounts in the
    units of one token, or with one scale, were used as those of another."""
    world = make_world()
    world.is_mirrored = True
    whole_life(world, trader, trader2, lp, keeper, side)


def test_a2__any_decimals__same_numbers(make_world, trader, trader2, lp, keeper, side):
    """The same without a model: a story told in 6, 8 and 18 decimals comes to the same dollars."""
    finest = whole_life(make_world(decimals=18), trader, trader2, lp, keeper, side)
    assert all(amount % 10**12 for amount in finest[:2])
    for decimals in (6, 8):
        coarse = whole_life(make_world(decimals=decimals), trader, trader2, lp, keeper, side)
        exact = [amount / 10 ** (18 - decimals) for amount in finest]
        assert coarse == pytest.approx(exact, rel=1e-12, abs=5)


# ---- A8 ----


@pytest.mark.parametrize("seed", [1, 2])
def test_a8__random_sequence__aggregates_are_the_sums(make_world, trader, trader2, keeper, seed):
    """GMX v1 2025-07 ($42M), Flat Money #188: the average price of all shorts was kept beside the
    positions, was not updated on one path, and priced the LP token."""
    world = make_world(borrow_base=WAD)
    dice, owners, kinds = random.Random(seed), [trader, trader2], set()
    for step in range(70):
        owner, position_id = dice.choice(owners), dice.randrange(3)
        size = world.position(owner, position_id).size
        if step % 5 == 0:
            world.set_price(PRICE * dice.randrange(850, 1_150) // 1_000)
        if size == 0:
            kind, delta = "open", dice.choice([-1, 1]) * dice.randrange(1, 10**20)
            arguments = (position_id, delta, world.units(15_000), MAX_UINT256 if delta > 0 else 0)
            made = world.node.attempt(owner, world.vault, "adjust_position", *arguments)
        elif dice.random() < 0.2:
            kind = "liquidate"
            made = world.node.attempt(keeper, world.vault, "liquidate", owner, position_id)
        else:
            kind = dice.choice(["increase", "reduce", "reduce", "close"])
            part = dice.randrange(1, abs(size))
            delta = {"increase": size // 3, "reduce": -part if size > 0 else part, "close": -size}
            bound = MAX_UINT256 if delta[kind] > 0 else 0
            arguments = (position_id, delta[kind], 0, bound)
            made = world.node.attempt(owner, world.vault, "adjust_position", *arguments)
        if made.is_success:
            kinds.add(kind)
        if step % 7 == 0:
            world.check_accounts()
    world.check_accounts()
    assert kinds == {"open", "increase", "reduce", "close", "liquidate"}


# ---- A9 ----


@pytest.mark.parametrize("route", ["close", "liquidate", "settle"])
def test_a9__loss_beyond_margin__is_booked_to_the_unit(make_world, trader, keeper, lp, side, route):
    """Flat Money #195: a negative total was clamped to zero, and the pool went on with money that
    it did not have."""
    world = make_world(borrow_base=0, borrow_slope1=0, borrow_slope2=0, max_funding=0)
    world.adjust(trader, 1, side * 100 * ETH, world.units(20_000))
    set_price_against(world, side, 30)
    health, pool = world.health(trader, 1), world.market().pool
    margin = world.position(trader, 1).margin
    assert health.equity < -world.units(30_000)
    if route == "close":
        done, top_up = world.close(trader, 1), 0
        assert done.event("PositionClosed")["realised"] == -margin
        assert done.result == 0
    elif route == "liquidate":
        done = world.send("liquidate", trader, 1, sender=keeper)
        event, top_up = done.event("PositionLiquidated"), world.params.keeper_min_reward
        assert event["bad_debt"] == -health.equity
        assert (event["realised"], event["reward"], event["credited"]) == (-margin, top_up, 0)
    else:
        begin_wind_down(world, keeper)
        equity = world.health(trader, 1).equity
        event = world.send("settle_position", trader, 1, sender=keeper).event("PositionSettled")
        top_up = 0
        assert event["bad_debt"] == -equity
        assert (event["realised"], event["credited"]) == (-margin, 0)
    assert world.market().pool == pool + margin - top_up
    world.check_accounts()


# ---- A11 ----


@pytest.mark.parametrize("route", ["close", "adjust", "liquidate", "settle", "wind down"])
def test_a11__position_closed__both_words_are_zero(make_world, trader, keeper, side, route):
    """Symmetrical #251: a position of size 0 stayed in the books with its margin and its number."""
    world = make_world(reserve_ratio=WAD // 2)
    world.adjust(trader, 1, side * 100 * ETH, world.units(20_000))
    if route == "close":
        world.close(trader, 1)
    elif route == "adjust":
        world.adjust(trader, 1, -side * 100 * ETH, 7)
    elif route == "liquidate":
        set_price_against(world, side, 12)
        world.send("liquidate", trader, 1, sender=keeper)
    elif route == "settle":
        set_price_against(world, side, -60)
        world.send("settle_position", trader, 1, sender=keeper)
    else:
        begin_wind_down(world, keeper)
        world.send("settle_position", trader, 1, sender=keeper)
    assert world.position(trader, 1) == Position()
    assert world.market().reserved == 0
    world.refuse("unknown position", "add_margin", 1, 1, sender=trader)


# ---- A14 ----

SIZES = [MIN_INT, MIN_INT + 1, -(2**128), -(2**127), -1, 0, 1, 2**127, 2**128, 2**200, MAX_INT]
AMOUNTS = [MIN_INT, MIN_INT + 1, -(2**112), -(2**96), -1, 0, 1, 2**96, 2**112, 2**128, MAX_INT]
NUMBERS = [0, 1, 2**96, 2**112 - 1, 2**112, 2**128, 2**255, MAX_UINT256 - 1, MAX_UINT256]


def extreme_calls():
    for size in SIZES:
        for amount in AMOUNTS:
            for bound in (0, MAX_UINT256):
                yield "adjust_position", (1, size, amount, bound)
                yield "adjust_position", (MAX_UINT256, size, amount, bound)
    for number in NUMBERS:
        yield "add_margin", (1, number)
        yield "close_position", (number, 0)
        for function in ("deposit", "mint", "withdraw", "redeem"):
            yield function, (number,)
        for other in NUMBERS:
            yield "tighten_limits", (number, other, False)
            yield "schedule_limits", (number, other, True)


def test_a14__every_integer_at_its_extremes__refused_or_exact(make_world, trader, keeper, side):
    """Tigris H-03, Perennial #42: the smallest integer has no positive counterpart, and a cast or a
    negation of it wrapped around. Every call is made on one and the same state."""
    world = make_world(guardian=trader.address)
    world.is_mirrored = True
    world.send("deposit", world.units(1_000), sender=trader)
    world.adjust(trader, 1, side * 10 * ETH, world.units(3_000))
    world.advance(DAY)
    funds = world.balance(trader)
    successes = 0
    for function, arguments in extreme_calls():
        model = copy.deepcopy(world.model)
        environment = world.environment(world.now + 1)
        try:
            expected = getattr(model, function)(environment, plain(trader), *arguments)
            is_accepted = True
        except Refused:
            expected, is_accepted = None, False
        paid = -model.flows.get(plain(trader), 0) + world.model.flows.get(plain(trader), 0)
        is_accepted = is_accepted and paid <= funds
        ((made, market, position),) = run(
            world,
            (
                1,
                [
                    call(world, trader, function, *arguments),
                    call(world, trader, "get_market"),
                    call(world, trader, "get_position", trader, arguments[0]),
                ],
            ),
        )
        assert made.is_success == is_accepted, (function, arguments, made.output)
        after = model if is_accepted else world.model
        assert market.result == tuple(vars_of(after.market)), (function, arguments)
        held = after.positions.get((plain(trader), arguments[0]), Position())
        assert position.result == tuple(vars_of(held)), (function, arguments)
        if is_accepted:
            assert made.result == expected, (function, arguments)
            successes += 1
    assert successes > 10


def vars_of(record):
    return [getattr(record, name) for name in record.__slots__]
