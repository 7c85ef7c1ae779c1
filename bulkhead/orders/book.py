"""The order book on a chain: what has become of orders, what would become of them now.

Reads in batches, and sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Final

from bulkhead.client.codec import package_abi
from bulkhead.client.node import Node, View
from bulkhead.exceptions import InvalidOrder
from bulkhead.model.types import Position
from bulkhead.orders.build import cost
from bulkhead.orders.signing import SignedOrder
from bulkhead.orders.store import OrderStore
from bulkhead.orders.types import EPOCH, NO_PERMIT, Domain, Order, OrderStatus

_NONCES_AT_ONCE: Final = 64


class Standing(Enum):
    """What has become of an order. All but an open one are dead for good."""

    OPEN = "open"
    EXECUTED = "executed"  # this one, or another with its nonce
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    OUTLIVED = "its position is closed"


@dataclass(frozen=True)
class Simulation:
    """What `execute` would do now. Units as in IOrderBook's Outcome; all 0 where it would fail."""

    reason: str  # why it would fail; empty where it would not
    size: int
    margin: int
    paid_out: int
    keeper_fee: int

    @property
    def is_success(self) -> bool:
        return not self.reason


class OrderBook:
    """One order book, by its address."""

    def __init__(self, node: Node, address: str) -> None:
        self.node, self.address = node, address
        self.abi = package_abi("OrderBook")

    @cached_property
    def domain(self) -> Domain:
        return Domain(self.node.chain_id, self.address)

    def own(self, orders: Iterable[SignedOrder]) -> list[SignedOrder]:
        """Those that are signed for this book."""
        return [signed for signed in orders if signed.domain == self.domain]

    def epoch(self, signer: str) -> int:
        return int(self.node.view(self.address, self.abi, "epoch_of", signer))

    # ---- orders ----

    def standings(self, orders: Sequence[SignedOrder]) -> list[Standing]:
        """In the order of the orders, which must be this book's."""
        now, vault = self.node.now, package_abi("PairVault")
        statuses = self.node.views(
            [
                self._view("order_status", signed.order.signer, signed.order.nonce)
                for signed in orders
            ]
        )
        positions = self.node.views(
            [
                View(
                    signed.order.vault,
                    vault,
                    "get_position",
                    (signed.order.owner, signed.order.position_id),
                )
                for signed in orders
            ]
        )
        return [
            _standing(signed.order, OrderStatus(status), Position(*position).opened_at, now)
            for signed, status, position in zip(orders, statuses, positions, strict=True)
        ]

    def simulate(self, orders: Sequence[SignedOrder], keeper: str = "") -> list[Simulation]:
        """What would become of each if `keeper` (by default its signer) executed it alone, now."""
        answers = self.node.views(
            [
                View(
                    self.address,
                    self.abi,
                    "simulate",
                    (signed.order.words, signed.signature, (signed.permit or NO_PERMIT).words),
                    sender=keeper or signed.order.signer,  # the fee has to go to somebody
                )
                for signed in orders
            ]
        )
        return [
            Simulation("" if is_success else reason or "no reason given", *outcome)
            for is_success, outcome, reason in answers
        ]

    def prune(self, store: OrderStore) -> list[tuple[SignedOrder, Standing]]:
        """Remove this book's dead orders from a store. Returns them, with what became of each."""
        orders = self.own(store.load())
        dead: list[tuple[SignedOrder, Standing]] = [
            (signed, standing)
            for signed, standing in zip(orders, self.standings(orders), strict=True)
            if standing is not Standing.OPEN
        ]
        for signed, _ in dead:
            store.remove(signed.digest)
        return dead

    # ---- a signer's ----

    def free_nonces(self, store: OrderStore, signer: str, count: int) -> list[int]:
        """The lowest nonces of the signer's epoch with which nothing has happened and which no
        order in the store has. Hold the store's lock until orders with them are added.

        What has been signed elsewhere is not known here: whoever signs in two places should use
        nonces far apart, since orders that share one cancel one another.
        """
        epoch = self.epoch(signer)
        taken = {
            signed.order.nonce for signed in self.own(store.load()) if signed.order.signer == signer
        }
        found: list[int] = []
        for start in range(epoch * EPOCH, (epoch + 1) * EPOCH, _NONCES_AT_ONCE):
            nonces = [n for n in range(start, start + _NONCES_AT_ONCE) if n not in taken]
            statuses = self.node.views([self._view("order_status", signer, n) for n in nonces])
            found += [
                n for n, status in zip(nonces, statuses, strict=True) if status == OrderStatus.OPEN
            ]
            if len(found) >= count:
                return found[:count]
        raise InvalidOrder("every nonce is used", "Start the next epoch with `cancel --all`.")

    def cost_of(self, orders: Iterable[Order]) -> int:
        """Allowance that lets a signer's orders on one asset execute, of each nonce the dearest."""
        dearest: dict[int, int] = {}
        for order in orders:
            dearest[order.nonce] = max(cost(order), dearest.get(order.nonce, 0))
        return sum(dearest.values())

    def _view(self, function: str, *arguments: Any) -> View:
        return View(self.address, self.abi, function, arguments)


def _standing(order: Order, status: OrderStatus, opened_at: int, now: int) -> Standing:
    """`opened_at` of the position under its id, 0 for none."""
    if status == OrderStatus.EXECUTED:
        return Standing.EXECUTED
    if status == OrderStatus.CANCELLED:
        return Standing.CANCELLED
    if now > order.deadline:
        return Standing.EXPIRED
    is_meant = opened_at == order.opened_at or order.valid_from < opened_at <= order.opened_at
    # a life that is meant may still begin until `opened_at`; and any position may be closed again
    if is_meant or now < order.opened_at or order.opened_at == 0:
        return Standing.OPEN
    return Standing.OUTLIVED
