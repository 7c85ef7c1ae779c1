"""Permissions by signature, without a transaction: a token's allowance, a vault's operator."""

from __future__ import annotations

from typing import Any, Final

from eth_account.messages import SignableMessage, encode_typed_data

from bulkhead.client.codec import Abi
from bulkhead.client.node import Node, View
from bulkhead.client.pair import Pair
from bulkhead.exceptions import InvalidInput
from bulkhead.orders.signing import sign_message
from bulkhead.orders.types import Permit


def _view(name: str, output: str, *inputs: str) -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "inputs": [{"name": "", "type": kind} for kind in inputs],
        "outputs": [{"name": "", "type": output}],
    }


def _type(name: str, **fields: str) -> dict[str, list[dict[str, str]]]:
    return {name: [{"name": field, "type": kind} for field, kind in fields.items()]}


_TOKEN: Final = Abi(
    [
        _view("name", "string"),
        _view("version", "string"),
        _view("nonces", "uint256", "address"),
        _view("DOMAIN_SEPARATOR", "bytes32"),
    ]
)
_ALLOWANCE: Final = _type(
    "Permit", owner="address", spender="address", value="uint256", nonce="uint256",
    deadline="uint256",
)  # fmt: skip
_OPERATOR: Final = _type(
    "PermitOperator", owner="address", operator="address", approved="bool", nonce="uint256",
    deadline="uint256",
)  # fmt: skip


def sign_permit(
    node: Node, token: str, account: Any, spender: str, value: int, deadline: int
) -> Permit:
    """EIP-2612: an allowance of `value` units for `spender`, by a key of eth-account's or Ape's
    account.

    Raises InvalidInput for a token that takes no such permit, InvalidSignature if it declines.
    """
    owner = str(account.address)
    name, version, nonce, separator = node.try_views(
        [
            View(token, _TOKEN, "name"),
            View(token, _TOKEN, "version"),
            View(token, _TOKEN, "nonces", (owner,)),
            View(token, _TOKEN, "DOMAIN_SEPARATOR"),
        ]
    )
    domain = _domain(node, name or "", version or "1", token)
    message = _message(domain, _ALLOWANCE, owner, spender, value, nonce or 0, deadline)
    if nonce is None or message.header != separator:
        raise InvalidInput(f"the token {token} takes no permit", "Approve the allowance instead.")
    signature = sign_message(account, message)
    r, s, v = signature[:32], signature[32:64], signature[64]
    return Permit(value, deadline, v, r, s)


def sign_operator(pair: Pair, account: Any, operator: str, deadline: int) -> bytes:
    """The vault's `PermitOperator`, by which `operator` may act on the account's positions there.

    Raises InvalidSignature if the account declines.
    """
    owner = str(account.address)
    nonce = pair.node.view(pair.vault, pair.abi, "nonces", owner)
    domain = _domain(pair.node, pair.params.name, "1", pair.vault)
    return sign_message(
        account, _message(domain, _OPERATOR, owner, operator, True, nonce, deadline)
    )


def _domain(node: Node, name: str, version: str, contract: str) -> dict[str, Any]:
    return {
        "name": name,
        "version": version,
        "chainId": node.chain_id,
        "verifyingContract": contract,
    }


def _message(
    domain: dict[str, Any], types: dict[str, list[dict[str, str]]], *values: Any
) -> SignableMessage:
    """Of the one struct in `types`, its values in the order of its fields."""
    ((_, fields),) = types.items()
    names = [field["name"] for field in fields]
    return encode_typed_data(domain, types, dict(zip(names, values, strict=True)))
