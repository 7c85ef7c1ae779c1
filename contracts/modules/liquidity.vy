# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Liquidity
@notice ERC-4626 over internal accounting: what the pool is worth, and what a share of it is.
@dev Tokens sent to the vault change nothing. Prudence both ways: who enters pays for traders' losses that are not
     yet earned (NAV high), who leaves takes no part of gains that are owed (NAV low), each at the side of the
     price band that is worse for him. Virtual shares and one virtual unit make inflation attacks a loss.
"""
from ..interfaces import IPairVault
from . import fixed_point
from . import lp_shares
from . import market_state
from . import packing
from . import parameters
from . import price_source

uses: parameters
uses: market_state
uses: price_source
uses: lp_shares

VIRTUAL_SHARES: constant(uint256) = 10 ** lp_shares.DECIMALS_OFFSET


flag Side:
    ENTRY  # NAV high: traders' losses, not yet earned, at their highest side of the band
    EXIT  # NAV low: traders' gains, owed, at their highest side of the band
    NEITHER  # at mid


struct Valuation:
    market: IPairVault.Market  # accrued to now
    nav: uint256  # asset units
    is_open: bool  # LPs can act: there is a price, or none is needed


struct Amounts:
    assets: uint256
    shares: uint256


# ---- ERC-4626 views ----


@external
@view
def asset() -> address:
    return parameters.PARAMS.asset


@external
@view
def totalAssets() -> uint256:
    """
    @notice The pool less traders' gain at mid, asset units; at the last answer without a live price.
    """
    return self._nav(Side.NEITHER, False)


@external
@view
def convertToShares(assets: uint256) -> uint256:
    return self._to_shares_down(assets, self._nav(Side.NEITHER, False))


@external
@view
def convertToAssets(shares: uint256) -> uint256:
    return self._to_assets_down(shares, self._nav(Side.NEITHER, False))


@external
@view
def previewDeposit(assets: uint256) -> uint256:
    return self._to_shares_down(assets, self._nav(Side.ENTRY, True))


@external
@view
def previewMint(shares: uint256) -> uint256:
    return self._to_assets_up(shares, self._nav(Side.ENTRY, True))


@external
@view
def previewWithdraw(assets: uint256) -> uint256:
    return self._to_shares_up(assets, self._nav(Side.EXIT, True))


@external
@view
def previewRedeem(shares: uint256) -> uint256:
    return self._to_assets_down(shares, self._nav(Side.EXIT, True))


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


# ---- valuation ----


@internal
@view
def _valuation(side: Side, must_be_live: bool) -> Valuation:
    """
    @notice What an LP's call acts on. Without open interest NAV is the pool and nobody pays carry: then no price
            is needed, and none is read.
    """
    v: Valuation = empty(Valuation)
    v.market = market_state._load()
    v.nav = v.market.pool
    v.is_open = True
    is_long: bool = v.market.long_size >= v.market.short_size
    if v.market.long_size | v.market.short_size == 0:
        return v
    quote: price_source.Quote = price_source._quote(market_state._is_wound_down(v.market))
    v.is_open = quote.is_live
    price_source._check_live(v.is_open or not must_be_live)
    v.market = market_state._accrued(v.market, quote.mid)
    price: uint256 = quote.mid
    if side == Side.ENTRY:
        price = quote.bid if is_long else quote.ask
    elif side == Side.EXIT:
        price = quote.ask if is_long else quote.bid
    gain: int256 = market_state._net_gain(v.market, price)
    if side == Side.ENTRY:
        gain = min(gain, 0)
    elif side == Side.EXIT:
        gain = max(gain, 0)
    v.nav = convert(max(unsafe_sub(convert(v.nav, int256), gain), 0), uint256)
    return v


@internal
@view
def _nav(side: Side, must_be_live: bool) -> uint256:
    return self._valuation(side, must_be_live).nav


@internal
@view
def _max_entry() -> Amounts:
    """
    @notice What the widths of supply and pool still have room for; nothing without a price or in wind-down.
    """
    v: Valuation = self._valuation(Side.ENTRY, False)
    if not v.is_open or market_state._is_wound_down(v.market) or self._is_worthless(v.nav):
        return empty(Amounts)
    room: uint256 = unsafe_sub(packing.UINT112, v.market.pool)
    shares: uint256 = min(
        self._to_shares_down(room, v.nav), unsafe_sub(packing.UINT112, lp_shares.totalSupply)
    )
    return Amounts(assets=self._to_assets_down(shares, v.nav), shares=shares)


@internal
@view
def _max_exit(owner: address) -> Amounts:
    """
    @notice What the owner could withdraw now: unlocked shares, free liquidity, nothing without a price.
    """
    v: Valuation = self._valuation(Side.EXIT, False)
    free: uint256 = unsafe_sub(v.market.pool, v.market.reserved)
    shares: uint256 = min(lp_shares._spendable(owner), self._to_shares_down(free, v.nav))
    assets: uint256 = self._to_assets_down(shares, v.nav)
    if not v.is_open or assets == 0:  # dust is not redeemed for nothing
        return empty(Amounts)
    return Amounts(assets=assets, shares=shares)


@internal
@view
def _is_worthless(nav: uint256) -> bool:
    """
    @notice Shares exist and stand for nothing: a deposit would be shared with them.
    """
    return nav == 0 and lp_shares.totalSupply != 0


# ---- conversion ----


@internal
@view
def _to_shares_down(assets: uint256, nav: uint256) -> uint256:
    return unsafe_div(assets * (lp_shares.totalSupply + VIRTUAL_SHARES), nav + 1)


@internal
@view
def _to_shares_up(assets: uint256, nav: uint256) -> uint256:
    return fixed_point._div_up(assets * (lp_shares.totalSupply + VIRTUAL_SHARES), nav + 1)


@internal
@view
def _to_assets_down(shares: uint256, nav: uint256) -> uint256:
    return unsafe_div(shares * (nav + 1), lp_shares.totalSupply + VIRTUAL_SHARES)


@internal
@view
def _to_assets_up(shares: uint256, nav: uint256) -> uint256:
    return fixed_point._div_up(shares * (nav + 1), lp_shares.totalSupply + VIRTUAL_SHARES)
