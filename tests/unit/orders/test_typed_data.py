"""Typed data and digests: the same from Python, eth-account and a JavaScript wallet library."""

from __future__ import annotations

import copy
import json
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from bulkhead.exceptions import InvalidOrder
from bulkhead.orders import Domain, Order, digest, read_typed_data, sign, typed_data
from bulkhead.orders.types import ORDER_FIELDS
from tests.unit.orders.support import BOOK, DOMAIN, ORDER, ORDERS, OWNER, changed

VIEM = Path(__file__).parent / "viem.mjs"


def test_order__fields__are_those_that_are_signed():
    assert tuple(field.name for field in fields(Order)) == tuple(ORDER_FIELDS)


def test_digest__viem_on_the_same_json__is_the_same_and_so_is_the_signature():
    lines = "".join(json.dumps(typed_data(order, DOMAIN)) + "\n" for order in ORDERS)
    command = ["node", str(VIEM), OWNER.key.to_0x_hex()]
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, timeout=30, check=True
    )

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["digest"] for answer in answers] == [
        "0x" + digest(order, DOMAIN).hex() for order in ORDERS
    ]
    # both sign deterministically (RFC 6979)
    assert [answer["signature"] for answer in answers] == [
        "0x" + sign(order, DOMAIN, OWNER).signature.hex() for order in ORDERS
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_digest__eth_account_on_integers__is_the_same(order: Order):
    types = {"Order": [{"name": name, "type": kind} for name, kind in ORDER_FIELDS.items()]}
    domain = {
        "name": "Bulkhead OrderBook", "version": "1", "chainId": 1337, "verifyingContract": BOOK,
    }  # fmt: skip
    values = dict(zip(ORDER_FIELDS, order.words, strict=True))
    message = encode_typed_data(domain, types, values)
    assert digest(order, DOMAIN) == keccak(b"\x19\x01" + message.header + message.body)


def test_digest__any_field_changed__is_another():
    other: dict[str, Any] = {"address": BOOK, "bool": True, "uint8": 1}
    orders = [changed(**{name: other.get(kind, 12_345)}) for name, kind in ORDER_FIELDS.items()]
    digests = {digest(order, DOMAIN) for order in [ORDER, *orders]}
    assert len(digests) == 1 + len(ORDER_FIELDS)
    assert digest(ORDER, Domain(1, BOOK)) not in digests
    assert digest(ORDER, Domain(1337, OWNER.address)) not in digests


@pytest.mark.parametrize("order", ORDERS)
def test_read_typed_data__as_written_or_as_wallets_write_it__is_the_order(order: Order):
    data = json.loads(json.dumps(typed_data(order, DOMAIN)))
    assert read_typed_data(data) == (order, DOMAIN)

    del data["types"]["EIP712Domain"]  # as ethers has it
    data["domain"]["chainId"] = "0x539"
    message = data["message"]
    message["owner"] = message["owner"].lower()
    message["nonce"] = hex(order.nonce)
    message["deadline"] = order.deadline
    assert read_typed_data(data) == (order, DOMAIN)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("message.nonce", "1e18", "message.nonce: '1e18' is no whole number"),
        ("message.nonce", 1.5, "message.nonce: 1.5 is no whole number"),
        ("message.nonce", "9" * 100_000, "message.nonce: '999"),
        ("message.nonce", None, "message.nonce: None is no whole number"),
        ("message.nonce", True, "nonce: True is no uint256"),
        ("message.nonce", "-1", "nonce: -1 is no uint256"),
        ("message.nonce", str(2**256), "is no uint256"),
        ("message.size_delta", str(2**255), "is no int256"),
        ("message.reduce_only", "true", "reduce_only: 'true' is no bool"),
        ("message.trigger", 4, "trigger: 4 is none of 0 to 3"),
        ("message.trigger", 256, "trigger: 256 is no uint8"),
        ("message.owner", "0x12", "message.owner: '0x12' is not an address"),
        ("message.owner", "0x" + OWNER.address[2:].swapcase(), "wrong checksum"),
        ("message.vault", 5, "message.vault: 5 is not an address"),
        ("message", [], "message is no JSON object"),
        ("message.extra", 1, "message: unknown entry 'extra'"),
        ("domain.name", "Bulkhead", "another contract's"),
        ("domain.version", "2", "another contract's"),
        ("domain.salt", "0x", "domain: unknown entry 'salt'"),
        ("domain.chainId", -1, "domain.chainId: -1 is no uint256"),
        ("domain.verifyingContract", "", "not an address"),
        ("primaryType", "Permit", "primaryType"),
        ("types.Order", [], "types are not those of an order"),
        ("types", None, "types are not those of an order"),
    ],
)
def test_read_typed_data__mistake__is_named(path: str, value: Any, words: str):
    data = copy.deepcopy(typed_data(ORDER, DOMAIN))
    *way, last = path.split(".")
    place = data
    for key in way:
        place = place[key]
    place[last] = value
    with pytest.raises(InvalidOrder) as raised:
        read_typed_data(data)
    assert words in str(raised.value)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("path", ["message.deadline", "domain.name", "types", "message"])
def test_read_typed_data__something_missing__says_what(path: str):
    data = copy.deepcopy(typed_data(ORDER, DOMAIN))
    *way, last = path.split(".")
    place = data
    for key in way:
        place = place[key]
    del place[last]
    with pytest.raises(InvalidOrder, match=f"{last} is missing"):
        read_typed_data(data)


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_read_typed_data__no_object__says_so(data: Any):
    with pytest.raises(InvalidOrder, match="typed data is no JSON object"):
        read_typed_data(data)
