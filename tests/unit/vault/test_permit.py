"""`permit`: EIP-2612, against an independent EIP-712 encoder."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from tests.mocks import WalletFault
from tests.simulation import Call, simulate

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141  # of secp256k1
ZERO = "0x" + "00" * 20
FOREVER = 2**256 - 1
NAMES = ("owner", "spender", "value", "nonce", "deadline")
TYPES = ("address", "address", "uint256", "uint256", "uint256")


def domain(world, **changes):
    return {
        "name": world.params.name,
        "version": "1",
        "chainId": world.chain.chain_id,
        "verifyingContract": world.vault.address,
    } | changes


def sign(world, signer, owner, spender, amount, *, nonce=0, deadline=FOREVER, **changes):
    """(v, r, s) of a permit, the domain changed at will."""
    fields = [{"name": name, "type": kind} for name, kind in zip(NAMES, TYPES, strict=True)]
    values = (str(owner), str(spender), amount, nonce, deadline)
    message = encode_typed_data(
        domain(world, **changes), {"Permit": fields}, dict(zip(NAMES, values, strict=True))
    )
    signed = Account.sign_message(message, signer.private_key)
    return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")


def arguments_of(owner, spender, amount, signature, deadline=FOREVER):
    """What the vault takes, and what the model takes for a good signature and for a bad one."""
    given = (owner, spender, amount, deadline, *signature)
    return given, (*given[:4], True), (*given[:4], False)


def refuse(world, sender, given, bad, reason="signature invalid"):
    world.refuse(reason, "permit", *given, sender=sender, modelled=bad)
    assert world.view("allowance", given[0], given[1]) == 0
    assert world.view("nonces", given[0]) == 0


def test_domain_separator__is_of_name_version_chain_and_vault(world):
    kind = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    words = [
        keccak(kind),
        keccak(text=world.params.name),
        keccak(text="1"),
        world.chain.chain_id.to_bytes(32, "big"),
        bytes.fromhex(world.vault.address[2:]).rjust(32, b"\0"),
    ]
    assert world.view("DOMAIN_SEPARATOR") == keccak(b"".join(words))


@pytest.mark.parametrize("amount", [0, 1, FOREVER])
def test_permit__signed_by_the_owner__anyone_submits_it(world, lp, trader, attacker, amount):
    signature = sign(world, lp, lp, trader, amount)
    given, good, _ = arguments_of(lp.address, trader.address, amount, signature)
    done = world.send("permit", *given, sender=attacker, modelled=good)
    assert world.view("allowance", lp, trader) == amount
    assert world.view("nonces", lp) == 1
    expected = {"owner": lp.address, "spender": trader.address, "value": amount}
    assert done.events == [("Approval", expected)]


def test_permit__then_transfer_from__works(world, lp, trader):
    given, good, _ = arguments_of(lp.address, trader.address, 500, sign(world, lp, lp, trader, 500))
    world.send("permit", *given, sender=trader, modelled=good)
    world.send("transferFrom", lp, trader, 500, sender=trader)
    assert world.view("balanceOf", trader) == 500


def test_permit__deadline__is_the_last_good_second(world, lp, trader):
    deadline = world.now + 10
    signature = sign(world, lp, lp, trader, 5, deadline=deadline)
    given, good, _ = arguments_of(lp.address, trader.address, 5, signature, deadline)
    late = deadline + 1
    world.send("permit", *given, sender=trader, modelled=good, at=deadline)
    signature = sign(world, lp, lp, trader, 6, deadline=deadline, nonce=1)
    given, good, _ = arguments_of(lp.address, trader.address, 6, signature, deadline)
    world.refuse("signature expired", "permit", *given, sender=trader, modelled=good, at=late)


def test_permit__again__reverts(world, lp, trader, attacker):
    given, good, bad = arguments_of(lp.address, trader.address, 5, sign(world, lp, lp, trader, 5))
    world.send("permit", *given, sender=trader, modelled=good)
    world.send("approve", trader, 0, sender=lp)
    world.refuse("signature invalid", "permit", *given, sender=attacker, modelled=bad)
    assert world.view("allowance", lp, trader) == 0


def test_permit__next_nonce__works(world, lp, trader):
    for nonce in range(3):
        signature = sign(world, lp, lp, trader, nonce, nonce=nonce)
        given, good, _ = arguments_of(lp.address, trader.address, nonce, signature)
        world.send("permit", *given, sender=trader, modelled=good)
    assert world.view("nonces", lp) == 3


def test_permit__nonce_to_come__reverts(world, lp, trader):
    given, _, bad = arguments_of(
        lp.address, trader.address, 5, sign(world, lp, lp, trader, 5, nonce=1)
    )
    refuse(world, trader, given, bad)


def test_permit__signed_by_another__reverts(world, lp, trader, attacker):
    signature = sign(world, attacker, lp, attacker, 5)
    given, _, bad = arguments_of(lp.address, attacker.address, 5, signature)
    refuse(world, attacker, given, bad)


@pytest.mark.parametrize("field", range(4))
def test_permit__field_changed_after_signing__reverts(world, lp, trader, attacker, field):
    """K2: each field is covered."""
    values = [lp.address, trader.address, 5, FOREVER]
    signature = sign(world, lp, lp, trader, 5)
    values[field] = [attacker.address, attacker.address, 6, FOREVER - 1][field]
    given, _, bad = arguments_of(*values[:3], signature, values[3])
    refuse(world, attacker, given, bad)


@pytest.mark.parametrize(
    "change",
    [{"chainId": 1}, {"verifyingContract": ZERO}, {"name": "Bulkhead"}, {"version": "2"}],
)
def test_permit__of_another_domain__reverts(world, lp, trader, change):
    signature = sign(world, lp, lp, trader, 5, **change)
    given, _, bad = arguments_of(lp.address, trader.address, 5, signature)
    refuse(world, trader, given, bad)


def test_permit__second_form_of_a_signature__reverts(world, lp, trader):
    """K5: (r, n - s) with the other v recovers the same signer."""
    v, r, s = sign(world, lp, lp, trader, 5)
    other = (55 - v, r, (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big"))
    given, _, bad = arguments_of(lp.address, trader.address, 5, other)
    refuse(world, trader, given, bad)


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_permit__v_that_is_none__reverts(world, lp, trader, v):
    _, r, s = sign(world, lp, lp, trader, 5)
    given, _, bad = arguments_of(lp.address, trader.address, 5, (v, r, s))
    refuse(world, trader, given, bad)


@pytest.mark.parametrize("owner_of", ["lp", "nobody"])
def test_permit__empty_signature__reverts(world, lp, attacker, owner_of):
    """A failed recovery is the zero address: it must not sign for the zero address."""
    owner = lp.address if owner_of == "lp" else ZERO
    empty = (27, bytes(32), bytes(32))
    given, _, bad = arguments_of(owner, attacker.address, 5, empty)
    refuse(world, attacker, given, bad)


def test_permit__chain_forked__old_signature_is_no_good(world, lp, trader):
    """K17: the domain follows the chain id of the moment."""
    here = sign(world, lp, lp, trader, 5)
    there = sign(world, lp, lp, trader, 5, chainId=777)
    calls = [
        Call(trader, world.vault, "permit", (lp, trader, 5, FOREVER, *signature))
        for signature in (here, there)
    ]
    before, chain_id = world.view("DOMAIN_SEPARATOR"), world.chain.chain_id
    world.node.request("anvil_setChainId", 777)
    try:
        [[of_old, of_new]] = simulate(world.node, (world.now + 1, calls))
        domain_there = world.view("DOMAIN_SEPARATOR")
    finally:
        world.node.request("anvil_setChainId", chain_id)
    assert of_old.reason == "vault: signature invalid"
    assert of_new.is_success
    assert domain_there != before == world.view("DOMAIN_SEPARATOR")


# ---- smart wallets ----


@pytest.fixture
def wallet(project, owner, lp):
    """Of one owner: `lp`."""
    return owner.deploy(project.MockWallet, [lp.address], 1)


def test_permit__eip_1271_wallet__signs_through_its_owner(world, wallet, lp, trader):
    signature = sign(world, lp, wallet.address, trader, 5)
    given, good, _ = arguments_of(wallet.address, trader.address, 5, signature)
    world.send("permit", *given, sender=trader, modelled=good)
    assert world.view("allowance", wallet, trader) == 5
    assert world.view("nonces", wallet) == 1


def test_permit__eip_1271_wallet__refuses_a_stranger(world, wallet, attacker):
    signature = sign(world, attacker, wallet.address, attacker, 5)
    given, _, bad = arguments_of(wallet.address, attacker.address, 5, signature)
    refuse(world, attacker, given, bad)


def test_permit__eip_1271_wallet_with_the_wrong_answer__reverts(world, wallet, lp, trader):
    world.node.send(lp, wallet, "set_fault", int(WalletFault.WRONG_MAGIC))
    signature = sign(world, lp, wallet.address, trader, 5)
    given, _, bad = arguments_of(wallet.address, trader.address, 5, signature)
    refuse(world, trader, given, bad)


def test_permit__eip_1271_of_another_wallet__is_not_this_ones(
    world, project, owner, wallet, lp, trader
):
    """K6: one owner, two wallets: the wallet's address is in what is signed."""
    other = owner.deploy(project.MockWallet, [lp.address], 1)
    signature = sign(world, lp, wallet.address, trader, 5)
    given, _, bad = arguments_of(other.address, trader.address, 5, signature)
    refuse(world, trader, given, bad)
