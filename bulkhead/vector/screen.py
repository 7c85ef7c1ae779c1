"""Health in floating point, with a bound on its error: where that leaves no doubt, it decides.

All values are of one vault; `u = 2**-53`. Each column is a correctly rounded integer or ratio, so
is each factor of the price, so with `V = |size| * |price -/+ carry| / S`, `N = |size| * price / S`,
`B = |basis|`, `M = margin`, `C = reserve`, and requirement `R <= 2.01 * N` (ratios and risk are at
most 1 each):

    raw gain          3u V + u B + u (V + B)                        + 1 for floor or ceil
    requirement       5u R                                          + 3.1 for two times ceil
    equity            error of the gain + u (M + C) + u (M + C + V + B)
    spare = E - R     both errors + u (M + C + V + B + R)

Together below `7u (V + B + M + C + R) + 5`. The screen takes 16u and 8, twice of it, which leaves
room for the rounding of the bound itself. Whatever is nearer to a line than that is undecided, and
goes to the exact model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bulkhead.model.types import WAD, Status
from bulkhead.vector.moment import Moment

Column = NDArray[np.float64]

(
    LONG, SHORT, BASIS, MARGIN, RESERVE, MAINTENANCE, MARGIN_CALL, WEIGHT, INCREASED_AT,
) = range(9)  # fmt: skip
"""Rows of the columns. Of LONG and SHORT (negative) one is 0; BASIS has the sign with which it
enters the gain; WEIGHT is the part of the error bound that no price changes."""
COLUMNS = 9
ERROR = 16 * 2.0**-53  # of what is summed up
ROUNDINGS = 8.0  # units: floors and ceils of the exact rules
_REQUIREMENT_AT_MOST = 2.01  # of notional
_CHUNK = 1 << 14  # positions: what the processor's cache holds with all that is in between


@dataclass(frozen=True)
class Judgement:
    """Of every position of a book at one moment, by slot.

    `status` is exact. `equity` and `spare` (equity less the maintenance requirement), asset units,
    are within `error` of the exact ones. `undecided` are the slots that the exact model decided.
    """

    status: NDArray[np.uint8]
    equity: Column
    spare: Column
    undecided: NDArray[np.intp]


@dataclass(frozen=True)
class _Prices:
    """A moment's prices for one unit of size, in asset units, with `slope` after carry; and the
    error bound for one unit of notional."""

    slope_long: float
    slope_short: float
    close_long: float
    close_short: float
    error: float

    @classmethod
    def of(cls, moment: Moment) -> _Prices:
        band, market, scale = moment.band, moment.market, moment.scale
        # true division of integers is correctly rounded
        slope_long = (band.bid - market.carry_long) / scale
        slope_short = (band.ask + market.carry_short) / scale
        close_long, close_short = band.bid / scale, band.ask / scale
        largest = max(abs(slope_long), abs(slope_short))
        error = ERROR * (largest / close_long + _REQUIREMENT_AT_MOST)
        return cls(slope_long, slope_short, close_long, close_short, error)


def judge(columns: Column, moment: Moment) -> Judgement:
    """The status of every position, but for those within the error of a line."""
    count = columns.shape[1]
    result = Judgement(
        np.empty(count, np.uint8),
        np.empty(count),
        np.empty(count),
        np.empty(0, np.intp),
    )
    if moment.mid == 0:  # no price, or settlement at none: every gain and requirement is 0
        result.equity[:] = result.spare[:] = columns[MARGIN]
        result.status[:] = _status_of_all(moment)
        return result
    prices = _Prices.of(moment)
    undecided = []
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        near = _judge_chunk(columns[:, part], prices, moment.env.now, result, part)
        undecided.append(near + start)
    if (single := _status_of_all(moment)) is not None:
        result.status[:] = single
        return result
    near_a_line = np.concatenate(undecided) if undecided else result.undecided
    return Judgement(result.status, result.equity, result.spare, near_a_line)


def _status_of_all(moment: Moment) -> Status | None:
    """The status that all positions share: without a live price, and in wind-down."""
    if not moment.band.live:
        return Status.NO_PRICE
    return Status.SETTLEABLE if moment.is_winding_down else None


def _judge_chunk(
    columns: Column, prices: _Prices, now: int, result: Judgement, part: slice
) -> NDArray[np.intp]:
    """Fill `part` of the result; returns which of it are near a line."""
    long, short, basis, margin, reserve, maintenance, margin_call, weight, increased_at = columns
    equity, spare = result.equity[part], result.spare[part]
    scratch, value, error = np.empty((3, long.size))

    np.multiply(long, prices.close_long, out=value)
    value -= np.multiply(short, prices.close_short, out=scratch)
    np.multiply(value, prices.error, out=error)
    error += weight
    np.multiply(long, prices.slope_long, out=equity)
    equity += np.multiply(short, prices.slope_short, out=scratch)
    equity += basis  # the raw gain, for now
    beyond = np.subtract(equity, reserve, out=scratch)
    is_at_reserve = beyond >= 0
    nearest = np.abs(beyond, out=beyond)

    np.minimum(equity, reserve, out=equity)
    equity += margin
    np.subtract(equity, np.multiply(value, maintenance, out=spare), out=spare)
    value *= margin_call
    spare_call = np.subtract(equity, value, out=value)
    # 1, 2 or 4: what is under the maintenance line is under the margin-call line
    status = 1 << ((spare_call < 0).view(np.uint8) + (spare < 0).view(np.uint8))
    is_fresh = increased_at == now
    status[is_at_reserve] = Status.SETTLEABLE
    status[is_at_reserve & is_fresh] = Status.HEALTHY
    result.status[part] = status

    np.minimum(nearest, np.abs(spare_call, out=spare_call), out=nearest)
    np.minimum(nearest, np.abs(spare, out=spare_call), out=nearest)
    return np.flatnonzero(nearest <= error)


def liquidation_prices(columns: Column, moment: Moment) -> Column:
    """Mechanics, section 7, without its roundings. WAD; 0 where there is none."""
    if moment.mid == 0:
        return np.zeros(columns.shape[1])
    prices = _Prices.of(moment)
    long, short, basis, margin, _, maintenance, *_ = columns
    price = np.where(long > 0, float(moment.band.bid), float(moment.band.ask))
    gain = long * prices.slope_long + short * prices.slope_short + basis
    spare = margin + gain - _values(columns, prices) * maintenance
    size = long + short
    slope = 1 - np.sign(size) * maintenance
    with np.errstate(divide="ignore"):
        found = price - spare / size * float(moment.scale) / slope
    return np.where(slope > 0, np.maximum(found, 0), 0)


def rewards(columns: Column, moment: Moment, judgement: Judgement) -> Column:
    """Mechanics, section 8, without its roundings. Asset units."""
    result = np.zeros(columns.shape[1])
    slots = np.flatnonzero(judgement.status == Status.LIQUIDATABLE)
    if len(slots) == 0:
        return result
    params = moment.params
    margin, reserve, maintenance = columns[MARGIN : MAINTENANCE + 1, slots]
    equity, spare = judgement.equity[slots], judgement.spare[slots]
    value = _values(columns[:, slots], _Prices.of(moment))
    born = params.maintenance_ratio / WAD
    target = maintenance - born + params.initial_ratio / WAD
    penalty = params.liquidation_penalty / WAD * np.minimum(-spare / (equity - spare), 1)
    taken = params.trading_fee / WAD + penalty
    minimum = float(params.keeper_min_reward)

    closed = (value * target - (equity - minimum) + 2) / (target - taken)
    share = np.minimum(closed / value, 1)
    costs = taken * closed + minimum
    left = margin + np.minimum(equity - margin, reserve) * share - costs
    needed = (value - closed) * (maintenance - (maintenance - born) * share)
    is_part = (equity > minimum) & (share < 1)
    is_part &= (left >= float(params.min_margin)) & (equity - costs >= needed)
    whole = np.maximum(np.minimum(minimum + penalty * value, equity), minimum)
    result[slots] = np.where(is_part, minimum + penalty * closed, whole)
    return result


def _values(columns: Column, prices: _Prices) -> Column:
    """Notional, asset units."""
    value: Column = columns[LONG] * prices.close_long - columns[SHORT] * prices.close_short
    return value
