# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Execution
@notice The price at which a trade executes, and what it moves.
@dev The cost of moving the skew from s0 to s1, away from zero, is (s1^2 - s0^2) / (2 * skew_scale) of the
     notional: the integral of |skew| / skew_scale over the way. It is the same however a trade is split,
     and a cost only: a rebate could be milked by being liquidated, without impact, on the other side.
"""
from ..interfaces import IPairVault
from . import fixed_point
from . import margin_rules
from . import market_state
from . import parameters
from . import refusal

uses: parameters
uses: market_state
uses: margin_rules

WAD: constant(uint256) = fixed_point.WAD


# ---- price ----


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
        skew: int256 = unsafe_sub(
            convert(d.market.long_size, int256), convert(d.market.short_size, int256)
        )
        new_skew: int256 = unsafe_add(skew, d.size_delta)
        before: int256 = unsafe_mul(skew, skew)
        after: int256 = unsafe_mul(new_skew, new_skew)
        if (skew > 0) != (new_skew > 0):
            before = 0  # through zero, or from it: only the far side counts
        if after > before:
            # twice the skew's distance from zero, averaged over the way that leads away from it
            added: uint256 = convert(unsafe_sub(after, before), uint256)
            size: uint256 = fixed_point._magnitude(d.size_delta)
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
    @notice Trade `size_delta` at `price`: the one place where a position changes its size. An opposite sign
            closes, of at most the position's size; its share of the gain moves between pool and margin.
    @param is_rewarded A keeper liquidates: his reward leaves the margin before the fee
    """
    is_long: bool = d.position.size > 0 or (d.position.size == 0 and d.size_delta > 0)
    notional: uint256 = margin_rules._notional(d.size_delta, d.price)
    cost: int256 = 0
    reserve: uint256 = 0
    gain: int256 = 0
    if is_long == (d.size_delta > 0):
        cost, reserve = self._opened_share(d, notional)
        d.position.increased_at = block.timestamp
        if d.position.size == 0:
            d.position.opened_at = block.timestamp
    else:
        cost, reserve, gain = self._closed_share(d)
    # the position and its side of the market, by exactly the same amounts; what leaves is a part of what is there
    d.position.size = unsafe_add(d.position.size, d.size_delta)
    d.position.reserve = unsafe_add(d.position.reserve, reserve)
    d.market.reserved = unsafe_add(d.market.reserved, reserve)
    bought: uint256 = convert(convert(d.size_delta, bytes32), uint256)  # wraps where sold
    if is_long:
        d.position.basis = unsafe_add(d.position.basis, cost)
        d.market.long_basis = unsafe_add(d.market.long_basis, cost)
        d.market.long_size = unsafe_add(d.market.long_size, bought)
    else:
        d.position.basis = unsafe_sub(d.position.basis, cost)
        d.market.short_basis = unsafe_sub(d.market.short_basis, cost)
        d.market.short_size = unsafe_sub(d.market.short_size, bought)
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
        fee: uint256 = unsafe_mul(notional, parameters.PARAMS.trading_fee)
        d.fee = min(unsafe_div(unsafe_add(fee, WAD - 1), WAD), margin)  # rounded up
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
def _opened_share(d: margin_rules.Deal, notional: uint256) -> (int256, uint256):
    """
    @return Cost and reserve that come with `size_delta`, rounded up, asset units
    """
    carry: int256 = d.market.carry_long if d.size_delta > 0 else unsafe_sub(0, d.market.carry_short)
    worth: int256 = unsafe_mul(d.size_delta, unsafe_sub(convert(d.price, int256), carry))
    cost: int256 = fixed_point._div_up_signed(worth, parameters.SCALE)
    reserve: uint256 = unsafe_mul(notional, parameters.PARAMS.reserve_ratio)
    return cost, unsafe_div(unsafe_add(reserve, WAD - 1), WAD)


@internal
@view
def _closed_share(d: margin_rules.Deal) -> (int256, uint256, int256):
    """
    @return Cost and reserve that leave with `size_delta`, both negated (the reserve wraps), and its gain cut at that
            reserve
    """
    # all of it as of a long: a short's size and basis change their signs
    size: int256 = d.position.size
    closed: int256 = unsafe_sub(0, d.size_delta)
    cost: int256 = d.position.basis
    carry: int256 = d.market.carry_long
    if size < 0:
        size = unsafe_sub(0, size)
        closed = d.size_delta
        cost = unsafe_sub(0, cost)
        carry = unsafe_sub(0, d.market.carry_short)
    cost = fixed_point._div_up_signed(unsafe_mul(cost, closed), size)
    reserve: int256 = unsafe_div(unsafe_mul(convert(d.position.reserve, int256), closed), size)
    gain: int256 = 0
    if d.price != 0:
        worth: int256 = market_state._value_down(unsafe_sub(0, d.size_delta), d.price, carry)
        gain = min(unsafe_sub(worth, cost), reserve)
    freed: uint256 = convert(reserve, uint256)
    return unsafe_sub(0, cost), unsafe_sub(0, freed), gain


@internal
@pure
def _plus(amount: uint256, delta: int256) -> uint256:
    """
    @notice An amount moved by a signed one; what would be negative is refused.
    """
    return convert(unsafe_add(convert(amount, int256), delta), uint256)
