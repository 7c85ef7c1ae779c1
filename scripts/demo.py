"""Two pairs, a crash of real prices, and where every unit went."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import ape
import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bulkhead.cli import WIDE, friendly

QUIET = {"call", "reduce", "add"}  # told once for each position; the page tells all
STYLES = {
    "full": "red",
    "partial": "yellow",
    "settled": "green",
    "call": "dim",
    "oracle": "magenta",
}
LEAD_SECONDS = 7200  # between the chain's first block and the first price: time to build
ACCOUNTS = 20


@click.command()
@click.option(
    "--prices",
    envvar="PRICES",
    default="black-thursday",
    show_default=True,
    help="black-thursday, luna, ftx, may2021, oct2025, or a file of candles.",
)
@click.option("--out", default="out", show_default=True, help="Folder for the report.")
@click.option("--limit", type=click.IntRange(2), help="Stop after so many price updates.")
@click.option("--sabotage", is_flag=True, help="Steal one unit halfway: the checks must see it.")
@click.option("--quiet", is_flag=True, help="Only the summary.")
@friendly
def cli(prices, out, limit, sabotage, quiet):
    """Replay a crash against two pairs on a chain of its own, and account for every unit.

    Starts Anvil on a free port of this machine and ends it; needs no account and no network.
    Writes out/NAME.html. Exits with 3 where a promise is broken.
    """
    from ape.logging import logger

    from bulkhead.client.deployments import Deployments
    from bulkhead.client.local import anvil
    from bulkhead.replay.run import run
    from bulkhead.replay.series import load
    from bulkhead.replay.stage import build
    from bulkhead.report import page, terminal

    logger.set_level("WARNING")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    series = load(prices, ape.project.path)
    ticks = series.pushes()[:limit]
    console.print(f"[bold]{series.title}[/bold]: {len(ticks)} price updates, {series.path}")
    with (
        anvil(ticks[0].time - LEAD_SECONDS, ACCOUNTS) as node,
        tempfile.TemporaryDirectory() as folder,
        ape.networks.ethereum.local.use_provider("foundry", provider_settings={"host": node.uri}),
    ):
        accounts = [ape.accounts.test_accounts[i] for i in range(ACCOUNTS)]
        deployments = Deployments.open(node, Path(folder))
        stage = build(node, accounts, ape.project, deployments, series)
        console.print(
            f"factory {stage.factory}, {stage.desk.pair.label} vault {stage.desk.pair.vault}, "
            f"{stage.other.pair.label} vault {stage.other.pair.vault}",
            soft_wrap=True,
        )
        told = set()
        columns = (
            SpinnerColumn(),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("the book opens", total=len(ticks))

            def tell(note):
                line = note.kind, note.key
                is_new = note.kind not in QUIET or line not in told
                told.add(line)
                if is_new and not quiet:
                    style = STYLES.get(note.kind, "")
                    progress.console.print(terminal.line(note), style=style, soft_wrap=True)

            def advance(tick):
                what = f"{page.stamp(tick.time)}  {terminal.show_price(tick.price)}"
                progress.update(task, advance=1, description=what)

            result = run(stage, ticks, tell, advance, sabotage=sabotage)
        path = page.write(result, Path(out))
        terminal.summary(console, result)
        console.print(f"report: {path}")
