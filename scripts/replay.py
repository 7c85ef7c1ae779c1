"""Crashes of real prices with the keeper at work, and what came of them."""

from __future__ import annotations

import functools
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import ape
import click
from rich.console import Console
from rich.progress import Progress

from bulkhead.cli import WIDE, friendly

LEAD_SECONDS = 86_400  # between the chain's first block and the first price: time to build
ACCOUNTS = 20
KEEPER = 2  # of the cast
NATIVE_PRICE = "2000"  # dollars for a coin: what a reward is compared with


@click.command()
@click.option("--prices", default="all", show_default=True, help="One of the histories, or all.")
@click.option("--positions", default=300, show_default=True, help="How many are opened at first.")
@click.option("--limit", type=click.IntRange(2), help="Stop after so many price updates.")
@friendly
def cli(prices, positions, limit):
    """Replay histories with hundreds of positions and the real keeper, on chains of their own.

    Exits with 3 where a position stays under its line, or where chain and exact model differ.
    """
    import structlog
    from ape.logging import logger

    from bulkhead.replay.series import NAMES, load
    from bulkhead.report import crashes

    logger.set_level("WARNING")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    names = NAMES if prices == "all" else (prices,)
    found = []
    for name in names:
        series = load(name, ape.project.path)
        ticks = series.pushes()[:limit]
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task(f"{series.key}: {len(ticks)} updates", total=len(ticks))
            advance = functools.partial(progress.advance, task)
            outcome, pair = replay(series, ticks, positions, lambda _, advance=advance: advance())
        found.append(outcome)
        console.print(crashes.line(outcome, pair), soft_wrap=True)
    console.print(crashes.table(found, pair))


def replay(series, ticks, positions, advance):
    """One history on a chain of its own."""
    from bulkhead.client.deployments import Deployments
    from bulkhead.client.local import anvil
    from bulkhead.keeper.build import build as build_keeper
    from bulkhead.keeper.signing import ApeSigner
    from bulkhead.replay.crash import Crash
    from bulkhead.replay.stage import build
    from bulkhead.settings import load_settings

    with ExitStack() as stack:
        node = stack.enter_context(anvil(ticks[0].time - LEAD_SECONDS, ACCOUNTS))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {"host": node.uri}
        local = ape.networks.ethereum.local
        stack.enter_context(local.use_provider("foundry", provider_settings=settings))
        accounts = [ape.accounts.test_accounts[i] for i in range(ACCOUNTS)]
        stage = build(node, accounts, ape.project, Deployments.open(node, folder), series)
        terms = load_settings(
            rpc_urls=[node.uri],
            deployments=folder,
            state=folder,
            pairs=[stage.desk.pair.label],
            native_prices={stage.desk.pair.quote: NATIVE_PRICE},
            dry_run=False,
        )
        keeper = build_keeper(terms, ApeSigner(accounts[KEEPER]))
        stack.callback(keeper.close)
        return Crash(stage, keeper, positions).run(ticks, advance), stage.desk.pair
