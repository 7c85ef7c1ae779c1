"""Operators by EIP-712 signature: of an EOA, of wallets that sign by EIP-1271."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.mocks import WalletFault
from tests.signing import PERMIT_OPERATOR, digest, domain, sign, sign_all, typed, with_high_s

ZERO_ADDRESS = "0x" + "00" * 20
VALID, INVALID = True, False


class Permits:
    """Messages for one vault, and the calls with them; the model is told whether one is valid."""

    def __init__(self, world):
        self.world = world
        self.domain = domain(world.vault, world.params.name, chain_id=world.chain.provider.chain_id)

    def message(self, owner, operator, approved=True, nonce=0, deadline=MAX_UINT256, **changes):
        values = (owner, operator, approved, nonce, deadline)
        return typed(self.domain | changes, "PermitOperator", PERMIT_OPERATOR, *values)

    def use(self, signature, owner, operator, sender, *, approved=True, deadline=MAX_UINT256):
        arguments = (owner, operator, approved, deadline)
        return self.world.send(
            "permit_operator", *arguments, signature, sender=sender, modelled=(*arguments, VALID)
        )

    def refuse(
        self, reason, signature, owner, operator, sender, *, approved=True, deadline=MAX_UINT256
    ):
        arguments = (owner, operator, approved, deadline)
        self.world.refuse(
            reason,
            "permit_operator",
            *arguments,
            signature,
            sender=sender,
            modelled=(*arguments, reason == "signature expired"),
        )


@pytest.fixture
def permits(world):
    return Permits(world)


@pytest.fixture
def safe(project, owner, trader, trader2, lp, keeper):
    """Three of four owners."""
    return owner.deploy(project.MockWallet, [trader, trader2, lp, keeper], 3)


# ---- accounts ----


@pytest.mark.parametrize("approved", [True, False])
def test_permit_operator__signed_by_owner__sets_operator(
    permits, world, trader, trader2, keeper, approved
):
    """Anyone may bring the signature. Approval can be given and taken."""
    world.send("set_operator", trader2, not approved, sender=trader)
    signature = sign(trader, permits.message(trader, trader2, approved))
    done = permits.use(signature, trader, trader2, keeper, approved=approved)
    assert done.result is None
    assert done.events == [
        (
            "OperatorSet",
            {"owner": trader.address, "operator": trader2.address, "approved": approved},
        )
    ]
    assert world.view("is_operator", trader, trader2) is approved
    assert world.view("nonces", trader) == 1


def test_permit_operator__operator__acts_for_the_owner(permits, world, trader, trader2):
    permits.use(sign(trader, permits.message(trader, trader2)), trader, trader2, trader2)
    arguments = (1, WAD, world.units(200), MAX_UINT256, trader)
    world.send("adjust_position", *arguments, sender=trader2)
    assert world.position(trader, 1).size == WAD


def test_permit_operator__digest__is_eth_accounts(permits, world, trader, trader2):
    """The domain separator on chain, and a wallet that tells for which digest it was asked."""
    message = permits.message(trader, trader2)
    assert world.view("DOMAIN_SEPARATOR") == message.header
    assert digest(message) != digest(permits.message(trader2, trader))


def test_permit_operator__nonces__count_up(permits, world, trader, trader2):
    for nonce, approved in enumerate([True, False, True]):
        signature = sign(trader, permits.message(trader, trader2, approved, nonce))
        permits.use(signature, trader, trader2, trader, approved=approved)
    assert world.view("nonces", trader) == 3
    assert world.view("is_operator", trader, trader2) is True


def test_permit_operator__at_the_deadline__works(permits, world, trader, trader2):
    deadline = world.now + 60
    signature = sign(trader, permits.message(trader, trader2, deadline=deadline))
    arguments = (trader, trader2, True, deadline)
    late = {"sender": trader, "at": deadline + 1, "modelled": (*arguments, VALID)}
    in_time = {"sender": trader, "at": deadline, "modelled": (*arguments, VALID)}
    world.send("permit_operator", *arguments, signature, **in_time)
    world.refuse("signature expired", "permit_operator", *arguments, signature, **late)


def test_permit_operator__expired__refused_whatever_the_signature(permits, trader, trader2):
    permits.refuse("signature expired", b"", trader, trader2, trader, deadline=0)


def test_permit_operator__replay__refused(permits, trader, trader2, keeper):
    signature = sign(trader, permits.message(trader, trader2))
    permits.use(signature, trader, trader2, keeper)
    permits.refuse("signature invalid", signature, trader, trader2, keeper)


def test_permit_operator__refused__keeps_the_nonce(permits, world, trader, trader2):
    signature = sign(trader, permits.message(trader, trader2))
    permits.refuse("signature invalid", signature[:64] + b"\0", trader, trader2, trader)
    assert world.view("nonces", trader) == 0
    permits.use(signature, trader, trader2, trader)


def test_permit_operator__signed_by_another__refused(permits, trader, trader2, attacker):
    signature = sign(attacker, permits.message(trader, attacker))
    permits.refuse("signature invalid", signature, trader, attacker, attacker)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Bulkhead"},
        {"version": "2"},
        {"chainId": 1},
        {"verifyingContract": ZERO_ADDRESS},
    ],
)
def test_permit_operator__other_domain__refused(permits, trader, trader2, changes):
    signature = sign(trader, permits.message(trader, trader2, **changes))
    permits.refuse("signature invalid", signature, trader, trader2, trader)


@pytest.mark.parametrize("field", ["owner", "operator", "approved", "nonce", "deadline"])
def test_permit_operator__field_changed__refused(permits, trader, trader2, attacker, field):
    """Every field is signed: what is called with is not what was signed in one of them."""
    signed = {"owner": trader, "operator": trader2, "approved": True, "nonce": 0, "deadline": 2**40}
    other = {
        "owner": attacker,
        "operator": attacker,
        "approved": False,
        "nonce": 1,
        "deadline": 2**41,
    }
    signature = sign(trader, permits.message(**(signed | {field: other[field]})))
    terms = {"deadline": 2**40}
    permits.refuse("signature invalid", signature, trader, trader2, attacker, **terms)


def test_permit_operator__high_s__refused(permits, trader, trader2):
    """The second form of a signature is as good to `ecrecover`, and not to the vault."""
    signature = with_high_s(sign(trader, permits.message(trader, trader2)))
    permits.refuse("signature invalid", signature, trader, trader2, trader)


@pytest.mark.parametrize("length", [0, 1, 64, 66, 1024])
def test_permit_operator__odd_length__refused(permits, trader, trader2, length):
    """A valid signature cut short or padded, too: a compact one is not taken."""
    signature = sign(trader, permits.message(trader, trader2)).ljust(length, b"\0")[:length]
    permits.refuse("signature invalid", signature, trader, trader2, trader)


@pytest.mark.parametrize("v", [0, 1, 2, 26, 29, 255])
def test_permit_operator__odd_v__refused(permits, trader, trader2, v):
    signature = sign(trader, permits.message(trader, trader2))[:64] + bytes([v])
    permits.refuse("signature invalid", signature, trader, trader2, trader)


@pytest.mark.parametrize("signature", [bytes(65), b"\xff" * 65, bytes(64) + b"\x1b"])
def test_permit_operator__of_the_zero_address__refused(permits, attacker, signature):
    """`ecrecover` answers zero to nonsense: nobody signs for the zero address with it."""
    permits.refuse("signature invalid", signature, ZERO_ADDRESS, attacker, attacker)


def test_permit_operator__longer_than_the_bound__reverts(permits, world, trader, trader2):
    world.is_mirrored = False
    arguments = (trader, trader2, True, MAX_UINT256, bytes(1_025))
    receipt = world.node.attempt(trader, world.vault, "permit_operator", *arguments)
    assert not receipt.is_success


# ---- wallets ----


def test_permit_operator__safe__signatures_of_its_owners(
    permits, world, safe, trader, trader2, lp, attacker
):
    signature = sign_all([trader, trader2, lp], permits.message(safe, attacker))
    assert len(signature) == 195
    permits.use(signature, safe, attacker, attacker)
    assert world.view("is_operator", safe, attacker) is True
    assert world.view("nonces", safe) == 1


def test_permit_operator__safe_of_ten__long_signature(permits, project, owner, accounts, trader):
    """650 bytes: ten owners, all of whom must sign."""
    owners = list(accounts)[5:15]
    wallet = owner.deploy(project.MockWallet, owners, 10)
    signature = sign_all(owners, permits.message(wallet, trader))
    permits.use(signature, wallet, trader, trader)


def test_permit_operator__wallet_of_one__same_length_as_an_account(
    permits, world, project, owner, trader, trader2
):
    """65 bytes that recover to the wallet's owner, not to the wallet: the wallet is asked."""
    wallet = owner.deploy(project.MockWallet, [trader], 1)
    permits.use(sign(trader, permits.message(wallet, trader2)), wallet, trader2, trader2)
    assert world.view("is_operator", trader, trader2) is False


def test_permit_operator__another_wallet_of_the_owner__refused(
    permits, project, owner, trader, trader2
):
    """The account is in the digest: what was signed for one wallet is no good for its twin."""
    first = owner.deploy(project.MockWallet, [trader], 1)
    twin = owner.deploy(project.MockWallet, [trader], 1)
    signature = sign(trader, permits.message(first, trader2))
    permits.refuse("signature invalid", signature, twin, trader2, trader2)


def test_permit_operator__too_few_owners__refused(permits, safe, trader, trader2, attacker):
    signature = sign_all([trader, trader2], permits.message(safe, attacker))
    permits.refuse("signature invalid", signature, safe, attacker, attacker)


def test_permit_operator__safe_replay__refused(permits, safe, trader, trader2, lp, attacker):
    signature = sign_all([trader, trader2, lp], permits.message(safe, attacker))
    permits.use(signature, safe, attacker, attacker)
    permits.refuse("signature invalid", signature, safe, attacker, attacker)


def test_permit_operator__wallet_of_anything__longest_signature(permits, world, safe, attacker):
    world.node.send(attacker, safe, "set_fault", int(WalletFault.ALWAYS_VALID))
    permits.use(bytes(1_024), safe, attacker, attacker)


def test_permit_operator__wallet_answers_at_length__its_first_word_counts(
    permits, world, safe, trader, trader2, lp, attacker
):
    world.node.send(attacker, safe, "set_fault", int(WalletFault.LONG_RETURN))
    signature = sign_all([trader, trader2, lp], permits.message(safe, attacker))
    permits.use(signature, safe, attacker, attacker)


def test_permit_operator__wallet_answers_no__refused(
    permits, world, safe, trader, trader2, lp, attacker
):
    world.node.send(attacker, safe, "set_fault", int(WalletFault.WRONG_MAGIC))
    signature = sign_all([trader, trader2, lp], permits.message(safe, attacker))
    permits.refuse("signature invalid", signature, safe, attacker, attacker)


@pytest.mark.parametrize(
    "fault",
    [
        WalletFault.SHORT_RETURN,
        WalletFault.DIRTY_MAGIC,
        WalletFault.REVERT,
        WalletFault.BURN_GAS,
    ],
)
def test_permit_operator__broken_wallet__reverts(
    permits, world, safe, trader, trader2, lp, attacker, fault
):
    world.node.send(attacker, safe, "set_fault", int(fault))
    signature = sign_all([trader, trader2, lp], permits.message(safe, attacker))
    arguments = (safe, attacker, True, MAX_UINT256, signature)
    assert not world.node.attempt(attacker, world.vault, "permit_operator", *arguments).is_success
    assert world.view("is_operator", safe, attacker) is False


def test_permit_operator__contract_without_the_function__reverts(permits, world, trader, attacker):
    """The token is nobody's wallet."""
    arguments = (world.token, attacker, True, MAX_UINT256, bytes(65))
    assert not world.node.attempt(attacker, world.vault, "permit_operator", *arguments).is_success
