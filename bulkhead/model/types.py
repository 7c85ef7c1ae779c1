"""Constants and structs of the vault, as in `contracts/interfaces/`.

Units: token amounts are the asset's own units; sizes are base units with 18 decimals, positive for
a long; prices and carry are WAD quote per base; ratios are WAD; times are unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

WAD: Final = 10**18
YEAR: Final = 365 * 24 * 3600
DAY: Final = 24 * 3600
MAX_UINT256: Final = 2**256 - 1
NO_BOUND: Final = 2**128 - 1  # default of the bounds on assets and shares
EMPTY: Final = "0x" + "00" * 20

# mechanics, section 1
MAX_PRICE: Final = 2**104
NEVER: Final = 2**32 - 1  # `accrued_at` of a vault that is winding down

# mechanics, sections 9 to 11
WIND_DOWN_DELAY: Final = 7 * DAY
LIMITS_DELAY: Final = 2 * DAY
VIRTUAL_SHARES: Final = 1000


class Status(IntFlag):
    """The flag of IPairVault; `EMPTY` stands for "no such position"."""

    EMPTY = 0
    HEALTHY = 1
    MARGIN_CALL = 2
    LIQUIDATABLE = 4
    SETTLEABLE = 8
    NO_PRICE = 16


@dataclass(slots=True, frozen=True)
class PriceBand:
    """What the oracle adapter answers."""

    bid: int
    ask: int
    updated_at: int
    live: bool = True


@dataclass(slots=True, frozen=True)
class Environment:
    """The block's timestamp, and the oracle's answer or None where it cannot be read."""

    now: int
    band: PriceBand | None


@dataclass(slots=True)
class Position:
    """Replaced on every change, never mutated once stored."""

    size: int = 0
    margin: int = 0
    basis: int = 0
    reserve: int = 0
    opened_at: int = 0
    increased_at: int = 0

    def copy(self) -> Position:
        # ten times as fast as the standard library's, and most of what a call costs
        return Position(
            self.size,
            self.margin,
            self.basis,
            self.reserve,
            self.opened_at,
            self.increased_at,
        )


@dataclass(slots=True)
class Market:
    """The nine aggregates. Replaced on every change, never mutated once stored."""

    long_size: int = 0
    short_size: int = 0
    long_basis: int = 0
    short_basis: int = 0
    carry_long: int = 0
    carry_short: int = 0
    pool: int = 0
    reserved: int = 0
    accrued_at: int = 0

    def copy(self) -> Market:
        return Market(
            self.long_size,
            self.short_size,
            self.long_basis,
            self.short_basis,
            self.carry_long,
            self.carry_short,
            self.pool,
            self.reserved,
            self.accrued_at,
        )

    @property
    def skew(self) -> int:
        return self.long_size - self.short_size

    @property
    def has_open_interest(self) -> bool:
        return self.long_size != 0 or self.short_size != 0


@dataclass(slots=True, frozen=True)
class Limits:
    max_utilisation: int
    initial_ratio: int
    reduce_only: bool


@dataclass(slots=True, frozen=True)
class Health:
    """Answer of `get_health`; all zero where there is no such position."""

    status: Status = Status.EMPTY
    equity: int = 0
    gain: int = 0
    maintenance: int = 0
    margin_call: int = 0
    initial: int = 0
    closing_price: int = 0
    liquidation_price: int = 0


@dataclass(slots=True)
class Account:
    """LP shares of one account (mechanics, section 10: lock)."""

    balance: int = 0
    locked: int = 0
    unlock_at: int = 0

    def movable(self, now: int) -> int:
        return self.balance - self.locked if now < self.unlock_at else self.balance
