"""Orders to test with: plain, negative, at the edges of every field; and keys that sign them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eth_account import Account

from bulkhead.model import EMPTY
from bulkhead.orders import Domain, Order, Trigger

# Anvil's first three accounts
OWNER, OPERATOR, STRANGER = (
    Account.from_key(key)
    for key in (
        "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    )
)
VAULT = "0x" + "11" * 20
BOOK = "0x" + "22" * 20
DOMAIN = Domain(1337, BOOK)
MAX_UINT = 2**256 - 1

ORDER = Order(
    owner=OWNER.address,
    signer=OWNER.address,
    vault=VAULT,
    position_id=7,
    opened_at=0,
    size_delta=3 * 10**18,
    margin_delta=1_000 * 10**6,
    reduce_only=False,
    acceptable_price=2_000 * 10**18,
    trigger=Trigger.NONE,
    trigger_value=0,
    keeper_fee=2 * 10**6,
    nonce=1,
    valid_from=1_800_000_000,
    deadline=1_800_086_400,
)


def changed(**fields: Any) -> Order:
    return replace(ORDER, **fields)


STOP = changed(
    size_delta=-(2**127) + 1,
    margin_delta=-1,
    reduce_only=True,
    acceptable_price=0,
    trigger=Trigger.PRICE_AT_OR_BELOW,
    trigger_value=1_800 * 10**18,
)
LARGEST = changed(
    position_id=MAX_UINT,
    opened_at=MAX_UINT,
    size_delta=2**255 - 1,
    margin_delta=2**255 - 1,
    acceptable_price=MAX_UINT,
    trigger=Trigger.HEALTH_BELOW,
    trigger_value=MAX_UINT,
    keeper_fee=MAX_UINT,
    nonce=MAX_UINT,
    valid_from=MAX_UINT,
    deadline=MAX_UINT,
)
LOWEST = changed(signer=EMPTY, vault=EMPTY, size_delta=-(2**255), margin_delta=-(2**255))
ORDERS = (ORDER, STOP, LARGEST, LOWEST)
