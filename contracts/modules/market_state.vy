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
from . import refusal

uses: parameters

WAD: constant(uint256) = fixed_point.WAD
YEAR_WAD: constant(int256) = 365 * 86_400 * 10**18
WOUND_DOWN: constant(uint256) = packing.UINT32  # accrued_at of a vault whose accrual has ended
# The mark of `limits` in a word that every call reads: until it is set they are immutables, and an opening reads no more.
_LIMITS_CHANGED: constant(int256) = 2**127

_sizes: uint256  # [ long_size uint128 | short_size uint128 ] base units, WAD
_bases: int256  # [ long_basis int128 | short_basis int128 ] asset units
_carries: int256  # [ carry_long int128 | limits_changed bool | carry_short int127 ] WAD quote per base
_funds: uint256  # [ pool uint112 | reserved uint112 | accrued_at uint32 ] asset units, seconds


@deploy
def __init__():
    self._funds = block.timestamp


@internal
@view
def _load() -> IPairVault.Market:
    """
    @notice All but the bases, which are 0: no rule of trading reads them, and a store adds their changes.
    """
    sizes: uint256 = self._sizes
    carries: int256 = self._carries
    funds: uint256 = self._funds
    return IPairVault.Market(
        long_size=sizes >> 128,
        short_size=sizes & packing.UINT128,
        long_basis=0,
        short_basis=0,
        carry_long=carries >> 128,
        carry_short=(carries << 129) >> 129,
        pool=funds >> 144,
        reserved=(funds >> 32) & packing.UINT112,
        accrued_at=funds & packing.UINT32,
    )


@internal
@view
def _load_bases() -> (int256, int256):
    """
    @return Of longs and of shorts, asset units
    """
    bases: int256 = self._bases
    return bases >> 128, (bases << 128) >> 128


@internal
def _store(m: IPairVault.Market):
    """
    @notice All of it, after a change of some position's size; the bases of `m` are what they change by.
    """
    bases: int256 = self._bases
    long_basis: int256 = unsafe_add(bases >> 128, m.long_basis)
    short_basis: int256 = unsafe_add((bases << 128) >> 128, m.short_basis)
    packing._check_fit(0, 0, long_basis, short_basis)
    self._sizes = (m.long_size << 128) | m.short_size  # at most the skew scale, 120 bits
    self._bases = (long_basis << 128) | (short_basis & packing.INT128)
    self._store_funds(m)


@internal
def _store_funds(m: IPairVault.Market):
    """
    @notice Carry, pool, reserved and the time of accrual.
    """
    # what is not checked fits: carry cannot reach 2**126 in 136 years, reserved <= pool, time is 32 bits until 2106
    if m.pool > packing.UINT112:
        refusal._because(refusal.AMOUNT_OUT_OF_RANGE)
    carries: int256 = (m.carry_long << 128) | (m.carry_short & packing.INT127)
    self._carries = carries | (self._carries & _LIMITS_CHANGED)
    self._funds = (m.pool << 144) | (m.reserved << 32) | m.accrued_at


@internal
def _store_accrual(m: IPairVault.Market):
    """
    @notice What a call stores that changes no position, whose own event would tell the carry.
    """
    before: int256 = self._carries
    self._store_funds(m)
    if self._carries != before:
        log IPairVault.Accrued(carry_long=m.carry_long, carry_short=m.carry_short)


@internal
def _wind_down():
    """
    @notice Accrual ends here.
    """
    self._funds |= WOUND_DOWN


@internal
@view
def _last_accrual() -> uint256:
    """
    @return Of a vault that is not winding down; unix seconds
    """
    accrued_at: uint256 = self._funds & packing.UINT32
    self._check_alive(accrued_at)
    return accrued_at


@internal
@view
def _has_first_limits() -> bool:
    """
    @notice The limits are those of birth.
    """
    return self._carries & _LIMITS_CHANGED == 0


@internal
def _mark_limits_changed():
    self._carries |= _LIMITS_CHANGED


@internal
@view
def _check_alive(accrued_at: uint256):
    if accrued_at == WOUND_DOWN:
        refusal._because(refusal.WINDING_DOWN)


@internal
@view
def _accrued(m: IPairVault.Market, mid: uint256) -> IPairVault.Market:
    """
    @notice The market with carry charged up to now, at `mid`, for the state that held.
    """
    if m.accrued_at < block.timestamp:  # not accrued already, nor winding down
        pool: uint256 = max(m.pool, 1)  # empty only if nothing is reserved; reserved <= pool otherwise
        borrow: int256 = self._borrow_rate(m.reserved, pool)
        skew: int256 = unsafe_sub(convert(m.long_size, int256), convert(m.short_size, int256))
        funding: int256 = self._funding_rate(skew, mid, pool)
        # rates are below 2**66, the price below 2**104, the time below 2**32
        elapsed: uint256 = unsafe_sub(block.timestamp, m.accrued_at)
        price_time: int256 = convert(unsafe_mul(mid, elapsed), int256)
        cost_long: int256 = unsafe_mul(unsafe_add(borrow, funding), price_time)
        cost_short: int256 = unsafe_mul(unsafe_sub(borrow, funding), price_time)
        m.carry_long = unsafe_add(m.carry_long, fixed_point._div_up_signed(cost_long, YEAR_WAD))
        m.carry_short = unsafe_add(m.carry_short, fixed_point._div_up_signed(cost_short, YEAR_WAD))
        m.accrued_at = block.timestamp
    return m


@internal
@view
def _borrow_rate(reserved: uint256, pool: uint256) -> int256:
    """
    @return WAD per year, at least the base rate
    """
    util: uint256 = fixed_point._div_up(unsafe_mul(reserved, WAD), pool)
    kink: uint256 = parameters.PARAMS.borrow_kink
    slope1: uint256 = parameters.PARAMS.borrow_slope1
    rise: uint256 = 0
    if util <= kink:
        rise = unsafe_div(unsafe_mul(slope1, util), kink)
    else:
        beyond: uint256 = unsafe_mul(parameters.PARAMS.borrow_slope2, unsafe_sub(util, kink))
        rise = unsafe_add(slope1, unsafe_div(beyond, unsafe_sub(WAD, kink)))
    return convert(unsafe_add(parameters.PARAMS.borrow_base, rise), int256)


@internal
@view
def _funding_rate(skew: int256, mid: uint256, pool: uint256) -> int256:
    """
    @return WAD per year, positive when longs pay
    """
    wad: int256 = convert(WAD, int256)
    value: int256 = unsafe_div(unsafe_mul(skew, convert(mid, int256)), parameters.SCALE)
    ratio: int256 = unsafe_div(unsafe_mul(value, wad), convert(pool, int256))
    ratio = max(min(ratio, wad), unsafe_sub(0, wad))
    return unsafe_div(unsafe_mul(convert(parameters.PARAMS.max_funding, int256), ratio), wad)


@internal
@view
def _value_down(size: int256, price: uint256, carry: int256) -> int256:
    """
    @param carry That of the side; a short's negated
    @return Asset units, rounded down: against whoever closes, long or short
    """
    value: int256 = unsafe_mul(size, unsafe_sub(convert(price, int256), carry))
    return fixed_point._div_down_signed(value, parameters.SCALE)
