"""Whose signature it is, without a chain: the rest is asked of the contract in integration."""

from __future__ import annotations

import pytest

from bulkhead.exceptions import InvalidSignature
from bulkhead.orders import SignedOrder, recover, sign
from tests.signing import with_high_s
from tests.unit.orders.support import DOMAIN, ORDER, OWNER, STRANGER, changed

SIGNED = sign(ORDER, DOMAIN, OWNER)


def with_signature(raw: bytes) -> SignedOrder:
    return SignedOrder(ORDER, raw, None, DOMAIN)


def test_recover__signed_by_a_key__is_its_address():
    assert recover(SIGNED) == OWNER.address
    assert recover(sign(ORDER, DOMAIN, STRANGER)) == STRANGER.address


def test_recover__another_order__is_somebody_else():
    moved = SignedOrder(changed(keeper_fee=3 * 10**6), SIGNED.signature, None, DOMAIN)
    assert recover(moved) not in (OWNER.address, None)


@pytest.mark.parametrize(
    "raw",
    [
        with_high_s(SIGNED.signature),
        SIGNED.signature[:64],
        SIGNED.signature[:64] + b"\x00",
        SIGNED.signature[:64] + b"\x1d",
        SIGNED.signature + b"\x00",
        bytes(64) + b"\x1b",
        b"\xff" * 32 + SIGNED.signature[32:],
    ],
    ids=["high s", "64 bytes", "v 0", "v 29", "66 bytes", "zeros", "r beyond the order"],
)
def test_recover__what_the_contract_takes_for_no_key__is_nobody(raw: bytes):
    assert recover(with_signature(raw)) is None


@pytest.mark.parametrize("length", [0, 1025])
def test_signed_order__signature_of_impossible_length__refuses(length: int):
    with pytest.raises(InvalidSignature, match=f"signature of {length} bytes"):
        with_signature(bytes(length))


class Declining:
    """An account whose user has said no."""

    def sign_message(self, message: object) -> None:
        return None


def test_sign__declined__says_so():
    with pytest.raises(InvalidSignature, match="has not signed"):
        sign(ORDER, DOMAIN, Declining())
