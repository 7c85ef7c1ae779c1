"""Unknowns within the bounds of docs/mechanics.md section 1."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bulkhead.model import WAD, Market
from tests.proofs.symbolic import Run, Term

SCALES = tuple(10 ** (36 - decimals) for decimals in range(19))
MAX_PRICE, MAX_SIZE, AMOUNT = 2**104, 10**36, 2**128
_PERCENT = WAD // 100


def price(run: Run) -> Term:
    return run.integer("price", 1, MAX_PRICE)


def size(run: Run) -> Term:
    """Unsigned, of something that exists."""
    return run.integer("size", 1, MAX_SIZE)


def ratio(run: Run) -> Term:
    return run.integer("ratio", 0, WAD)


def any_market(run: Run) -> Any:
    market = Market(
        long_size=run.integer("long_size", 0, MAX_SIZE),
        short_size=run.integer("short_size", 0, MAX_SIZE),
        long_basis=run.integer("long_basis", -(2**127), 2**127 - 1),
        short_basis=run.integer("short_basis", -(2**127), 2**127 - 1),
        carry_long=run.integer("carry_long", -(2**127), 2**127 - 1),
        carry_short=run.integer("carry_short", -(2**127), 2**127 - 1),
        pool=run.integer("pool", 0, 2**112 - 1),
        reserved=run.integer("reserved", 0, 2**112 - 1),
    )
    run.assume(market.reserved <= market.pool)
    return market


def any_params(run: Run) -> Any:
    """Of any vault that may be born: the bounds of docs/risk.md."""
    rate = 10 * WAD
    params = SimpleNamespace(
        maintenance_ratio=run.integer("maintenance_ratio", _PERCENT, WAD),
        margin_call_ratio=run.integer("margin_call_ratio", _PERCENT, WAD),
        initial_ratio=run.integer("initial_ratio", _PERCENT, WAD),
        trading_fee=run.integer("trading_fee", 0, _PERCENT),
        liquidation_penalty=run.integer("liquidation_penalty", 0, WAD // 2),
        keeper_min_reward=run.integer("keeper_min_reward", 0, 2**94),
        min_margin=run.integer("min_margin", 1, 2**96),
        reserve_ratio=run.integer("reserve_ratio", _PERCENT, rate),
        max_utilisation=run.integer("max_utilisation", 0, WAD),
        skew_scale=run.integer("skew_scale", 10**18, MAX_SIZE),
        borrow_base=run.integer("borrow_base", 0, rate),
        borrow_slope1=run.integer("borrow_slope1", 0, rate),
        borrow_slope2=run.integer("borrow_slope2", 0, rate),
        borrow_kink=run.integer("borrow_kink", 1, WAD - 1),
        max_funding=run.integer("max_funding", 0, rate),
        lp_lockup=0,
    )
    p = params
    run.assume(
        p.maintenance_ratio >= 2 * (p.trading_fee + p.liquidation_penalty),
        p.maintenance_ratio <= p.margin_call_ratio,
        p.margin_call_ratio <= p.initial_ratio,
        4 * p.keeper_min_reward <= p.min_margin,
    )
    return params
