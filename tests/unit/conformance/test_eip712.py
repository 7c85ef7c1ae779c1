"""EIP-712: what the contracts sign for is what eth-account, and so any wallet, signs."""

from __future__ import annotations

import pytest
from eth_account import Account

from bulkhead.model import MAX_UINT256
from tests.regression.support import call, run
from tests.signing import PERMIT, PERMIT_OPERATOR, digest, domain, private_key, typed


@pytest.fixture
def of(vault):
    return domain(vault.vault, vault.params.name, chain_id=vault.chain.chain_id)


def test_domain__is_eth_accounts(vault, of):
    message = typed(of, "Permit", PERMIT, *("0x" + "00" * 20,) * 2, 0, 0, 0)
    assert vault.view("DOMAIN_SEPARATOR") == message.header


@pytest.mark.parametrize("struct", ["Permit", "PermitOperator"])
def test_digest__of_eth_account__is_the_one_that_is_checked(
    vault, of, lp, keeper, attacker, struct
):
    """Signed as a bare hash, so that no encoder but the test's has a say."""
    if struct == "Permit":
        fields, given, function = PERMIT, (lp, keeper, 77), "permit"
    else:
        fields, given, function = PERMIT_OPERATOR, (lp, keeper, True), "permit_operator"
    message = typed(of, struct, fields, *given, 0, MAX_UINT256)
    signed = Account.unsafe_sign_hash(digest(message), private_key(lp))
    r, s = (number.to_bytes(32, "big") for number in (signed.r, signed.s))
    tail = (signed.v, r, s) if struct == "Permit" else (r + s + bytes([signed.v]),)
    ((made,),) = run(vault, (1, [call(vault, attacker, function, *given, MAX_UINT256, *tail)]))
    assert made.is_success, made.reason
