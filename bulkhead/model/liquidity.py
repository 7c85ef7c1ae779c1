"""ERC-4626 over internal accounting: mechanics, section 10."""

from __future__ import annotations

from bulkhead.exceptions import Refused
from bulkhead.model import rules
from bulkhead.model.events import Deposit, Withdraw
from bulkhead.model.packing import check_market_packing
from bulkhead.model.shares import MAX_POOL, ShareCalls
from bulkhead.model.types import NO_BOUND, Environment, Market, PriceBand


class LiquidityCalls(ShareCalls):
    __slots__ = ()

    def deposit(
        self,
        env: Environment,
        sender: str,
        assets: int,
        receiver: str | None = None,
        min_shares: int = 0,
    ) -> int:
        """Returns shares minted, at the high NAV, rounded down."""
        market, nav = self._entry(env)
        shares = rules.shares_down(assets, self.supply, nav)
        self._check_amounts(assets, shares)
        if shares < min_shares:
            raise Refused("vault: bound missed")
        self._enter(env, sender, receiver or sender, market, assets, shares)
        return shares

    def mint(
        self,
        env: Environment,
        sender: str,
        shares: int,
        receiver: str | None = None,
        max_assets: int = NO_BOUND,
    ) -> int:
        """Returns assets paid, at the high NAV, rounded up."""
        market, nav = self._entry(env)
        assets = rules.assets_up(shares, self.supply, nav)
        self._check_amounts(assets, shares)
        if assets > max_assets:
            raise Refused("vault: bound missed")
        self._enter(env, sender, receiver or sender, market, assets, shares)
        return assets

    def withdraw(
        self,
        env: Environment,
        sender: str,
        assets: int,
        receiver: str | None = None,
        owner: str | None = None,
        max_shares: int = NO_BOUND,
    ) -> int:
        """Returns shares burnt, at the low NAV, rounded up."""
        band, market = self._priced_market(env)
        shares = rules.shares_up(assets, self.supply, self._nav_low(band, market))
        self._check_amounts(assets, shares)
        if shares > max_shares:
            raise Refused("vault: bound missed")
        self._leave(env, sender, receiver or sender, owner or sender, market, assets, shares)
        return shares

    def redeem(
        self,
        env: Environment,
        sender: str,
        shares: int,
        receiver: str | None = None,
        owner: str | None = None,
        min_assets: int = 0,
    ) -> int:
        """Returns assets paid out, at the low NAV, rounded down."""
        band, market = self._priced_market(env)
        assets = rules.assets_down(shares, self.supply, self._nav_low(band, market))
        self._check_amounts(assets, shares)
        if assets < min_assets:
            raise Refused("vault: bound missed")
        self._leave(env, sender, receiver or sender, owner or sender, market, assets, shares)
        return assets

    # ---- internal ----

    def _check_amounts(self, assets: int, shares: int) -> None:
        if assets == 0 or shares == 0:
            raise Refused("vault: zero amount")

    def _priced_market(self, env: Environment) -> tuple[PriceBand, Market]:
        """With open interest a live band and accrual; without it no price is needed."""
        if not self.market.has_open_interest:
            return self._band(env), self.market.copy()
        band = self._live_band(env)
        return band, self._accrued_market(env, band)

    def _nav_high(self, band: PriceBand, market: Market) -> int:
        return rules.nav_high(market, band.bid, band.ask, self.scale)

    def _nav_low(self, band: PriceBand, market: Market) -> int:
        return rules.nav_low(market, band.bid, band.ask, self.scale)

    def _entry(self, env: Environment) -> tuple[Market, int]:
        band, market = self._priced_market(env)
        if self.is_winding_down:
            raise Refused("vault: winding down")
        nav = self._nav_high(band, market)
        if nav == 0 and self.supply != 0:
            raise Refused("vault: zero nav")
        return market, nav

    def _enter(
        self, env: Environment, sender: str, receiver: str, market: Market, assets: int, shares: int
    ) -> None:
        market.pool += assets
        if market.pool > MAX_POOL:
            raise Refused("vault: amount out of range")
        check_market_packing(market)
        self._check_receiver(receiver)
        self._check_mintable(shares)
        self._store_accrual(market)
        self._mint(env, receiver, shares)
        self.events.append(Deposit(sender, receiver, assets, shares))
        self._pull(sender, assets)

    def _leave(
        self,
        env: Environment,
        sender: str,
        receiver: str,
        owner: str,
        market: Market,
        assets: int,
        shares: int,
    ) -> None:
        market.pool -= assets
        if market.pool < market.reserved:
            raise Refused("vault: not enough liquidity")
        if sender != owner:
            self._check_allowance(owner, sender, shares)
        self._check_movable(env, owner, shares)
        self._store_accrual(market)
        if sender != owner:
            self._spend_allowance(owner, sender, shares)
        self._burn(owner, shares)
        self.events.append(Withdraw(sender, receiver, owner, assets, shares))
        self._push(receiver, assets)
