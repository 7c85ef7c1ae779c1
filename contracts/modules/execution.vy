# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Execution
@notice The price at which a trade executes, and what it moves.
@dev The cost of moving the skew from s0 to s1, away from zero, is (s1^2 - s0^2) / (2 * skew_scale) of the
     notional: the integral of |skew| / skew_scale over the way. It is the same however a trade is split,
     and a cost only: a rebate could be milked by being liquidated, without impact, on the other side.

     What an execution moves: the closed share of the gain between pool and margin, loss first; then the reward; then
     the fee, whole but where all is closed, since what stays open needs a margin. Why pool >= reserved holds: a gain
     is at most the reserve that was closed; a top-up is at most the minimum reward, a quarter of the margin, and where
     it is paid at least margin - minimum reward of loss has just come in.
"""
from ..interfaces import IPairVault
from . import fixed_point
from . import margin_rules
from . import parameters
from . import price_source
from . import refusal

uses: parameters
uses: margin_rules

WAD: constant(uint256) = fixed_point.WAD


# ---- price ----


@internal
@view
def _price(
    quote: price_source.Quote, skew: int256, size_delta: int256, acceptable_price: uint256
) -> uint256:
    """
    @notice Rounded against the trader, never 0 where there is a price.
    @return WAD quote per base
    """
    is_buy: bool = size_delta > 0
    price: uint256 = quote.ask if is_buy else quote.bid
    if not quote.is_final:
        new_skew: int256 = unsafe_add(skew, size_delta)
        before: int256 = unsafe_mul(skew, skew)
        after: int256 = unsafe_mul(new_skew, new_skew)
        if (skew > 0) != (new_skew > 0):
            before = 0  # through zero, or from it: only the far side counts
        if after > before:
            # twice the skew's distance from zero, averaged over the way that leads away from it
            added: uint256 = convert(unsafe_sub(after, before), uint256)
            size: uint256 = fixed_point._magnitude(size_delta)
            distance: uint256 = fixed_point._div_up(added, size)
            scale: uint256 = unsafe_mul(2, parameters.PARAMS.skew_scale)
            impact: uint256 = fixed_point._div_up(unsafe_mul(price, distance), scale)
            if is_buy:
                price = unsafe_add(price, impact)
            else:
                price = unsafe_sub(max(price, unsafe_add(impact, 1)), impact)
    if price != acceptable_price and (price > acceptable_price) == is_buy:
        refusal._because(refusal.PRICE_BEYOND_ACCEPTABLE)
    return price


# ---- change of size ----


@internal
@view
def _execute(d: margin_rules.Deal, is_rewarded: bool, penalty: uint256) -> margin_rules.Deal:
    """
    @notice Trade `size_delta` at `price`: the one place where a position changes its size. `is_rewarded`: liquidated.
    """
    is_increase: bool = unsafe_mul(d.position.size, d.size_delta) >= 0
    is_long: bool = is_increase == (d.size_delta > 0)
    traded: uint256 = fixed_point._magnitude(d.size_delta)
    notional: uint256 = margin_rules._notional(traded, d.price)
    carry: int256 = d.market.carry_long if is_long else unsafe_sub(0, d.market.carry_short)
    value: int256 = unsafe_mul(d.size_delta, unsafe_sub(convert(d.price, int256), carry))
    cost: int256 = fixed_point._div_up_signed(value, parameters.SCALE)
    reserve: uint256 = 0
    if is_increase:
        reserve = unsafe_mul(notional, parameters.PARAMS.reserve_ratio)
        reserve = unsafe_div(unsafe_add(reserve, WAD - 1), WAD)  # rounded up
        d.position.increased_at = block.timestamp
        if d.position.size == 0:
            d.position.opened_at = block.timestamp
    else:
        size: uint256 = fixed_point._magnitude(d.position.size)
        share: int256 = unsafe_mul(d.position.basis, d.size_delta)
        share = fixed_point._div_down_signed(share, convert(size, int256))  # that leaves: as of a long, negated
        freed: uint256 = unsafe_div(unsafe_mul(d.position.reserve, traded), size)
        gain: int256 = 0
        if d.price != 0:
            gain = min(unsafe_sub(share, cost), convert(freed, int256))
        cost = share
        reserve = unsafe_sub(0, freed)  # wraps
        d.realised = max(gain, unsafe_sub(0, convert(d.position.margin, int256)))
        d.bad_debt = convert(unsafe_sub(d.realised, gain), uint256)  # written off here, once
        margin: int256 = unsafe_add(convert(d.position.margin, int256), d.realised)
        d.position.margin = convert(margin, uint256)
        d.market.pool = convert(unsafe_sub(convert(d.market.pool, int256), d.realised), uint256)
    # the position and its side of the market, by exactly the same amounts; what leaves is a part of what is there
    d.position.size = unsafe_add(d.position.size, d.size_delta)
    d.position.reserve = unsafe_add(d.position.reserve, reserve)
    d.market.reserved = unsafe_add(d.market.reserved, reserve)
    bought: uint256 = convert(convert(d.size_delta, bytes32), uint256)  # wraps where sold
    if is_long:
        d.market.long_basis = cost
        d.market.long_size = unsafe_add(d.market.long_size, bought)
    else:
        cost = unsafe_sub(0, cost)
        d.market.short_basis = cost
        d.market.short_size = unsafe_sub(d.market.short_size, bought)
    d.position.basis = unsafe_add(d.position.basis, cost)
    if is_rewarded:
        least: uint256 = parameters.PARAMS.keeper_min_reward
        extra: uint256 = unsafe_div(unsafe_mul(notional, penalty), WAD)
        d.reward = max(min(unsafe_add(least, extra), d.position.margin), least)
        topped_up: uint256 = max(d.reward, d.position.margin)
        d.market.pool = unsafe_sub(d.market.pool, unsafe_sub(topped_up, d.position.margin))
        d.position.margin = unsafe_sub(topped_up, d.reward)
    if not d.quote.is_final:
        fee: uint256 = unsafe_mul(notional, parameters.PARAMS.trading_fee)
        d.fee = min(unsafe_div(unsafe_add(fee, WAD - 1), WAD), d.position.margin)  # rounded up
        d.protocol_fee = unsafe_div(unsafe_mul(d.fee, parameters.PROTOCOL_FEE_SHARE), WAD)
        d.position.margin = unsafe_sub(d.position.margin, d.fee)
        d.market.pool = unsafe_add(d.market.pool, unsafe_sub(d.fee, d.protocol_fee))
    if d.position.size == 0:
        d.left = d.position.margin
        d.position = empty(IPairVault.Position)
    return d
