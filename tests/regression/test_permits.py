"""Signatures: who has signed, what was signed, and that it is good once and here only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bulkhead.model import WAD
from tests.mocks import WalletFault
from tests.node import revert_reason
from tests.regression.permits import ORDER, Key, Permit, is_granted, make_permit, submit
from tests.simulation import Call, simulate

OWNER, THIEF = Key(0xA11CE), Key(0xBAD)
ZERO_ADDRESS = "0x" + "00" * 20


@pytest.fixture(params=["permit", "permit_operator"])
def function(request):
    return request.param


@pytest.fixture
def permit(world, function, attacker) -> Permit:
    """Of the owner's, for the attacker's account."""
    return make_permit(world, function, OWNER.address, attacker)


def check_refused(world, permit, signature, sender, reason="vault: signature invalid"):
    """The call reverts, nothing is granted, and the owner's nonce is still unused."""
    before = world.view("nonces", permit.owner)
    receipt = submit(world, permit, signature, sender)
    assert not receipt.is_success
    assert revert_reason(receipt.output) == reason
    assert not is_granted(world, permit)
    assert world.view("nonces", permit.owner) == before


# ---- K1 ----


def test_k1__signed_by_another__refused(world, permit, attacker):
    """TrustedVolumes 2026 ($5.9M), KiloEx 2025 ($7M): the signature was checked, but not that its
    signer had any right over the account that paid."""
    check_refused(world, permit, THIEF.sign(permit.digest), attacker)
    assert submit(world, permit, OWNER.sign(permit.digest), attacker).is_success
    assert is_granted(world, permit)


def test_k1__signed_by_an_operator__refused(world, permit, attacker):
    """An operator may act for the owner, but not appoint others in his name."""
    thief = replace(permit, permitted=THIEF.address)
    approval = make_permit(world, "permit_operator", OWNER.address, attacker)
    approval = replace(approval, permitted=THIEF.address)
    assert submit(world, approval, OWNER.sign(approval.digest), attacker).is_success
    other = replace(thief, permitted=attacker.address, nonce=1)
    check_refused(world, other, THIEF.sign(other.digest), attacker)


def test_k1__margin__is_pulled_from_the_sender_and_no_one_else(world, trader, attacker):
    """The trader has approved the vault without limit, as everyone does: nobody but the trader can
    make use of it, whatever account he names."""
    world.adjust(trader, 1, 10 * WAD, world.units(1_500))
    wallet = world.balance(trader)
    bound = 2**256 - 1
    deposit = (1, 0, world.units(10), bound, trader)
    world.refuse("not owner or operator", "adjust_position", *deposit, sender=attacker)
    open_other = (2, WAD, world.units(500), bound, trader)
    world.refuse("not owner or operator", "adjust_position", *open_other, sender=attacker)
    world.send("set_operator", attacker, True, sender=trader)
    before = world.balance(attacker)
    world.send("adjust_position", *deposit, sender=attacker)
    world.send("add_margin", 1, world.units(10), trader, sender=attacker)
    world.send("deposit", world.units(10), trader, sender=attacker)
    assert world.balance(attacker) == before - world.units(30)
    assert world.balance(trader) == wallet


# ---- K2 ----

FIELDS = {
    "owner": THIEF.address,
    "permitted": THIEF.address,
    "number": 0,
    "nonce": 1,
    "deadline": 2**256 - 2,
    "name": "Another vault",
    "version": "2",
    "chain_id": 1,
    "vault": THIEF.address,
}


@pytest.mark.parametrize("field", FIELDS)
def test_k2__any_field_changed__refused(world, permit, attacker, field):
    """Giddy 2026 ($1.3M): the signature left fields out, and who held it filled them in.

    What is handed in differs from what was signed in one field at a time, either way round. (Nonce
    and domain are not handed in: there the vault's own are others than those signed.)
    """
    changed = replace(permit, **{field: FIELDS[field]})
    check_refused(world, permit, OWNER.sign(changed.digest), attacker)
    if field not in ("nonce", "name", "version", "chain_id", "vault"):
        check_refused(world, changed, OWNER.sign(permit.digest), attacker)
    assert submit(world, permit, OWNER.sign(permit.digest), attacker).is_success


def test_k2__all_fields__are_mutated():
    """A new field of a permit has to come into the table above."""
    assert set(FIELDS) == set(Permit.__dataclass_fields__) - {"function"}


def test_k2__permit_of_one_kind__is_none_of_the_other(world, permit, attacker):
    other = "permit" if permit.function == "permit_operator" else "permit_operator"
    signed = replace(permit, function=other)
    check_refused(world, permit, OWNER.sign(signed.digest), attacker)


def test_k2__after_its_deadline__refused(world, permit, attacker):
    late = replace(permit, deadline=world.now - 1)
    check_refused(world, late, OWNER.sign(late.digest), attacker, "vault: signature expired")


# ---- K5 ----


def test_k5__used_once__refused_again(world, permit, attacker):
    signature = OWNER.sign(permit.digest)
    assert submit(world, permit, signature, attacker).is_success
    revoke = replace(permit, number=0, nonce=1)
    assert submit(world, revoke, OWNER.sign(revoke.digest), attacker).is_success
    check_refused(world, permit, signature, attacker)
    check_refused(world, permit, twin(signature), attacker)


def twin(signature):
    """The other form of the same signature: -s, and the other v."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([27 + 28 - signature[64]])


def test_k5__other_form_of_the_signature__refused(world, permit, attacker):
    """Several in 2026: replay protection keyed on the signature, of which anyone can make a
    second."""
    check_refused(world, permit, twin(OWNER.sign(permit.digest)), attacker)


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_k5__other_v__refused(world, permit, attacker, v):
    signature = OWNER.sign(permit.digest)
    check_refused(world, permit, signature[:64] + bytes([v]), attacker)


@pytest.mark.parametrize(
    "signature", [bytes(65), b"\1" * 64 + b"\0", b"\xff" * 65], ids=["zeros", "no v", "ones"]
)
def test_k5__garbage_for_the_zero_address__refused(world, permit, attacker, signature):
    """A failed recovery answers the zero address, which then was the owner."""
    check_refused(world, replace(permit, owner=ZERO_ADDRESS), signature, attacker)


# ---- K6 ----


@pytest.fixture
def wallets(project, owner):
    """Two smart wallets of the same key."""
    return [owner.deploy(project.MockWallet, [OWNER.address], 1) for _ in range(2)]


def test_k6__wallets_signature__is_not_good_for_another_wallet(world, function, wallets, attacker):
    """EIP-1271 replay, 2023: wallets of one owner accepted one another's signatures, since what was
    signed did not name the wallet."""
    first, second = (make_permit(world, function, wallet.address, attacker) for wallet in wallets)
    signature = OWNER.sign(first.digest)
    assert submit(world, first, signature, attacker).is_success
    assert is_granted(world, first)
    check_refused(world, second, signature, attacker)


def test_k6__owners_key__does_not_sign_for_itself_what_the_wallet_signed(
    world, function, wallets, attacker
):
    of_wallet = make_permit(world, function, wallets[0].address, attacker)
    of_key = make_permit(world, function, OWNER.address, attacker)
    check_refused(world, of_key, OWNER.sign(of_wallet.digest), attacker)


@pytest.mark.parametrize(
    "fault",
    [
        WalletFault.WRONG_MAGIC,
        WalletFault.SHORT_RETURN,
        WalletFault.REVERT,
        WalletFault.BURN_GAS,
        WalletFault.DIRTY_MAGIC,
    ],
)
def test_k6__wallet_answers_anything_else__refused(world, function, wallets, attacker, fault):
    world.node.send(attacker, wallets[0], "set_fault", int(fault))
    permit = make_permit(world, function, wallets[0].address, attacker)
    signature = OWNER.sign(permit.digest)
    receipt = submit(world, permit, signature, attacker)
    assert not receipt.is_success
    assert not is_granted(world, permit)


def test_k6__wallet_answers_at_great_length__costs_its_caller_little(
    world, function, wallets, attacker
):
    permit = make_permit(world, function, wallets[0].address, attacker)
    world.node.send(attacker, wallets[0], "set_fault", int(WalletFault.LONG_RETURN))
    receipt = submit(world, permit, OWNER.sign(permit.digest), attacker)
    assert receipt.is_success
    assert receipt.gas_used < 150_000


# ---- K17 ----


def test_k17__chain_splits__old_signatures_are_good_on_one_side_only(world, permit, attacker):
    """GMX #152: the domain was computed once, at birth; after a fork of the chain every signature
    was good on both sides."""
    node = world.node
    separator = world.view("DOMAIN_SEPARATOR")
    forked = replace(permit, chain_id=permit.chain_id + 1)
    calls = [
        Call(attacker, world.vault, permit.function, signed.arguments(OWNER.sign(signed.digest)))
        for signed in (permit, forked)
    ]
    node.request("anvil_setChainId", forked.chain_id)
    try:
        assert world.view("DOMAIN_SEPARATOR") != separator
        ((old, new),) = simulate(node, (world.now + 1, calls))
    finally:
        node.request("anvil_setChainId", permit.chain_id)
    assert not old.is_success
    assert new.is_success
    ((old, new),) = simulate(node, (world.now + 1, calls))
    assert old.is_success
    assert not new.is_success
