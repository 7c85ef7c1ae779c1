"""Signed orders in the market that is measured: who signs has allowed the order book beforehand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from eth_keys.datatypes import PrivateKey

from bulkhead.model.types import WAD
from tools.bench.contracts import Contract, compiled
from tools.bench.market import BUY_BOUND, INFINITE, PRICE, SELL_BOUND, USDC, Market, person
from tools.bench.node import Transaction

PRICE_AT_OR_ABOVE, PRICE_AT_OR_BELOW = 1, 2
FEE = USDC // 2  # of the keeper


@dataclass(frozen=True)
class Order:
    """As in IOrderBook.vyi. By default one that opens."""

    owner: str
    signer: str
    vault: str
    position_id: int = 1
    opened_at: int = 0
    size_delta: int = 10 * WAD
    margin_delta: int = 2_000 * USDC
    reduce_only: bool = False
    acceptable_price: int = BUY_BOUND
    trigger: int = 0
    trigger_value: int = 0
    keeper_fee: int = FEE
    nonce: int = 0
    valid_from: int = 0
    deadline: int = 2**32


@dataclass(frozen=True)
class Desk:
    """An order book in which others have traded before, and a keeper who has earned before."""

    market: Market
    book: Contract

    @classmethod
    def open(cls, market: Market) -> Desk:
        book = compiled("OrderBook").deploy(market.node, person("owner"), market.factory.address)
        desk = cls(market, book)
        desk.execute(desk.key(2), desk.order(desk.key(2)))
        return desk

    def key(self, number: int) -> PrivateKey:
        """Of a user who has tokens and has allowed the order book."""
        key = PrivateKey(number.to_bytes(32, "big"))
        user = self.market.fund(key.public_key.to_checksum_address())
        self.market.token.send(user, "approve", self.book.address, INFINITE)
        self.market.vault.send(user, "set_operator", self.book.address, True)
        return key

    def order(self, key: PrivateKey) -> Order:
        user = key.public_key.to_checksum_address()
        return Order(user, user, self.market.vault.address)

    def execute(self, key: PrivateKey, order: Order) -> Transaction:
        signature = key.sign_msg_hash(self.book.view("order_digest", order))
        r, s, v = signature.r, signature.s, signature.v
        signed = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + v])
        return self.book.send(person("keeper"), "execute", order, signed, elapsed=12)


def open_by_order(market: Market, *, orders_before: int = 0, **terms: Any) -> Transaction:
    """A position that is opened with its margin, under an id that is new."""
    desk = Desk.open(market)
    key = desk.key(1)
    order = desk.order(key)
    for number in range(orders_before):
        desk.execute(key, replace(order, position_id=9 - number, nonce=9 - number))
    return desk.execute(key, replace(order, **terms))


def close_by_order(market: Market, trigger: int, trigger_value: int) -> Transaction:
    """A whole position, by a later order of its signer; the fee comes out of what it pays."""
    desk = Desk.open(market)
    key = desk.key(1)
    order = desk.order(key)
    desk.execute(key, replace(order, position_id=9, nonce=9))
    market.open(order.owner, 1, order.size_delta, order.margin_delta)
    opened_at = market.vault.view("get_position", order.owner, 1)[4]
    exit_order = replace(
        order,
        opened_at=opened_at,
        size_delta=-order.size_delta,
        margin_delta=0,
        reduce_only=True,
        acceptable_price=SELL_BOUND,
        trigger=trigger,
        trigger_value=trigger_value,
    )
    market.node.now += 12
    return desk.execute(key, exit_order)


# ---- scenes ----


def signed_order(market: Market) -> Transaction:
    """The same position as `open`, by a later order of its signer."""
    return open_by_order(market, orders_before=1)


def signed_order_first(market: Market) -> Transaction:
    """By the very first order of its signer."""
    return open_by_order(market)


def signed_order_new_page(market: Market) -> Transaction:
    """By a later one whose nonce is the first of a page: one in 64."""
    return open_by_order(market, orders_before=1, nonce=64)


def signed_order_unpaid(market: Market) -> Transaction:
    """By a later one, without a fee."""
    return open_by_order(market, orders_before=1, keeper_fee=0)


def signed_order_first_unpaid(market: Market) -> Transaction:
    """By the very first, without a fee."""
    return open_by_order(market, keeper_fee=0)


def signed_stop(market: Market) -> Transaction:
    """The same position as `close`, its trigger met; the fee comes out of what it pays."""
    return close_by_order(market, PRICE_AT_OR_BELOW, PRICE * WAD)


def signed_take_profit(market: Market) -> Transaction:
    return close_by_order(market, PRICE_AT_OR_ABOVE, PRICE * WAD * 9 // 10)


SCENES = (
    signed_order,
    signed_order_first,
    signed_order_new_page,
    signed_order_unpaid,
    signed_order_first_unpaid,
    signed_stop,
    signed_take_profit,
)
