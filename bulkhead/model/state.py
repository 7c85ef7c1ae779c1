"""Storage of a vault, and the steps that every call is made of: band, accrual, store, tokens.

A call works on a copy of the market and on new positions, and stores them when nothing can refuse
any more: a refused call changes nothing.
"""

from __future__ import annotations

from bulkhead.exceptions import Refused
from bulkhead.model.events import Accrued, Event
from bulkhead.model.packing import check_market_packing, check_position_packing
from bulkhead.model.params import VaultParams, check_params
from bulkhead.model.rules import accrued_carry, div_up, raw_gain
from bulkhead.model.types import (
    EMPTY,
    MAX_PRICE,
    NEVER,
    WAD,
    Account,
    Environment,
    Limits,
    Market,
    Position,
    PriceBand,
)

PositionKey = tuple[str, int]
_NO_PRICE = PriceBand(bid=0, ask=0, updated_at=0, live=False)


def closing_price(band: PriceBand, size: int) -> int:
    """The side of the band that a position would close at."""
    return band.bid if size > 0 else band.ask


def move_side(market: Market, position: Position, size: int, basis: int, reserve: int) -> None:
    """Move a position and the sums over its side by the same amounts; `size` is signed."""
    if position.size > 0 or (position.size == 0 and size > 0):
        market.long_size += size
        market.long_basis += basis
    else:
        market.short_size -= size
        market.short_basis += basis
    market.reserved += reserve
    position.size += size
    position.basis += basis
    position.reserve += reserve


class VaultState:
    """What a vault stores; for the token, `flows` (net received per account) and what it holds."""

    __slots__ = (
        "accounts",
        "address",
        "allowances",
        "claims",
        "decimals",
        "donated",
        "events",
        "flows",
        "guardian",
        "limits",
        "market",
        "nonces",
        "operators",
        "params",
        "pending_guardian",
        "positions",
        "protocol_fee_share",
        "reported_at",
        "scale",
        "scheduled",
        "settlement_price",
        "supply",
        "token_balance",
        "uncollected_fees",
    )

    def __init__(
        self,
        params: VaultParams,
        protocol_fee_share: int,
        decimals: int,
        now: int,
        address: str = "vault",
    ) -> None:
        """Born at `now` over an asset with `decimals`. Refuses parameters out of bounds."""
        check_params(params, protocol_fee_share, decimals)
        self.params = params
        self.protocol_fee_share = protocol_fee_share
        self.decimals = decimals
        self.scale = 10 ** (36 - decimals)
        self.address = address

        self.market = Market(accrued_at=now)
        self.positions: dict[PositionKey, Position] = {}
        self.operators: set[tuple[str, str]] = set()
        self.claims: dict[str, int] = {}
        self.uncollected_fees = 0
        self.settlement_price = 0
        self.reported_at = 0

        self.accounts: dict[str, Account] = {}
        self.allowances: dict[tuple[str, str], int] = {}
        self.nonces: dict[str, int] = {}
        self.supply = 0

        self.limits = Limits(params.max_utilisation, params.initial_ratio, False)
        self.scheduled: tuple[Limits, int] | None = None
        self.guardian = params.guardian
        self.pending_guardian = EMPTY

        self.token_balance = 0
        self.donated = 0
        self.flows: dict[str, int] = {}
        self.events: list[Event] = []

    @property
    def is_winding_down(self) -> bool:
        return self.market.accrued_at == NEVER

    def take_events(self) -> list[Event]:
        """The events since the last call of this function."""
        events, self.events = self.events, []
        return events

    def donate(self, sender: str, amount: int) -> None:
        """Tokens sent directly to the vault: they change nothing but its balance."""
        self.donated += amount
        self._pull(sender, amount)

    # ---- band and accrual ----

    def _band(self, env: Environment) -> PriceBand:
        """0 and not live if missing or out of bounds; in wind-down the settlement price."""
        if self.is_winding_down:
            return PriceBand(self.settlement_price, self.settlement_price, env.now, True)
        band = env.band
        if band is None or not 1 <= band.bid <= band.ask <= MAX_PRICE:
            return _NO_PRICE
        return band

    def _live_band(self, env: Environment) -> PriceBand:
        band = self._band(env)
        if not band.live:
            raise Refused("vault: no live price")
        return band

    def _accrued_market(self, env: Environment, band: PriceBand) -> Market:
        """A copy of the market, charged up to now at the band's mid."""
        market = self.market.copy()
        if market.accrued_at < env.now and not self.is_winding_down:
            mid = (band.bid + band.ask) // 2
            market.carry_long, market.carry_short = accrued_carry(
                market, mid, env.now - market.accrued_at, self.params, self.scale
            )
            market.accrued_at = env.now
        return market

    def _raw_gain(self, band: PriceBand, market: Market, position: Position) -> int:
        """At the closing price."""
        return raw_gain(
            position.size, position.basis, closing_price(band, position.size), market, self.scale
        )

    # ---- fees ----

    def _fee(self, value: int) -> int:
        """Trading fee on a notional; none in wind-down."""
        return 0 if self.is_winding_down else div_up(value * self.params.trading_fee, WAD)

    def _take_fee(self, market: Market, fee: int) -> int:
        """Give a fee to the pool but for the protocol's share, which is returned."""
        cut = fee * self.protocol_fee_share // WAD
        market.pool += fee - cut
        return cut

    # ---- store ----

    def _store_accrual(self, market: Market) -> None:
        """What a call stores that changes no position, whose own event would tell the carry."""
        check_market_packing(market)
        carry = market.carry_long, market.carry_short
        if carry != (self.market.carry_long, self.market.carry_short):
            self.events.append(Accrued(market.carry_long, market.carry_short))
        self.market = market

    def _store(self, market: Market, key: PositionKey, position: Position) -> None:
        """Store both, a position without size as none. Nothing may refuse after this."""
        if position.size != 0:
            check_position_packing(position)
        check_market_packing(market)
        self.market = market
        if position.size != 0:
            self.positions[key] = position
        else:
            del self.positions[key]

    # ---- signatures ----

    def _use_permit(
        self, env: Environment, owner: str, deadline: int, is_signature_valid: bool
    ) -> None:
        """All permits of an owner share one nonce."""
        if env.now > deadline:
            raise Refused("vault: signature expired")
        if not is_signature_valid:
            raise Refused("vault: signature invalid")
        self.nonces[owner] = self.nonces.get(owner, 0) + 1

    # ---- tokens ----

    def _pull(self, sender: str, amount: int) -> None:
        self.token_balance += amount
        self.flows[sender] = self.flows.get(sender, 0) - amount

    def _push(self, receiver: str, amount: int) -> None:
        if receiver == self.address:  # it pays itself: a gift
            self.donated += amount
            return
        self.token_balance -= amount
        self.flows[receiver] = self.flows.get(receiver, 0) + amount

    def _credit(self, owner: str, amount: int) -> None:
        if amount:
            self.claims[owner] = self.claims.get(owner, 0) + amount
