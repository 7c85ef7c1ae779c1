"""Signed orders whose moment seems to have come, from a folder of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from bulkhead.client.pair import Pair
from bulkhead.keeper.money import Prices
from bulkhead.keeper.scout import Watched
from bulkhead.keeper.types import Head, Item, Kind
from bulkhead.model.rules import execution_price
from bulkhead.model.types import WAD, Position
from bulkhead.orders import Order, OrderStore, SignedOrder, Trigger
from bulkhead.orders.book import OrderBook, Standing

_DEAD_BLOCKS = 64  # until a dead order is looked at again: a reorganisation may revive it

log = structlog.get_logger(__name__)


class FolderOrders:
    """Those of one order book for the pairs that are kept. Files that are no orders are told of."""

    def __init__(
        self, store: OrderStore, book: OrderBook, pairs: list[Pair], prices: Prices
    ) -> None:
        self._store, self._book, self._prices = store, book, prices
        self._assets = {pair.vault: pair.asset for pair in pairs}
        self._dead: dict[bytes, int] = {}
        self._told: set[str] = set()

    def waiting(self, head: Head, watched: Mapping[str, Watched]) -> Iterable[Item]:
        orders = self._book.own(self._store.load())
        self._report()
        near = [
            signed
            for signed in orders
            if signed.order.vault in watched
            and self._dead.get(signed.digest, 0) <= head.number
            and is_near(signed.order, watched[signed.order.vault], head.timestamp)
        ]
        standings = self._book.standings(near) if near else []
        for signed, standing in zip(near, standings, strict=True):
            if standing is Standing.OPEN:
                yield self._item(signed)
            else:
                self._dead[signed.digest] = head.number + _DEAD_BLOCKS

    def _item(self, signed: SignedOrder) -> Item:
        order = signed.order
        kind = Kind.EXECUTE if signed.permit is None else Kind.EXECUTE_WITH_PERMIT
        worth = self._prices.wei(self._assets[order.vault], order.keeper_fee)
        number = int.from_bytes(signed.digest, "big")
        return Item(kind, order.vault, order.owner, number, worth, signed)

    def _report(self) -> None:
        problems = set(map(str, self._store.problems))
        for problem in sorted(problems - self._told):
            log.warning("no order", file=problem)
        self._told = problems


def is_near(order: Order, watched: Watched, now: int) -> bool:
    """Whether time, trigger and price let an order through, as far as the books can tell. Orders
    that pass are simulated; one that does not would be refused."""
    if not order.valid_from <= now <= order.deadline or not watched.moment.band.live:
        return False
    key = order.owner, order.position_id
    position = watched.book[key] if key in watched.book else Position()
    size_delta = order.size_delta
    if order.reduce_only:
        size_delta = _clamped(size_delta, position.size)
    return _is_triggered(order, watched, position, size_delta) and _is_acceptable(
        order, watched, size_delta
    )


def _is_triggered(order: Order, watched: Watched, position: Position, size_delta: int) -> bool:
    if order.trigger == Trigger.NONE:
        return True
    if order.trigger == Trigger.HEALTH_BELOW:
        if position.size == 0:
            return False
        health = watched.moment.health(position)
        return health.equity * WAD < order.trigger_value * health.maintenance
    band = watched.moment.band
    is_buy = size_delta > 0 or (size_delta == 0 and position.size < 0)
    price = band.ask if is_buy else band.bid
    if order.trigger == Trigger.PRICE_AT_OR_ABOVE:
        return price >= order.trigger_value
    return price <= order.trigger_value


def _is_acceptable(order: Order, watched: Watched, size_delta: int) -> bool:
    """The price at which the vault would execute, impact included."""
    if size_delta == 0:
        return order.margin_delta != 0
    moment = watched.moment
    price = execution_price(
        size_delta,
        moment.market.skew,
        moment.band.bid,
        moment.band.ask,
        moment.params.skew_scale,
    )
    if size_delta > 0:
        return price <= order.acceptable_price
    return price >= order.acceptable_price


def _clamped(size_delta: int, size: int) -> int:
    """Not beyond what is there, and nothing on its own side."""
    if size_delta * size >= 0:
        return 0
    return min(size_delta, -size) if size_delta > 0 else max(size_delta, -size)
