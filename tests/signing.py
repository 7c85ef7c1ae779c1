"""EIP-712 messages of a vault, and signatures of them by test accounts."""

from __future__ import annotations

from typing import Any

from ape.api import AccountAPI
from ape.contracts import ContractInstance
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils import keccak

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

PERMIT_OPERATOR = [
    ("owner", "address"),
    ("operator", "address"),
    ("approved", "bool"),
    ("nonce", "uint256"),
    ("deadline", "uint256"),
]
PERMIT = [
    ("owner", "address"),
    ("spender", "address"),
    ("value", "uint256"),
    ("nonce", "uint256"),
    ("deadline", "uint256"),
]


def domain(contract: Any, name: str, *, chain_id: int) -> dict[str, Any]:
    """The EIP-712 domain of a vault, whose name is that of its share token."""
    address = contract.address if isinstance(contract, ContractInstance) else contract
    return {"name": name, "version": "1", "chainId": chain_id, "verifyingContract": address}


def typed(
    domain: dict[str, Any], primary: str, fields: list[tuple[str, str]], *values: Any
) -> SignableMessage:
    """A message of one flat struct, `values` in the order of `fields`."""
    types = {primary: [{"name": name, "type": kind} for name, kind in fields]}
    message = {
        name: value.address if hasattr(value, "address") else value
        for (name, _), value in zip(fields, values, strict=True)
    }
    return encode_typed_data(domain, types, message)


def digest(message: SignableMessage) -> bytes:
    """What is signed: eth-account's own encoding, hashed."""
    return keccak(b"\x19" + message.version + message.header + message.body)


def private_key(account: AccountAPI) -> str:
    """The key of a test account."""
    return str(account.private_key)  # type: ignore[attr-defined]


def sign(account: AccountAPI, message: SignableMessage) -> bytes:
    """65 bytes: r, s, v of 27 or 28."""
    return bytes(Account.sign_message(message, private_key(account)).signature)


def sign_all(accounts: list[AccountAPI], message: SignableMessage) -> bytes:
    """Signatures of several owners, in rising order of their addresses, as a Safe takes them."""
    ordered = sorted(accounts, key=lambda account: int(account.address, 16))
    return b"".join(sign(account, message) for account in ordered)


def with_high_s(signature: bytes) -> bytes:
    """The other signature of the same message by the same key: s and the parity turned over."""
    high = CURVE_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + high.to_bytes(32, "big") + bytes([55 - signature[64]])
