"""Views: mechanics, sections 7 and 10.

With a live price they show the state after accrual, as a call would see it.
"""

# ruff: noqa: N802, ARG002 - names and arguments of the standard

from __future__ import annotations

from bulkhead.model import rules
from bulkhead.model.keeping import KeeperCalls
from bulkhead.model.liquidity import LiquidityCalls
from bulkhead.model.shares import MAX_SHARES
from bulkhead.model.types import (
    MAX_POOL,
    Account,
    Environment,
    Health,
    Limits,
    Market,
    Position,
    PriceBand,
)


class Views(KeeperCalls, LiquidityCalls):
    __slots__ = ()

    def get_position(self, owner: str, position_id: int) -> Position:
        """All zero where there is none."""
        return self.positions.get((owner, position_id), Position())

    def get_market(self) -> Market:
        """As stored."""
        return self.market

    def get_limits(self) -> Limits:
        return self.limits

    def claimable(self, owner: str) -> int:
        return self.claims.get(owner, 0)

    def protocol_fees(self) -> int:
        return self.uncollected_fees

    def is_operator(self, owner: str, operator: str) -> bool:
        return (owner, operator) in self.operators

    def get_health(self, env: Environment, owner: str, position_id: int) -> Health:
        """Its status decides what `liquidate`, `settle_position` and `call_margin` do now."""
        position = self.positions.get((owner, position_id))
        if position is None:
            return Health()
        band, market = self._seen_market(env)
        found = self._assess(env, band, market, position)
        params, size = self.params, position.size
        return Health(
            status=found.status,
            equity=found.equity,
            gain=found.gain,
            maintenance=found.maintenance,
            margin_call=found.margin_call,
            initial=rules.requirement(found.value, params.initial_ratio, size, params.skew_scale),
            closing_price=found.price,
            liquidation_price=rules.liquidation_price(position, market, params, self.scale),
        )

    # ---- ERC-4626 ----

    def totalSupply(self) -> int:
        return self.supply

    def totalAssets(self, env: Environment) -> int:
        """At mid; never reverts for lack of a price."""
        band, market = self._seen_market(env)
        return max(market.pool - rules.net_gain(market, (band.bid + band.ask) // 2, self.scale), 0)

    def convertToShares(self, env: Environment, assets: int) -> int:
        return rules.shares_down(assets, self.supply, self.totalAssets(env))

    def convertToAssets(self, env: Environment, shares: int) -> int:
        return rules.assets_down(shares, self.supply, self.totalAssets(env))

    def previewDeposit(self, env: Environment, assets: int) -> int:
        band, market = self._priced_market(env)
        return rules.shares_down(assets, self.supply, self._nav_high(band, market))

    def previewMint(self, env: Environment, shares: int) -> int:
        band, market = self._priced_market(env)
        return rules.assets_up(shares, self.supply, self._nav_high(band, market))

    def previewWithdraw(self, env: Environment, assets: int) -> int:
        band, market = self._priced_market(env)
        return rules.shares_up(assets, self.supply, self._nav_low(band, market))

    def previewRedeem(self, env: Environment, shares: int) -> int:
        band, market = self._priced_market(env)
        return rules.assets_down(shares, self.supply, self._nav_low(band, market))

    def maxDeposit(self, env: Environment, receiver: str) -> int:
        """What fills the pool or the share supply, whichever comes first."""
        nav = self._open_nav_high(env)
        if nav is None:
            return 0
        room = rules.assets_down(MAX_SHARES - self.supply, self.supply, nav)
        return max(min(MAX_POOL - self.market.pool, room), 0)

    def maxMint(self, env: Environment, receiver: str) -> int:
        nav = self._open_nav_high(env)
        if nav is None:
            return 0
        room = rules.shares_down(max(MAX_POOL - self.market.pool, 0), self.supply, nav)
        return min(room, MAX_SHARES - self.supply)

    def maxWithdraw(self, env: Environment, owner: str) -> int:
        band, market = self._seen_market(env)
        if market.has_open_interest and not band.live:
            return 0
        shares = self.accounts.get(owner, Account()).movable(env.now)
        assets = rules.assets_down(shares, self.supply, self._nav_low(band, market))
        return min(assets, market.pool - market.reserved)

    def maxRedeem(self, env: Environment, owner: str) -> int:
        band, market = self._seen_market(env)
        if market.has_open_interest and not band.live:
            return 0
        shares = self.accounts.get(owner, Account()).movable(env.now)
        free = market.pool - market.reserved
        return min(shares, rules.shares_down(free, self.supply, self._nav_low(band, market)))

    # ---- internal ----

    def _seen_market(self, env: Environment) -> tuple[PriceBand, Market]:
        """The band, live or not, and the market, accrued if it is live."""
        band = self._band(env)
        return band, self._accrued_market(env, band) if band.live else self.market

    def _open_nav_high(self, env: Environment) -> int | None:
        """None where `deposit` would refuse."""
        band, market = self._seen_market(env)
        nav = rules.nav_high(market, band.bid, band.ask, self.scale)
        is_open = not self.is_winding_down and (band.live or not market.has_open_interest)
        return nav if is_open and (nav > 0 or self.supply == 0) else None
