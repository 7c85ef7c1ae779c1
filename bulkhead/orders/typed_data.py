"""An order as EIP-712 typed data, in the JSON that web wallets sign with `eth_signTypedData_v4`.

Whole numbers of up to 256 bits are decimal strings, as viem and ethers write them, since JavaScript
would round a JSON number beyond 2**53; `chainId` and `trigger` are small and plain numbers. What is
read may also have JSON integers, or hex strings, and addresses in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.crypto import keccak

from bulkhead.exceptions import InvalidOrder
from bulkhead.orders.types import DOMAIN_FIELDS, ORDER_FIELDS, Domain, Order, read_address

NAME: Final = "Bulkhead OrderBook"
VERSION: Final = "1"
PRIMARY_TYPE: Final = "Order"
TYPES: Final = {
    "EIP712Domain": [
        {"name": name, "type": kind}
        for name, kind in {"name": "string", "version": "string", **DOMAIN_FIELDS}.items()
    ],
    PRIMARY_TYPE: [{"name": name, "type": kind} for name, kind in ORDER_FIELDS.items()],
}
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)|0x[0-9a-fA-F]+")
_DIGITS: Final = 80  # a sign and 256 bits in decimal are 79


def typed_data(order: Order, domain: Domain) -> dict[str, Any]:
    """What to hand to a wallet, ready for `json.dumps`."""
    return {
        "types": TYPES,
        "primaryType": PRIMARY_TYPE,
        "domain": {
            "name": NAME,
            "version": VERSION,
            "chainId": domain.chain_id,
            "verifyingContract": domain.book,
        },
        "message": {
            name: str(value)
            if kind.endswith("int256")
            else int(value)
            if kind == "uint8"
            else value
            for (name, kind), value in zip(ORDER_FIELDS.items(), order.words, strict=True)
        },
    }


def signable(order: Order, domain: Domain) -> SignableMessage:
    """What eth-account and Ape's accounts sign."""
    return encode_typed_data(full_message=typed_data(order, domain))


def digest(order: Order, domain: Domain) -> bytes:
    """What is signed: `order_digest` of the contract."""
    message = signable(order, domain)
    return bytes(keccak(b"\x19" + message.version + message.header + message.body))


def read_typed_data(content: Any) -> tuple[Order, Domain]:
    """The order and its book. Raises InvalidOrder where it is not exactly such an order."""
    data = read_object(content, "typed data", ("types", "primaryType", "domain", "message"))
    if data["primaryType"] != PRIMARY_TYPE:
        raise InvalidOrder(f"primaryType: {data['primaryType']!r} is not {PRIMARY_TYPE!r}")
    types = data["types"]
    if not isinstance(types, dict) or {"EIP712Domain": TYPES["EIP712Domain"], **types} != TYPES:
        raise InvalidOrder("types are not those of an order", "Copy them from docs/orders.md.")
    domain = read_object(data["domain"], "domain", ("name", "version", *DOMAIN_FIELDS))
    if (domain["name"], domain["version"]) != (NAME, VERSION):
        raise InvalidOrder(
            f"domain: {domain['name']!r} version {domain['version']!r} is another contract's",
            f"An order's domain is {NAME!r}, version {VERSION!r}.",
        )
    message = read_object(data["message"], "message", tuple(ORDER_FIELDS))
    values = read_values(message, ORDER_FIELDS, "message.")
    return Order(**values), Domain(*read_values(domain, DOMAIN_FIELDS, "domain.").values())


def read_object(value: Any, what: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """A JSON object with exactly these keys."""
    if not isinstance(value, dict):
        raise InvalidOrder(f"{what} is no JSON object")
    for key in keys:
        if key not in value:
            raise InvalidOrder(f"{what}: {key} is missing")
    for key in value:
        if key not in keys:
            raise InvalidOrder(f"{what}: unknown entry {key!r}")
    return value


def read_values(table: Mapping[str, Any], fields: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """JSON values as Python's; types and ranges are checked by whom they are for."""
    return {name: _read(table[name], kind, prefix + name) for name, kind in fields.items()}


def read_bytes(value: Any, what: str) -> bytes:
    """Of a hex string with 0x."""
    try:
        if not isinstance(value, str) or not value.startswith("0x"):
            raise ValueError
        return bytes.fromhex(value[2:])
    except ValueError:
        raise InvalidOrder(
            f"{what}: {value!r:.80} is no hex string", "Write it like 0x12ab."
        ) from None


def _read(value: Any, kind: str, what: str) -> Any:
    if kind == "bool":
        return value
    if kind.startswith("bytes"):
        return read_bytes(value, what)
    if kind == "address":
        return read_address(value, what)
    if isinstance(value, str) and len(value) <= _DIGITS and _INTEGER.fullmatch(value):
        return int(value, 0)
    if isinstance(value, int):
        return value
    raise InvalidOrder(f"{what}: {value!r:.80} is no whole number", 'Write it like "1500000".')
