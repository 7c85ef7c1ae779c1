"""`tighten_limits`: at once, and only tighter."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD, Limits, Status
from tests.mocks import OracleFault

PERCENT = WAD // 100
BORN = (85 * PERCENT, 5 * PERCENT, False)  # max_utilisation, initial_ratio, reduce_only


def limits(world):
    return tuple(world.view("get_limits"))


@pytest.mark.parametrize(
    "tighter",
    [
        BORN,
        (84 * PERCENT, 5 * PERCENT, False),
        (85 * PERCENT, 6 * PERCENT, False),
        (85 * PERCENT, 5 * PERCENT, True),
        (85 * PERCENT - 1, 5 * PERCENT + 1, True),
        (0, WAD, True),
    ],
)
def test_tighten_limits__tighter_or_equal__at_once(world, guardian, tighter):
    assert limits(world) == BORN
    done = world.send("tighten_limits", *tighter, sender=guardian)
    assert limits(world) == tighter
    names = ("max_utilisation", "initial_ratio", "reduce_only")
    assert done.events == [("LimitsSet", dict(zip(names, tighter, strict=True)))]


def test_tighten_limits__whatever_stores_carry_afterwards__they_hold(
    world, trader, trader2, lp, keeper, guardian, side
):
    """That they are not those of birth stands in the market's word of carries, which every trade
    and accrual writes: with a carry of either sign beside it."""
    tighter = (84 * PERCENT, 30 * PERCENT, False)
    world.send("tighten_limits", *tighter, sender=guardian)
    for call in (
        lambda: world.adjust(trader, 1, side * 1_000 * WAD, world.units(700_000)),
        lambda: world.send("accrue", sender=keeper),
        lambda: world.send("deposit", world.units(1_000), sender=lp),
        lambda: world.adjust(trader, 1, -side * WAD),
        lambda: world.close(trader, 1),
    ):
        world.advance(86_400)
        call()
        assert limits(world) == tighter
        bound = MAX_UINT256 if side > 0 else 0
        arguments = (1, side * 10 * WAD, world.units(5_000), bound)  # 25 %
        world.refuse("below initial ratio", "adjust_position", *arguments, sender=trader2)
    carries = world.market().carry_long, world.market().carry_short
    assert max(carries) > 0 > min(carries)


@pytest.mark.parametrize(
    "looser",
    [
        (85 * PERCENT + 1, 5 * PERCENT, False),
        (85 * PERCENT, 5 * PERCENT - 1, False),
        (0, 5 * PERCENT - 1, True),
        (MAX_UINT256, WAD, True),
    ],
)
def test_tighten_limits__looser_in_one__reverts(world, guardian, looser):
    world.refuse("limits not tighter", "tighten_limits", *looser, sender=guardian)
    assert limits(world) == BORN


def test_tighten_limits__lifting_reduce_only__reverts(world, guardian):
    world.send("tighten_limits", *BORN[:2], True, sender=guardian)
    world.refuse("limits not tighter", "tighten_limits", 0, WAD, False, sender=guardian)


@pytest.mark.parametrize("ratio", [WAD + 1, 2**64, MAX_UINT256])
def test_tighten_limits__initial_ratio_above_100_percent__reverts(world, guardian, ratio):
    world.refuse("limits out of bounds", "tighten_limits", 0, ratio, True, sender=guardian)


def test_tighten_limits__not_the_guardian__reverts(world, attacker, owner):
    world.refuse("not guardian", "tighten_limits", *BORN, sender=attacker)
    world.refuse("not guardian", "tighten_limits", *BORN, sender=owner)


def test_tighten_limits__something_scheduled__is_dropped(world, guardian):
    world.send("schedule_limits", WAD, 4 * PERCENT, False, sender=guardian)
    world.send("tighten_limits", *BORN, sender=guardian)
    assert tuple(world.view("get_scheduled_limits")[0]) == (0, 0, False)
    world.refuse("nothing scheduled", "apply_limits", sender=guardian, at=world.now + 2 * 86_400)


def test_tighten_limits__refused__keeps_what_is_scheduled(world, guardian):
    scheduled = (WAD, 4 * PERCENT, False)
    world.send("schedule_limits", *scheduled, sender=guardian)
    world.refuse("limits out of bounds", "tighten_limits", 0, WAD + 1, True, sender=guardian)
    assert tuple(world.view("get_scheduled_limits")[0]) == scheduled


@pytest.mark.parametrize("fault", [OracleFault.REVERT, OracleFault.BURN_GAS])
def test_tighten_limits__dead_oracle__works(world, trader, guardian, side, fault):
    """O20: openings can be stopped at once, just when the oracle is the trouble."""
    world.adjust(trader, 1, side * WAD, world.units(500))
    world.set_fault(fault)
    world.send("tighten_limits", 0, WAD, True, sender=guardian)
    world.set_fault(OracleFault.NONE)
    bound = MAX_UINT256 if side > 0 else 0
    arguments = (1, side * WAD, 0, bound)
    world.refuse("reduce only", "adjust_position", *arguments, sender=trader)


# ---- what they bound ----


def test_initial_ratio__raised__binds_openings_only(world, trader, guardian, side):
    """C1: nothing about a position that is open changes, not even what its owner may withdraw."""
    world.adjust(trader, 1, side * 10 * WAD, world.units(1_500))
    now = world.now
    health = world.health(trader, 1)
    world.send("tighten_limits", 85 * PERCENT, 50 * PERCENT, False, sender=guardian, at=now)
    assert world.health(trader, 1) == health
    assert health.status == Status.HEALTHY
    # by the ratio of birth: 5 % of 20,000
    world.adjust(trader, 1, 0, -world.units(300))
    # by that of now: 50 %
    bound = MAX_UINT256 if side > 0 else 0
    arguments = (2, side * 10 * WAD, world.units(9_000), bound)
    world.refuse("below initial ratio", "adjust_position", *arguments, sender=trader)
    world.adjust(trader, 2, side * 10 * WAD, world.units(11_000))


def test_max_utilisation__lowered__binds_openings_only(world, trader, lp, guardian, side):
    world.adjust(trader, 1, side * 1_000 * WAD, world.units(400_000))
    world.send("tighten_limits", 10 * PERCENT, 5 * PERCENT, False, sender=guardian)
    bound = MAX_UINT256 if side > 0 else 0
    arguments = (1, side * WAD // 1_000, 0, bound)
    world.refuse("pool full", "adjust_position", *arguments, sender=trader)
    # who is in may stay, reduce and leave; and LPs withdraw what is free
    world.adjust(trader, 1, -side * 600 * WAD)
    world.adjust(trader, 1, side * WAD)
    world.send("withdraw", world.view("maxWithdraw", lp), sender=lp)
    world.close(trader, 1)


def test_reduce_only__every_exit_is_open(world, trader, trader2, lp, keeper, guardian, side):
    """L11, promise 5."""
    world.adjust(trader, 1, side * 10 * WAD, world.units(2_000))
    world.adjust(trader2, 1, side * 10 * WAD, world.units(1_100))
    world.send("tighten_limits", 0, WAD, True, sender=guardian)
    bound = MAX_UINT256 if side > 0 else 0
    for size in (side, side * WAD):
        arguments = (1, size, world.units(9_000), bound)
        world.refuse("reduce only", "adjust_position", *arguments, sender=trader)
    world.send("add_margin", 1, world.units(100), trader, sender=keeper)
    world.adjust(trader, 1, 0, -world.units(50))
    world.adjust(trader, 1, -side * 5 * WAD)
    world.send("deposit", world.units(100), sender=lp)
    world.send("withdraw", world.units(100), sender=lp)
    world.set_price((2_000 - side * 90) * WAD)
    world.send("liquidate", trader2, 1, sender=keeper)
    world.close(trader, 1)


def test_limits__born_from_the_parameters(make_world, guardian):
    world = make_world(max_utilisation=WAD, initial_ratio=WAD)
    assert limits(world) == (WAD, WAD, False)
    assert world.model.get_limits() == Limits(WAD, WAD, False)


def test_limits__no_guardian_from_birth__fixed(make_world, attacker, owner):
    world = make_world(guardian="0x" + "00" * 20)
    for person in (attacker, owner):
        world.refuse("not guardian", "tighten_limits", *BORN, sender=person)
