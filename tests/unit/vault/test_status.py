"""L15: the status that `get_health` shows is what the keepers' calls do, at every price.

Each price is a block that never happens: the status, the three calls that it may open, and what is
left of it afterwards.
"""

from __future__ import annotations

import copy
from fractions import Fraction

import pytest

from bulkhead.model import MAX_PRICE, WAD, YEAR, Environment, PriceBand, Status
from tests.node import plain
from tests.simulation import Call, simulate
from tests.steering import band_at, last_price, move_to

SIZE = 10 * WAD
REFUSALS = {
    "call_margin": "vault: no margin call",
    "settle_position": "vault: not settleable",
    "liquidate": "vault: still healthy",
}
OPENS = {
    Status.MARGIN_CALL: "call_margin",
    Status.SETTLEABLE: "settle_position",
    Status.LIQUIDATABLE: "liquidate",
    Status.HEALTHY: None,
}
POWERS = [2**n for n in range(0, 104, 4)] + [2**103, MAX_PRICE - 1, MAX_PRICE]


def hold_status_against_calls(world, owner, keeper, band, now, *, before=()):
    """One price; returns the status. `before`: (time, band) of accruals that come first."""
    key = plain(owner), 1
    blocks = [
        (
            time,
            [
                Call(world.owner, world.oracle, "set_sides", earlier),
                Call(keeper, world.vault, "accrue"),
            ],
        )
        for time, earlier in before
    ]
    calls = [Call(keeper, world.vault, name, key) for name in REFUSALS]
    look = Call(keeper, world.vault, "get_health", key)
    blocks.append(
        (now, [Call(world.owner, world.oracle, "set_sides", band), look, *calls, look, calls[-1]])
    )
    *earlier, [_, health, *outcomes, health_after, again] = simulate(world.node, *blocks)
    assert all(outcome.is_success for block in earlier for outcome in block)

    status = Status(health.result[0])
    for outcome in outcomes:
        name = outcome.call.function
        if name == OPENS[status]:
            assert outcome.is_success, f"{name} at {band}: {outcome.reason!r}"
        elif outcome.call.function == "liquidate" and status == Status.SETTLEABLE:
            assert outcome.reason == "vault: unknown position"  # just settled
        else:
            assert outcome.reason == REFUSALS[name], f"{name} at {band}, {status!r}"

    # the model says the same, to the unit
    model = copy.deepcopy(world.model)
    for time, earlier_band in before:
        model.accrue(Environment(time, PriceBand(*earlier_band, time)), keeper.address)
    env = Environment(now, PriceBand(*band, now))
    expected = model.get_health(env, *key)
    assert Status(health.result[0]) == expected.status
    assert health.result[1] == expected.equity
    if status == Status.LIQUIDATABLE:
        assert outcomes[-1].result == model.liquidate(env, keeper.address, *key)
        left = Status(health_after.result[0])
        assert left in (Status.EMPTY, Status.HEALTHY, Status.MARGIN_CALL)
        assert again.reason == (REFUSALS["liquidate"] if left else "vault: unknown position")
    return status


@pytest.fixture
def opened(world, trader, side):
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    return world


@pytest.mark.parametrize("decimals", [6, 18], indirect=True)
def test_get_health__sweep_of_prices__status_is_what_the_calls_do(opened, trader, keeper, side):
    """From a hundredth to a hundred times the entry, closest where the lines are."""
    lines = [
        last_price(opened, trader, lambda h, line=line: h.equity < getattr(h, line))
        for line in ("maintenance", "margin_call")
    ]
    lines.append(last_price(opened, trader, lambda h: h.equity < 0))
    lines.append(last_price(opened, trader, lambda h: h.equity < opened.params.keeper_min_reward))
    if side > 0:  # a short's gain cannot reach a reserve of 100 %
        lines.append(
            last_price(opened, trader, lambda h: h.status == Status.SETTLEABLE, towards_loss=False)
        )
    near = [line + step for line in lines for step in (-1, 0, 1, -(10**12), 10**12)]
    wide = [int(2_000 * WAD * Fraction(11, 10) ** n) for n in range(-48, 49)]
    now = opened.now + 2
    seen = {
        hold_status_against_calls(opened, trader, keeper, band_at(price, side), now)
        for price in near + wide
    }
    everything = {Status.HEALTHY, Status.MARGIN_CALL, Status.LIQUIDATABLE}
    assert seen == everything | ({Status.SETTLEABLE} if side > 0 else set())


def test_get_health__extreme_prices__nothing_reverts(opened, trader, keeper, side):
    now = opened.now + 2
    for price in POWERS:
        for bid, ask in {(price, price), (1, price), (price, MAX_PRICE)}:
            hold_status_against_calls(opened, trader, keeper, (bid, ask), now)


@pytest.mark.parametrize("decimals", [0, 6, 18], indirect=True)
def test_get_health__huge_carry__nothing_reverts(make_world, trader, keeper, side):
    """The highest rates there are, for as long as a clock of 32 bits runs, at the highest price."""
    rates = dict.fromkeys(
        ("borrow_base", "borrow_slope1", "borrow_slope2", "max_funding"), 10 * WAD
    )
    world = make_world(**rates, pool=100_000)
    world.adjust(trader, 1, side * SIZE, world.units(3_000))
    now = world.now
    last = 2**32 - 2
    highest = (MAX_PRICE, MAX_PRICE)
    histories = [
        [(now + YEAR, highest)],
        [(last - 1, highest)],
        [(now + YEAR, (WAD, WAD)), (last - 1, highest)],
        [(last - 1, (1, 1))],
    ]
    seen = {
        hold_status_against_calls(world, trader, keeper, (price, price), last, before=history)
        for history in histories
        for price in [*POWERS[::3], 2_000 * WAD, MAX_PRICE]
    }
    assert seen >= {Status.LIQUIDATABLE}


def test_get_health__largest_position_there_can_be__nothing_reverts(
    make_world, project, trader, lp, keeper, side
):
    """A size of 10**36 at a price of one: margin and reserve fill their 96 bits nearly."""
    world = make_world(
        skew_scale=10**36, reserve_ratio=WAD // 100, min_margin=4, keeper_min_reward=1, pool=0
    )
    huge = 2**100
    for person in (lp, trader):
        world.node.send(world.owner, world.token, "mint", person, huge)
    world.set_price(WAD)
    world.send("deposit", 2**100, sender=lp)
    # the notional is 10**24 units; its reserve a hundredth of it
    world.adjust(trader, 1, side * 10**36 // 2, 2**95)
    now = world.now + 2
    for price in [*POWERS, WAD - WAD // 10, WAD + WAD // 10]:
        hold_status_against_calls(world, trader, keeper, (price, price), now)


def test_get_health__in_the_second_of_an_increase__liquidation_is_not_held_up(
    opened, trader, keeper, side
):
    """And settlement is: no two prices in one moment."""
    now = opened.now + 1
    opened.adjust(trader, 1, side * WAD, at=now)
    deep = last_price(opened, trader, lambda h: h.status == Status.LIQUIDATABLE)
    band = band_at(deep - side * WAD, side)
    assert hold_status_against_calls(opened, trader, keeper, band, now) == Status.LIQUIDATABLE
    if side > 0:
        band = band_at(10_000 * WAD, side)
        assert hold_status_against_calls(opened, trader, keeper, band, now) == Status.HEALTHY
        assert hold_status_against_calls(opened, trader, keeper, band, now + 1) == Status.SETTLEABLE


def test_get_health__oracle_not_live__no_price(opened, trader, keeper):
    opened.set_live(False)
    health = opened.health(trader, 1)
    assert health.status == Status.NO_PRICE
    for name in REFUSALS:
        opened.refuse("no live price", name, trader, 1, sender=keeper)


def test_get_health__wind_down__settleable_and_nothing_else(opened, trader, keeper, side):
    move_to(opened, trader, (2_000 - side * 195) * WAD)  # liquidatable, while the vault lived
    assert opened.health(trader, 1).status == Status.LIQUIDATABLE
    opened.set_live(False)
    opened.advance(7 * 86_400)
    opened.send("wind_down", sender=keeper)
    assert opened.health(trader, 1).status == Status.SETTLEABLE
    opened.refuse("no margin call", "call_margin", trader, 1, sender=keeper)
    opened.refuse("still healthy", "liquidate", trader, 1, sender=keeper)


def test_get_health__no_such_position__empty(world, trader):
    health = world.health(trader, 1)
    assert health.status == Status.EMPTY
    assert set(world.view("get_health", trader, 1)) == {0}


@pytest.mark.parametrize("decimals", [18], indirect=True)
def test_health__least_size_there_is__at_its_own_side_of_the_band(world, trader, side):
    """One unit of size is long or short like any other."""
    world.adjust(trader, 1, side, world.units(30))
    health = world.health(trader, 1)
    assert health == world.model.get_health(world.environment(), trader.address, 1)
    assert health.closing_price == (world.band.bid if side > 0 else world.band.ask)
    assert health.maintenance == (50 if side > 0 else 51)  # 2.5 % of 1,998 or of 2,002, rounded up
