"""The deepest run: a million operations on pyrevm, against the exact model.

    python -m tests.stateful.fuzz [--operations N] [--seconds N] [--seed N] [--workers N]

Dynamic sequences as in `test_differential`, and static ones: the price stands still and time
costs nothing: there nobody may gain but the pool, and nobody may become liquidatable. Fails on the
first difference, on an action that never succeeded and on a reason that never occurred.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from random import Random

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.stateful import coverage, machine, scene, shrink
from tests.stateful.anvil import Anvil
from tests.stateful.machine import Difference, Player, RevmRun, Scenario, Tally
from tests.stateful.revm import Revm
from tests.stateful.weather import Climate

LENGTH = 500
THOROUGH = 10  # everything is looked at after each tenth step, the likely after each
STILL_SHARE = 0.1  # of all sequences
FREE_PLACE = 5  # the vault that charges nothing, by its place in `scene.PROFILES`
FATES = ("", "", "", "stale", "dead")


@dataclass
class Report:
    """Of one worker: what it did since the last one, or what it died of."""

    tally: Tally
    failure: str = ""
    is_last: bool = False


def scenario(random: Random) -> Scenario:
    seed = random.randrange(2**64)
    if random.random() < STILL_SHARE:
        return Scenario(seed, LENGTH, (FREE_PLACE,), Climate(is_still=True, fates=("",)))
    indices = tuple(random.sample(range(len(scene.PROFILES)), 2))
    fates = (random.choice(FATES), random.choice(FATES))
    return Scenario(seed, LENGTH, indices, Climate(is_stormy=random.random() < 0.5, fates=fates))


def work(pipe: Connection, seed: int, operations: int, deadline: float) -> None:
    """Sequence after sequence, until there are enough operations or there is no time left."""
    revm = Revm()
    world = scene.build(revm)
    random, done = Random(seed), 0
    while done < operations and time.monotonic() < deadline:
        chosen = scenario(random)
        player = Player(world, chosen.climate.is_still, THOROUGH)
        base = revm.snapshot()
        run = RevmRun(revm, player)
        try:
            for move in machine.drawn(player.world, chosen):
                run.step(move)
        except Difference as difference:
            pipe.send(Report(player.tally, f"{chosen}\n{explain(player, difference)}"))
            break
        revm.revert(base)
        done += player.tally.operations
        pipe.send(Report(player.tally))
    pipe.send(Report(Tally(), is_last=True))
    pipe.close()


def explain(player: Player, difference: Difference) -> str:
    """The same moves on Anvil, made as short as they can be."""
    anvil = Anvil()
    try:
        again = Player(scene.build(anvil), player.is_still)
        again.moves = player.moves
        return shrink.report(anvil, again, difference)
    finally:
        anvil.close()


def collect(pipes: list[Connection], operations: int) -> tuple[Tally, list[str]]:
    tally, failures = Tally(), []
    columns = TextColumn("operations"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=operations)
        while pipes and not failures:
            for pipe in multiprocessing.connection.wait(pipes):
                try:
                    report: Report = pipe.recv()  # type: ignore[union-attr]
                except EOFError:
                    failures.append("a worker died")
                    report = Report(Tally(), is_last=True)
                if report.is_last:
                    pipes.remove(pipe)  # type: ignore[arg-type]
                tally.merge(report.tally)
                progress.update(task, completed=tally.operations)
                if report.failure:
                    failures.append(report.failure)
    return tally, failures


def main() -> int:
    parser = argparse.ArgumentParser(description="random operations against the exact model")
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=900, help="stop then, done or not")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()

    start = time.monotonic()
    deadline, each = start + options.seconds, -(-options.operations // options.workers)
    pipes, workers = [], []
    context = multiprocessing.get_context("spawn")
    for index in range(options.workers):
        ours, theirs = context.Pipe(duplex=False)
        seed = options.seed * 1_000 + index
        worker = context.Process(target=work, args=(theirs, seed, each, deadline), daemon=True)
        worker.start()
        theirs.close()
        pipes.append(ours)
        workers.append(worker)
    try:
        tally, failures = collect(pipes, options.operations)
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()

    elapsed = time.monotonic() - start
    print(coverage.table(tally))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime
    print(f"\n{elapsed:,.0f} s, {tally.operations / elapsed:,.0f} operations a second")
    print(f"{seconds:,.0f} s of CPU, {tally.operations / seconds:,.0f} operations each")
    if not failures:  # else it stopped early, and has not seen much
        failures = coverage.missing(tally)
        if tally.operations < options.operations:
            failures.append(f"only {tally.operations:,} of {options.operations:,} in time")
    for failure in failures:
        print(f"\nFAILED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
