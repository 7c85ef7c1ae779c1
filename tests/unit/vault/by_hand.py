"""docs/mechanics.md in fractions, written down a second time and without the model.

Every function is one formula of the page; amounts are asset units, rounded where the page rounds.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from bulkhead.model import WAD, YEAR, Market, Position, VaultParams


def notional(size: int, price: int, scale: int) -> int:
    return ceil(Fraction(abs(size) * price, scale))


def fee(value: int, params: VaultParams) -> int:
    return ceil(Fraction(value * params.trading_fee, WAD))


def protocol_cut(fee: int, share: int) -> int:
    return floor(Fraction(fee * share, WAD))


def reserve(value: int, params: VaultParams) -> int:
    return ceil(Fraction(value * params.reserve_ratio, WAD))


def requirement(size: int, price: int, ratio: int, params: VaultParams, scale: int) -> int:
    risk = ceil(Fraction(abs(size) * WAD, params.skew_scale))
    return ceil(Fraction(notional(size, price, scale) * (ratio + risk), WAD))


def execution_price(size_delta: int, skew: int, side: int, params: VaultParams) -> int:
    """`side`: the ask for a buyer, the bid for a seller. The cost of section 5 as it is defined."""
    after = skew + size_delta
    if skew * after < 0:
        cost = Fraction(after**2, 2 * params.skew_scale)
    elif abs(after) > abs(skew):
        cost = Fraction(after**2 - skew**2, 2 * params.skew_scale)
    else:
        cost = Fraction(0)
    impact = side * cost / abs(size_delta)
    return ceil(side + impact) if size_delta > 0 else max(floor(side - impact), 1)


def accrued(market: Market, mid: int, now: int, params: VaultParams, scale: int) -> Market:
    """The market with carry up to `now`."""
    pool = max(market.pool, 1)
    used = min(ceil(Fraction(market.reserved * WAD, pool)), WAD)
    kink = params.borrow_kink
    if used <= kink:
        borrow = params.borrow_base + floor(Fraction(params.borrow_slope1 * used, kink))
    else:
        steep = floor(Fraction(params.borrow_slope2 * (used - kink), WAD - kink))
        borrow = params.borrow_base + params.borrow_slope1 + steep
    skew = market.long_size - market.short_size
    ratio = min(floor(Fraction(floor(Fraction(abs(skew) * mid, scale)) * WAD, pool)), WAD)
    funding = floor(Fraction(params.max_funding * ratio, WAD)) * (1 if skew >= 0 else -1)
    elapsed = now - market.accrued_at
    return replace(
        market,
        carry_long=market.carry_long
        + ceil(Fraction((borrow + funding) * mid * elapsed, YEAR * WAD)),
        carry_short=market.carry_short
        + ceil(Fraction((borrow - funding) * mid * elapsed, YEAR * WAD)),
        accrued_at=now,
    )


def basis(size_delta: int, price: int, market: Market, scale: int) -> int:
    """What an increase adds to the basis; `market` accrued."""
    if size_delta > 0:
        return ceil(Fraction(size_delta * (price - market.carry_long), scale))
    return floor(Fraction(-size_delta * (price + market.carry_short), scale))


def raw_gain(position: Position, price: int, market: Market, scale: int) -> int:
    """`market` accrued."""
    return _gain(position.size, position.basis, price, market, scale)


def closed_share(
    position: Position, closed: int, price: int, market: Market, scale: int
) -> tuple[int, int, int]:
    """Basis and reserve that leave with `closed` of the size, and the gain that is realised."""
    size = abs(position.size)
    part = Fraction(closed, size)
    if position.size > 0:
        cost = ceil(position.basis * part)
        gain = _gain(closed, cost, price, market, scale)
    else:
        cost = floor(position.basis * part)
        gain = _gain(-closed, cost, price, market, scale)
    freed = floor(position.reserve * part)
    return cost, freed, min(gain, freed)


def _gain(size: int, basis: int, price: int, market: Market, scale: int) -> int:
    if size > 0:
        return floor(Fraction(size * (price - market.carry_long), scale)) - basis
    return basis - ceil(Fraction(-size * (price + market.carry_short), scale))
