"""Parameter profiles of vaults."""

from __future__ import annotations

from bulkhead.model.params import VaultParams
from bulkhead.model.types import EMPTY, WAD

_PERCENT = WAD // 100


def reference_profile(
    decimals: int,
    *,
    asset: str = EMPTY,
    oracle: str = EMPTY,
    guardian: str = EMPTY,
    name: str = "Bulkhead ETH/USDC",
    symbol: str = "bhETH-USDC",
) -> VaultParams:
    """The reference profile for ETH/USDC, over a quote asset with `decimals` decimals."""
    unit = 10**decimals
    return VaultParams(
        asset=asset,
        oracle=oracle,
        guardian=guardian,
        name=name,
        symbol=symbol,
        initial_ratio=5 * _PERCENT,
        margin_call_ratio=375 * _PERCENT // 100,
        maintenance_ratio=250 * _PERCENT // 100,
        trading_fee=6 * _PERCENT // 100,
        liquidation_penalty=_PERCENT // 2,
        keeper_min_reward=2 * unit,
        min_margin=20 * unit,
        reserve_ratio=WAD,
        max_utilisation=85 * _PERCENT,
        skew_scale=1_000_000 * WAD,
        borrow_base=2 * _PERCENT,
        borrow_slope1=10 * _PERCENT,
        borrow_slope2=WAD,
        borrow_kink=80 * _PERCENT,
        max_funding=WAD,
        lp_lockup=3600,
    )


REFERENCE_PROFILE = reference_profile(6)
"""ETH/USDC: the quote has 6 decimals."""
