# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Margin rules
@notice Value, gain, requirement and status of one position. No storage.
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
from . import refusal

uses: parameters
uses: market_state

WAD: constant(uint256) = fixed_point.WAD


struct Deal:
    position: IPairVault.Position
    market: IPairVault.Market  # accrued to now; its bases are what this deal changes them by
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
@view
def _raw_gain(d: Deal) -> int256:
    """
    @notice At the closing price, after carry, not cut at the reserve; 0 at the unknown price 0.
    """
    price: uint256 = d.quote.bid
    carry: int256 = d.market.carry_long
    cost: int256 = d.position.basis
    if d.position.size < 0:
        price = d.quote.ask
        carry = unsafe_sub(0, d.market.carry_short)
        cost = unsafe_sub(0, cost)
    if price == 0:
        return 0
    return unsafe_sub(market_state._value_down(d.position.size, price, carry), cost)


@internal
@view
def _gain(d: Deal) -> int256:
    """
    @notice Cut at the reserve.
    """
    return min(self._raw_gain(d), convert(d.position.reserve, int256))


@internal
@view
def _equity(d: Deal) -> int256:
    return unsafe_add(convert(d.position.margin, int256), self._gain(d))


@internal
@view
def _notional(size: uint256, price: uint256) -> uint256:
    """
    @return Asset units, rounded up
    """
    return fixed_point._div_up(unsafe_mul(size, price), convert(parameters.SCALE, uint256))


@internal
@view
def _with_size(ratio: uint256, size: uint256) -> uint256:
    """
    @notice A ratio plus its risk-based part: the position against the depth of its pair.
    """
    return unsafe_add(
        ratio, fixed_point._div_up(unsafe_mul(size, WAD), parameters.PARAMS.skew_scale)
    )


@internal
@view
def _requirement(d: Deal, ratio: uint256) -> uint256:
    """
    @return Asset units at the closing price, rounded up
    """
    size: uint256 = fixed_point._magnitude(d.position.size)
    price: uint256 = d.quote.bid if d.position.size > 0 else d.quote.ask
    notional: uint256 = self._notional(size, price)
    whole_ratio: uint256 = self._with_size(ratio, size)
    product: uint256 = unsafe_mul(notional, whole_ratio)
    return unsafe_div(unsafe_add(product, WAD - 1), WAD)


@internal
@view
def _check_initial(d: Deal, ratio: uint256):
    """
    @notice Unrealised profit neither leverages up nor lets margin out; a loss counts.
    """
    loss: int256 = min(self._raw_gain(d), 0)
    requirement: int256 = convert(self._requirement(d, ratio), int256)
    if convert(d.position.margin, int256) < unsafe_sub(requirement, loss):
        refusal._because(refusal.BELOW_INITIAL_RATIO)


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
    gain: int256 = self._raw_gain(d)
    if gain >= convert(d.position.reserve, int256):
        # no two prices in one moment
        is_new: bool = d.position.increased_at == block.timestamp
        return IPairVault.Status.HEALTHY if is_new else IPairVault.Status.SETTLEABLE
    equity: int256 = unsafe_add(convert(d.position.margin, int256), gain)
    if equity < convert(self._requirement(d, parameters.PARAMS.maintenance_ratio), int256):
        return IPairVault.Status.LIQUIDATABLE
    if equity < convert(self._requirement(d, parameters.PARAMS.margin_call_ratio), int256):
        return IPairVault.Status.MARGIN_CALL
    return IPairVault.Status.HEALTHY
