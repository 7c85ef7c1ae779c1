"""The exact model at one moment, one position at a time."""

from __future__ import annotations

from typing import NamedTuple

from bulkhead.exceptions import Refused
from bulkhead.model.params import VaultParams
from bulkhead.model.types import Environment, Health, Market, Position, PriceBand, Status
from bulkhead.model.vault import Vault

_KEY = ("", 0)


class Liquidation(NamedTuple):
    """What `liquidate` would do: size closed (unsigned) and reward (asset units)."""

    closed: int
    reward: int


class Moment(Vault):
    """A vault's price and its market, accrued, as every view and call of one block sees them.

    The status, size and reward of a position depend on nothing else: not on the pool, which other
    liquidations of the same block change, nor on their order.
    """

    __slots__ = ("band", "env", "mid")

    def __init__(
        self,
        params: VaultParams,
        decimals: int,
        market: Market,
        *,
        now: int,
        band: PriceBand | None,
        settlement_price: int = 0,
    ) -> None:
        """At `now` (unix seconds). `market` is as stored; `band` None where the oracle cannot be
        read; the settlement price (WAD) counts in wind-down alone."""
        super().__init__(params, 0, decimals, now)
        self.env = Environment(now, band)
        self.market, self.settlement_price = market, settlement_price
        # accrued once: at `now` the market is charged to the second, and stays as it is
        self.band, self.market = self._seen_market(self.env)
        self.mid = (self.band.bid + self.band.ask) // 2

    def status(self, position: Position) -> Status:
        """What `get_health` says, and so which keeper's call is open."""
        return self._assess(self.env, self.band, self.market, position).status

    def health(self, position: Position) -> Health:
        """The answer of `get_health`."""
        self.positions = {_KEY: position}
        return self.get_health(self.env, *_KEY)

    def liquidation(self, position: Position) -> Liquidation:
        """The answer of `liquidate`. Raises Refused where it would refuse."""
        found = self._assess(self.env, self.band, self.market, position)
        if found.status != Status.LIQUIDATABLE:
            raise Refused("vault: still healthy")
        partial = self._liquidate_part(self.market, position, found)
        cut = (
            partial[2]
            if partial
            else self._liquidate_all(self.market.copy(), position.copy(), found)
        )
        return Liquidation(cut.closed, cut.reward)
