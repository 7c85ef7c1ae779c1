# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Execution
@notice The price at which a trade executes.
@dev The cost of moving the skew from s0 to s1, away from zero, is (s1^2 - s0^2) / (2 * skew_scale) of the
     notional: the integral of |skew| / skew_scale over the way. It is the same however a trade is split,
     and a cost only: a rebate could be milked by being liquidated, without impact, on the other side.
     Per unit of size, s1^2 - s0^2 over |s1 - s0| is |s0| + |s1|, so no squares are needed but through zero.
"""
from . import fixed_point
from . import margin_rules
from . import market_state
from . import parameters
from . import refusal

uses: parameters


@internal
@view
def _price(d: margin_rules.Deal, acceptable_price: uint256) -> uint256:
    """
    @notice For `d.size_delta`; rounded against the trader, never 0 where there is a price.
    @return WAD quote per base
    """
    is_buy: bool = d.size_delta > 0
    price: uint256 = d.quote.ask if is_buy else d.quote.bid
    if not d.quote.is_final:
        scale: uint256 = unsafe_mul(2, parameters.PARAMS.skew_scale)
        distance: uint256 = self._twice_average_skew(d)
        impact: uint256 = fixed_point._div_up(unsafe_mul(price, distance), scale)
        if is_buy:
            price = unsafe_add(price, impact)
        else:
            price = unsafe_sub(max(price, unsafe_add(impact, 1)), impact)
    if price != acceptable_price and (price > acceptable_price) == is_buy:
        refusal._because(refusal.PRICE_BEYOND_ACCEPTABLE)
    return price


@internal
@view
def _twice_average_skew(d: margin_rules.Deal) -> uint256:
    """
    @return Base units: two times the skew's distance from zero, averaged over the way that leads away from it
    """
    skew: int256 = market_state._skew(d.market)
    new_skew: int256 = unsafe_add(skew, d.size_delta)
    before: uint256 = fixed_point._magnitude(skew)
    after: uint256 = fixed_point._magnitude(new_skew)
    if skew != 0 and (skew > 0) != (new_skew > 0):
        return fixed_point._div_up(
            unsafe_mul(after, after), fixed_point._magnitude(d.size_delta)
        )
    if after > before:
        return unsafe_add(before, after)
    return 0
