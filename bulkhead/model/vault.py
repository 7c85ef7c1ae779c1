"""The vault as a whole."""

from __future__ import annotations

from bulkhead.model.invariants import check_static
from bulkhead.model.limits import GuardianCalls
from bulkhead.model.trading import TradingCalls
from bulkhead.model.views import Views
from bulkhead.model.wind_down import WindDownCalls


class Vault(TradingCalls, Views, WindDownCalls, GuardianCalls):
    """Exact integer reference of `PairVault`.

    Every call takes the environment and the sender first, then the arguments of the contract's
    function in its order, and returns what the contract returns. A refused call raises `Refused`
    with the contract's revert string and changes nothing. Events are appended to `events`; tokens
    that move are booked in `flows` (net received per account) and `token_balance` (held).

    Units: token amounts are the asset's own, sizes WAD base units, prices and carry WAD quote per
    base, ratios WAD, rates WAD per year, times unix seconds. The sections of docs/mechanics.md:

    ====================  =============================================  ==================
    module                what                                           section
    ====================  =============================================  ==================
    `types`, `params`     units, structs, bounds                         1
    `packing`             widths of storage words                        1
    `state`               storage, band, accrual, token flows            1, 2, 4
    `rules`               every formula, pure                            3, 4, 5, 7, 8, 10
    `trading`, `sizing`   traders' calls                                 6
    `keeping`             status, liquidation, settlement, margin calls  7, 8
    `wind_down`           accrual, dead oracle                           4, 9
    `shares`, `liquidity` LP share token and its lock, ERC-4626          10
    `limits`              guardian                                       11
    `views`               views                                          7, 10
    `invariants`          the promises, executable                       DESIGN, "promises"
    ====================  =============================================  ==================
    """

    __slots__ = ()

    def check_invariants(self) -> None:
        """Raise `InvariantBroken` where the state itself breaks a promise."""
        check_static(self)
