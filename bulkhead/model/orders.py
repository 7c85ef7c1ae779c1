"""The exact integer reference of `OrderBook`: mechanics, section 13.

The order of the statements is the order of the checks. Imported by name: `bulkhead.model` itself
knows nothing of orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bulkhead.exceptions import Refused
from bulkhead.model.types import EMPTY, MAX_PRICE, MAX_UINT256, WAD, Environment, Position, Status
from bulkhead.model.vault import Vault
from bulkhead.orders.types import EPOCH, Order, OrderStatus, Trigger

MAX_CANCELLED: Final = 64  # nonces in one call


@dataclass(slots=True, frozen=True)
class Outcome:
    size: int  # of the position afterwards
    margin: int
    paid_out: int  # asset units, to the owner
    keeper_fee: int


@dataclass(slots=True)
class OrderExecuted:
    owner: str
    vault: str
    signer: str
    nonce: int  # the digest, too, in the contract's
    position_id: int
    paid_out: int
    keeper: str
    receiver: str
    keeper_fee: int


@dataclass(slots=True)
class OrderCancelled:
    signer: str
    nonce: int


@dataclass(slots=True)
class EpochStarted:
    signer: str
    epoch: int


class OrderBook:
    """Orders over the models of vaults.

    Calls are as in `Vault`: environment and sender first, `Refused` for a refusal that changes
    nothing, tokens booked in the `flows` of the order's vault. Whether a signature is the signer's
    is told by the caller, and so is, by not executing, whether his wallet has what it takes.
    """

    __slots__ = ("address", "epochs", "events", "marks", "vaults")

    def __init__(self, vaults: Mapping[str, Vault], address: str = "book") -> None:
        self.vaults = vaults  # of the factory, by address
        self.address = address
        self.marks: dict[tuple[str, int], OrderStatus] = {}
        self.epochs: dict[str, int] = {}
        self.events: list[OrderExecuted | OrderCancelled | EpochStarted] = []

    def execute(
        self,
        env: Environment,
        sender: str,
        order: Order,
        is_signature_valid: bool = True,
        receiver: str | None = None,
    ) -> Outcome:
        """Execute an order whose moment has come."""
        receiver = receiver or sender
        if env.now < order.valid_from:
            raise Refused("orders: not valid yet")
        if env.now > order.deadline:
            raise Refused("orders: expired")
        vault = self.vaults.get(order.vault)
        if vault is None:
            raise Refused("orders: unknown vault")
        self._check_nonce(order.signer, order.nonce)
        if order.signer != order.owner and not vault.is_operator(order.owner, order.signer):
            raise Refused("orders: not owner or operator")
        if not is_signature_valid or order.signer == EMPTY:
            raise Refused("orders: signature invalid")
        position = vault.get_position(order.owner, order.position_id)
        _check_life(order, position.opened_at)
        size_delta = order.size_delta
        if order.reduce_only:
            size_delta = _clamped(size_delta, position.size)
        _check_trigger(env, vault, order, position, size_delta)
        outcome = self._trade(env, vault, order, size_delta, receiver)
        self.marks[order.signer, order.nonce] = OrderStatus.EXECUTED
        self.events.append(
            OrderExecuted(
                order.owner,
                order.vault,
                order.signer,
                order.nonce,
                order.position_id,
                outcome.paid_out,
                sender,
                receiver,
                outcome.keeper_fee,
            )
        )
        return outcome

    def cancel(self, sender: str, nonces: list[int]) -> None:
        """Those that are the sender's and open; others are left alone."""
        for nonce in nonces:
            if self.order_status(sender, nonce) is OrderStatus.OPEN:
                self.marks[sender, nonce] = OrderStatus.CANCELLED
                self.events.append(OrderCancelled(sender, nonce))

    def cancel_all(self, sender: str) -> None:
        """Start the sender's next epoch."""
        self.epochs[sender] = self.epoch_of(sender) + 1
        self.events.append(EpochStarted(sender, self.epochs[sender]))

    def order_status(self, signer: str, nonce: int) -> OrderStatus:
        is_past = nonce // EPOCH < self.epoch_of(signer)
        unmarked = OrderStatus.CANCELLED if is_past else OrderStatus.OPEN
        return self.marks.get((signer, nonce), unmarked)

    def epoch_of(self, signer: str) -> int:
        return self.epochs.get(signer, 0)

    # ---- internal ----

    def _check_nonce(self, signer: str, nonce: int) -> None:
        status = self.order_status(signer, nonce)
        if status is OrderStatus.EXECUTED:
            raise Refused("orders: already executed")
        if status is OrderStatus.CANCELLED:
            raise Refused("orders: cancelled")
        if nonce // EPOCH > self.epoch_of(signer):
            raise Refused("orders: epoch not begun")

    def _trade(
        self, env: Environment, vault: Vault, order: Order, size_delta: int, receiver: str
    ) -> Outcome:
        """From the signer to the vault, and from the vault to keeper and owner."""
        before = vault.flows.get(self.address, 0)
        size, margin = vault.adjust_position(
            env,
            self.address,
            order.position_id,
            size_delta,
            order.margin_delta,
            order.acceptable_price,
            order.owner,
            self.address,
        )
        pulled = max(order.margin_delta, 0)
        proceeds = vault.flows.get(self.address, 0) - before + pulled
        fee = min(order.keeper_fee, proceeds)
        _move(vault, order.signer, self.address, pulled)
        _move(vault, self.address, receiver, fee)
        _move(vault, order.signer, receiver, order.keeper_fee - fee)
        _move(vault, self.address, order.owner, proceeds - fee)
        return Outcome(size, margin, proceeds - fee, order.keeper_fee)


def _check_life(order: Order, opened_at: int) -> None:
    """The position is the one that was meant; `opened_at` of the position, 0 for none."""
    if order.opened_at == 0:
        if opened_at != 0:
            raise Refused("orders: position exists")
        return
    if opened_at == 0:
        raise Refused("orders: no such position")
    is_awaited = order.valid_from < opened_at <= order.opened_at
    if opened_at != order.opened_at and not is_awaited:
        raise Refused("orders: another position")


def _clamped(size_delta: int, size: int) -> int:
    if size_delta * size >= 0:
        raise Refused("orders: not a reduction")
    return min(size_delta, -size) if size_delta > 0 else max(size_delta, -size)


def _check_trigger(
    env: Environment, vault: Vault, order: Order, position: Position, size_delta: int
) -> None:
    if order.trigger == Trigger.NONE:
        return
    if order.trigger == Trigger.HEALTH_BELOW:
        is_met = _is_below(env, vault, order, position)
    else:
        band = env.band
        if band is None:  # the oracle cannot be read, and the call reverts as that does
            raise Refused("")
        if not (band.live and 0 < band.bid <= band.ask <= MAX_PRICE):
            raise Refused("orders: no live price")
        is_buy = size_delta > 0 or (size_delta == 0 and position.size < 0)
        price = band.ask if is_buy else band.bid
        is_above = order.trigger == Trigger.PRICE_AT_OR_ABOVE
        is_met = price >= order.trigger_value if is_above else price <= order.trigger_value
    if not is_met:
        raise Refused("orders: not triggered")


def _is_below(env: Environment, vault: Vault, order: Order, position: Position) -> bool:
    health = vault.get_health(env, order.owner, order.position_id)
    if health.status == Status.NO_PRICE:
        raise Refused("orders: no live price")
    if position.size == 0:
        return False
    line = order.trigger_value * health.maintenance
    if line > MAX_UINT256:
        raise Refused("")
    return health.equity <= 0 or health.equity * WAD < line


def _move(vault: Vault, sender: str, to: str, amount: int) -> None:
    """A transfer of the vault's asset."""
    if amount:
        vault.flows[sender] = vault.flows.get(sender, 0) - amount
        vault.flows[to] = vault.flows.get(to, 0) + amount
