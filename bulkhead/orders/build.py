"""Orders by what they are for: entries, exits, top-ups, and an entry with its exits.

A side is 1 for a long and -1 for a short. Prices are WAD; `acceptable` ones bound what a trade
executes at, impact included and fee not, as in `adjust_position`.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Any, Final

from bulkhead.exceptions import InvalidOrder
from bulkhead.model.types import MAX_UINT256, WAD
from bulkhead.orders.types import Order, Trigger

ALL: Final = 2**127 - 1  # more than any position can have; an exit takes what is there
_ID_BITS: Final = 48


@dataclass(frozen=True)
class Terms:
    """Who signs, for whom, where and how long; what a keeper gets, in asset units."""

    owner: str
    signer: str
    vault: str
    nonce: int
    keeper_fee: int
    valid_from: int
    deadline: int


@dataclass(frozen=True)
class Life:
    """A position from opening to closing. `opened_at` is 0 for one that the order itself opens."""

    position_id: int
    opened_at: int = 0


@dataclass(frozen=True)
class Bracket:
    """An entry, and two exits of which the first to execute cancels the other."""

    entry: Order
    take_profit: Order
    stop: Order

    @property
    def orders(self) -> tuple[Order, ...]:
        return self.entry, self.take_profit, self.stop


def fresh_id() -> int:
    """A position id that has never been used: what is signed for it is for no other position."""
    return secrets.randbits(_ID_BITS)


def bounded(price: int, size_delta: int, slippage: int) -> int:
    """The worst price (WAD) acceptable instead of `price`, `slippage` (WAD) beyond it."""
    if not 0 <= slippage < WAD:
        raise InvalidOrder("slippage must be from 0 to below 100 %")
    return price * (WAD + slippage if size_delta > 0 else WAD - slippage) // WAD


def any_price(size_delta: int) -> int:
    """The bound that bounds nothing."""
    return MAX_UINT256 if size_delta > 0 else 0


# ---- entries ----


def limit_entry(terms: Terms, life: Life, size_delta: int, margin: int, price: int) -> Order:
    """Open, or add to, a position at `price` or better."""
    _check_entry(size_delta, margin, price)
    return _order(terms, life, size_delta=size_delta, margin_delta=margin, acceptable_price=price)


def stop_entry(
    terms: Terms, life: Life, size_delta: int, margin: int, price: int, acceptable: int
) -> Order:
    """Open, or add to, a position once the market has risen to `price` (fallen, to sell)."""
    _check_entry(size_delta, margin, price)
    return _order(
        terms,
        life,
        size_delta=size_delta,
        margin_delta=margin,
        acceptable_price=acceptable,
        trigger=_beyond(size_delta),
        trigger_value=price,
    )


# ---- exits ----


def take_profit(
    terms: Terms, life: Life, side: int, price: int, acceptable: int, size: int = ALL
) -> Order:
    """Close `size` of a position once the market has moved to `price` in its favour."""
    trigger = _beyond(side)
    return _exit(terms, life, side, size, price, acceptable, trigger)


def stop(
    terms: Terms, life: Life, side: int, price: int, acceptable: int, size: int = ALL
) -> Order:
    """Close `size` of a position once the market has moved to `price` against it."""
    trigger = _beyond(-side)
    return _exit(terms, life, side, size, price, acceptable, trigger)


# ---- more ----


def top_up(terms: Terms, life: Life, margin: int, health: int) -> Order:
    """Add margin once equity is below `health` (WAD) times the maintenance requirement."""
    if margin <= 0:
        raise InvalidOrder("the margin to add must be positive")
    if health <= WAD:
        raise InvalidOrder(
            "at a health of 1 and below a position is liquidated", "Name one above 1, such as 1.5."
        )
    return _order(
        terms,
        life,
        margin_delta=margin,
        trigger=Trigger.HEALTH_BELOW,
        trigger_value=health,
    )


def bracket(
    entry: Order,
    exit_nonce: int,
    take_profit_price: int,
    stop_price: int,
    *,
    slippage: int,
) -> Bracket:
    """Exits of the whole of what `entry` opens, good from then on for as long as `entry` is.

    They are signed before the position exists, so they are for whichever life of it begins while
    the entry may execute; a position id of `fresh_id` has only one. The take profit accepts
    `slippage` (WAD) beyond its price, the stop any price.
    """
    side = 1 if entry.size_delta > 0 else -1
    if entry.opened_at != 0:
        raise InvalidOrder("a bracket is for an entry that opens a position")
    if exit_nonce == entry.nonce:
        raise InvalidOrder("the exits need another nonce than the entry, which would cancel them")
    price = entry.trigger_value if entry.trigger else entry.acceptable_price
    if not side * stop_price < side * price < side * take_profit_price:
        order = "stop < entry < take profit" if side > 0 else "take profit < entry < stop"
        raise InvalidOrder(f"the prices of this bracket must rise: {order}")
    terms = Terms(
        entry.owner,
        entry.signer,
        entry.vault,
        exit_nonce,
        entry.keeper_fee,
        max(entry.valid_from - 1, 0),  # a life is meant that begins after it
        2 * entry.deadline - entry.valid_from,
    )
    life = Life(entry.position_id, entry.deadline)
    acceptable = bounded(take_profit_price, -side, slippage)
    return Bracket(
        entry,
        take_profit(terms, life, side, take_profit_price, acceptable),
        stop(terms, life, side, stop_price, any_price(-side)),
    )


def cost(order: Order) -> int:
    """What the signer must have allowed the order book to pull, in asset units.

    The fee of an exit from the whole position comes out of what that pays.
    """
    is_paid = order.reduce_only and abs(order.size_delta) >= ALL
    return max(order.margin_delta, 0) + (0 if is_paid else order.keeper_fee)


def _beyond(direction: int) -> Trigger:
    return Trigger.PRICE_AT_OR_ABOVE if direction > 0 else Trigger.PRICE_AT_OR_BELOW


def _check_entry(size_delta: int, margin: int, price: int) -> None:
    if size_delta == 0:
        raise InvalidOrder("an entry needs a size")
    if margin < 0 or price <= 0:
        raise InvalidOrder("an entry needs a price above 0 and no negative margin")


def _exit(
    terms: Terms, life: Life, side: int, size: int, price: int, acceptable: int, trigger: Trigger
) -> Order:
    if size <= 0 or price <= 0:
        raise InvalidOrder("an exit needs a size and a price above 0")
    return _order(
        terms,
        life,
        size_delta=-side * size,
        reduce_only=True,
        acceptable_price=acceptable,
        trigger=trigger,
        trigger_value=price,
    )


def _order(terms: Terms, life: Life, **fields: Any) -> Order:
    nothing = {
        "size_delta": 0,
        "margin_delta": 0,
        "reduce_only": False,
        "acceptable_price": 0,
        "trigger": Trigger.NONE,
        "trigger_value": 0,
    }
    return Order(**asdict(terms), **asdict(life), **(nothing | fields))
