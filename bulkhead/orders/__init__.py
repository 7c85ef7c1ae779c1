"""Signed orders: building, signing, checking, keeping them. docs/orders.md tells what they do.

>>> from bulkhead.orders import OrderStore
>>> store = OrderStore("orders")
>>> for signed in store.load():
...     print(signed.digest.hex(), signed.order, signed.signature.hex(), signed.permit)
>>> for problem in store.problems:
...     print(problem)
"""

from bulkhead.orders.files import dump_order, parse_order
from bulkhead.orders.signing import SignedOrder, recover, sign, verify
from bulkhead.orders.store import Change, OrderStore, Problem
from bulkhead.orders.typed_data import digest, read_typed_data, typed_data
from bulkhead.orders.types import (
    EPOCH,
    NO_PERMIT,
    Domain,
    Order,
    OrderStatus,
    Permit,
    Trigger,
)

__all__ = [
    "EPOCH",
    "NO_PERMIT",
    "Change",
    "Domain",
    "Order",
    "OrderStatus",
    "OrderStore",
    "Permit",
    "Problem",
    "SignedOrder",
    "Trigger",
    "digest",
    "dump_order",
    "parse_order",
    "read_typed_data",
    "recover",
    "sign",
    "typed_data",
    "verify",
]
