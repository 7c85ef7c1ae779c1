"""A signed order as a JSON file: what the wallet has signed, word for word, and its signature.

    {"typed_data": {...}, "signature": "0x...", "permit": null}

`permit`, where there is one, has `value`, `deadline`, `v`, `r` and `s`.
"""

from __future__ import annotations

import json
from typing import Any, Final

from bulkhead.exceptions import InvalidOrder
from bulkhead.orders.signing import SignedOrder
from bulkhead.orders.typed_data import (
    read_bytes,
    read_object,
    read_typed_data,
    read_values,
    typed_data,
)
from bulkhead.orders.types import PERMIT_FIELDS, Permit

MAX_BYTES: Final = 16_384  # four times the longest


def dump_order(signed: SignedOrder) -> str:
    """JSON text."""
    permit = signed.permit
    content = {
        "typed_data": typed_data(signed.order, signed.domain),
        "signature": "0x" + signed.signature.hex(),
        "permit": None
        if permit is None
        else {name: _text(value) for name, value in zip(PERMIT_FIELDS, permit.words, strict=True)},
    }
    return json.dumps(content, indent=2) + "\n"


def parse_order(text: str) -> SignedOrder:
    """Raises InvalidOrder or InvalidSignature, saying what is wrong where."""
    if len(text) > MAX_BYTES:
        raise InvalidOrder(f"longer than any order: {len(text):,} characters")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidOrder(f"no JSON: {error}") from None
    if isinstance(content, dict):
        content.setdefault("permit", None)
    data = read_object(content, "the file", ("typed_data", "signature", "permit"))
    order, domain = read_typed_data(data["typed_data"])
    signature = read_bytes(data["signature"], "signature")
    return SignedOrder(order, signature, _read_permit(data["permit"]), domain)


def _read_permit(value: Any) -> Permit | None:
    if value is None:
        return None
    table = read_object(value, "permit", tuple(PERMIT_FIELDS))
    return Permit(**read_values(table, PERMIT_FIELDS, "permit."))


def _text(value: Any) -> Any:
    """Of a word of a permit: decimal, or hex where it is bytes."""
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
