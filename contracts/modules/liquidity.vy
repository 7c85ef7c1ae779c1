# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Liquidity
@notice ERC-4626 over internal accounting: the way into the pool and out of it.
"""
from ..interfaces import IPairVault
from . import lp_shares
from . import market_state
from . import packing
from . import parameters
from . import refusal
from . import treasury
from . import valuation

uses: parameters
uses: market_state
uses: lp_shares
uses: valuation
uses: treasury


MAX_POOL: constant(uint256) = 2**111  # by deposits; the rest of the field is room for losses and fees
NO_BOUND: constant(uint256) = packing.UINT128  # no amount of assets or shares is above 112 bits


struct Amounts:
    assets: uint256
    shares: uint256


# ---- ERC-4626 views ----


@external
@view
@reentrant
def asset() -> address:
    return parameters.PARAMS.asset


@external
@view
def totalAssets() -> uint256:
    """
    @notice The pool less traders' gain at mid, asset units; at the last answer without a live price.
    """
    return valuation._nav(valuation.Side.NEITHER, False)


@external
@view
def convertToShares(assets: uint256) -> uint256:
    return valuation._to_shares_down(assets, valuation._nav(valuation.Side.NEITHER, False))


@external
@view
def convertToAssets(shares: uint256) -> uint256:
    return valuation._to_assets_down(shares, valuation._nav(valuation.Side.NEITHER, False))


@external
@view
def previewDeposit(assets: uint256) -> uint256:
    return valuation._to_shares_down(assets, valuation._nav(valuation.Side.ENTRY, True))


@external
@view
def previewMint(shares: uint256) -> uint256:
    return valuation._to_assets_up(shares, valuation._nav(valuation.Side.ENTRY, True))


@external
@view
def previewWithdraw(assets: uint256) -> uint256:
    return valuation._to_shares_up(assets, valuation._nav(valuation.Side.EXIT, True))


@external
@view
def previewRedeem(shares: uint256) -> uint256:
    return valuation._to_assets_down(shares, valuation._nav(valuation.Side.EXIT, True))


@external
@view
def maxDeposit(receiver: address) -> uint256:
    return self._max_entry().assets


@external
@view
def maxMint(receiver: address) -> uint256:
    return self._max_entry().shares


@external
@view
def maxWithdraw(owner: address) -> uint256:
    return self._max_exit(owner).assets


@external
@view
def maxRedeem(owner: address) -> uint256:
    return self._max_exit(owner).shares


# ---- limits ----


@internal
@view
def _max_entry() -> Amounts:
    """
    @notice What the widths of supply and pool still have room for; nothing without a price or in wind-down.
    """
    v: valuation.Valuation = valuation._valuation(valuation.Side.ENTRY, False)
    is_wound_down: bool = v.market.accrued_at == market_state.WOUND_DOWN
    is_worthless: bool = v.nav == 0 and lp_shares.totalSupply != 0
    if not v.is_open or is_wound_down or is_worthless:
        return empty(Amounts)
    room: uint256 = unsafe_sub(max(MAX_POOL, v.market.pool), v.market.pool)
    shares: uint256 = min(
        valuation._to_shares_down(room, v.nav), unsafe_sub(packing.UINT112, lp_shares.totalSupply)
    )
    return Amounts(assets=valuation._to_assets_down(shares, v.nav), shares=shares)


@internal
@view
def _max_exit(owner: address) -> Amounts:
    """
    @notice What the owner could withdraw now: unlocked shares, free liquidity, nothing without a price.
    """
    v: valuation.Valuation = valuation._valuation(valuation.Side.EXIT, False)
    free: uint256 = unsafe_sub(v.market.pool, v.market.reserved)
    shares: uint256 = min(lp_shares._spendable(owner), valuation._to_shares_down(free, v.nav))
    assets: uint256 = valuation._to_assets_down(shares, v.nav)
    if not v.is_open or assets == 0:  # dust is not redeemed for nothing
        return empty(Amounts)
    return Amounts(assets=assets, shares=shares)


# ---- in and out ----


@internal
def _enter(
    by_assets: uint256,
    by_shares: uint256,
    receiver: address,
    min_shares: uint256,
    max_assets: uint256,
) -> uint256:
    """
    @notice New shares at the high NAV, for one of the two amounts; the other is 0.
    @return The other
    """
    v: valuation.Valuation = valuation._valuation(valuation.Side.ENTRY, True)
    market_state._check_alive(v.market.accrued_at)
    # shares exist and stand for nothing: a deposit would be shared with them
    if v.nav == 0 and lp_shares.totalSupply != 0:
        refusal._because(refusal.ZERO_NAV)
    assets: uint256 = by_assets
    shares: uint256 = by_shares
    if by_shares == 0:
        shares = valuation._to_shares_down(assets, v.nav)
    else:
        assets = valuation._to_assets_up(shares, v.nav)
    treasury._check_amount(min(assets, shares))
    if shares < min_shares or assets > max_assets:
        refusal._because(refusal.BOUND_MISSED)
    v.market.pool = unsafe_add(v.market.pool, assets)
    if v.market.pool > MAX_POOL:
        refusal._because(refusal.AMOUNT_OUT_OF_RANGE)
    market_state._store_accrual(v.market)
    lp_shares._mint(receiver, shares)
    log IPairVault.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)
    treasury._pull(assets)
    return shares if by_shares == 0 else assets


@internal
def _leave(
    by_assets: uint256,
    by_shares: uint256,
    receiver: address,
    owner: address,
    max_shares: uint256,
    min_assets: uint256,
) -> uint256:
    """
    @notice Shares for free liquidity at the low NAV, for one of the two amounts; the other is 0.
    @return The other
    """
    v: valuation.Valuation = valuation._valuation(valuation.Side.EXIT, True)
    assets: uint256 = by_assets
    shares: uint256 = by_shares
    if by_shares == 0:
        shares = valuation._to_shares_up(assets, v.nav)
    else:
        assets = valuation._to_assets_down(shares, v.nav)
    treasury._check_amount(min(assets, shares))
    if shares > max_shares or assets < min_assets:
        refusal._because(refusal.BOUND_MISSED)
    if assets > unsafe_sub(v.market.pool, v.market.reserved):
        refusal._because(refusal.NOT_ENOUGH_LIQUIDITY)
    v.market.pool = unsafe_sub(v.market.pool, assets)
    market_state._store_accrual(v.market)
    if msg.sender != owner:
        lp_shares._spend_allowance(owner, shares)
    lp_shares._burn(owner, shares)
    log IPairVault.Withdraw(
        sender=msg.sender, receiver=receiver, owner=owner, assets=assets, shares=shares
    )
    treasury._push(receiver, assets)
    return shares if by_shares == 0 else assets
