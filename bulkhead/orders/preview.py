"""What an order would do if its moment came at its price, from the exact model."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bulkhead.client.pair import Pair
from bulkhead.client.preview import TradePreview, at_price, model_of, preview_trade
from bulkhead.exceptions import InvalidOrder
from bulkhead.model import Environment
from bulkhead.model.events import PositionClosed
from bulkhead.orders.build import Bracket, any_price
from bulkhead.orders.types import Order, Trigger


@dataclass(frozen=True)
class ExitPreview:
    """The end of a position that a bracket opens; asset units."""

    price: int  # execution, WAD
    realised: int
    paid_out: int  # the keeper's fee comes out of it


def price_of(order: Order) -> int:
    """WAD: the price that an order waits for; 0 where it is not a price."""
    if order.trigger == Trigger.HEALTH_BELOW:
        return 0
    return order.acceptable_price if order.trigger == Trigger.NONE else order.trigger_value


def preview_order(pair: Pair, order: Order) -> TradePreview:
    """The adjustment with the market at the order's price; a limit is reached impact included.

    Raises Refused with the reason for which the vault would refuse it even then.
    """
    key, price, size_delta = (order.owner, order.position_id), price_of(order), order.size_delta
    if order.reduce_only:
        size = pair.positions([key])[0].size
        if size * size_delta >= 0:
            raise InvalidOrder("there is no position of that side to reduce")
        size_delta = max(size_delta, -size) if size > 0 else min(size_delta, -size)

    def preview(at: int | None) -> TradePreview:
        return preview_trade(pair, key, size_delta, order.margin_delta, 0, price=at)

    found = preview(price or None)
    if order.trigger == Trigger.NONE:
        found = preview(price * price // found.price)
    return replace(found, acceptable_price=order.acceptable_price)


def preview_exits(pair: Pair, bracket: Bracket) -> tuple[ExitPreview, ExitPreview]:
    """Take profit and stop of a bracket, each right after its entry."""
    return _exit(pair, bracket, bracket.take_profit), _exit(pair, bracket, bracket.stop)


def _exit(pair: Pair, bracket: Bracket, order: Order) -> ExitPreview:
    entry = bracket.entry
    state = at_price(pair.state(), price_of(entry))
    vault, env = model_of(pair, state, (entry.owner, entry.position_id))
    opening = entry.position_id, entry.size_delta, entry.margin_delta
    vault.adjust_position(env, entry.owner, *opening, any_price(entry.size_delta))
    later = Environment(env.now + 1, at_price(state, price_of(order)).band)
    closing = entry.position_id, any_price(order.size_delta)
    vault.close_position(later, entry.owner, *closing)
    (event,) = (event for event in vault.events if isinstance(event, PositionClosed))
    return ExitPreview(event.price, event.realised, event.paid_out)
