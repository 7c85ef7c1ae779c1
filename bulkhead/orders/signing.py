"""Signing an order, and finding out whose signature it is.

The signer that an order names is its owner, or an operator that the owner has approved in the
vault: a key, or a wallet contract that answers EIP-1271.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from eth_account import Account
from eth_account.messages import SignableMessage
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from bulkhead.client.codec import Abi, package_abi
from bulkhead.client.node import Node, View
from bulkhead.exceptions import InvalidSignature
from bulkhead.orders.typed_data import digest, signable
from bulkhead.orders.types import Domain, Order, Permit

MAX_SIGNATURE: Final = 1024  # bytes, of the contract
_KEY_SIGNATURE: Final = 65
# half of the curve's order: the contract refuses the second form that every signature has above it
_MAX_S: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
_MAGIC: Final = bytes.fromhex("1626ba7e")
_WALLET: Final = Abi(
    [
        {
            "type": "function",
            "name": "isValidSignature",
            "inputs": [
                {"name": "digest", "type": "bytes32"},
                {"name": "signature", "type": "bytes"},
            ],
            "outputs": [{"name": "", "type": "bytes4"}],
        }
    ]
)


@dataclass(frozen=True)
class SignedOrder:
    """What a keeper needs to execute an order."""

    order: Order
    signature: bytes
    permit: Permit | None
    domain: Domain

    def __post_init__(self) -> None:
        if not 0 < len(self.signature) <= MAX_SIGNATURE:
            raise InvalidSignature(
                f"a signature of {len(self.signature)} bytes",
                f"A key makes {_KEY_SIGNATURE} bytes, a wallet at most {MAX_SIGNATURE}.",
            )

    @cached_property
    def digest(self) -> bytes:
        """What was signed; the order's name everywhere."""
        return digest(self.order, self.domain)


def sign(order: Order, domain: Domain, account: Any, permit: Permit | None = None) -> SignedOrder:
    """By a key of eth-account's or an account of Ape's. Raises InvalidSignature if it declines."""
    return SignedOrder(order, sign_message(account, signable(order, domain)), permit, domain)


def sign_message(account: Any, message: SignableMessage) -> bytes:
    """65 bytes r, s, v, of a key of eth-account's or an account of Ape's.

    Raises InvalidSignature where it declines or cannot.
    """
    try:
        signed = account.sign_message(message)
    except NotImplementedError:
        advice = "Use one that can, or send an approval instead of a permit."
        raise InvalidSignature("the account cannot sign messages", advice) from None
    if signed is None:
        raise InvalidSignature("the account has not signed", "Confirm the signature, or try again.")
    return bytes(signed.signature if hasattr(signed, "signature") else signed.encode_rsv())


def recover(signed: SignedOrder) -> str | None:
    """Whose key has made the signature; None where no key has."""
    raw = signed.signature
    if len(raw) != _KEY_SIGNATURE or raw[64] not in (27, 28):
        return None
    if int.from_bytes(raw[32:64], "big") > _MAX_S:
        return None
    try:
        found = Account.recover_message(signable(signed.order, signed.domain), signature=raw)
    except (BadSignature, ValidationError):
        return None
    return str(found)


def verify(node: Node, signed: SignedOrder) -> None:
    """Check what the contract will: that the signer may act for the owner, and has signed.

    Raises InvalidSignature.
    """
    order = signed.order
    vault = package_abi("PairVault")
    if order.signer != order.owner and not node.view(
        order.vault, vault, "is_operator", order.owner, order.signer
    ):
        raise InvalidSignature(
            f"the signer {order.signer} is neither the owner {order.owner} nor an operator",
            "Have the owner approve the signer in the vault: set_operator.",
        )
    key = recover(signed)
    if key == order.signer or _is_valid_for_wallet(node, signed):
        return
    raise InvalidSignature(
        f"signed by {key}, not by {order.signer}" if key else f"not signed by {order.signer}",
        "Sign it anew: every field, the order book and the chain id are part of what is signed.",
    )


def _is_valid_for_wallet(node: Node, signed: SignedOrder) -> bool:
    """EIP-1271. An account with a delegate (EIP-7702) has code and a key: either will do."""
    signer = signed.order.signer
    if not node.has_code(signer):
        return False
    arguments = signed.digest, signed.signature
    (answer,) = node.try_views([View(signer, _WALLET, "isValidSignature", arguments)])
    return bool(answer == _MAGIC)
