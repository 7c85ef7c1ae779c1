"""What an event makes of a position and of the market. Events carry the resulting state.

Fields are taken by name wherever an event has them, so that an event which carries more, or less,
of the state than another needs no rule of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bulkhead.client.codec import Event
from bulkhead.exceptions import IndexBroken
from bulkhead.model.types import NEVER, Market, Position

_WORDS = ("size", "margin", "basis", "reserve")
_LEAVES = ("PositionClosed", "PositionSettled")  # carry no size: nothing remains
_NOT_STATES = ("MarginCalled",)


@dataclass(frozen=True)
class VaultRecord:
    """A vault's market as stored, and the price (WAD) that counts in wind-down."""

    market: Market
    settlement_price: int = 0


def changes_position(event: Event) -> bool:
    return "position_id" in event.values and event.name not in _NOT_STATES


def fold_position(before: Position, event: Event, time: int) -> Position:
    """The position after an event of its own; without size where it has closed.

    `time` is the block's timestamp. Raises IndexBroken where the event changes what is not there.
    """
    words = {name: event[name] for name in _WORDS if name in event.values}
    if before.size == 0 and words.get("size", 0) == 0:
        raise IndexBroken(
            f"{event.name} in block {event.block} of a position that no event has opened",
            "The pair's block in the deployments file is later than the vault's first event.",
        )
    after = replace(before, **words)
    if event.name in _LEAVES or after.size == 0:
        return Position()
    if before.size == 0:
        return replace(after, opened_at=time, increased_at=time)
    if abs(after.size) > abs(before.size):
        return replace(after, increased_at=time)
    return after


def fold_market(
    record: VaultRecord, before: Position, after: Position, event: Event, time: int
) -> VaultRecord:
    """The vault after an event that has changed a position from `before` to `after`, or none."""
    market, values = record.market.copy(), event.values
    if market.accrued_at == 0:  # its first event: the factory seeds a vault as it is made
        market.accrued_at = time
    _move(market, before, -1)
    _move(market, after, 1)
    if "pool" in values:
        market.pool = values["pool"]
    if event.name == "Deposit":
        market.pool += values["assets"]
    elif event.name == "Withdraw":
        market.pool -= values["assets"]
    if "carry_long" in values:
        market.carry_long, market.carry_short = values["carry_long"], values["carry_short"]
    if event.name == "WoundDown":
        market.accrued_at = NEVER
        return VaultRecord(market, values["settlement_price"])
    if market.accrued_at != NEVER and _is_accrual(values):
        market.accrued_at = time
    return replace(record, market=market)


def _is_accrual(values: dict[str, Any]) -> bool:
    """Whether the call has charged carry up to now: where it has moved, or a size has changed."""
    return "carry_long" in values or values.get("size_delta", 0) != 0


def _move(market: Market, position: Position, sign: int) -> None:
    """Add a position to the sums of its side, or take it out."""
    if position.size > 0:
        market.long_size += sign * position.size
        market.long_basis += sign * position.basis
    else:
        market.short_size -= sign * position.size
        market.short_basis += sign * position.basis
    market.reserved += sign * position.reserve
