"""Digests, signatures and permits, in Python as the contracts have them."""

from __future__ import annotations

from dataclasses import replace

import ape
import pytest
from eth_abi.abi import encode as abi_encode

from bulkhead.client.codec import checksum
from bulkhead.client.node import Node
from bulkhead.exceptions import InvalidInput, InvalidSignature
from bulkhead.orders import Order, SignedOrder, digest, sign, verify
from bulkhead.orders.permits import sign_permit
from tests.integration.market import KEEPER, TRADER, Market
from tests.unit.orders.support import OPERATOR, ORDER, ORDERS, OWNER, STRANGER


@pytest.mark.parametrize("order", ORDERS)
def test_digest__contract__is_the_same(market: Market, order: Order):
    book = market.book
    there = market.node.view(book.address, book.abi, "order_digest", order.words)
    assert digest(order, book.domain) == there


def test_verify__operator__counts_once_the_owner_has_approved_it(market: Market):
    order = replace(ORDER, signer=OPERATOR.address, vault=market.pair.vault)
    signed = sign(order, market.book.domain, OPERATOR)
    with pytest.raises(InvalidSignature, match="neither the owner"):
        verify(market.node, signed)
    assert market.why_not(signed) == "orders: not owner or operator"

    data = market.pair.abi.encode("set_operator", OPERATOR.address, True)
    market.node.send(TRADER, market.pair.vault, data)

    verify(market.node, signed)
    forged = SignedOrder(
        order, sign(order, market.book.domain, STRANGER).signature, None, signed.domain
    )
    with pytest.raises(InvalidSignature, match=f"signed by {STRANGER.address}, not by"):
        verify(market.node, forged)
    assert market.why_not(forged) == "orders: signature invalid"


def test_verify__wallet_contract__is_asked(market: Market):
    wallet = wallet_of(market.node, OWNER.address, OPERATOR.address)
    order = replace(ORDER, owner=wallet, signer=wallet, vault=market.pair.vault)
    domain = market.book.domain
    keys = sorted((OWNER, OPERATOR), key=lambda key: int(key.address, 16))
    both = b"".join(sign(order, domain, key).signature for key in keys)

    verify(market.node, SignedOrder(order, both, None, domain))
    for raw in (both[:65], both[65:], both[65:] + both[:65]):
        signed = SignedOrder(order, raw, None, domain)
        with pytest.raises(InvalidSignature, match="not "):
            verify(market.node, signed)
        assert market.why_not(signed) == "orders: signature invalid"


def wallet_of(node: Node, *owners: str) -> str:
    """A mock smart wallet that needs the signatures of all."""
    code = bytes(ape.project.MockWallet.contract_type.deployment_bytecode.to_bytes())
    data = code + abi_encode(["address[]", "uint256"], [owners, len(owners)])
    creation = {"from": TRADER, "data": "0x" + data.hex(), "gas": hex(10**7)}
    receipt = node.request("eth_sendTransactionSync", creation)
    return checksum(receipt["contractAddress"])


def test_sign_permit__share_token_of_a_vault__gives_the_allowance(market: Market):
    node, vault, abi = market.node, market.pair.vault, market.pair.abi
    until = node.now + 60
    permit = sign_permit(node, vault, OWNER, KEEPER, 123, until)
    assert (permit.value, permit.deadline) == (123, until)
    arguments = TRADER, KEEPER, permit.value, permit.deadline, permit.v, permit.r, permit.s

    node.send(KEEPER, vault, abi.encode("permit", *arguments))

    assert node.view(vault, abi, "allowance", TRADER, KEEPER) == 123


def test_sign_permit__token_without__says_so(market: Market):
    market.take_permits_away()
    with pytest.raises(InvalidInput, match="takes no permit"):
        sign_permit(market.node, market.pair.asset, OWNER, KEEPER, 123, 2**40)
