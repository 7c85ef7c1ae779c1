"""Measure the gas of every operation on a local node, beside floor, target and peers.

`ape run bench` writes `snapshots/gas.json`; `--check` compares with it instead. `--users` shows
that nothing grows with the number of open positions.
"""

from __future__ import annotations

import sys
import time

import click
from rich.console import Console

from bulkhead.model.types import WAD
from tools.bench import report
from tools.bench.market import Options, build
from tools.bench.node import NodeError, Transaction, anvil
from tools.bench.operations import measure
from tools.compiler import Compiler
from tools.sources import Sources

HEADLINE = "no protocol fee"  # as factories start
VARIANTS = {
    HEADLINE: Options(),
    "10 % protocol fee": Options(fee_share=WAD // 10),
    "aggregator with access control": Options(has_access_control=True),
    "second feed for the quote": Options(has_quote_feed=True),
}
# The second feed widens the band: the positions of the other scenes could not be opened on it.
WITH_QUOTE_FEED = ["open", "add_margin", "close", "accrue"]
CROWDS = (1, 100, 10_000)


def run(options: Options, names: list[str] | None = None) -> dict[str, Transaction]:
    """Every operation on a fresh node."""
    with anvil() as node:
        return measure(build(node, options), names)


def gas(transactions: dict[str, Transaction]) -> dict[str, int]:
    return {name: transaction.gas_used for name, transaction in transactions.items()}


def measure_variants() -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """Gas by variant, and the bytes of call data of every operation."""
    variants, calldata = {}, {}
    for name, options in VARIANTS.items():
        done = run(options, WITH_QUOTE_FEED if options.has_quote_feed else None)
        variants[name] = gas(done)
        if name == HEADLINE:
            calldata = {operation: len(made.calldata) for operation, made in done.items()}
    return variants, calldata


def versions() -> dict[str, str]:
    compiler = Compiler(Sources(report.ROOT))
    with anvil() as node:
        client = str(node.request("web3_clientVersion"))
    return {
        "vyper": compiler.version,
        "evm_version": compiler.evm_version,
        "node": f"{client}, Prague rules",
    }


def show_crowds(console: Console) -> int:
    """The same operations among few and many. Returns the largest difference."""
    columns = {}
    for positions in CROWDS:
        started = time.monotonic()
        columns[f"{positions:,} positions"] = gas(run(Options(positions=positions)))
        console.print(f"{positions:,} positions: {time.monotonic() - started:.0f} s")
    report.show_variants(console, columns, "Gas by the number of positions that are open")
    first, *others = columns.values()
    return max(abs(other[name] - first[name]) for other in others for name in first)


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Compare with the snapshot, do not write it.")
@click.option("--users", is_flag=True, help="Measure with 1, 100 and 10,000 positions open.")
def cli(check: bool, users: bool) -> None:
    console = Console(width=max(Console().width, 150))
    try:
        if users:
            difference = show_crowds(console)
            console.print(f"largest difference: {difference:,} gas")
            sys.exit(difference != 0)
        variants, calldata = measure_variants()
        text = report.snapshot(variants, calldata, versions())
    except NodeError as error:
        raise click.ClickException(str(error)) from None
    found = variants[HEADLINE]
    report.show(console, found, f"Gas of an operation ({HEADLINE}; peers as measured on Anvil)")
    report.show_variants(console, variants, "The same in other markets")
    for name in report.over_target(found):
        console.print(f"[red]{name} misses its target[/]")
    if check:
        problems = report.regressions(found, report.committed().get("operations", {}))
        for problem in problems:
            console.print(f"[red]{problem}[/]")
        sys.exit(bool(problems))
    report.SNAPSHOT.write_text(text, "utf-8")
    console.print(f"written: {report.SNAPSHOT.relative_to(report.ROOT)}")
