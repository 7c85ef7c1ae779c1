"""The figures as a snapshot and as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.bench.contracts import CHAINLINK, ROOT
from tools.bench.peers import MARKS, PEERS
from tools.snapshot import render

SNAPSHOT = ROOT / "snapshots" / "gas.json"
TOLERANCE = 200  # a figure may be worse than the snapshot's by one part in so many: 0.5 %

Figures = Mapping[str, int]


def snapshot(variants: Mapping[str, Figures], calldata: Figures, versions: dict[str, str]) -> str:
    """The committed file; the first of `variants` is the headline."""
    headline, *others = variants
    return render(
        {
            "versions": {**versions, "chainlink": CHAINLINK},
            "operations": dict(variants[headline]),
            "calldata_bytes": dict(calldata),
            "variants": {name: dict(variants[name]) for name in others},
        }
    )


def committed(path: Path = SNAPSHOT) -> dict[str, Any]:
    """The snapshot as it is; empty where there is none."""
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def regressions(found: Figures, expected: Figures) -> list[str]:
    """One line for every operation that costs more than its snapshot allows, or is not in it."""
    problems = [f"{name}: not measured any more" for name in expected if name not in found]
    for name, gas in found.items():
        if name not in expected:
            problems.append(f"{name}: not in the snapshot")
        elif gas > expected[name] + expected[name] // TOLERANCE:
            problems.append(f"{name}: {gas:,} gas, the snapshot has {expected[name]:,}")
    return problems


def over_target(found: Figures) -> list[str]:
    """The operations that miss their target."""
    return [name for name, mark in MARKS.items() if found.get(name, 0) > mark.limit(found)]


# ---- tables ----


def show(console: Console, found: Figures, title: str) -> None:
    """Beside floor, target and peers, as far as there are any."""
    table = Table(title=title, title_justify="left")
    table.add_column("operation")
    for column in ("Bulkhead", "target", "floor", *PEERS):
        table.add_column(column, justify="right")
    for name, gas in found.items():
        mark = MARKS.get(name)
        if mark is None:
            table.add_row(name, f"{gas:,}")
            continue
        target = mark.limit(found)
        style = "green" if gas <= target else "red"
        others = (f"{each:,}" if each is not None else "–" for each in (mark.floor, *mark.peers))
        table.add_row(name, f"[{style}]{gas:,}[/]", f"{target:,}", *others)
    console.print(table)


def show_variants(console: Console, variants: Mapping[str, Figures], title: str) -> None:
    """The same operations in different markets, as differences from the first."""
    names = list(variants)
    base = variants[names[0]]
    table = Table(title=title, title_justify="left")
    table.add_column("operation")
    for name in names:
        table.add_column(name, justify="right")
    for operation, gas in base.items():
        others = [variants[name].get(operation) for name in names[1:]]
        if any(other is not None for other in others):
            cells = (f"{other - gas:+,}" if other is not None else "" for other in others)
            table.add_row(operation, f"{gas:,}", *cells)
    console.print(table)
