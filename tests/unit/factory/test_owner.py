"""What the factory's owner may do, and the hand-over in two steps."""

from __future__ import annotations

import ape
import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.factory_kit import SEED
from tests.unit.oracles.reference import ZERO_ADDRESS

NOT_OWNER = "ownable: caller is not the owner"


def fees_of_a_trade(yard, vault, trader, position_id=1):
    """Protocol fees and pool fees of one opening."""
    yard.node.send(trader, yard.token, "approve", vault, MAX_UINT256)
    fees, pool = vault.protocol_fees(), vault.get_market().pool
    arguments = (position_id, WAD // 100, 25 * 10**6, MAX_UINT256)
    yard.node.send(trader, vault, "adjust_position", *arguments)
    return vault.protocol_fees() - fees, vault.get_market().pool - pool


# ---- set_protocol_fee ----


def test_set_protocol_fee__in_bounds__set(yard, attacker):
    receipt = yard.node.send(yard.owner, yard.factory, "set_protocol_fee", WAD // 5, attacker)
    assert yard.events(receipt) == [
        ("ProtocolFeeSet", {"share": WAD // 5, "recipient": attacker.address})
    ]
    assert yard.factory.protocol_fee_share() == WAD // 5
    assert yard.factory.fee_recipient() == attacker


def test_set_protocol_fee__above_a_fifth__refused(yard):
    with ape.reverts("factory: share too high"):
        yard.factory.set_protocol_fee(WAD // 5 + 1, yard.recipient, sender=yard.owner)


def test_set_protocol_fee__no_recipient__refused(yard):
    with ape.reverts("factory: no recipient"):
        yard.factory.set_protocol_fee(0, ZERO_ADDRESS, sender=yard.owner)


def test_set_protocol_fee__not_owner__refused(yard, attacker):
    with ape.reverts(NOT_OWNER):
        yard.factory.set_protocol_fee(0, attacker, sender=attacker)


def test_set_protocol_fee__vaults_there_already__keep_their_share(yard, trader):
    before = yard.create()
    yard.factory.set_protocol_fee(WAD // 5, yard.recipient, sender=yard.owner)
    after = yard.create(name="Later")
    assert fees_of_a_trade(yard, before, trader)[0] == 0
    cut, rest = fees_of_a_trade(yard, after, trader)
    assert cut == (cut + rest) // 5 > 0
    yard.factory.set_protocol_fee(0, yard.recipient, sender=yard.owner)
    assert fees_of_a_trade(yard, after, trader, 2)[0] == pytest.approx(cut, abs=2)


def test_set_protocol_fee__new_recipient__of_every_vault(yard, trader, attacker):
    yard.factory.set_protocol_fee(WAD // 5, yard.recipient, sender=yard.owner)
    vault = yard.create()
    owed, _ = fees_of_a_trade(yard, vault, trader)
    yard.factory.set_protocol_fee(0, attacker, sender=yard.owner)
    yard.node.send(trader, vault, "collect_protocol_fees")
    assert yard.token.balanceOf(attacker) == owed
    assert yard.token.balanceOf(yard.recipient) == 0


# ---- set_adapter ----


def test_set_adapter__blueprint__known_until_unset(yard, project):
    adapter = yard.owner.declare(project.MockOracle).contract_address
    for is_known in (True, False):
        receipt = yard.node.send(yard.owner, yard.factory, "set_adapter", adapter, is_known)
        assert yard.events(receipt) == [("AdapterSet", {"adapter": adapter, "is_known": is_known})]
        assert yard.factory.is_known_adapter(adapter) is is_known


def test_set_adapter__without_code__refused(yard, attacker):
    with ape.reverts("factory: no adapter"):
        yard.factory.set_adapter(attacker, True, sender=yard.owner)


def test_set_adapter__not_owner__refused(yard, attacker):
    with ape.reverts(NOT_OWNER):
        yard.factory.set_adapter(yard.adapter, False, sender=attacker)


# ---- ownership ----


def test_transfer_ownership__accepted__new_owner_rules(yard, guardian):
    yard.factory.transfer_ownership(guardian, sender=yard.owner)
    assert yard.factory.pending_owner() == guardian
    assert yard.factory.owner() == yard.owner
    yard.factory.accept_ownership(sender=guardian)
    assert yard.factory.owner() == guardian
    assert yard.factory.pending_owner() == ZERO_ADDRESS
    yard.factory.set_protocol_fee(1, guardian, sender=guardian)
    with ape.reverts(NOT_OWNER):
        yard.factory.set_protocol_fee(2, guardian, sender=yard.owner)


def test_transfer_ownership__not_accepted__nothing_changes(yard, guardian):
    yard.factory.transfer_ownership(guardian, sender=yard.owner)
    with ape.reverts(NOT_OWNER):
        yard.factory.set_protocol_fee(0, guardian, sender=guardian)
    yard.factory.set_protocol_fee(0, guardian, sender=yard.owner)


def test_transfer_ownership__second_candidate__first_is_out(yard, guardian, attacker):
    yard.factory.transfer_ownership(attacker, sender=yard.owner)
    yard.factory.transfer_ownership(guardian, sender=yard.owner)
    with ape.reverts("ownable_2step: caller is not the new owner"):
        yard.factory.accept_ownership(sender=attacker)


def test_transfer_ownership__not_owner__refused(yard, attacker):
    with ape.reverts(NOT_OWNER):
        yard.factory.transfer_ownership(attacker, sender=attacker)


def test_accept_ownership__nobody_asked__refused(yard, attacker):
    with ape.reverts("ownable_2step: caller is not the new owner"):
        yard.factory.accept_ownership(sender=attacker)


def test_renounce_ownership__by_owner__settings_stand_and_creation_works(yard):
    yard.factory.renounce_ownership(sender=yard.owner)
    assert yard.factory.owner() == ZERO_ADDRESS
    with ape.reverts(NOT_OWNER):
        yard.factory.set_protocol_fee(0, yard.recipient, sender=yard.owner)
    assert yard.create().get_market().pool == SEED


def test_renounce_ownership__not_owner__refused(yard, attacker):
    with ape.reverts(NOT_OWNER):
        yard.factory.renounce_ownership(sender=attacker)
