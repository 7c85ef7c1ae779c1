# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Margin rules
@notice Gain, requirement, status, change of size and liquidation of one position. No storage.
@dev With the size signed (shorts negative) and the *cost* of a position its basis (a short's negated), one
     formula serves both sides:

         value(size, price) = size * (price - carry_long)      long
                            = size * (price + carry_short)     short
         gain = floor(value / SCALE) - cost         an increase adds ceil(value / SCALE) to the cost

     Both roundings go against the trader.
"""
from ..interfaces import IPairVault
from . import fixed_point
from . import market_state
from . import parameters
from . import price_source

uses: parameters
uses: market_state

WAD: constant(uint256) = fixed_point.WAD


struct Deal:
    position: IPairVault.Position
    market: IPairVault.Market  # accrued to now
    quote: price_source.Quote
    size_delta: int256  # base units, WAD; what is executed
    price: uint256  # WAD quote per base; at what
    # outcome, asset units
    realised: int256  # from the pool into the margin
    fee: uint256  # from the margin to pool and protocol
    protocol_fee: uint256  # the part of it that is not the pool's
    reward: uint256  # to the keeper
    left: uint256  # the margin of a position that has been closed
    bad_debt: uint256  # loss beyond the margin, borne by the pool


# ---- value ----


@internal
@pure
def _closing_price(d: Deal) -> uint256:
    return d.quote.bid if d.position.size > 0 else d.quote.ask


@internal
@pure
def _cost(p: IPairVault.Position) -> int256:
    return p.basis if p.size > 0 else unsafe_sub(0, p.basis)


@internal
@view
def _raw_gain(d: Deal) -> int256:
    """
    @notice At the closing price, after carry, not cut at the reserve; 0 at the unknown price 0.
    """
    price: uint256 = self._closing_price(d)
    if price == 0:
        return 0
    worth: int256 = market_state._value_down(d.market, d.position.size, price)
    return unsafe_sub(worth, self._cost(d.position))


@internal
@view
def _gain(d: Deal) -> int256:
    """
    @notice Cut at the reserve.
    """
    return min(self._raw_gain(d), convert(d.position.reserve, int256))


@internal
@view
def _is_capped(d: Deal) -> bool:
    """
    @notice The gain has reached the reserve: it cannot grow, and its owner is owed all of it.
    """
    return self._gain(d) == convert(d.position.reserve, int256)


@internal
@view
def _equity(d: Deal) -> int256:
    return unsafe_add(convert(d.position.margin, int256), self._gain(d))


@internal
@view
def _notional(size: int256, price: uint256) -> uint256:
    """
    @return Asset units, rounded up
    """
    return fixed_point._div_up(
        unsafe_mul(fixed_point._magnitude(size), price), convert(parameters.SCALE, uint256)
    )


@internal
@view
def _with_size(ratio: uint256, size: int256) -> uint256:
    """
    @notice A ratio plus its risk-based part: the position against the depth of its pair.
    """
    size_wad: uint256 = unsafe_mul(fixed_point._magnitude(size), WAD)
    return unsafe_add(ratio, fixed_point._div_up(size_wad, parameters.PARAMS.skew_scale))


@internal
@view
def _requirement(d: Deal, ratio: uint256) -> int256:
    """
    @return Asset units at the closing price, rounded up
    """
    size: int256 = d.position.size
    notional: uint256 = self._notional(size, self._closing_price(d))
    product: uint256 = unsafe_mul(notional, self._with_size(ratio, size))
    return convert(fixed_point._div_up(product, WAD), int256)


# ---- status ----


@internal
@view
def _status(d: Deal) -> IPairVault.Status:
    """
    @notice What may be done with a position, for the view and the calls alike.
    """
    if d.position.size == 0:
        return empty(IPairVault.Status)
    if not d.quote.is_live:
        return IPairVault.Status.NO_PRICE
    if d.quote.is_final:
        return IPairVault.Status.SETTLEABLE
    if self._is_capped(d):
        # no two prices in one moment
        is_new: bool = d.position.increased_at == block.timestamp
        return IPairVault.Status.HEALTHY if is_new else IPairVault.Status.SETTLEABLE
    equity: int256 = self._equity(d)
    if equity < self._requirement(d, parameters.PARAMS.maintenance_ratio):
        return IPairVault.Status.LIQUIDATABLE
    if equity < self._requirement(d, parameters.PARAMS.margin_call_ratio):
        return IPairVault.Status.MARGIN_CALL
    return IPairVault.Status.HEALTHY


@internal
@view
def _is_opened_well(d: Deal, ratio: uint256) -> bool:
    """
    @notice Margin net of loss meets `ratio`: unrealised profit neither leverages up nor lets margin out.
    """
    loss: int256 = min(self._raw_gain(d), 0)
    return unsafe_add(convert(d.position.margin, int256), loss) >= self._requirement(d, ratio)


@internal
@view
def _is_maintained(d: Deal) -> bool:
    return self._equity(d) >= self._requirement(d, parameters.PARAMS.maintenance_ratio)


# ---- execution ----


@internal
@view
def _execute(d: Deal, is_rewarded: bool, penalty: uint256) -> Deal:
    """
    @notice Trade `size_delta` at `price`: the one place where a position changes its size. An opposite sign
            closes, of at most the position's size; its share of the gain moves between pool and margin.
    @param is_rewarded A keeper liquidates: his reward leaves the margin before the fee
    """
    is_long: bool = d.position.size > 0 or (d.position.size == 0 and d.size_delta > 0)
    notional: uint256 = self._notional(d.size_delta, d.price)
    cost: int256 = 0
    reserve: int256 = 0
    gain: int256 = 0
    if is_long == (d.size_delta > 0):
        cost, reserve = self._opened_share(d, notional)
        d.position.increased_at = block.timestamp
        if d.position.size == 0:
            d.position.opened_at = block.timestamp
    else:
        cost, reserve, gain = self._closed_share(d)
    # the position and its side of the market, by exactly the same amounts
    d.position.size = unsafe_add(d.position.size, d.size_delta)
    d.position.reserve = self._plus(d.position.reserve, reserve)
    d.market.reserved = self._plus(d.market.reserved, reserve)
    if is_long:
        d.position.basis = unsafe_add(d.position.basis, cost)
        d.market.long_basis = unsafe_add(d.market.long_basis, cost)
        d.market.long_size = self._plus(d.market.long_size, d.size_delta)
    else:
        d.position.basis = unsafe_sub(d.position.basis, cost)
        d.market.short_basis = unsafe_sub(d.market.short_basis, cost)
        d.market.short_size = self._plus(d.market.short_size, unsafe_sub(0, d.size_delta))
    # loss first, what is beyond the margin is written off here, once; then reward; then fee
    d.realised = max(gain, unsafe_sub(0, convert(d.position.margin, int256)))
    d.bad_debt = convert(unsafe_sub(d.realised, gain), uint256)
    margin: uint256 = self._plus(d.position.margin, d.realised)
    # a gain is at most the reserve that was closed, so pool >= reserved holds
    pool: uint256 = self._plus(d.market.pool, unsafe_sub(0, d.realised))
    if is_rewarded:
        # the top-up is at most the minimum reward, a quarter of the margin; where it is paid, at least
        # margin - minimum reward of loss has just come in: pool >= reserved holds
        least: uint256 = parameters.PARAMS.keeper_min_reward
        extra: uint256 = unsafe_div(unsafe_mul(notional, penalty), WAD)
        d.reward = max(min(unsafe_add(least, extra), margin), least)
        top_up: uint256 = unsafe_sub(max(d.reward, margin), margin)
        pool = unsafe_sub(pool, top_up)
        margin = unsafe_sub(unsafe_add(margin, top_up), d.reward)
    if not d.quote.is_final:
        # less than the whole fee is left only where all is closed: what stays open needs a margin
        fee: uint256 = fixed_point._div_up(
            unsafe_mul(notional, parameters.PARAMS.trading_fee), WAD
        )
        d.fee = min(fee, margin)
        d.protocol_fee = unsafe_div(unsafe_mul(d.fee, parameters.PROTOCOL_FEE_SHARE), WAD)
        margin = unsafe_sub(margin, d.fee)
    d.market.pool = unsafe_add(pool, unsafe_sub(d.fee, d.protocol_fee))
    d.position.margin = margin
    if d.position.size == 0:
        d.left = margin
        d.position = empty(IPairVault.Position)
    return d


@internal
@view
def _opened_share(d: Deal, notional: uint256) -> (int256, int256):
    """
    @return Cost and reserve that come with `size_delta`, rounded up, asset units
    """
    worth: int256 = market_state._value(d.market, d.size_delta, d.price)
    reserve: uint256 = fixed_point._div_up(
        unsafe_mul(notional, parameters.PARAMS.reserve_ratio), WAD
    )
    return fixed_point._div_up_signed(worth, parameters.SCALE), convert(reserve, int256)


@internal
@view
def _closed_share(d: Deal) -> (int256, int256, int256):
    """
    @return Cost and reserve that leave with `size_delta`, both negated, and its gain cut at that reserve
    """
    size: int256 = convert(fixed_point._magnitude(d.position.size), int256)
    closed: int256 = convert(fixed_point._magnitude(d.size_delta), int256)
    cost: int256 = fixed_point._div_up_signed(
        unsafe_mul(self._cost(d.position), closed), size
    )
    reserve: int256 = unsafe_div(unsafe_mul(convert(d.position.reserve, int256), closed), size)
    gain: int256 = 0
    if d.price != 0:
        worth: int256 = market_state._value_down(
            d.market, unsafe_sub(0, d.size_delta), d.price
        )
        gain = min(unsafe_sub(worth, cost), reserve)
    return unsafe_sub(0, cost), unsafe_sub(0, reserve), gain


@internal
@pure
def _plus(amount: uint256, delta: int256) -> uint256:
    """
    @notice An amount moved by a signed one; what would be negative is refused.
    """
    return convert(unsafe_add(convert(amount, int256), delta), uint256)


# ---- liquidation ----


@internal
@view
def _liquidate(d: Deal) -> Deal:
    """
    @notice Close what is needed of a liquidatable position, or all where the rest would not be fit to stay.
    """
    equity: int256 = self._equity(d)
    requirement: int256 = self._requirement(d, parameters.PARAMS.maintenance_ratio)
    # the reverse Dutch auction: from nearly 0 at the line to the full penalty at no equity
    missing: uint256 = convert(unsafe_sub(requirement, equity), uint256)
    shortfall: uint256 = min(
        unsafe_div(unsafe_mul(missing, WAD), convert(requirement, uint256)), WAD
    )
    penalty: uint256 = unsafe_div(
        unsafe_mul(parameters.PARAMS.liquidation_penalty, shortfall), WAD
    )
    d.price = self._closing_price(d)
    d.size_delta = self._liquidation_size(d, equity, penalty)
    if d.size_delta != unsafe_sub(0, d.position.size):
        part: Deal = self._execute(d, True, penalty)
        # fit to stay: a margin, and no longer liquidatable, so that its health has strictly risen
        if part.position.margin >= parameters.PARAMS.min_margin and self._is_maintained(part):
            return part
        d.size_delta = unsafe_sub(0, d.position.size)
    return self._execute(d, True, penalty)


@internal
@view
def _liquidation_size(d: Deal, equity: int256, penalty: uint256) -> int256:
    """
    @notice How much to close, as a size_delta: enough to bring the rest back to the initial requirement.
    @dev Closing x of notional N costs the equity E the reward and fee, k + f * x, and leaves a requirement of at
         most (N - x) * t. Solve E - k - f * x = (N - x) * t for x. t >= 2 * f by the bounds of birth.
    """
    size: int256 = d.position.size
    ratio: uint256 = self._with_size(parameters.PARAMS.initial_ratio, size)
    costs: uint256 = unsafe_add(parameters.PARAMS.trading_fee, penalty)
    keeper_min_reward: int256 = convert(parameters.PARAMS.keeper_min_reward, int256)
    initial: int256 = self._requirement(d, parameters.PARAMS.initial_ratio)
    # positive: the equity is under the maintenance line, which is not above the initial one
    missing: uint256 = convert(
        unsafe_add(unsafe_sub(initial, equity), keeper_min_reward), uint256
    )
    to_close: uint256 = fixed_point._div_up(
        unsafe_mul(missing, WAD), unsafe_sub(ratio, costs)
    )
    if to_close < self._notional(size, d.price):
        # not more than the size: to_close <= notional - 1 <= |size| * price / SCALE
        scaled: uint256 = unsafe_mul(to_close, convert(parameters.SCALE, uint256))
        closed: int256 = convert(fixed_point._div_up(scaled, d.price), int256)
        return unsafe_sub(0, closed) if size > 0 else closed
    return unsafe_sub(0, size)


@internal
@view
def _liquidation_price(d: Deal) -> uint256:
    """
    @notice Where equity meets the maintenance requirement, carry as it is now; 0 where nowhere.
    @dev Both are linear in the price: from here, equity - requirement falls to 0 over a distance of
         (equity - requirement) * SCALE / (size * (1 -+ ratio)), against the position.
    """
    size: int256 = d.position.size
    ratio: uint256 = parameters.PARAMS.maintenance_ratio
    wad: int256 = convert(WAD, int256)
    slope: int256 = convert(self._with_size(ratio, size), int256)  # WAD of the notional
    slope = unsafe_sub(wad, slope) if size > 0 else unsafe_add(wad, slope)
    if slope <= 0:
        return 0
    equity: int256 = unsafe_add(convert(d.position.margin, int256), self._raw_gain(d))
    spare: int256 = unsafe_mul(unsafe_sub(equity, self._requirement(d, ratio)), parameters.SCALE)
    distance: int256 = unsafe_div(unsafe_mul(unsafe_div(spare, size), wad), slope)
    return convert(max(unsafe_sub(convert(self._closing_price(d), int256), distance), 0), uint256)
