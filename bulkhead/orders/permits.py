"""EIP-2612: the signer's allowance for the order book by signature, without a transaction."""

from __future__ import annotations

from typing import Any, Final

from eth_account.messages import encode_typed_data

from bulkhead.client.codec import Abi
from bulkhead.client.node import Node, View
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


_TOKEN: Final = Abi(
    [
        _view("name", "string"),
        _view("version", "string"),
        _view("nonces", "uint256", "address"),
        _view("DOMAIN_SEPARATOR", "bytes32"),
    ]
)
_TYPES: Final = {
    "Permit": [
        {"name": name, "type": kind}
        for name, kind in (
            ("owner", "address"),
            ("spender", "address"),
            ("value", "uint256"),
            ("nonce", "uint256"),
            ("deadline", "uint256"),
        )
    ]
}


def sign_permit(
    node: Node, token: str, account: Any, spender: str, value: int, deadline: int
) -> Permit:
    """An allowance of `value` units for `spender`, by a key of eth-account's or Ape's account.

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
    domain = {
        "name": name or "",
        "version": version or "1",
        "chainId": node.chain_id,
        "verifyingContract": token,
    }
    fields = [field["name"] for field in _TYPES["Permit"]]
    values = owner, spender, value, nonce or 0, deadline
    message = encode_typed_data(domain, _TYPES, dict(zip(fields, values, strict=True)))
    if nonce is None or message.header != separator:
        raise InvalidInput(f"the token {token} takes no permit", "Approve the allowance instead.")
    signature = sign_message(account, message)
    r, s, v = signature[:32], signature[32:64], signature[64]
    return Permit(value, deadline, v, r, s)
