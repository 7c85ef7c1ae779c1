"""A10, A15, A17, A18: no way of cutting an action into pieces is worth anything."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bulkhead.model import WAD, Health, Position
from tests.kit import PRICE
from tests.regression.support import (
    DAY,
    FREE,
    TIMELESS,
    balance,
    call,
    run,
    set_price_against,
    trade,
)

ETH = WAD
STEPS = 1_000


# ---- A10 ----


@pytest.mark.parametrize("percent", [-4, 3, 80])
def test_a10__closed_in_parts__pays_as_closed_at_once(make_world, trader, side, percent):
    """Unstoppable #85, #120, #143: a partial close paid out the profit of the whole position, or
    left the loss behind. The last price is beyond the reserve."""
    world = make_world(**TIMELESS, reserve_ratio=WAD // 2)
    size = 77 * ETH + 13
    world.adjust(trader, 1, side * size, world.units(20_000))
    set_price_against(world, side, -percent)
    margin = world.position(trader, 1).margin
    ((whole,),) = run(world, (1, [call(world, trader, "close_position", 1, close_bound(side))]))
    parts = 11
    cuts = [size // parts + i for i in range(parts - 1)]
    calls = [trade(world, trader, 1, -side * cut) for cut in cuts]
    calls.append(call(world, trader, "close_position", 1, close_bound(side)))
    (outcomes,) = run(world, (1, calls))
    paid = outcomes[-1].result
    assert whole.result >= 3 * parts
    assert whole.result - 3 * parts <= paid <= whole.result + parts
    assert (whole.result > margin) == (percent > 0)


def close_bound(side):
    return 0 if side > 0 else 2**256 - 1


# ---- A15 ----


@pytest.mark.parametrize("skew", [0, 60, -60, 500, -500])
@pytest.mark.parametrize("is_increase", [True, False])
def test_a15__split_into_parts__changes_nothing_but_rounding(
    make_world, trader, trader2, skew, is_increase, side
):
    """Flat Money #186, and every price impact that is computed from the end of a trade: ten small
    trades cost less than one. The market leans either way, or is turned around by the trade."""
    world = make_world(**TIMELESS, skew_scale=10_000 * ETH, reserve_ratio=WAD // 10)
    world.set_price(PRICE)
    if not is_increase:
        world.adjust(trader, 1, side * 120 * ETH, world.units(200_000))
        skew -= side * 120
    if skew:
        world.adjust(trader2, 1, skew * ETH, world.units(500_000))
    else:
        world.advance(1)
    parts = 10
    direction = side if is_increase else -side
    fund = [trade(world, trader, 1, direction * 10 * ETH, world.units(200_000))]
    prepare = fund if is_increase else [trade(world, trader, 1, direction * 10 * ETH)]
    see = call(world, trader, "get_position", trader, 1)
    (once,) = run(world, (1, [*prepare, trade(world, trader, 1, direction * 100 * ETH), see]))
    pieces = [trade(world, trader, 1, direction * 10 * ETH)] * parts
    (split,) = run(world, (1, [*prepare, *pieces, see]))
    assert all(outcome.is_success for outcome in once + split)
    one, many = Position(*once[-1].result), Position(*split[-1].result)
    assert one.size == many.size
    assert many.margin == pytest.approx(one.margin, abs=2 * parts)
    assert many.basis == pytest.approx(one.basis, abs=2 * parts)
    assert many.reserve == pytest.approx(one.reserve, abs=parts)


# ---- A17 ----


def dust_sizes(count):
    """Odd sizes from less than one unit of the asset to some thousand."""
    return [(7**19 * (i * i + 1)) % 10**15 + 10**8 * (i % 7) + 1 for i in range(count)]


@pytest.mark.parametrize("price", [PRICE, PRICE // 3, 17 * WAD // 10])
def test_a17__dust_traded_1000_times__nobody_gains(make_world, trader, side, price):
    """Unstoppable #37, GMX #164: a rounding in favour of the trader, small enough to be overlooked,
    paid out as often as he liked. No fee, no spread, no carry: only rounding is left."""
    world = make_world(**FREE, skew_scale=10**36)
    world.set_price(price)
    world.adjust(trader, 1, side * ETH, world.units(10_000))
    value = [world.balance(trader), world.position(trader, 1)]
    blocks = []
    for i, size in enumerate(dust_sizes(STEPS // 4)):
        first = size // 3 + 1
        blocks.append(
            (
                2 * i + 1,
                [trade(world, trader, 1, side * first), trade(world, trader, 1, side * size)],
            )
        )
        last = size // 2
        blocks.append(
            (
                2 * i + 2,
                [trade(world, trader, 1, -side * last)]  # noqa: RUF005
                + [trade(world, trader, 1, -side * (first + size - last))],
            )
        )
    end = (STEPS, [call(world, trader, "close_position", 1, close_bound(side))])
    outcomes = [outcome for block in run(world, *blocks, end) for outcome in block]
    assert all(outcome.is_success for outcome in outcomes)
    assert len(outcomes) == STEPS + 1
    margin = value[1].margin
    assert margin - 3 * STEPS <= outcomes[-1].result <= margin


def test_a17__dust_through_the_pool_1000_times__nobody_gains(make_world, trader, attacker, lp):
    """The same for shares, at a price of a share that is no round number."""
    world = make_world(lp_lockup=0, pool=0)
    world.send("deposit", world.units(33) + 1, sender=lp)
    world.send("deposit", world.units(1_000) + 7, sender=attacker)
    world.adjust(trader, 1, ETH // 7, world.units(100))
    world.adjust(trader, 1, ETH // 9)  # fees: a share is worth more than a thousandth of a unit
    world.advance(1)
    world.close(trader, 1)
    shares = world.view("balanceOf", attacker)
    worth = world.view("previewRedeem", shares)
    blocks = []
    for i in range(STEPS // 4):
        amount = (i * i * 7_919) % 10_007 + 1
        blocks += [
            (2 * i + 1, [call(world, attacker, "deposit", amount)]),
            (2 * i + 1, [call(world, attacker, "withdraw", amount)]),
            (2 * i + 2, [call(world, attacker, "mint", 1_000 * amount + 1)]),
            (2 * i + 2, [call(world, attacker, "redeem", 1_000 * amount + 1)]),
        ]
    start, end = [balance(world, attacker)], [balance(world, attacker)]
    end.append(call(world, attacker, "balanceOf", attacker))
    end.append(call(world, lp, "convertToAssets", world.view("balanceOf", lp)))
    before = world.view("convertToAssets", world.view("balanceOf", lp))
    first, *steps, last = run(world, (1, start), *spread(blocks), (2 * STEPS, end))
    assert all(outcome.is_success for (outcome,) in steps)
    spent = first[0].result - last[0].result
    held = Fraction(last[1].result * worth, shares)
    assert held - spent <= worth
    assert last[2].result >= before


def spread(blocks):
    """Each in a second of its own."""
    return [(i + 2, calls) for i, (_, calls) in enumerate(blocks)]


# ---- A18 ----


@pytest.mark.parametrize("percent", [-3, 0, 25])
def test_a18__increase__leaves_the_gain_that_is_there(make_world, trader, side, percent):
    """Tigris H-06: adding to a position averaged its entry in a way that moved the profit it had.
    Here with carry of half a year on top."""
    world = make_world(borrow_base=WAD // 20, max_funding=0)
    world.adjust(trader, 1, side * 50 * ETH, world.units(30_000))
    set_price_against(world, side, -percent)
    see = call(world, trader, "get_health", trader, 1)
    size = 31 * ETH + 7
    moment = (180 * DAY, [see, trade(world, trader, 1, side * size, world.units(20_000)), see])
    ((before, made, after),) = run(world, moment)
    event = dict(world.events_of(made))["PositionAdjusted"]
    old, new = Health(*before.result), Health(*after.result)
    spread_cost = Fraction(size * side * (event["price"] - new.closing_price), world.scale)
    assert old.gain - new.gain == pytest.approx(float(spread_cost), abs=3)
