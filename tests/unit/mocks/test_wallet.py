"""The mock wallet signs as a Safe of one or several owners would, and fails as it is told."""

from __future__ import annotations

import ape
import pytest
from ape.exceptions import ApeException
from eth_keys.datatypes import PrivateKey

from tests.mocks import WalletFault

MAGIC = 0x1626BA7E << 224
DIGEST = bytes(range(32))
ZERO_ADDRESS = "0x" + "00" * 20


def key(account):
    """The key of a test account."""
    return PrivateKey(bytes.fromhex(account.private_key.removeprefix("0x")))


def sign(*accounts, digest=DIGEST):
    """Signatures of a digest, in rising order of signers, one after the other."""
    signature = b""
    for account in sorted(accounts, key=lambda account: int(account.address, 16)):
        signed = key(account).sign_msg_hash(digest)
        signature += signed.r.to_bytes(32, "big") + signed.s.to_bytes(32, "big")
        signature += bytes([27 + signed.v])
    return signature


@pytest.fixture
def wallet(project, owner, trader):
    """One owner."""
    return owner.deploy(project.MockWallet, [trader], 1)


@pytest.fixture
def safe(project, owner, trader, trader2, lp, keeper):
    """Three of four owners."""
    return owner.deploy(project.MockWallet, [trader, trader2, lp, keeper], 3)


@pytest.fixture
def answer(chain):
    """What a wallet says to a signature: its first word, and the length in bytes."""

    def read(wallet, signature, digest=DIGEST):
        data = wallet.isValidSignature.encode_input(digest, signature).to_0x_hex()
        call = {"to": wallet.address, "data": data, "gas": hex(3_000_000)}
        raw = bytes.fromhex(chain.provider.make_request("eth_call", [call, "latest"])[2:])
        return int.from_bytes(raw[:32].ljust(32, b"\0"), "big"), len(raw)

    return read


def test_signature__of_owner__valid(wallet, answer, trader):
    assert answer(wallet, sign(trader)) == (MAGIC, 32)


def test_signature__of_stranger__invalid(wallet, answer, attacker):
    assert answer(wallet, sign(attacker)) == (0, 32)


def test_signature__of_other_digest__invalid(wallet, answer, trader):
    assert answer(wallet, sign(trader), bytes(32)) == (0, 32)


@pytest.mark.parametrize("signature", [b"", b"\x01", bytes(64), bytes(65), bytes(66), bytes(1024)])
def test_signature__nonsense__invalid(wallet, answer, signature):
    assert answer(wallet, signature) == (0, 32)


def test_signature__of_three_owners__valid(safe, answer, trader, trader2, keeper):
    signature = sign(trader, trader2, keeper)
    assert len(signature) == 195
    assert answer(safe, signature) == (MAGIC, 32)


def test_signature__of_all_owners__valid(safe, answer, trader, trader2, lp, keeper):
    assert answer(safe, sign(trader, trader2, lp, keeper)) == (MAGIC, 32)


def test_signature__too_few_owners__invalid(safe, answer, trader, trader2):
    assert answer(safe, sign(trader, trader2)) == (0, 32)


def test_signature__one_owner_counted_twice__invalid(safe, answer, trader, trader2):
    assert answer(safe, sign(trader, trader2, trader2)) == (0, 32)


def test_signature__falling_order__invalid(safe, answer, trader, trader2, keeper):
    signature = sign(trader, trader2, keeper)
    assert answer(safe, signature[130:] + signature[65:130] + signature[:65]) == (0, 32)


def test_signature__stranger_among_owners__invalid(safe, answer, trader, trader2, attacker):
    assert answer(safe, sign(trader, trader2, attacker)) == (0, 32)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (WalletFault.WRONG_MAGIC, (0xFFFFFFFF << 224, 32)),
        (WalletFault.DIRTY_MAGIC, (MAGIC + 2**224 - 1, 32)),
        (WalletFault.LONG_RETURN, (MAGIC, 32 + 8_192)),
        (WalletFault.SHORT_RETURN, (MAGIC, 4)),
    ],
)
def test_fault__odd_answer__answers_it(wallet, answer, owner, trader, fault, expected):
    wallet.set_fault(fault, sender=owner)
    assert answer(wallet, sign(trader)) == expected


def test_fault__always_valid__takes_anything(wallet, answer, owner):
    wallet.set_fault(WalletFault.ALWAYS_VALID, sender=owner)
    assert answer(wallet, b"") == (MAGIC, 32)


@pytest.mark.parametrize("fault", [WalletFault.REVERT, WalletFault.BURN_GAS])
def test_fault__refusing__reverts(wallet, answer, owner, trader, fault):
    wallet.set_fault(fault, sender=owner)
    with pytest.raises(ApeException):
        answer(wallet, sign(trader))


def test_execute__owner__calls_in_its_name(wallet, make_token, lp, trader, keeper):
    token = make_token("MockToken")
    token.transfer(wallet, 10, sender=lp)
    wallet.execute(token, 0, token.transfer.encode_input(keeper, 4), sender=trader)
    assert token.balanceOf(keeper) == 4


def test_execute__with_ether__sends_it(wallet, project, owner, trader):
    other = owner.deploy(project.MockWallet, [trader], 1)
    owner.transfer(wallet, 9)
    wallet.execute(other, 9, b"", sender=trader)
    assert other.balance == 9


def test_execute__stranger__reverts(wallet, attacker):
    with ape.reverts("wallet: not owner"):
        wallet.execute(wallet, 0, b"", sender=attacker)


def test_execute__target_reverts__same_reason(wallet, make_token, trader, keeper):
    token = make_token("MockToken")
    with ape.reverts("token: balance too low"):
        wallet.execute(token, 0, token.transfer.encode_input(keeper, 4), sender=trader)


@pytest.mark.parametrize(
    ("owners", "threshold", "reason"),
    [
        ([1], 0, "wallet: zero threshold"),
        ([1], 2, "wallet: threshold too high"),
        ([1, 1], 1, "wallet: owner twice"),
        ([0], 1, "wallet: zero owner"),
    ],
)
def test_init__bad_owners__reverts(project, owner, owners, threshold, reason):
    addresses = [f"0x{number:040x}" for number in owners]
    with ape.reverts(reason):
        owner.deploy(project.MockWallet, addresses, threshold)
