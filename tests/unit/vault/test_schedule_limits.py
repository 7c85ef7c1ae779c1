"""`schedule_limits` and `apply_limits`: looser takes two days."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD

PERCENT = WAD // 100
DELAY = 2 * 86_400
BORN = (85 * PERCENT, 5 * PERCENT, False)
LOOSER = (WAD, 375 * PERCENT // 100, False)  # 100 %, and down to the margin-call ratio
NAMES = ("max_utilisation", "initial_ratio", "reduce_only")


def limits(world):
    return tuple(world.view("get_limits"))


def scheduled(world):
    values, applies_at = world.view("get_scheduled_limits")
    return tuple(values), applies_at


def test_schedule_limits__nothing_scheduled__zeros(world):
    assert scheduled(world) == ((0, 0, False), 0)


@pytest.mark.parametrize(
    "wanted", [LOOSER, BORN, (0, WAD, True), (WAD, WAD, False), (86 * PERCENT, WAD, True)]
)
def test_schedule_limits__any_in_bounds__waits(world, guardian, wanted):
    done = world.send("schedule_limits", *wanted, sender=guardian)
    applies_at = world.now + DELAY
    expected = dict(zip(NAMES, wanted, strict=True)) | {"applies_at": applies_at}
    assert done.events == [("LimitsScheduled", expected)]
    assert scheduled(world) == (wanted, applies_at)
    assert limits(world) == BORN


@pytest.mark.parametrize(
    "wanted",
    [
        (WAD + 1, 5 * PERCENT, False),
        (MAX_UINT256, 5 * PERCENT, False),
        (WAD, 375 * PERCENT // 100 - 1, False),
        (WAD, 0, False),
        (WAD, WAD + 1, True),
        (WAD, MAX_UINT256, True),
    ],
)
def test_schedule_limits__out_of_bounds__reverts(world, guardian, wanted):
    world.refuse("limits out of bounds", "schedule_limits", *wanted, sender=guardian)
    assert scheduled(world) == ((0, 0, False), 0)


def test_schedule_limits__not_the_guardian__reverts(world, attacker):
    world.refuse("not guardian", "schedule_limits", *LOOSER, sender=attacker)


def test_schedule_limits__again__replaces_and_waits_anew(world, guardian):
    world.send("schedule_limits", *LOOSER, sender=guardian)
    first = world.now
    other = (90 * PERCENT, 4 * PERCENT, False)
    world.send("schedule_limits", *other, sender=guardian, at=first + DELAY - 1)
    world.refuse("limits too early", "apply_limits", sender=guardian, at=first + DELAY)
    assert scheduled(world) == (other, first + 2 * DELAY - 1)


# ---- apply ----


def test_apply_limits__a_second_early__reverts_then_works(world, guardian):
    world.send("schedule_limits", *LOOSER, sender=guardian)
    applies_at = world.now + DELAY
    world.refuse("limits too early", "apply_limits", sender=guardian, at=applies_at - 1)
    assert limits(world) == BORN
    done = world.send("apply_limits", sender=guardian, at=applies_at)
    assert done.events == [("LimitsSet", dict(zip(NAMES, LOOSER, strict=True)))]
    assert limits(world) == LOOSER
    assert scheduled(world) == ((0, 0, False), 0)


def test_apply_limits__years_later__works(world, guardian):
    world.send("schedule_limits", *LOOSER, sender=guardian)
    world.send("apply_limits", sender=guardian, at=world.now + 1_000 * DELAY)
    assert limits(world) == LOOSER


def test_apply_limits__twice__reverts(world, guardian):
    world.send("schedule_limits", *LOOSER, sender=guardian)
    world.send("apply_limits", sender=guardian, at=world.now + DELAY)
    world.refuse("nothing scheduled", "apply_limits", sender=guardian)


def test_apply_limits__nothing_scheduled__reverts(world, guardian):
    world.refuse("nothing scheduled", "apply_limits", sender=guardian)


def test_apply_limits__not_the_guardian__reverts(world, guardian, attacker):
    """Circumstances may have changed since: it stays the guardian's decision."""
    world.send("schedule_limits", *LOOSER, sender=guardian)
    world.refuse("not guardian", "apply_limits", sender=attacker, at=world.now + DELAY)


def test_apply_limits__then_tighten__from_the_new_ones(world, guardian):
    world.send("schedule_limits", *LOOSER, sender=guardian)
    world.send("apply_limits", sender=guardian, at=world.now + DELAY)
    between = (90 * PERCENT, 4 * PERCENT, False)
    world.send("tighten_limits", *between, sender=guardian)
    assert limits(world) == between
    world.refuse("limits not tighter", "tighten_limits", *LOOSER, sender=guardian)


def test_apply_limits__lifts_reduce_only(world, trader, guardian, side):
    world.send("tighten_limits", *BORN[:2], True, sender=guardian)
    world.send("schedule_limits", *BORN, sender=guardian)
    bound = MAX_UINT256 if side > 0 else 0
    arguments = (1, side * WAD, world.units(500), bound)
    applies_at = world.now + DELAY
    world.refuse("reduce only", "adjust_position", *arguments, sender=trader, at=applies_at)
    world.send("apply_limits", sender=guardian, at=applies_at)
    world.adjust(trader, 1, side * WAD, world.units(500))


def test_apply_limits__lower_initial_ratio__openings_need_less(world, trader, guardian, side):
    """A margin of 4 % of the notional, between the margin-call line and the ratio of birth."""
    world.set_price(2_000 * WAD)
    bound = MAX_UINT256 if side > 0 else 0
    arguments = (1, side * 10 * WAD, world.units(820), bound)
    world.refuse("below initial ratio", "adjust_position", *arguments, sender=trader)
    world.send("schedule_limits", *LOOSER, sender=guardian)
    world.send("apply_limits", sender=guardian, at=world.now + DELAY)
    world.adjust(trader, 1, side * 10 * WAD, world.units(820))
    # but margin leaves by the ratio of birth, whatever the guardian does
    arguments = (1, 0, -world.units(1), 0)
    world.refuse("below initial ratio", "adjust_position", *arguments, sender=trader)
