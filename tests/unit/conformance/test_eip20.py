"""ERC-20, MUST by MUST, of the share token."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead.model import MAX_UINT256
from tests.regression.support import call, run
from tests.simulation import Outcome

ZERO = "0x" + "00" * 20
SOME = 10**9


def balances(world, *accounts):
    return [call(world, accounts[0], "balanceOf", account) for account in accounts]


def results(outcomes: list[Outcome]) -> list[Any]:
    return [outcome.result for outcome in outcomes]


def transfer_event(sender, receiver, value):
    addresses = [getattr(account, "address", account) for account in (sender, receiver)]
    return "Transfer", {"sender": addresses[0], "receiver": addresses[1], "value": value}


def test_total_supply__is_the_sum_of_balances(vault, lp, attacker):
    assert vault.view("totalSupply") == sum(vault.view("balanceOf", who) for who in (lp, attacker))


@pytest.mark.parametrize("value", [SOME, 0])
def test_transfer__must_move_value_and_fire_transfer__also_of_0(vault, lp, trader, value):
    calls = [*balances(vault, lp, trader), call(vault, lp, "transfer", trader, value)]
    ((*before, made, has, got),) = run(vault, (1, [*calls, *balances(vault, lp, trader)]))
    assert made.result is True
    assert vault.events_of(made) == [transfer_event(lp, trader, value)]
    assert results([has, got]) == [before[0].result - value, before[1].result + value]


def test_transfer__balance_not_enough__throws(vault, lp, trader):
    ((made,),) = run(vault, (1, [call(vault, trader, "transfer", lp, 1)]))
    assert made.reason == "vault: balance too low"


@pytest.mark.parametrize("value", [SOME, 0])
def test_transfer_from__must_fire_transfer__also_of_0(vault, lp, trader, keeper, value):
    """Nothing may be moved without an allowance, and of nothing none is needed."""
    calls = [
        call(vault, lp, "approve", keeper, value),
        call(vault, keeper, "transferFrom", lp, trader, value),
        call(vault, lp, "allowance", lp, keeper),
    ]
    ((_, made, left),) = run(vault, (1, calls))
    assert made.result is True
    assert vault.events_of(made) == [transfer_event(lp, trader, value)]
    assert left.result == 0


def test_transfer_from__not_authorised__throws(vault, lp, keeper):
    ((made,),) = run(vault, (1, [call(vault, keeper, "transferFrom", lp, keeper, 1)]))
    assert made.reason == "vault: allowance too low"


def test_approve__again__must_overwrite_and_fire_approval(vault, lp, keeper):
    steps = [(SOME, SOME), (7, 7), (0, 0), (MAX_UINT256, MAX_UINT256)]
    calls = []
    for value, _ in steps:
        calls += [
            call(vault, lp, "approve", keeper, value),
            call(vault, lp, "allowance", lp, keeper),
        ]
    (made,) = run(vault, (1, calls))
    for (value, allowed), done, seen in zip(steps, made[::2], made[1::2], strict=True):
        assert done.result is True
        event = {"owner": lp.address, "spender": keeper.address, "value": value}
        assert vault.events_of(done) == [("Approval", event)]
        assert seen.result == allowed


def test_new_tokens__should_fire_transfer_from_0x0__and_burned_ones_to_it(vault, lp):
    calls = [
        call(vault, lp, "deposit", vault.units(10)),
        call(vault, lp, "redeem", SOME),
    ]
    ((minted, burned),) = run(vault, (1, calls))
    assert transfer_event(ZERO, lp, minted.result) in vault.events_of(minted)
    assert transfer_event(lp, ZERO, SOME) in vault.events_of(burned)


def test_optional_views__have_the_types_of_the_eip(vault):
    outputs = {
        abi.name: abi.outputs[0].canonical_type
        for abi in vault.vault.contract_type.view_methods
        if abi.name in ("name", "symbol", "decimals")
    }
    assert outputs == {"name": "string", "symbol": "string", "decimals": "uint8"}
