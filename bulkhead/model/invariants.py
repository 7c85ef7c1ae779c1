"""The promises as executable checks. Static: of one state. Dynamic: of what a call did to it.

Checking costs O(positions); the checks never change the vault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead.exceptions import InvariantBroken
from bulkhead.model.packing import check_market_packing, check_position_packing
from bulkhead.model.state import PositionKey
from bulkhead.model.types import NEVER, Limits, Market, Position

if TYPE_CHECKING:
    from bulkhead.model.state import VaultState


def _hold(holds: bool, promise: str) -> None:
    if not holds:
        raise InvariantBroken(promise)


# ---- static ----


def check_static(vault: VaultState) -> None:
    """What is true of every state between two calls."""
    market = vault.market
    check_market_packing(market)
    _check_positions(vault)
    _check_sums(vault)
    _hold(market.pool >= market.reserved, "pool >= reserved: winners can be paid in full")
    owed = (
        market.pool
        + sum(position.margin for position in vault.positions.values())
        + sum(vault.claims.values())
        + vault.uncollected_fees
    )
    _hold(
        vault.token_balance == owed + vault.donated,
        "balance == pool + margins + claims + fees + gifts",
    )
    _hold(
        vault.token_balance == -sum(vault.flows.values()),
        "what the vault holds is what others paid in",
    )
    _hold(all(amount > 0 for amount in vault.claims.values()), "claims are positive")
    _hold(
        max(market.long_size, market.short_size) <= vault.params.skew_scale,
        "open interest <= skew_scale",
    )
    _check_shares(vault)


def _check_positions(vault: VaultState) -> None:
    for position in vault.positions.values():
        check_position_packing(position)
        _hold(position.size != 0, "a stored position has a size")
        _hold(position.margin >= vault.params.min_margin, "an open position has min_margin")
        _hold(position.reserve > 0, "an open position has a reserve")
        _hold(0 < position.opened_at <= position.increased_at, "opened before increased")


def _check_sums(vault: VaultState) -> None:
    market = vault.market
    sums = Market(
        carry_long=market.carry_long,
        carry_short=market.carry_short,
        pool=market.pool,
        accrued_at=market.accrued_at,
    )
    for position in vault.positions.values():
        if position.size > 0:
            sums.long_size += position.size
            sums.long_basis += position.basis
        else:
            sums.short_size -= position.size
            sums.short_basis += position.basis
        sums.reserved += position.reserve
    _hold(sums == market, "aggregates are the exact sums over the positions")


def _check_shares(vault: VaultState) -> None:
    accounts = vault.accounts.values()
    _hold(
        sum(account.balance for account in accounts) == vault.supply,
        "supply is the sum of balances",
    )
    _hold(all(account.balance >= 0 for account in accounts), "balances are not negative")


# ---- dynamic ----


@dataclass(slots=True, frozen=True)
class Snapshot:
    """A state to compare with. Positions and market are replaced on change: references do."""

    positions: dict[PositionKey, Position]
    market: Market
    claims: dict[str, int]
    flows: dict[str, int]
    limits: Limits
    supply: int
    uncollected_fees: int
    token_balance: int
    events: int


def snapshot(vault: VaultState) -> Snapshot:
    return Snapshot(
        dict(vault.positions),
        vault.market,
        dict(vault.claims),
        dict(vault.flows),
        vault.limits,
        vault.supply,
        vault.uncollected_fees,
        vault.token_balance,
        len(vault.events),
    )


def check_refused(before: Snapshot, vault: VaultState) -> None:
    """A refused call changes nothing."""
    _hold(before == snapshot(vault), "a refused call changes nothing")


def check_transition(before: Snapshot, vault: VaultState, *touched: PositionKey) -> None:
    """A call changes only the positions it names, keeps signs, and time does not run back."""
    market = vault.market
    for key in before.positions.keys() | vault.positions.keys():
        old, new = before.positions.get(key), vault.positions.get(key)
        if key not in touched:
            _hold(old == new, "a call changes no other position")
        elif old is not None and new is not None:
            _hold(old.size * new.size > 0, "no call flips a position")
            _hold(old.opened_at == new.opened_at, "a position is opened once")
    _hold(before.market.accrued_at <= market.accrued_at, "time does not run backwards")
    if before.market.accrued_at in (market.accrued_at, NEVER) or market.accrued_at == NEVER:
        before_carry = before.market.carry_long, before.market.carry_short
        _hold(before_carry == (market.carry_long, market.carry_short), "carry moves with time only")
    _hold(
        vault.token_balance - before.token_balance
        == sum(before.flows.values()) - sum(vault.flows.values()),
        "tokens move between the vault and others only",
    )
