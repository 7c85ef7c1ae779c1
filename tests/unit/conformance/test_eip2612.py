"""EIP-2612, MUST by MUST: `permit` of the share token. Signatures are eth-account's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import World
from tests.regression.support import call, run
from tests.signing import PERMIT, domain, sign, typed

ZERO = "0x" + "00" * 20
VALUE = 123_456


def permit(
    world: World, signer: Any, owner: Any, spender: Any, *, nonce: int = 0, deadline: int
) -> tuple[Any, ...]:
    """Arguments of `permit`, signed by `signer` for `nonce`."""
    of = domain(world.vault, world.params.name, chain_id=world.chain.chain_id)
    message = typed(of, "Permit", PERMIT, owner, spender, VALUE, nonce, deadline)
    signature = sign(signer, message)
    return owner, spender, VALUE, deadline, signature[64], signature[:32], signature[32:64]


@pytest.fixture
def looks(vault, lp, keeper):
    return [call(vault, lp, "allowance", lp, keeper), call(vault, lp, "nonces", lp)]


def test_permit__all_holds__must_set_the_allowance_raise_the_nonce_and_fire_approval(
    vault, lp, keeper, trader, looks
):
    arguments = permit(vault, lp, lp, keeper, deadline=vault.now + 1)
    ((made, *seen),) = run(vault, (1, [call(vault, trader, "permit", *arguments), *looks]))
    assert made.is_success
    event = {"owner": lp.address, "spender": keeper.address, "value": VALUE}
    assert vault.events_of(made) == [("Approval", event)]
    assert [look.result for look in seen] == [VALUE, 1]


@pytest.mark.parametrize(
    "wrong", ["deadline has passed", "nonce is not the next", "owner is zero", "signer is another"]
)
def test_permit__one_condition_does_not_hold__must_revert(vault, lp, keeper, trader, looks, wrong):
    owner, deadline = lp, vault.now + 1
    nonce, signer = 0, lp
    if wrong == "deadline has passed":
        deadline -= 1
    elif wrong == "nonce is not the next":
        nonce = 1
    elif wrong == "owner is zero":
        owner = ZERO
    else:
        signer = trader
    arguments = permit(vault, signer, owner, keeper, nonce=nonce, deadline=deadline)
    ((made, *seen),) = run(vault, (1, [call(vault, trader, "permit", *arguments), *looks]))
    assert not made.is_success
    assert [look.result for look in seen] == [0, 0]


def test_permit__used_up__must_revert(vault, lp, keeper, looks):
    arguments = permit(vault, lp, lp, keeper, deadline=vault.now + 1)
    again = call(vault, keeper, "permit", *arguments)
    ((first, second, *seen),) = run(vault, (1, [again, again, *looks]))
    assert first.is_success
    assert not second.is_success
    assert [look.result for look in seen] == [VALUE, 1]


def test_domain_separator__must_be_of_contract_and_chain_alone(states):
    """Two vaults of one name differ in it."""
    idle, busy = states["idle"], states["busy"]
    assert idle.params.name == busy.params.name
    assert idle.view("DOMAIN_SEPARATOR") != busy.view("DOMAIN_SEPARATOR")
