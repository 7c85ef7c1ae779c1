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

WAD: constant(uint256) = 10**18
MAX_RATE: constant(uint256) = 10 * WAD  # 1,000 % a year, for each term of a rate

SHARE_DECIMALS_OFFSET: constant(uint8) = 3  # beyond the asset's

PARAMS: immutable(IPairVault.VaultParams)
FACTORY: immutable(address)
PROTOCOL_FEE_SHARE: immutable(uint256)  # WAD of each fee
SHARE_DECIMALS: immutable(uint8)
SCALE: immutable(int256)  # token amount = size * price / SCALE


@deploy
def __init__(params: IPairVault.VaultParams, protocol_fee_share: uint256):
    decimals: uint256 = convert(staticcall IERC20Detailed(params.asset).decimals(), uint256)
    costs: uint256 = unsafe_add(params.trading_fee, params.liquidation_penalty)
    highest_reward: uint256 = unsafe_div(params.min_margin, 4)
    # one word of flaws rather than a chain of conditions: half the bytecode
    flaws: uint256 = (
        convert(decimals > 18, uint256)
        | convert(params.initial_ratio > WAD, uint256)
        | convert(params.margin_call_ratio > params.initial_ratio, uint256)
        | convert(params.maintenance_ratio > params.margin_call_ratio, uint256)
        | convert(params.maintenance_ratio < WAD // 100, uint256)
        | convert(unsafe_div(params.maintenance_ratio, 2) < costs, uint256)
        | convert(params.liquidation_penalty > WAD, uint256)  # or the sum above might wrap
        | convert(params.trading_fee > WAD // 100, uint256)
        | convert(params.min_margin == 0, uint256)
        | convert(params.keeper_min_reward > highest_reward, uint256)
        | convert(params.reserve_ratio < WAD // 100, uint256)
        | convert(params.reserve_ratio > MAX_RATE, uint256)
        | convert(params.max_utilisation > WAD, uint256)
        | convert(params.skew_scale < 10**18, uint256)
        | convert(params.skew_scale > 10**36, uint256)
        | convert(params.borrow_base > MAX_RATE, uint256)
        | convert(params.borrow_slope1 > MAX_RATE, uint256)
        | convert(params.borrow_slope2 > MAX_RATE, uint256)
        | convert(params.borrow_kink == 0, uint256)
        | convert(params.borrow_kink >= WAD, uint256)
        | convert(params.max_funding > MAX_RATE, uint256)
        | convert(params.lp_lockup > 30 * 86_400, uint256)
        | convert(protocol_fee_share > WAD // 5, uint256)
    )
    assert flaws == 0, "vault: parameter out of bounds"
    PARAMS = params
    FACTORY = msg.sender
    PROTOCOL_FEE_SHARE = protocol_fee_share
    SHARE_DECIMALS = convert(decimals, uint8) + SHARE_DECIMALS_OFFSET
    SCALE = convert(10**(36 - decimals), int256)


@external
@view
@reentrant
def protocol_fee_share() -> uint256:
    """
    @return WAD of each fee
    """
    return PROTOCOL_FEE_SHARE
