"""`make attacks`: the search in depth, then the table of planted weaknesses."""

from __future__ import annotations

import argparse
import sys
import time

from rich.console import Console
from rich.table import Table

from tests.attacks.planted import WEAKNESSES, planted
from tests.attacks.search import search, split


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--tries", type=int, default=1_000_000, help="sequences in all games together"
    )
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.tries < 1:
        parser.error("--tries must be at least 1")
    console = Console()
    finds = []
    table = Table(title="all defences on", title_justify="left")
    for column in ("game", "sequences", "accepted calls", "gains", "seconds"):
        table.add_column(column, justify="left" if column == "game" else "right")
    for game, tries in split(given.tries).items():
        start = time.monotonic()
        with console.status(f"{game}: {tries:,} sequences"):
            report = search(game, tries, given.seed)
        finds += [report.found] if report.found else []
        table.add_row(
            game,
            f"{report.tries:,}",
            f"{report.calls.total():,}",
            "1" if report.found else "0",
            f"{time.monotonic() - start:.0f}",
        )
    console.print(table)
    for find in finds:
        console.print(str(find))
    missed = _print_planted(console, given.seed)
    return 1 if finds or missed else 0


def _print_planted(console: Console, seed: int) -> int:
    table = Table(title="one defence off", title_justify="left")
    for column in ("weakness", "game", "found after", "gain of the first find"):
        table.add_column(column)
    missed = 0
    for weakness in WEAKNESSES:
        with planted(weakness), console.status(weakness.name):
            report = search(weakness.game, weakness.budget, seed)
        find = report.found
        missed += find is None
        unit = 10**find.decimals if find else 1
        gain = f"{find.gain / unit:,g} of a pool of {find.pool / unit:,.0f}" if find else "-"
        after = f"{report.tries:,} tries" if find else f"missed in {report.tries:,}"
        table.add_row(weakness.name, weakness.game, after, gain)
    console.print(table)
    return missed


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
