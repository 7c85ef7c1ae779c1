"""What is signed, and what the book is made of."""

from __future__ import annotations

import ape
from eth_utils import to_checksum_address
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulkhead.orders.types import Order
from tests.order_kit import FIELDS
from tests.signing import digest

_UINT, _INT = st.integers(0, 2**256 - 1), st.integers(-(2**255), 2**255 - 1)
_ADDRESS = st.binary(min_size=20, max_size=20)
_WORDS = {"uint256": _UINT, "int256": _INT, "bool": st.booleans(), "uint8": st.integers(0, 3)}
_ORDERS = st.tuples(*(_WORDS.get(kind, _ADDRESS) for _, kind in FIELDS))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(words=_ORDERS)
def test_order_digest__any_order__eth_accounts(built_desk, words):
    values = [to_checksum_address(word) if isinstance(word, bytes) else word for word in words]
    order = Order(*values)
    found = built_desk.view("order_digest", order.words)
    assert bytes(found) == digest(built_desk.message(order))


def test_init__knows_its_factory(desk):
    assert desk.view("FACTORY") == desk.factory.address.lower()


def test_init__no_contract__reverts(project, owner, trader):
    with ape.reverts("orders: no factory"):
        owner.deploy(project.OrderBook, trader)
