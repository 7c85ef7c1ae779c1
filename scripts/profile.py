"""Where the gas of one operation goes: `ape run profile open`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from tools.bench.contracts import ROOT, compiled
from tools.bench.market import Market, Options, build
from tools.bench.node import Node, NodeError, anvil
from tools.bench.operations import SCENES
from tools.bench.profile import Profile, SourceMap, profile, trace
from tools.compiler import Compiler
from tools.sources import Sources

UNPROFILED = {"create_vault"}  # the trace does not tell what a creation was given
CALLED = ("PairVault", "OrderBook", "Router", "VaultLens")


def contract_names(market: Market) -> dict[str, str]:
    """What to call whom the called contract calls."""
    contracts = {
        "vault": market.vault,
        "factory": market.factory,
        "oracle adapter": market.oracle,
        "Chainlink proxy": market.feed.proxy,
        "Chainlink aggregator": market.feed.aggregator,
        "token": market.token,
    }
    return {contract.address.lower(): name for name, contract in contracts.items()}


def show(console: Console, title: str, counter: Counter[Any], limit: int) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for key, gas in counter.most_common(limit):
        name = f"{key[0]}:{key[1]}" if isinstance(key, tuple) else str(key)
        table.add_row(name, f"{gas:,}")
    console.print(table)


def contract_at(node: Node, address: str) -> str:
    """Which of our contracts it is, told by its code."""
    code = bytes.fromhex(node.request("eth_getCode", address, "latest")[2:])
    return next(name for name in CALLED if code.startswith(compiled(name).runtime))


def run(operation: str) -> tuple[Profile, int]:
    """The profile of an operation, and the gas of its receipt."""
    with anvil(is_tracing=True) as node:
        market = build(node, Options())
        made = SCENES[operation](market)
        receipt = node.request("eth_getTransactionReceipt", made.txn_hash)
        contract = contract_at(node, receipt["to"])
        names = {**contract_names(market), receipt["to"]: contract}
        source_map = SourceMap.of(Compiler(Sources(ROOT)), contract)
        found = profile(trace(node, made.txn_hash), receipt["to"], names, source_map)
        return found, int(receipt["gasUsed"], 16)


@click.command(help=__doc__)
@click.argument("operation", type=click.Choice(sorted(set(SCENES) - UNPROFILED)))
@click.option("--lines", default=25, show_default=True, help="How many lines to show.")
def cli(operation: str, lines: int) -> None:
    console = Console()
    try:
        found, gas = run(operation)
    except NodeError as error:
        raise click.ClickException(str(error)) from None
    executed = sum(found.contracts.values())
    console.print(f"{operation}: {gas:,} gas, of which {executed:,} in execution before refunds")
    console.print(f"memory of {found.contract}: {found.memory:,} bytes")
    show(console, "by contract", found.contracts, 20)
    show(console, f"{found.contract}, by kind of opcode", found.kinds, 20)
    show(console, f"{found.contract}, by function", found.functions, lines)
    show(console, f"{found.contract}, by line", found.lines, lines)
