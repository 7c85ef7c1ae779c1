"""Widths of the storage words: a number that would not fit its field is refused."""

from __future__ import annotations

from bulkhead.exceptions import Refused
from bulkhead.model.types import Market, Position

_INT128, _UINT128, _UINT112, _UINT96, _UINT32 = 2**127, 2**128, 2**112, 2**96, 2**32


def check_position_packing(position: Position) -> None:
    """Bounds of the two words of a position (mechanics, section 1)."""
    if not (
        -_INT128 <= position.size < _INT128
        and 0 <= position.margin < _UINT96
        and 0 <= position.opened_at < _UINT32
        and -_INT128 <= position.basis < _INT128
        and 0 <= position.reserve < _UINT96
        and 0 <= position.increased_at < _UINT32
    ):
        raise Refused("vault: amount out of range")


def check_market_packing(market: Market) -> None:
    """Bounds of the four words of the market (mechanics, section 1)."""
    if not (
        0 <= market.long_size < _UINT128
        and 0 <= market.short_size < _UINT128
        and -_INT128 <= market.long_basis < _INT128
        and -_INT128 <= market.short_basis < _INT128
        and -_INT128 <= market.carry_long < _INT128
        and -_INT128 <= market.carry_short < _INT128
        and 0 <= market.pool < _UINT112
        and 0 <= market.reserved < _UINT112
        and 0 <= market.accrued_at < _UINT32
    ):
        raise Refused("vault: amount out of range")
