"""A vault on a stage: a clock, a price and roles, without a chain."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from typing import Any

from bulkhead.model import (
    MAX_UINT256,
    WAD,
    Environment,
    Health,
    Position,
    PriceBand,
    Refused,
    Vault,
    VaultParams,
)
from bulkhead.profiles import reference_profile

BIRTH = 1_700_000_000
TRADER, LP, KEEPER, ATTACKER, GUARDIAN = "trader", "lp", "keeper", "attacker", "guardian"

FREE: dict[str, int] = {
    "borrow_base": 0,
    "borrow_slope1": 0,
    "borrow_slope2": 0,
    "max_funding": 0,
}
"""Parameters under which time costs nothing."""


def wad(number: int | str | Fraction) -> int:
    """Exact: `wad("0.05")` is 5e16."""
    value = Fraction(number) * WAD
    assert value.denominator == 1
    return int(value)


def params_of(decimals: int = 6, **changes: Any) -> VaultParams:
    return replace(reference_profile(decimals, guardian=GUARDIAN), **changes)


class Stage:
    """A vault with a pool of one million, at a price of 2000 unless told otherwise."""

    def __init__(
        self,
        decimals: int = 6,
        *,
        pool: int = 1_000_000,
        bid: int | str | Fraction = 2000,
        ask: int | str | Fraction | None = None,
        protocol_fee_share: int = 0,
        **changes: Any,
    ) -> None:
        self.unit = 10**decimals
        self.now = BIRTH
        self.set_price(bid, ask)
        self.vault = Vault(params_of(decimals, **changes), protocol_fee_share, decimals, BIRTH)
        if pool:
            self.vault.deposit(self.env, LP, pool * self.unit)
            self.vault.take_events()

    @property
    def env(self) -> Environment:
        if self.bid is None:
            return Environment(self.now, None)
        return Environment(
            self.now, PriceBand(self.bid, self.ask, self.updated_at or self.now, self.live)
        )

    def set_price(
        self,
        bid: int | str | Fraction,
        ask: int | str | Fraction | None = None,
        *,
        live: bool = True,
    ) -> None:
        self.bid: int | None = wad(bid)
        self.ask = wad(bid if ask is None else ask)
        self.live = live
        self.updated_at: int | None = None

    def lose_price(self) -> None:
        """The feed still answers, but is not live any more: it stopped updating now."""
        self.live = False
        self.updated_at = self.now

    def lose_oracle(self) -> None:
        """The oracle cannot be read."""
        self.bid = None

    def wait(self, seconds: int = 1) -> None:
        self.now += seconds

    def amount(self, number: int | str | Fraction) -> int:
        """Token units, exactly."""
        value = Fraction(number) * self.unit
        assert value.denominator == 1
        return int(value)

    def adjust(
        self,
        size: int | str | Fraction = 0,
        margin: int | str | Fraction = 0,
        *,
        who: str = TRADER,
        position_id: int = 1,
        **arguments: Any,
    ) -> tuple[int, int]:
        """`adjust_position` in whole units, at any price."""
        size_delta = wad(size)
        arguments.setdefault("acceptable_price", MAX_UINT256 if size_delta > 0 else 0)
        return self.vault.adjust_position(
            self.env, who, position_id, size_delta, self.amount(margin), **arguments
        )

    def close(self, *, who: str = TRADER, position_id: int = 1, **arguments: Any) -> int:
        acceptable = 0 if self.position(who, position_id).size > 0 else MAX_UINT256
        arguments.setdefault("acceptable_price", acceptable)
        return self.vault.close_position(self.env, who, position_id, **arguments)

    def position(self, who: str = TRADER, position_id: int = 1) -> Position:
        return self.vault.get_position(who, position_id)

    def health(self, who: str = TRADER, position_id: int = 1) -> Health:
        return self.vault.get_health(self.env, who, position_id)


def refusal(call: Any, *args: Any, **kwargs: Any) -> str:
    """Reason with which a call is refused; fails the test if it is not."""
    try:
        call(*args, **kwargs)
    except Refused as refused:
        return refused.reason
    raise AssertionError("not refused")


def up(value: Fraction) -> int:
    return ceil(value)


def down(value: Fraction) -> int:
    return floor(value)
