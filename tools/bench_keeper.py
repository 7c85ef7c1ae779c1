"""The Python table of the numbers to reach, measured: `make bench-keeper`."""

from __future__ import annotations

import argparse
import multiprocessing
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from bulkhead.client.deployments import Deployments
from bulkhead.client.node import Node
from bulkhead.client.pair import Pair, read_health
from bulkhead.index import Index
from bulkhead.model.types import WAD, Market, Position, PriceBand, Status
from bulkhead.profiles import REFERENCE_PROFILE
from bulkhead.vector import Book, Moment
from tools.bench.crowd import LABEL, Crowd
from tools.bench.keeping import block_to_sent
from tools.bench.node import anvil

POSITIONS, EVENTS = 10_000, 100_000
MANY = 1_000_000
WATCHED, DUE = 1_000, 100
LOG_SPAN = 20  # blocks at once, of up to 500 calls: some ten thousand logs, as public nodes grant
PRICES = (1_950, 1_850, 1_700, 4_050, 2_300, 2_150)  # dollars
_NOW = 1_900_000_000
_RUNS = 11


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, the target, and whether it is met."""

    what: str
    target: str
    measured: str
    is_met: bool


@dataclass
class Stopwatch:
    """Seconds by the clock, which counts, and of this process's processor time, which tells how
    much of it a busy machine has spent on others."""

    clock: float = 0
    processor: float = 0

    def __str__(self) -> str:
        return f"{self.clock:.3g} s ({self.processor:.2g} s of processor time)"


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    watch, clock, processor = Stopwatch(), time.perf_counter(), time.process_time()
    yield watch
    watch.clock, watch.processor = time.perf_counter() - clock, time.process_time() - processor


# ---- the twin alone ----


def vector(count: int) -> Figure:
    """Every position judged anew after each of some prices, one process, median."""
    rng = random.Random(1)
    changes: dict[tuple[str, int], Position | None] = {}
    for number in range(count):
        size = rng.choice((1, -1)) * rng.randint(10**16, 10**20)
        value = abs(size) * rng.randint(1_900, 2_100) // 10**12
        margin = value // rng.randint(3, 20)
        changes[str(number), 1] = Position(size, margin, value, value, _NOW - 1, _NOW - 1)
    book = Book(REFERENCE_PROFILE, 6)
    book.update(changes)
    market = Market(10**24, 10**24, 0, 0, 3 * WAD, 2 * WAD, 10**15, 10**14, _NOW - 12)
    watches, undecided, seen = [], 0, Counter[int]()
    for run in range(_RUNS):
        price = (2_200 - 40 * run) * WAD
        band = PriceBand(price, price + price // 1000, _NOW)
        with stopwatch() as watch:
            moment = Moment(REFERENCE_PROFILE, 6, market, now=_NOW, band=band)
            judgement = book.judge(moment)
        watches.append(watch)
        undecided += len(judgement.undecided)
        seen.update(judgement.status.tolist())
    median = sorted(watches, key=lambda watch: watch.clock)[_RUNS // 2]
    kinds = ", ".join(f"{Status(kind).name} {n / _RUNS:,.0f}" for kind, n in sorted(seen.items()))
    return Figure(
        f"health of {count:,} positions after a price change ({kinds}; "
        f"{undecided} left to the exact model)",
        "<= 100 ms",
        str(median),
        median.clock <= 0.1,
    )


# ---- against a chain ----


def decisions(crowd: Crowd, index: Index, deployments: Deployments) -> Figure:
    """The twin's status and the model's whole health against `get_health`, at some prices."""
    pair = Pair(index.node, LABEL, deployments.pairs[LABEL])
    book = Book(pair.params, pair.decimals)
    different, compared, seen = 0, 0, Counter[Status]()
    for price in PRICES:
        crowd.market.go_to(price)
        index.sync()
        book = Book(pair.params, pair.decimals)
        book.update(index.positions(LABEL))
        state = pair.state()
        moment = Moment(pair.params, pair.decimals, state.market, now=state.now, band=state.band)
        judgement = book.judge(moment)
        words = index.node.views([pair.health_view(key) for key in book.keys], index.block)
        for slot, (_, position) in enumerate(book.items()):
            health = read_health(words[slot])
            seen[health.status] += 1
            different += judgement.status[slot] != health.status
            different += moment.health(position) != health
        compared += len(book)
    kinds = ", ".join(f"{kind.name} {count:,}" for kind, count in sorted(seen.items()))
    return Figure(
        f"decisions against get_health on chain, {len(book):,} random positions at "
        f"{len(PRICES)} prices ({kinds})",
        "no difference",
        f"{different} of {compared:,} differ",
        different == 0 and compared >= len(PRICES) * 100,
    )


def rebuilding(node: Node, deployments: Deployments, folder: Path) -> tuple[Figure, Index]:
    """From nothing, killed on the way with SIGKILL, resumed, and held against the chain."""
    path = folder / "index.sqlite"
    with stopwatch() as whole:
        Index(node, deployments, folder / "whole.sqlite").sync()
    child = multiprocessing.get_context("fork").Process(
        target=lambda: Index(Node(node.uri, log_span=LOG_SPAN), deployments, path).sync()
    )
    child.start()
    time.sleep(whole.clock / 2)
    child.kill()
    child.join()
    index = Index(node, deployments, path)
    stopped = index.block
    with stopwatch() as rest:
        index.sync()
    differences = index.verify()
    count = _count(index)
    was_midway = child.exitcode == -signal.SIGKILL and 0 < stopped < index.block
    figure = Figure(
        f"index rebuilt from {count:,} events; killed at block {stopped} of {index.block}, "
        f"resumed in {rest}; {len(index.positions(LABEL)):,} positions and the market "
        f"verified on chain, {len(differences)} differ",
        "<= 30 s, resumes",
        str(whole),
        whole.clock <= 30 and was_midway and not differences,
    )
    return figure, index


def on_chain(positions: int, events: int, say: Callable[[str], None]) -> list[Figure]:
    with anvil(has_old_logs=True) as chain, tempfile.TemporaryDirectory() as folder:
        say(f"opening {positions:,} positions, then {events:,} events on Anvil")
        crowd = Crowd(chain, positions)
        node = Node(chain.uri, log_span=LOG_SPAN)
        deployments = crowd.deployments(node)
        with Index(node, deployments) as counter:
            while (missing := events - _count(counter)) > 0:
                crowd.bustle(max(missing * 5 // 6, 1))
        say("rebuilding the index")
        figure, index = rebuilding(node, deployments, Path(folder))
        say("comparing decisions")
        return [decisions(crowd, index, deployments), figure]


def keeping(say: Callable[[str], None]) -> Figure:
    with anvil(has_old_logs=True) as chain, tempfile.TemporaryDirectory() as folder:
        say(f"{DUE} positions become due under the keeper")
        watched, seconds = block_to_sent(chain, WATCHED, DUE, Path(folder))
    return Figure(
        f"keeper, from the block with the price to liquidations sent: {DUE} due at once of "
        f"{watched:,} watched, batched",
        "<= 1 s",
        f"{seconds * 1000:.0f} ms",
        seconds <= 1,
    )


def _count(index: Index) -> int:
    index.sync()
    return sum(1 for _ in index.events(LABEL))


def table(figures: list[Figure]) -> Table:
    shown = Table("what", "target", "measured", "", title="Python", title_justify="left")
    for figure in figures:
        met = "[green]met[/green]" if figure.is_met else "[red]missed[/red]"
        shown.add_row(figure.what, figure.target, figure.measured, met)
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--positions", type=int, default=POSITIONS)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--many", type=int, default=MANY)
    options = parser.parse_args()
    console = Console(highlight=False, width=110)
    figures = [vector(options.many)]
    figures += on_chain(options.positions, options.events, console.print)
    figures.append(keeping(console.print))
    console.print(table(figures))
    return 0 if all(figure.is_met for figure in figures) else 1


if __name__ == "__main__":
    np.seterr(all="raise")
    sys.exit(main())
