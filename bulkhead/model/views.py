"""Views: mechanics, sections 7 and 10.

With a live price they show the state after accrual, as a call would see it.
"""

# ruff: noqa: N802, ARG002 - names and arguments of the standard

from __future__ import annotations

from bulkhead.model import rules
from bulkhead.model.keeping import KeeperCalls
from bulkhead.model.liquidity import LiquidityCalls
from bulkhead.model.shares import MAX_POOL, MAX_UINT112
from bulkhead.model.types import (
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
        """Its status decides what `liquidate`, `settle_position` and `call_margin` do now.

        Without a live price there is a status and nothing else.
        """
        position = self.positions.get((owner, position_id))
        if position is None:
            return Health()
        band, market = self._seen_market(env)
        found = self._assess(env, band, market, position)
        if not band.live:
            return Health(status=found.status)
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
        return rules.nav_mid(market, band.bid, band.ask, self.scale)

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
        return self._max_entry(env)[0]

    def maxMint(self, env: Environment, receiver: str) -> int:
        return self._max_entry(env)[1]

    def maxWithdraw(self, env: Environment, owner: str) -> int:
        return self._max_exit(env, owner)[0]

    def maxRedeem(self, env: Environment, owner: str) -> int:
        return self._max_exit(env, owner)[1]

    # ---- internal ----

    def _seen_market(self, env: Environment) -> tuple[PriceBand, Market]:
        """The band, live or not, and the market accrued at it (not at all at price 0)."""
        band = self._band(env)
        return band, self._accrued_market(env, band)

    def _max_entry(self, env: Environment) -> tuple[int, int]:
        """Assets and shares that pool and supply still have room for; none where none can enter."""
        band, market = self._seen_market(env)
        nav = rules.nav_high(market, band.bid, band.ask, self.scale)
        is_open = not self.is_winding_down and (band.live or not market.has_open_interest)
        if not is_open or (nav == 0 and self.supply != 0):
            return 0, 0
        room = rules.shares_down(max(MAX_POOL - market.pool, 0), self.supply, nav)
        shares = min(room, MAX_UINT112 - self.supply)
        return rules.assets_down(shares, self.supply, nav), shares

    def _max_exit(self, env: Environment, owner: str) -> tuple[int, int]:
        """Assets and shares that are unlocked and not reserved; none without a price."""
        band, market = self._seen_market(env)
        nav = self._nav_low(band, market)
        free = rules.shares_down(market.pool - market.reserved, self.supply, nav)
        shares = min(self.accounts.get(owner, Account()).movable(env.now), free)
        assets = rules.assets_down(shares, self.supply, nav)
        is_open = band.live or not market.has_open_interest
        return (assets, shares) if is_open and assets != 0 else (0, 0)
