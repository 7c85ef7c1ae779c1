# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Valuation
@notice What the pool is worth to its LPs, and what a share of it is.
@dev Prudence both ways: who enters pays for traders' losses that are not yet earned (NAV high), who leaves takes no part
     of gains that are owed (NAV low), each at the side of the price band that is worse for him. Virtual shares and
     one virtual unit make inflation attacks a loss. Tokens sent to the vault change nothing.

     The sides are not netted: losses of one do not pay the gains of the other until they are collected, and after a
     gap part of them never is. Else the first LP to leave would leave the bad debt to the others.
"""
from ..interfaces import IPairVault
from . import fixed_point
from . import lp_shares
from . import market_state
from . import price_source

uses: market_state
uses: price_source
uses: lp_shares

VIRTUAL_SHARES: constant(uint256) = 10**3  # 10**parameters.SHARE_DECIMALS_OFFSET


flag Side:
    ENTRY  # NAV high: the losses of each side, not yet earned, at its lowest price
    EXIT  # NAV low: the gains of each side, owed, at its highest price
    NEITHER  # gains and losses at mid


struct Valuation:
    market: IPairVault.Market  # accrued to now
    nav: uint256  # asset units
    is_open: bool  # LPs can act: there is a price, or none is needed


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
    if v.market.long_size | v.market.short_size == 0:
        return v
    v.market.long_basis, v.market.short_basis = market_state._load_bases()
    is_wound_down: bool = v.market.accrued_at == market_state.WOUND_DOWN
    quote: price_source.Quote = price_source._quote(is_wound_down, msg.gas)
    v.is_open = quote.is_live
    price_source._check_live(v.is_open or not must_be_live)
    v.market = market_state._accrued(v.market, quote.mid)
    if quote.mid == 0:  # unknown: no gain either way
        return v
    for_longs: uint256 = quote.mid
    for_shorts: uint256 = quote.mid
    if side == Side.ENTRY:
        for_longs = quote.bid
        for_shorts = quote.ask
    elif side == Side.EXIT:
        for_longs = quote.ask
        for_shorts = quote.bid
    longs: int256 = market_state._value_down(
        convert(v.market.long_size, int256), for_longs, v.market.carry_long
    )
    shorts: int256 = market_state._value_down(
        unsafe_sub(0, convert(v.market.short_size, int256)),
        for_shorts,
        unsafe_sub(0, v.market.carry_short),
    )
    longs = unsafe_sub(longs, v.market.long_basis)
    shorts = unsafe_add(shorts, v.market.short_basis)
    if side == Side.ENTRY:
        longs = min(longs, 0)
        shorts = min(shorts, 0)
    elif side == Side.EXIT:
        longs = max(longs, 0)
        shorts = max(shorts, 0)
    # more than all reserves together is never paid, so NAV is not negative
    owed: int256 = min(unsafe_add(longs, shorts), convert(v.market.reserved, int256))
    v.nav = convert(unsafe_sub(convert(v.nav, int256), owed), uint256)
    return v


@internal
@view
def _nav(side: Side, must_be_live: bool) -> uint256:
    return self._valuation(side, must_be_live).nav


# ---- conversion ----


@internal
@view
def _to_shares_down(assets: uint256, nav: uint256) -> uint256:
    return unsafe_div(
        assets * unsafe_add(lp_shares.totalSupply, VIRTUAL_SHARES), unsafe_add(nav, 1)
    )


@internal
@view
def _to_shares_up(assets: uint256, nav: uint256) -> uint256:
    return unsafe_div(
        assets * unsafe_add(lp_shares.totalSupply, VIRTUAL_SHARES) + nav, unsafe_add(nav, 1)
    )


@internal
@view
def _to_assets_down(shares: uint256, nav: uint256) -> uint256:
    return unsafe_div(
        shares * unsafe_add(nav, 1), unsafe_add(lp_shares.totalSupply, VIRTUAL_SHARES)
    )


@internal
@view
def _to_assets_up(shares: uint256, nav: uint256) -> uint256:
    supply: uint256 = unsafe_add(lp_shares.totalSupply, VIRTUAL_SHARES)
    return unsafe_div(shares * unsafe_add(nav, 1) + unsafe_sub(supply, 1), supply)
