# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Parameters
@notice What a vault was born with, immutable, and the hard bounds that a birth must meet.
@dev docs/risk.md gives the reason for each bound.
"""
from ethereum.ercs import IERC20Detailed

from ..interfaces import IPairVault
from . import fixed_point

WAD: constant(uint256) = fixed_point.WAD
MAX_RATE: constant(uint256) = 10 * WAD  # 1,000 % a year, for each term of a rate
MAX_FEE: constant(uint256) = WAD // 100
MIN_MAINTENANCE_RATIO: constant(uint256) = WAD // 100
MIN_SKEW_SCALE: constant(uint256) = 10 ** 18
MAX_SKEW_SCALE: constant(uint256) = 10 ** 36
MAX_LOCKUP: constant(uint256) = 30 * 86_400
MAX_PROTOCOL_FEE_SHARE: constant(uint256) = WAD // 5

FACTORY: immutable(address)
PROTOCOL_FEE_SHARE: immutable(uint256)
ASSET: immutable(address)
ORACLE: immutable(address)
DECIMALS: immutable(uint256)  # of the asset
SCALE: immutable(uint256)  # token amount = size * price / SCALE
INITIAL_RATIO: immutable(uint256)
MARGIN_CALL_RATIO: immutable(uint256)
MAINTENANCE_RATIO: immutable(uint256)
TRADING_FEE: immutable(uint256)
LIQUIDATION_PENALTY: immutable(uint256)
KEEPER_MIN_REWARD: immutable(uint256)
MIN_MARGIN: immutable(uint256)
RESERVE_RATIO: immutable(uint256)
MAX_UTILISATION: immutable(uint256)
SKEW_SCALE: immutable(uint256)
BORROW_BASE: immutable(uint256)
BORROW_SLOPE1: immutable(uint256)
BORROW_SLOPE2: immutable(uint256)
BORROW_KINK: immutable(uint256)
MAX_FUNDING: immutable(uint256)
LP_LOCKUP: immutable(uint256)


@deploy
def __init__(params: IPairVault.VaultParams, protocol_fee_share: uint256):
    decimals: uint256 = convert(staticcall IERC20Detailed(params.asset).decimals(), uint256)
    self._check_bounds(params, protocol_fee_share, decimals)
    FACTORY = msg.sender
    PROTOCOL_FEE_SHARE = protocol_fee_share
    ASSET = params.asset
    ORACLE = params.oracle
    DECIMALS = decimals
    SCALE = 10 ** (36 - decimals)
    INITIAL_RATIO = params.initial_ratio
    MARGIN_CALL_RATIO = params.margin_call_ratio
    MAINTENANCE_RATIO = params.maintenance_ratio
    TRADING_FEE = params.trading_fee
    LIQUIDATION_PENALTY = params.liquidation_penalty
    KEEPER_MIN_REWARD = params.keeper_min_reward
    MIN_MARGIN = params.min_margin
    RESERVE_RATIO = params.reserve_ratio
    MAX_UTILISATION = params.max_utilisation
    SKEW_SCALE = params.skew_scale
    BORROW_BASE = params.borrow_base
    BORROW_SLOPE1 = params.borrow_slope1
    BORROW_SLOPE2 = params.borrow_slope2
    BORROW_KINK = params.borrow_kink
    MAX_FUNDING = params.max_funding
    LP_LOCKUP = params.lp_lockup


@internal
@view
def _params(name: String[64], symbol: String[32], guardian: address) -> IPairVault.VaultParams:
    return IPairVault.VaultParams(
        asset=ASSET,
        oracle=ORACLE,
        guardian=guardian,
        name=name,
        symbol=symbol,
        initial_ratio=INITIAL_RATIO,
        margin_call_ratio=MARGIN_CALL_RATIO,
        maintenance_ratio=MAINTENANCE_RATIO,
        trading_fee=TRADING_FEE,
        liquidation_penalty=LIQUIDATION_PENALTY,
        keeper_min_reward=KEEPER_MIN_REWARD,
        min_margin=MIN_MARGIN,
        reserve_ratio=RESERVE_RATIO,
        max_utilisation=MAX_UTILISATION,
        skew_scale=SKEW_SCALE,
        borrow_base=BORROW_BASE,
        borrow_slope1=BORROW_SLOPE1,
        borrow_slope2=BORROW_SLOPE2,
        borrow_kink=BORROW_KINK,
        max_funding=MAX_FUNDING,
        lp_lockup=LP_LOCKUP,
    )


@internal
@pure
def _check_bounds(
    params: IPairVault.VaultParams, protocol_fee_share: uint256, decimals: uint256
):
    costs: uint256 = params.trading_fee + params.liquidation_penalty
    within: bool = (
        decimals <= 18
        and params.initial_ratio <= WAD
        and params.margin_call_ratio <= params.initial_ratio
        and params.maintenance_ratio <= params.margin_call_ratio
        and params.maintenance_ratio >= MIN_MAINTENANCE_RATIO
        and params.maintenance_ratio >= 2 * costs
        and params.trading_fee <= MAX_FEE
        and params.min_margin > 0
        and params.keeper_min_reward <= params.min_margin // 4
        and params.reserve_ratio >= WAD // 100
        and params.reserve_ratio <= 10 * WAD
        and params.max_utilisation <= WAD
        and params.skew_scale >= MIN_SKEW_SCALE
        and params.skew_scale <= MAX_SKEW_SCALE
        and params.borrow_base <= MAX_RATE
        and params.borrow_slope1 <= MAX_RATE
        and params.borrow_slope2 <= MAX_RATE
        and params.borrow_kink > 0
        and params.borrow_kink < WAD
        and params.max_funding <= MAX_RATE
        and params.lp_lockup <= MAX_LOCKUP
        and protocol_fee_share <= MAX_PROTOCOL_FEE_SHARE
    )
    assert within, "vault: parameter out of bounds"
