# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Market state
@notice The four words that describe a pair, and the accrual of carry. Only this module writes them.
@dev Invariants after every call: sizes, bases and `reserved` are the exact sums over the positions;
     pool >= reserved.

     carry_long and carry_short are what one unit of size has cost since the vault's birth:

         util    = reserved / pool
         borrow  = base + slope1 * util / kink                                 up to the kink
                 = base + slope1 + slope2 * (util - kink) / (1 - kink)         beyond it
         funding = max_funding * clamp(skew * mid / pool, -1, 1)
         carry_long  += (borrow + funding) * mid * dt / YEAR                   both rounded up
         carry_short += (borrow - funding) * mid * dt / YEAR

     Both rounded up favours the pool; so does that the larger side pays funding on more size than
     the smaller one receives it on.
"""
from ..interfaces import IPairVault
from . import fixed_point
from . import packing
from . import parameters

uses: parameters

WAD: constant(uint256) = fixed_point.WAD
YEAR: constant(int256) = 365 * 86_400
WOUND_DOWN: constant(uint256) = packing.UINT32  # accrued_at of a vault whose accrual has ended

_sizes: uint256  # [ long_size uint128 | short_size uint128 ] base units, WAD
_bases: uint256  # [ long_basis int128 | short_basis int128 ] asset units
_carries: uint256  # [ carry_long int128 | carry_short int128 ] WAD quote per base
_funds: uint256  # [ pool uint112 | reserved uint112 | accrued_at uint32 ] asset units, seconds


@deploy
def __init__():
    self._funds = block.timestamp


@internal
@view
def _load() -> IPairVault.Market:
    sizes: uint256 = self._sizes
    bases: uint256 = self._bases
    carries: uint256 = self._carries
    funds: uint256 = self._funds
    return IPairVault.Market(
        long_size=sizes >> 128,
        short_size=sizes & packing.UINT128,
        long_basis=packing._high_of(bases),
        short_basis=packing._low_of(bases),
        carry_long=packing._high_of(carries),
        carry_short=packing._low_of(carries),
        pool=funds >> 144,
        reserved=(funds >> 32) & packing.UINT112,
        accrued_at=funds & packing.UINT32,
    )


@internal
def _store(m: IPairVault.Market):
    # sizes are at most the skew scale, 120 bits
    self._sizes = (m.long_size << 128) | m.short_size
    self._bases = packing._high_signed(m.long_basis) | packing._low_signed(m.short_basis)
    self._carries = packing._high_signed(m.carry_long) | packing._low_signed(m.carry_short)
    self._store_funds(m)


@internal
def _store_funds(m: IPairVault.Market):
    """
    @notice Only what an LP's call without open interest changes.
    """
    # reserved <= pool, so it fits when the pool does
    self._funds = (
        (packing._fit(m.pool, packing.UINT112) << 144) | (m.reserved << 32) | m.accrued_at
    )


@internal
@view
def _is_wound_down(m: IPairVault.Market) -> bool:
    return m.accrued_at == WOUND_DOWN


@internal
@view
def _has_open_interest(m: IPairVault.Market) -> bool:
    return m.long_size | m.short_size != 0


@internal
@view
def _accrued(m: IPairVault.Market, mid: uint256) -> IPairVault.Market:
    """
    @notice The market with carry charged up to now, at `mid`, for the state that held.
    """
    if m.accrued_at >= block.timestamp:  # accrued already, or winding down
        return m
    borrow: int256 = self._borrow_rate(m)
    funding: int256 = self._funding_rate(m, mid)
    elapsed: int256 = fixed_point._signed(mid * unsafe_sub(block.timestamp, m.accrued_at))
    n: IPairVault.Market = m
    n.carry_long += fixed_point._div_up_signed(
        (borrow + funding) * elapsed, YEAR * convert(WAD, int256)
    )
    n.carry_short += fixed_point._div_up_signed(
        (borrow - funding) * elapsed, YEAR * convert(WAD, int256)
    )
    n.accrued_at = block.timestamp
    return n


@internal
@view
def _borrow_rate(m: IPairVault.Market) -> int256:
    """
    @return WAD per year, at least the base rate
    """
    # the pool is empty only if nothing is reserved
    util: uint256 = min(fixed_point._div_up(m.reserved * WAD, max(m.pool, 1)), WAD)
    kink: uint256 = parameters.BORROW_KINK
    rate: uint256 = parameters.BORROW_BASE
    if util <= kink:
        rate += unsafe_div(parameters.BORROW_SLOPE1 * util, kink)
    else:
        rate += parameters.BORROW_SLOPE1 + unsafe_div(
            parameters.BORROW_SLOPE2 * unsafe_sub(util, kink), unsafe_sub(WAD, kink)
        )
    return fixed_point._signed(rate)


@internal
@view
def _funding_rate(m: IPairVault.Market, mid: uint256) -> int256:
    """
    @return WAD per year, positive when longs pay
    """
    skew: int256 = self._skew(m)
    value: uint256 = unsafe_div(fixed_point._abs(skew) * mid, parameters.SCALE)
    ratio: uint256 = min(unsafe_div(value * WAD, max(m.pool, 1)), WAD)
    rate: int256 = fixed_point._signed(fixed_point._wad_mul_down(parameters.MAX_FUNDING, ratio))
    return rate if skew > 0 else -rate


@internal
@view
def _skew(m: IPairVault.Market) -> int256:
    return fixed_point._signed(m.long_size) - fixed_point._signed(m.short_size)


@internal
@view
def _net_gain(m: IPairVault.Market, price: uint256) -> int256:
    """
    @notice Unrealised gain of all positions together, asset units; 0 at the unknown price 0.
    """
    if price == 0:
        return 0
    scale: int256 = fixed_point._signed(parameters.SCALE)
    long_value: int256 = fixed_point._signed(m.long_size) * (
        fixed_point._signed(price) - m.carry_long
    )
    short_value: int256 = fixed_point._signed(m.short_size) * (
        fixed_point._signed(price) + m.carry_short
    )
    return (
        fixed_point._div_down_signed(long_value, scale)
        - m.long_basis
        + m.short_basis
        - fixed_point._div_up_signed(short_value, scale)
    )
