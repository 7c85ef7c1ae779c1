"""Random positions of a vault of any size, and those that stand exactly at a line."""

from __future__ import annotations

import random
from dataclasses import replace

from bulkhead.model import MAX_PRICE, Market, Position, PriceBand, VaultParams
from bulkhead.model.rules import notional, raw_gain, requirement
from bulkhead.model.state import closing_price
from bulkhead.profiles import reference_profile
from bulkhead.vector import Moment

NOW = 1_700_000_000


def params_of(rng: random.Random, decimals: int) -> VaultParams:
    """The reference profile at a random depth, up to the largest that a vault may have."""
    return replace(reference_profile(decimals), skew_scale=10 ** rng.randint(20, 36))


def moment_of(
    rng: random.Random, params: VaultParams, decimals: int, *, is_live: bool = True
) -> Moment:
    """A random price of any size, and carry that has run up to a tenth of it, of either sign."""
    bid = rng.randint(1, 2 ** rng.randint(1, 103))
    ask = min(bid + bid // rng.randint(1, 1000), MAX_PRICE)
    carry = bid // 10 + 1
    depth = params.skew_scale
    market = Market(
        long_size=rng.randint(0, depth),
        short_size=rng.randint(0, depth),
        carry_long=rng.randint(-carry, carry),
        carry_short=rng.randint(-carry, carry),
        pool=rng.randint(10**9, 2**111),
        reserved=rng.randint(0, 10**9),
        accrued_at=NOW - rng.randint(0, 86_400),
    )
    return Moment(params, decimals, market, now=NOW, band=PriceBand(bid, ask, NOW, is_live))


def position_of(rng: random.Random, moment: Moment) -> Position:
    """One whose gain is anything between far under its margin and beyond its reserve."""
    size = rng.choice((1, -1)) * rng.randint(1, 10 ** rng.randint(1, 36))
    size = max(min(size, moment.params.skew_scale), -moment.params.skew_scale)
    price = closing_price(moment.band, size)
    value = notional(size, price, moment.scale)
    gain = raw_gain(size, 0, price, moment.market, moment.scale)
    wanted = rng.randint(-value // 8 - 10, value // 8 + 10)
    return Position(
        size=size,
        margin=rng.randint(0, value // 8 + 10),
        basis=gain - wanted if size > 0 else wanted - gain,
        reserve=rng.randint(0, value // 8 + 10),
        opened_at=NOW - 100,
        increased_at=rng.choice((NOW, NOW - 1, NOW - 1, NOW - 1)),
    )


def at_the_lines(position: Position, moment: Moment) -> list[Position]:
    """The position moved onto each line: maintenance, margin call and reserve, and a unit beside.

    What remains of a size that can lose it all has no margin below 0 here.
    """
    params, size = moment.params, position.size
    price = closing_price(moment.band, size)
    gain = raw_gain(size, position.basis, price, moment.market, moment.scale)
    value = notional(size, price, moment.scale)
    found = []
    for beside in (-1, 0, 1):
        found.append(replace(position, reserve=max(gain + beside, 0)))
        for ratio in (params.maintenance_ratio, params.margin_call_ratio):
            needed = requirement(value, ratio, size, params.skew_scale)
            room = max(position.reserve, gain + 2)
            found.append(replace(position, reserve=room, margin=max(needed - gain + beside, 0)))
    return found
