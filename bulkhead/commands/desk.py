"""What the order commands share: previews, nonces, permissions, signing, keeping."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final

from ape.api import AccountAPI
from ape.contracts import ContractInstance

from bulkhead.client.accounts import contract_at, ensure_allowance, transact
from bulkhead.client.deployments import ORDER_BOOK
from bulkhead.client.preview import TradePreview
from bulkhead.client.tables import trade_table
from bulkhead.client.units import show, show_price
from bulkhead.commands.trader import Trader
from bulkhead.exceptions import InvalidInput, NodeError, Refused
from bulkhead.model import WAD, Position
from bulkhead.orders import EPOCH, Order, OrderStatus, OrderStore, Permit, SignedOrder, sign
from bulkhead.orders.book import OrderBook, Standing
from bulkhead.orders.build import Life, Terms, bounded, cost, fresh_id
from bulkhead.orders.permits import sign_permit
from bulkhead.orders.preview import preview_order
from bulkhead.orders.store import FOLDER
from bulkhead.orders.tables import kind_of, terms_table

_SPAN: Final = re.compile(r"([1-9][0-9]{0,5})([mhdw])")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
# What may well be different by the time that an order's moment comes.
_PASSING: Final = ("vault: pool full", "vault: open interest full", "vault: reduce only")

Build = Callable[[list[int]], Sequence[Order]]


class OrderDesk(Trader):
    """A trader who signs orders on a pair, and keeps them where a keeper looks."""

    def __init__(
        self,
        account: AccountAPI | None,
        label: str | None,
        is_sure: bool = True,
        fee: str | None = None,
        span: str = "30d",
        is_permit: bool = False,
    ) -> None:
        super().__init__(account, label, is_sure)
        self.fee, self.span, self.is_permit = fee, span, is_permit
        self.store = OrderStore(Path(os.environ.get("BULKHEAD_ORDERS", FOLDER)))

    @cached_property
    def book(self) -> OrderBook:
        return OrderBook(self.node, self.deployments.contract(ORDER_BOOK))

    @cached_property
    def now(self) -> int:
        return self.node.now

    @property
    def book_contract(self) -> ContractInstance:
        return contract_at(self.book.address, self.book.abi)

    # ---- what is asked for ----

    def terms(self, nonce: int) -> Terms:
        """From now on; by default a keeper gets what the vault pays one at the least."""
        fee = self.pair_of.params.keeper_min_reward
        if self.fee is not None:
            fee = self.amount(self.fee, "--fee")
        deadline = self.now + seconds_of(self.span)
        return Terms(self.owner, self.owner, self.pair_of.vault, nonce, fee, self.now, deadline)

    def position(self, position_id: int) -> Position:
        """One that is open."""
        (position,) = self.pair_of.positions([(self.owner, position_id)])
        if position.size == 0:
            raise InvalidInput(
                f"{self.owner} has no position {position_id} in {self.pair_of.label}",
                "See `ape run trade show`.",
            )
        return position

    def life(self, position_id: int | None) -> Life:
        """The open position of that id, or one to be opened under a fresh one."""
        if position_id is None:
            return Life(fresh_id())
        (position,) = self.pair_of.positions([(self.owner, position_id)])
        return Life(position_id, position.opened_at)

    def size(
        self, side: str, margin: int, leverage: str | None, size: str | None, price: int
    ) -> int:
        """Signed, of `--size`, or of a notional of `--leverage` times the margin at `price`."""
        sign = 1 if side == "long" else -1
        if (leverage is None) == (size is None):
            raise InvalidInput("give either --leverage or --size")
        if size is not None:
            return sign * self.positive(size, "--size", 18)
        assert leverage is not None
        factor = self.positive(leverage.rstrip("x"), "--leverage", 18)
        return sign * (margin * factor * self.pair_of.scale // (price * WAD))

    def price(self, text: str, what: str = "--price") -> int:
        return self.positive(text, what, 18)

    def market(self, side: str, slippage: int) -> int:
        """The worst price at which an order is good for the present market."""
        band = self.pair_of.state().band
        if band is None or not band.live:
            raise NodeError("there is no live price", "Wait for the oracle, or give --price.")
        return bounded(band.ask, 1, slippage) if side == "long" else bounded(band.bid, -1, slippage)

    def nonce(self, number: int) -> int:
        """That of the number in the signer's epoch; a whole nonce is one already."""
        return number if number >= EPOCH else self.book.epoch(self.owner) * EPOCH + number

    def open_nonce(self, number: int) -> int:
        """One that a new order may share with others."""
        nonce = self.nonce(number)
        status = self.node.view(self.book.address, self.book.abi, "order_status", self.owner, nonce)
        if status != OrderStatus.OPEN:
            raise InvalidInput(
                f"--nonce: {number} is used up or cancelled", "See `ape run trade orders`."
            )
        return nonce

    # ---- signing ----

    def preview(self, order: Order) -> TradePreview | None:
        """Show the order, and what it does when its moment comes; None if it is refused now."""
        pair = self.pair_of
        self.console.print(terms_table(order, pair))
        try:
            preview = preview_order(pair, order)
        except Refused as error:
            if error.reason not in _PASSING:
                raise
            self.say(f"[yellow]now it would be refused: {error}[/yellow]")
            return None
        self.console.print(trade_table(pair, preview, order.position_id))
        return preview

    def warn_if_late(self, side: int, stop_price: int, liquidation_price: int) -> None:
        """A stop behind the liquidation price never comes to pass."""
        if liquidation_price and side * stop_price <= side * liquidation_price:
            self.say(
                "[yellow]the position is liquidated before, at "
                f"{show_price(liquidation_price)} {self.pair_of.quote}[/yellow]"
            )

    def place(self, build: Build, count: int = 1, nonces: list[int] | None = None) -> None:
        """Ask, give the permissions that are missing, sign, and keep the orders for keepers.

        `build` makes them of `count` free nonces, or of the given ones.
        """
        self.confirm("Sign it?")
        with self.store.lock():
            orders = build(nonces or self.book.free_nonces(self.store, self.owner, count))
            self.make_operator()
            permit = self.allow(orders)
            signed = [
                sign(order, self.book.domain, self.account, permit if cost(order) else None)
                for order in orders
            ]
            # exits first: an entry never waits for a keeper without them
            for item in reversed(signed):
                path = self.store.add(item)
                self.say(f"{kind_of(item.order)}, nonce {item.order.nonce % EPOCH}: {path}")

    def make_operator(self) -> None:
        pair, book = self.pair_of, self.book.address
        if not self.node.view(pair.vault, pair.abi, "is_operator", self.owner, book):
            transact(self.vault.set_operator, book, True, sender=self.account)
            self.say(f"made the order book {book} an operator in {pair.label}")

    def allow(self, orders: Sequence[Order]) -> Permit | None:
        """Let the book pull what these orders and those that wait can cost together."""
        if not any(map(cost, orders)):
            return None
        pair, book, waiting = self.pair_of, self.book.address, self.waiting()
        every = [*(signed.order for signed in waiting), *orders]
        total, permit = self.book.cost_of(every), None
        if self.is_permit:
            until = max(order.deadline for order in every)
            permit = sign_permit(self.node, pair.asset, self.account, book, total, until)
        elif ensure_allowance(self.node, self.account, pair.asset, book, total):
            self.say(f"approved {show(total, pair.decimals)} {pair.quote} for the order book")
        # an older permit would set the allowance back to what was enough then
        for signed in waiting:
            if signed.permit != permit:
                self.store.add(replace(signed, permit=permit))
        return permit

    def waiting(self) -> list[SignedOrder]:
        """The signer's open orders that cost something, in vaults of the same asset."""
        pairs = self.deployments.pairs.values()
        vaults = {entry.vault for entry in pairs if entry.asset == self.pair_of.asset}
        found = [s for s in self.open_orders() if s.order.vault in vaults]
        return [signed for signed in found if cost(signed.order)]

    def open_orders(self) -> list[SignedOrder]:
        """The signer's, in this book, that may still execute."""
        own = [s for s in self.book.own(self.store.load()) if s.order.signer == self.owner]
        standings = self.book.standings(own)
        return [s for s, found in zip(own, standings, strict=True) if found is Standing.OPEN]


def seconds_of(span: str) -> int:
    """Of `90m`, `12h`, `30d` or `2w`."""
    found = _SPAN.fullmatch(span.strip())
    if found is None:
        raise InvalidInput(f"--for: {span!r} is no span of time", "Write it like 12h or 30d.")
    return int(found[1]) * _SECONDS[found[2]]
