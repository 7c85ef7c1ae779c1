"""Accrual on its own, and the end of a vault whose oracle has died: mechanics, sections 4 and 9."""

# ruff: noqa: ARG002 - every call takes the environment and the sender

from __future__ import annotations

from bulkhead.exceptions import Refused
from bulkhead.model.events import OracleReportedDead, WoundDown
from bulkhead.model.state import VaultState
from bulkhead.model.types import NEVER, WIND_DOWN_DELAY, Environment


class WindDownCalls(VaultState):
    __slots__ = ()

    def accrue(self, env: Environment, sender: str) -> None:
        """Charge carry up to now; contests a false report of a dead oracle. Idle in wind-down."""
        if self.is_winding_down:
            return
        self._store_accrual(self._accrued_market(env, self._live_band(env)))

    def report_dead_oracle(self, env: Environment, sender: str) -> None:
        """Start the clock of the dead-oracle path. A report that still stands is not renewed."""
        if self.is_winding_down:
            raise Refused("vault: winding down")
        if self._band(env).live:
            raise Refused("vault: oracle is live")
        if self._has_standing_report():
            raise Refused("vault: already reported")
        self.reported_at = env.now
        self.events.append(OracleReportedDead(sender))

    def wind_down(self, env: Environment, sender: str) -> None:
        """Settle at the last valid mid, or at zero gain where there is none."""
        if self.is_winding_down:
            raise Refused("vault: winding down")
        band = self._band(env)
        if band.live:
            raise Refused("vault: oracle is live")
        is_stale = band.bid > 0 and env.now - band.updated_at >= WIND_DOWN_DELAY
        is_dead = self._has_standing_report() and env.now - self.reported_at >= WIND_DOWN_DELAY
        if not (is_stale or is_dead):
            raise Refused("vault: too early")
        self.settlement_price = (band.bid + band.ask) // 2
        market = self.market.copy()
        market.accrued_at = NEVER
        self.market = market
        self.events.append(WoundDown(sender, self.settlement_price))

    def _has_standing_report(self) -> bool:
        """Reported, and no accrual succeeded since."""
        return self.reported_at != 0 and self.market.accrued_at <= self.reported_at
