"""The rules of a vault as pure functions of integers: docs/mechanics.md, line by line.

`scale` is `10**(36 - decimals)`, so that `size * price / scale` is a token amount. Python's `//`
floors towards minus infinity, which is the `floor` of the specification; `div_up` is its `ceil`. At
price 0 (unknown) every gain, requirement and net gain is 0.
"""

from __future__ import annotations

from typing import NamedTuple

from bulkhead.exceptions import Refused
from bulkhead.model.params import VaultParams
from bulkhead.model.types import VIRTUAL_SHARES, WAD, YEAR, Market, Position


def div_up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def div_trunc(numerator: int, denominator: int) -> int:
    """Towards zero, for any signs."""
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def fits_word(number: int, bits: int = 256) -> int:
    """Checked arithmetic: reverts without a reason. Reached by absurd arguments only."""
    if number >= 2**bits:
        raise Refused("")
    return number


# ---- position and gain: section 3 ----


def raw_gain(size: int, basis: int, price: int, market: Market, scale: int) -> int:
    """Gain after carry, before it is cut off at the reserve."""
    if price == 0:
        return 0
    if size > 0:
        return size * (price - market.carry_long) // scale - basis
    return basis - div_up(-size * (price + market.carry_short), scale)


def notional(size: int, price: int, scale: int) -> int:
    """Value of a size, unsigned, rounded up."""
    return div_up(abs(size) * price, scale)


def risk_ratio(size: int, skew_scale: int) -> int:
    """The risk-based part of every requirement: size against the depth of the pair."""
    return div_up(abs(size) * WAD, skew_scale)


def requirement(value: int, ratio: int, size: int, skew_scale: int) -> int:
    """Margin that a notional of `value` needs at `ratio`."""
    return div_up(value * (ratio + risk_ratio(size, skew_scale)), WAD)


def basis_of_increase(size_delta: int, exec_price: int, market: Market, scale: int) -> int:
    """Up for a long and down for a short: a higher (lower) basis is a lower gain."""
    if size_delta > 0:
        return div_up(size_delta * (exec_price - market.carry_long), scale)
    return -size_delta * (exec_price + market.carry_short) // scale


class ClosedShare(NamedTuple):
    """What leaves a position with a part of its size."""

    basis: int
    reserve: int
    realised: int


def closed_share(
    position: Position, closed: int, exec_price: int, market: Market, scale: int
) -> ClosedShare:
    """Share of basis, reserve and gain that leaves with `closed` (unsigned) of the size."""
    size = abs(position.size)
    reserve = position.reserve * closed // size
    if position.size > 0:
        basis = div_up(position.basis * closed, size)
        gain = raw_gain(closed, basis, exec_price, market, scale)
    else:
        basis = position.basis * closed // size
        gain = raw_gain(-closed, basis, exec_price, market, scale)
    return ClosedShare(basis, reserve, min(gain, reserve))


# ---- accrual: section 4 ----


def borrow_rate(reserved: int, pool: int, params: VaultParams) -> int:
    """WAD per year, by the share of the pool that is reserved."""
    utilisation = min(div_up(reserved * WAD, max(pool, 1)), WAD)
    kink = params.borrow_kink
    if utilisation <= kink:
        return params.borrow_base + params.borrow_slope1 * utilisation // kink
    beyond = params.borrow_slope2 * (utilisation - kink) // (WAD - kink)
    return params.borrow_base + params.borrow_slope1 + beyond


def funding_rate(skew: int, pool: int, mid: int, params: VaultParams, scale: int) -> int:
    """WAD per year, signed: positive when longs pay. Truncated towards zero."""
    ratio = min((abs(skew) * mid // scale) * WAD // max(pool, 1), WAD)
    rate = params.max_funding * ratio // WAD
    return rate if skew >= 0 else -rate


def accrued_carry(
    market: Market, mid: int, seconds: int, params: VaultParams, scale: int
) -> tuple[int, int]:
    """Carry of longs and shorts after `seconds` in this state. Up: traders pay the rounding."""
    borrow = borrow_rate(market.reserved, market.pool, params)
    funding = funding_rate(market.skew, market.pool, mid, params, scale)
    weight = mid * seconds
    return (
        market.carry_long + div_up((borrow + funding) * weight, YEAR * WAD),
        market.carry_short + div_up((borrow - funding) * weight, YEAR * WAD),
    )


# ---- execution price: section 5 ----


def execution_price(size_delta: int, skew: int, bid: int, ask: int, skew_scale: int) -> int:
    """Band side moved against the trader by the average skew on the way that leads from zero."""
    before, after = abs(skew), abs(skew + size_delta)
    if skew * (skew + size_delta) < 0:
        twice_cost = div_up(after * after, abs(size_delta))
    elif after > before:
        twice_cost = before + after
    else:
        twice_cost = 0
    side = ask if size_delta > 0 else bid
    impact = div_up(side * twice_cost, 2 * skew_scale)
    return ask + impact if size_delta > 0 else max(bid - impact, 1)


# ---- full close: sections 6 and 8 ----


class FullClose(NamedTuple):
    """How a closed position's margin and gain are shared out."""

    moved: int  # gain moved from the pool into the margin; a loss is collected up to the margin
    fee: int
    paid_out: int
    bad_debt: int


def full_close(margin: int, realised: int, fee: int) -> FullClose:
    """Loss first, then the fee, from what there is; the rest is paid out."""
    equity = margin + realised
    fee_taken = min(fee, max(equity, 0))
    return FullClose(
        moved=max(realised, -margin),
        fee=fee_taken,
        paid_out=max(equity, 0) - fee_taken,
        bad_debt=max(-equity, 0),
    )


# ---- liquidation: section 8 ----


def liquidation_penalty(equity: int, maintenance: int, params: VaultParams) -> int:
    """WAD of notional: near zero at the line, growing with the shortfall."""
    shortfall = min((maintenance - equity) * WAD // maintenance, WAD)
    return params.liquidation_penalty * shortfall // WAD


def liquidation_size(
    size: int, price: int, equity: int, penalty: int, params: VaultParams, scale: int
) -> int:
    """Size to close, unsigned, that restores the initial requirement; may exceed the position."""
    target = params.initial_ratio + risk_ratio(size, params.skew_scale)
    initial = div_up(notional(size, price, scale) * target, WAD)
    missing = initial - (equity - params.keeper_min_reward) + 2
    value = div_up(missing * WAD, target - (params.trading_fee + penalty))
    return div_up(value * scale, price)


def liquidation_price(position: Position, market: Market, params: VaultParams, scale: int) -> int:
    """Where equity meets the maintenance requirement, at today's carry: section 7. 0: nowhere."""
    size = position.size
    slope = params.maintenance_ratio + risk_ratio(size, params.skew_scale)
    if size > 0:
        slope, cost, carry = WAD - slope, position.basis, market.carry_long
    else:
        slope, cost, carry = WAD + slope, -position.basis, -market.carry_short
    if slope <= 0:
        return 0
    price = div_trunc((cost - position.margin) * scale, size) + carry
    return max(div_trunc(price * WAD, slope), 0)


# ---- liquidity: section 10 ----


def gains(market: Market, long_price: int, short_price: int, scale: int) -> tuple[int, int]:
    """Gain of all longs together and of all shorts together, from the aggregates."""
    if long_price == 0:
        return 0, 0
    longs = market.long_size * (long_price - market.carry_long) // scale - market.long_basis
    value = div_up(market.short_size * (short_price + market.carry_short), scale)
    return longs, market.short_basis - value


def nav_high(market: Market, bid: int, ask: int, scale: int) -> int:
    """What an LP enters at: the losses of each side count, at the price where it gains least."""
    longs, shorts = gains(market, bid, ask, scale)
    return market.pool + max(-longs, 0) + max(-shorts, 0)


def nav_low(market: Market, bid: int, ask: int, scale: int) -> int:
    """What an LP leaves at: the gains of each side count, at the price where it gains most."""
    # not netted: losses pay gains only once collected; more than all reserves is never paid
    longs, shorts = gains(market, ask, bid, scale)
    return market.pool - min(max(longs, 0) + max(shorts, 0), market.reserved)


def nav_mid(market: Market, bid: int, ask: int, scale: int) -> int:
    """What the pool is worth between the two: gains and losses at mid."""
    mid = (bid + ask) // 2
    return market.pool - min(sum(gains(market, mid, mid, scale)), market.reserved)


def shares_down(assets: int, supply: int, nav: int) -> int:
    return fits_word(assets * (supply + VIRTUAL_SHARES)) // (nav + 1)


def shares_up(assets: int, supply: int, nav: int) -> int:
    return div_up(fits_word(assets * (supply + VIRTUAL_SHARES)), nav + 1)


def assets_down(shares: int, supply: int, nav: int) -> int:
    return fits_word(shares * (nav + 1)) // (supply + VIRTUAL_SHARES)


def assets_up(shares: int, supply: int, nav: int) -> int:
    return div_up(fits_word(shares * (nav + 1)), supply + VIRTUAL_SHARES)
