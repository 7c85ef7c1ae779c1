"""The share token and the lock on fresh shares."""

from __future__ import annotations

from bulkhead.model import EMPTY, MAX_UINT256
from bulkhead.model.events import Approval, Transfer
from tests.unit.model.support import ATTACKER, LP, Stage, refusal

BALANCE = 10**15


def unlocked() -> Stage:
    stage = Stage()
    stage.wait(3600)
    return stage


def test_transfer__unlocked_shares__move() -> None:
    stage = unlocked()
    assert stage.vault.transfer(stage.env, LP, "heir", 5)
    assert stage.vault.take_events() == [Transfer(LP, "heir", 5)]
    assert (stage.vault.balance_of(LP), stage.vault.balance_of("heir")) == (BALANCE - 5, 5)
    assert stage.vault.transfer(stage.env, LP, LP, BALANCE - 5)
    assert stage.vault.balance_of(LP) == BALANCE - 5
    reason = refusal(stage.vault.transfer, stage.env, LP, "heir", BALANCE - 4)
    assert reason == "vault: balance too low"


def test_transfer_from__allowance__is_spent_without_an_approval_event() -> None:
    stage = unlocked()
    vault, env = stage.vault, stage.env
    assert vault.approve(env, LP, "spender", 7)
    assert vault.take_events() == [Approval(LP, "spender", 7)]
    assert vault.transfer_from(env, "spender", LP, "heir", 5)
    assert vault.take_events() == [Transfer(LP, "heir", 5)]
    assert vault.allowance(LP, "spender") == 2
    assert refusal(vault.transfer_from, env, "spender", LP, "heir", 3) == "vault: allowance too low"
    vault.approve(env, LP, "spender", MAX_UINT256)
    vault.transfer_from(env, "spender", LP, "heir", 3)
    assert vault.allowance(LP, "spender") == MAX_UINT256


def test_transfer__zero_receiver__reverts() -> None:
    stage = unlocked()
    assert refusal(stage.vault.transfer, stage.env, LP, EMPTY, 1) == "vault: zero receiver"


def test_permit__signature__decides() -> None:
    stage = unlocked()
    vault, env = stage.vault, stage.env
    arguments = (env, ATTACKER, LP, "spender", 7)
    assert refusal(vault.permit, *arguments, stage.now - 1) == "vault: signature expired"
    assert refusal(vault.permit, *arguments, stage.now, False) == "vault: signature invalid"
    vault.permit(*arguments, stage.now)
    assert vault.allowance(LP, "spender") == 7
    assert vault.nonces[LP] == 1


def test_transfer__fresh_shares__are_locked_to_the_second() -> None:
    stage = Stage()
    stage.wait(3599)
    vault = stage.vault
    assert refusal(vault.transfer, stage.env, LP, "heir", 1) == "vault: shares locked"
    assert refusal(vault.redeem, stage.env, LP, 10**6) == "vault: shares locked"
    stage.wait(1)
    vault.transfer(stage.env, LP, "heir", BALANCE)


def test_transfer__received_shares__are_free_beside_locked_ones() -> None:
    stage = unlocked()
    stage.vault.deposit(stage.env, "new", 10**6)
    stage.vault.transfer(stage.env, LP, "new", 50)
    stage.vault.transfer(stage.env, "new", LP, 50)
    assert refusal(stage.vault.transfer, stage.env, "new", LP, 1) == "vault: shares locked"


def test_deposit__second_one__weighs_the_unlock_time() -> None:
    stage = Stage()
    stage.wait(1800)
    stage.vault.mint(stage.env, LP, BALANCE)
    # half unlocks in 1800 s and half in 3600 s: all of it in 2700 s
    stage.wait(2699)
    assert refusal(stage.vault.transfer, stage.env, LP, "heir", 1) == "vault: shares locked"
    stage.wait(1)
    stage.vault.transfer(stage.env, LP, "heir", 2 * BALANCE)


def test_deposit__after_the_lock_has_ended__locks_the_new_shares_alone() -> None:
    stage = unlocked()
    stage.vault.mint(stage.env, LP, 5)
    stage.vault.transfer(stage.env, LP, "heir", BALANCE)
    assert refusal(stage.vault.transfer, stage.env, LP, "heir", 1) == "vault: shares locked"
