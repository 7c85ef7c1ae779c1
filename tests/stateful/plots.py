"""Stories of a few steps that chance would not tell."""

from __future__ import annotations

from collections.abc import Callable

from bulkhead.model import MAX_UINT256, WAD
from tests.stateful.moment import Drawn, Scene
from tests.stateful.words import KEEPERS, LPS, STRANGER

Act = Callable[[Scene], Drawn]
"""Drawn when it is its turn, from what the acts before have led to."""


def ruin(s: Scene) -> list[Act]:
    """A trader wins all that the pool has left: shares that stand for nothing let nobody in.

    Only in a vault without fees, whose pool may be reserved to the last unit; else something stays.
    """
    is_possible = s.vault.params.trading_fee == 0 and not s.vault.positions and s.band.live
    if not is_possible or s.vault.is_winding_down:
        return []
    return [_enter, _open, _redeem_least, _redeem_least, _leave_the_reserve, _gap, _settle, _enter]


def _enter(s: Scene) -> Drawn:
    return "deposit", LPS[0], (1_000 * s.unit,)


def _open(s: Scene) -> Drawn:
    """A reserve of 300 tokens: more than the seed, so that the rest of the pool can leave."""
    size = 300 * s.unit * WAD // s.vault.params.reserve_ratio * s.vault.scale // s.band.ask
    return "adjust_position", "ann", (0, size, 3_000 * s.unit, MAX_UINT256)


def _redeem_least(s: Scene) -> Drawn:
    owners = sorted(LPS, key=s.vault.balance_of)
    owner = next((name for name in owners[:-1] if s.vault.balance_of(name)), owners[0])
    return "redeem", owner, (s.vault.balance_of(owner),)


def _leave_the_reserve(s: Scene) -> Drawn:
    market = s.vault.market
    return "withdraw", max(LPS, key=s.vault.balance_of), (market.pool - market.reserved,)


def _gap(s: Scene) -> Drawn:
    return "set_band", STRANGER, (s.band.bid * 6 // 5, s.band.ask * 6 // 5, 0, True)


def _settle(s: Scene) -> Drawn:
    return "settle_position", KEEPERS[0], ("ann", 0)
