"""The guardian: tighter at once, looser after two days, nothing else."""

from __future__ import annotations

import pytest

from bulkhead.model import EMPTY, Limits, check_refused, snapshot
from bulkhead.model.events import (
    GuardianTransferred,
    GuardianTransferStarted,
    LimitsScheduled,
    LimitsSet,
)
from tests.unit.model.support import ATTACKER, GUARDIAN, Stage, refusal, wad

BORN = (wad("0.85"), wad("0.05"), False)


def test_tighten_limits__tighter__applies_at_once_and_drops_the_schedule() -> None:
    stage = Stage()
    stage.vault.schedule_limits(stage.env, GUARDIAN, wad("0.9"), wad("0.04"), False)
    stage.vault.take_events()
    stage.vault.tighten_limits(stage.env, GUARDIAN, wad("0.8"), wad("0.06"), True)
    assert stage.vault.get_limits() == Limits(wad("0.8"), wad("0.06"), True)
    assert stage.vault.take_events() == [LimitsSet(wad("0.8"), wad("0.06"), True)]
    stage.wait(10**6)
    assert refusal(stage.vault.apply_limits, stage.env, GUARDIAN) == "vault: nothing scheduled"


@pytest.mark.parametrize(
    "limits",
    [
        (wad("0.85") + 1, wad("0.05"), False),
        (wad("0.85"), wad("0.05") - 1, False),
    ],
)
def test_tighten_limits__looser_in_any_part__reverts(limits: tuple[int, int, bool]) -> None:
    stage = Stage()
    assert (
        refusal(stage.vault.tighten_limits, stage.env, GUARDIAN, *limits)
        == "vault: limits not tighter"
    )


def test_tighten_limits__lifting_reduce_only__reverts() -> None:
    stage = Stage()
    stage.vault.tighten_limits(stage.env, GUARDIAN, *BORN[:2], True)
    assert (
        refusal(stage.vault.tighten_limits, stage.env, GUARDIAN, *BORN)
        == "vault: limits not tighter"
    )


def test_schedule_limits__after_two_days__applies() -> None:
    stage = Stage()
    stage.vault.schedule_limits(stage.env, GUARDIAN, wad(1), wad("0.0375"), False)
    applies_at = stage.now + 2 * 86_400
    assert stage.vault.take_events() == [LimitsScheduled(wad(1), wad("0.0375"), False, applies_at)]
    stage.wait(2 * 86_400 - 1)
    assert refusal(stage.vault.apply_limits, stage.env, GUARDIAN) == "vault: limits too early"
    stage.wait(1)
    stage.vault.apply_limits(stage.env, GUARDIAN)
    assert stage.vault.get_limits() == Limits(wad(1), wad("0.0375"), False)
    assert refusal(stage.vault.apply_limits, stage.env, GUARDIAN) == "vault: nothing scheduled"


@pytest.mark.parametrize(
    "limits",
    [
        (wad(1) + 1, wad("0.05"), False),
        (wad(1), wad(1) + 1, False),
        (wad(1), wad("0.0375") - 1, False),
    ],
)
def test_schedule_limits__out_of_bounds__reverts(limits: tuple[int, int, bool]) -> None:
    stage = Stage()
    assert refusal(stage.vault.schedule_limits, stage.env, GUARDIAN, *limits) == (
        "vault: limits out of bounds"
    )


def test_tighten_limits__ratio_above_one__reverts() -> None:
    stage = Stage()
    assert refusal(stage.vault.tighten_limits, stage.env, GUARDIAN, 0, wad(1) + 1, False) == (
        "vault: limits out of bounds"
    )


def test_guardian_calls__stranger__is_refused() -> None:
    stage = Stage()
    vault, env = stage.vault, stage.env
    before = snapshot(vault)
    for call in (vault.tighten_limits, vault.schedule_limits):
        assert refusal(call, env, ATTACKER, *BORN) == "vault: not guardian"
    for bare in (vault.apply_limits, vault.renounce_guardian):
        assert refusal(bare, env, ATTACKER) == "vault: not guardian"
    assert refusal(vault.transfer_guardian, env, ATTACKER, ATTACKER) == "vault: not guardian"
    assert refusal(vault.accept_guardian, env, ATTACKER) == "vault: not pending guardian"
    check_refused(before, vault)


def test_transfer_guardian__two_steps__hands_over() -> None:
    stage = Stage()
    vault, env = stage.vault, stage.env
    vault.transfer_guardian(env, GUARDIAN, "heir")
    assert vault.guardian == GUARDIAN
    vault.accept_guardian(env, "heir")
    assert vault.guardian == "heir"
    assert vault.take_events() == [
        GuardianTransferStarted(GUARDIAN, "heir"),
        GuardianTransferred(GUARDIAN, "heir"),
    ]
    assert refusal(vault.accept_guardian, env, "heir") == "vault: not pending guardian"
    assert refusal(vault.tighten_limits, env, GUARDIAN, *BORN) == "vault: not guardian"


def test_renounce_guardian__offer_pending__is_void() -> None:
    stage = Stage()
    vault, env = stage.vault, stage.env
    vault.transfer_guardian(env, GUARDIAN, "heir")
    vault.renounce_guardian(env, GUARDIAN)
    assert vault.guardian == EMPTY
    assert refusal(vault.accept_guardian, env, "heir") == "vault: not pending guardian"
