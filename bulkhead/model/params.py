"""Parameters of a vault and their hard bounds."""

from __future__ import annotations

from dataclasses import dataclass

from bulkhead.exceptions import Refused
from bulkhead.model.types import DAY, EMPTY, WAD


@dataclass(slots=True, frozen=True, kw_only=True)
class VaultParams:
    """The struct of IPairVault. Ratios, fees WAD; rates WAD per year; amounts in asset units."""

    asset: str = EMPTY
    oracle: str = EMPTY
    guardian: str = EMPTY
    name: str = ""
    symbol: str = ""
    initial_ratio: int
    margin_call_ratio: int
    maintenance_ratio: int
    trading_fee: int
    liquidation_penalty: int
    keeper_min_reward: int
    min_margin: int
    reserve_ratio: int
    max_utilisation: int
    skew_scale: int
    borrow_base: int
    borrow_slope1: int
    borrow_slope2: int
    borrow_kink: int
    max_funding: int
    lp_lockup: int


def check_params(params: VaultParams, protocol_fee_share: int, decimals: int) -> None:
    """Hard bounds (docs/risk.md); refuses with `vault: parameter out of bounds`."""
    p = params
    percent = WAD // 100
    max_rate = 10 * WAD  # 1000 % a year
    in_bounds = (
        percent <= p.maintenance_ratio
        and 2 * (p.trading_fee + p.liquidation_penalty) <= p.maintenance_ratio
        and p.maintenance_ratio <= p.margin_call_ratio <= p.initial_ratio <= WAD
        and p.trading_fee <= percent
        and p.min_margin > 0
        and p.keeper_min_reward <= p.min_margin // 4
        and percent <= p.reserve_ratio <= 10 * WAD
        and p.max_utilisation <= WAD
        and 10**18 <= p.skew_scale <= 10**36
        and p.borrow_base <= max_rate
        and p.borrow_slope1 <= max_rate
        and p.borrow_slope2 <= max_rate
        and p.max_funding <= max_rate
        and 0 < p.borrow_kink < WAD
        and p.lp_lockup <= 30 * DAY
        and protocol_fee_share <= WAD // 5
        and decimals <= 18
    )
    if not in_bounds:
        raise Refused("vault: parameter out of bounds")
