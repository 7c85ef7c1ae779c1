"""What came of the crash replays, for a terminal."""

from __future__ import annotations

from rich.table import Table

from bulkhead.client.pair import Pair
from bulkhead.client.units import show, show_percent
from bulkhead.replay.crash import Outcome


def line(outcome: Outcome, pair: Pair) -> str:
    """One history in one sentence."""
    return (
        f"{outcome.title}: {outcome.positions} positions, {outcome.partials} partial and "
        f"{outcome.fulls} full liquidations, none later than {max(outcome.delays, default=0)} "
        f"steps, bad debt {_money(outcome.bad_debt, pair)} as in the model; "
        f"{outcome.seconds:.0f} s"
    )


def table(outcomes: list[Outcome], pair: Pair) -> Table:
    """All histories side by side, in the quote asset."""
    found = Table(title=f"crashes with the keeper at work, in {pair.quote}", title_justify="left")
    found.add_column("")
    for outcome in outcomes:
        found.add_column(outcome.title.partition(":")[0].partition(",")[0], justify="right")
    rows = {
        "price updates": [str(one.steps) for one in outcomes],
        "without a live price": [str(one.dead_steps) for one in outcomes],
        "largest step": [show_percent(one.largest_step) for one in outcomes],
        "positions opened": [str(one.positions) for one in outcomes],
        "margin calls": [str(one.calls) for one in outcomes],
        "partial, full liquidations": [f"{one.partials}, {one.fulls}" for one in outcomes],
        "settled at their reserve": [str(one.settled) for one in outcomes],
        "longest delay, steps": [str(max(one.delays, default=0)) for one in outcomes],
        "bad debt": [_money(one.bad_debt, pair) for one in outcomes],
        "bad debt of the model": [_money(one.model_bad_debt, pair) for one in outcomes],
        "result of the LPs": [_money(one.lp_result, pair) for one in outcomes],
        "penalties taken": [_money(one.penalties, pair) for one in outcomes],
        "at a fixed penalty": [_money(one.fixed_penalties, pair) for one in outcomes],
        "kept by traders": [_kept(one) for one in outcomes],
        "keeper's rewards": [_money(one.rewards, pair) for one in outcomes],
        "keeper's transactions": [str(one.keeper.mined if one.keeper else 0) for one in outcomes],
        "keeper's gas": [f"{one.gas:,}" for one in outcomes],
    }
    for name, cells in rows.items():
        found.add_row(name, *cells)
    return found


def _money(units: int, pair: Pair) -> str:
    return show(units, pair.decimals, 2)


def _kept(outcome: Outcome) -> str:
    """The share of a fixed penalty that was not taken."""
    if not outcome.fixed_penalties:
        return "–"
    return f"{100 - outcome.penalties * 100 // outcome.fixed_penalties} %"
