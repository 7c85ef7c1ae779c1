"""A run's result for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bulkhead.client.units import show, show_price
from bulkhead.replay.actions import Note
from bulkhead.replay.ledger import Ledger
from bulkhead.replay.run import Result
from bulkhead.report.page import GROUPS, stamp

__all__ = ["line", "show_price", "summary"]


def line(note: Note) -> str:
    """One line of the story."""
    return f"{stamp(note.time)}  {show_price(note.price):>9}  {note.text}"


def summary(console: Console, result: Result) -> None:
    """Positions, LPs, and the ledgers of both assets."""
    console.print(_positions(result))
    console.print(_lps(result))
    for ledger in result.ledgers:
        console.print(_ledger(ledger))
    totals, play = result.totals, result.play
    money = play.money
    console.print(
        f"{totals.calls} margin calls, {totals.partials} partial and {totals.fulls} full "
        f"liquidations, {totals.at_reserve} winners paid their whole reserve; bad debt "
        f"{money(totals.bad_debt)}, as the exact model expects "
        f"({money(play.desk.expected_bad_debt)})",
        soft_wrap=True,
    )
    console.print(
        f"{play.checks:,} checks of the promises, none broken; "
        f"{play.desk.calls + play.stage.other.calls} calls equal to the exact model's; "
        f"{play.stage.other.pair.label} untouched throughout; replayed in {result.seconds:.0f} s",
        soft_wrap=True,
    )


def _positions(result: Result) -> Table:
    play = result.play
    decimals, quote = play.desk.pair.decimals, play.desk.pair.quote
    table = Table(title=f"{play.desk.pair.label}: positions, in {quote}", title_justify="left")
    table.add_column("position")
    for name in ("put in", "got back", "result", "bad debt"):
        table.add_column(name, justify="right")
    table.add_column("end")
    for life in result.lives:
        debt = show(life.bad_debt, decimals, 2) if life.bad_debt else ""
        table.add_row(
            play.who(life.key),
            show(life.put_in, decimals, 2),
            show(life.received, decimals, 2),
            show(life.result, decimals, 2),
            debt,
            f"{life.end} {stamp(life.ended_at)}",
        )
    return table


def _lps(result: Result) -> Table:
    decimals, quote = result.play.desk.pair.decimals, result.play.desk.pair.quote
    table = Table(title=f"LPs, in {quote}", title_justify="left")
    table.add_column("LP")
    for name in ("put in", "got back", "result"):
        table.add_column(name, justify="right")
    for lp in result.lps:
        row = (show(amount, decimals, 2) for amount in (lp.put_in, lp.received, lp.result))
        table.add_row(lp.name, *row)
    return table


def _ledger(ledger: Ledger) -> Table:
    table = Table(title=f"{ledger.symbol}: who won what from whom", title_justify="left")
    table.add_column("who")
    table.add_column(ledger.symbol, justify="right")
    results = ledger.results(GROUPS)
    for group, units in results.items():
        table.add_row(group, show(units, ledger.decimals))
    table.add_section()
    table.add_row("together", str(sum(results.values())))
    table.add_row("units that differ between logs and balances", str(ledger.difference))
    return table
