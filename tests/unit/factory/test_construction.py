"""The factory's birth, the blueprints it makes things of, and what a creation costs."""

from __future__ import annotations

import ape
import pytest

from tests.factory_kit import PREAMBLE
from tests.node import NodeError
from tests.unit.oracles.reference import ZERO_ADDRESS

MAX_CODE = 24_576  # EIP-170


def test_init__success__owner_owns_and_takes_no_share(yard):
    assert yard.factory.owner() == yard.owner
    assert yard.factory.VAULT_BLUEPRINT() == yard.blueprint
    assert yard.factory.protocol_fee_share() == 0
    assert yard.factory.fee_recipient() == yard.recipient
    assert yard.factory.vault_count() == 0


def test_init__blueprint_without_code__refused(yard, project, attacker):
    with ape.reverts("factory: no blueprint"):
        yard.owner.deploy(project.VaultFactory, attacker.address, yard.recipient, yard.owner)


def test_init__no_recipient__refused(yard, project):
    with ape.reverts("factory: no recipient"):
        yard.owner.deploy(project.VaultFactory, yard.blueprint, ZERO_ADDRESS, yard.owner)


def test_init__no_owner__refused(yard, project):
    with ape.reverts("factory: no owner"):
        yard.owner.deploy(project.VaultFactory, yard.blueprint, yard.recipient, ZERO_ADDRESS)


def test_init__owner_is_not_the_sender__sender_has_no_say(yard, project, attacker):
    named = yard.blueprint, yard.recipient, yard.owner
    factory = attacker.deploy(project.VaultFactory, *named)
    assert factory.owner() == yard.owner
    with ape.reverts("ownable: caller is not the owner"):
        factory.set_protocol_fee(0, attacker, sender=attacker)


def test_blueprint__erc_5202__preamble_then_creation_code(yard, project):
    """The preamble halts whoever calls the blueprint, and is what the factory cuts off."""
    for blueprint, contract in (
        (yard.blueprint, project.PairVault),
        (yard.adapter, project.ChainlinkOracle),
    ):
        code = bytes(yard.chain.provider.get_code(blueprint))
        creation = bytes.fromhex(contract.contract_type.deployment_bytecode.bytecode[2:])
        assert code == PREAMBLE + creation
        assert len(code) <= MAX_CODE


def test_blueprint__called__halts(yard):
    with pytest.raises(NodeError, match="InvalidFEOpcode"):
        yard.node.request("eth_call", {"to": yard.blueprint, "data": "0x"}, "latest")


def test_create_vault__sizes_and_gas__within_the_chains_limits(yard):
    receipt = yard.attempt()
    vault = yard.vault_of(receipt)
    assert len(yard.chain.provider.get_code(vault.address)) <= MAX_CODE
    # 200 gas a byte for the code alone; a block of any chain has room for it
    assert receipt.gas_used < 6_500_000
