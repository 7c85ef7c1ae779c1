"""Mutation testing: `python -m tools.mutants [--count N] [--seed N] [--workers N] [--write]`.

Samples mutants of the vault's sources, evenly over the kinds of fault, and looks for one difference
to the exact model on pyrevm; what the model does not notice goes to the tests. Nothing in the
checkout is touched but docs/assurance.md, with --write. Exit status 1 below the target.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console

from tools.mutation import equivalent, report, sites
from tools.mutation.killers import Stillborn, Workshop, failing_test
from tools.mutation.report import Verdict
from tools.mutation.sites import Mutant

TARGET = 0.95
SKIPPED = {
    "modules/refusal.vy",  # texts: another check holds them against the numbers
    "modules/order_nonces.vy",  # of the contracts around the vault, as the next two
    "modules/revert_reason.vy",
    "modules/token_calls.vy",
}
# What random sequences seldom or never do, and the tests that do: odd tokens, signatures,
# strangers, numbers at an edge. Every other module is arithmetic: the tests ask the same model.
TESTS = {
    "PairVault": "test_liquidate test_tokens",
    "limits": "test_guardian test_schedule_limits test_tighten_limits",
    "liquidity": "test_deposit test_mint test_redeem test_withdraw",
    "lp_shares": "test_erc20 test_lock_of test_permit",
    "liquidation": "test_liquidate",
    "margin_rules": "test_status",
    "packing": "test_add_margin test_adjust_position_refusals test_deposit",
    "position_book": "test_accounts test_tokens",
    "price_source": "test_wind_down test_report_dead_oracle",
    "signatures": "test_permit",
    "trading": "test_adjust_position_decrease test_adjust_position_increase "
    "test_adjust_position_refusals test_move_margin",
    "treasury": "test_tokens",
}


def sample(root: Path, seed: int) -> Iterator[Mutant]:
    """All mutants: kinds of fault in turn, within a kind in an order that edits elsewhere keep."""
    contracts = root / "contracts"
    files = [contracts / "PairVault.vy", *sorted((contracts / "modules").glob("*.vy"))]
    kinds: dict[str, list[Mutant]] = {}
    for path in files:
        name = path.relative_to(contracts).as_posix()
        if name not in SKIPPED:
            for mutant in sites.mutants(name, path.read_text("utf-8")):
                kinds.setdefault(mutant.operator, []).append(mutant)
    for mutants in kinds.values():
        mutants.sort(key=lambda mutant: _lot(mutant, seed))
    while kinds:
        for operator in sorted(kinds):
            yield kinds[operator].pop()
            if not kinds[operator]:
                del kinds[operator]


def _lot(mutant: Mutant, seed: int) -> bytes:
    text = f"{seed} {mutant.path} {mutant.source} {mutant.start} {mutant.text}"
    return hashlib.sha256(text.encode()).digest()


def judge(workshop: Workshop, mutant: Mutant) -> Verdict:
    """By the model alone. Raises `Stillborn`."""
    code = workshop.bytecode(mutant)
    difference = "" if code == workshop.original else workshop.difference(code)
    if difference:
        return Verdict(mutant, "model", difference)
    if workshop.is_same(mutant):
        return Verdict(mutant, "equivalent", "the same bytecode")
    known = equivalent.reason(mutant)
    return Verdict(mutant, "equivalent" if known else "", known)


# ---- side by side ----

_workshop: Workshop | None = None  # of a worker


def _open_workshop(root: Path, scratch: Path) -> None:
    global _workshop
    _workshop = Workshop(root, Path(tempfile.mkdtemp(dir=scratch)))


def _judge_here(mutant: Mutant) -> Verdict | None:
    assert _workshop is not None
    try:
        return judge(_workshop, mutant)
    except Stillborn:
        return None


def judged(root: Path, seed: int, workers: int) -> Generator[Verdict | None, None, None]:
    """Of each mutant in turn, worked out a few ahead; None for one that does not compile."""
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as scratch,
        ProcessPoolExecutor(
            workers, get_context("spawn"), _open_workshop, (root, Path(scratch))
        ) as pool,
    ):
        mutants, ahead = sample(root, seed), deque[Future[Verdict | None]]()
        try:
            while True:
                for mutant in islice(mutants, 2 * workers - len(ahead)):
                    ahead.append(pool.submit(_judge_here, mutant))
                if not ahead:
                    return
                yield ahead.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def tests_of(mutant: Mutant) -> list[str]:
    names = TESTS.get(Path(mutant.path).stem, "").split()
    return [f"tests/unit/vault/{name}.py" for name in names]


def run(root: Path, count: int, seed: int, workers: int, *, has_tests: bool) -> list[Verdict]:
    console, stillborn = Console(highlight=False, soft_wrap=True), 0
    verdicts: list[Verdict] = []
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        workshop = Workshop(root, Path(scratch))
        flaw = workshop.difference(workshop.original)
    if flaw:
        raise RuntimeError(f"the vault itself differs from the model {flaw}; make compile?")
    with closing(judged(root, seed, workers)) as found:
        for verdict in found:
            if verdict is None:
                stillborn += 1
                continue
            verdicts.append(verdict)
            said = verdict.by or "not noticed"
            line = f"{len(verdicts):4} {said:11} {verdict.mutant}  ({verdict.reason})"
            console.print(line, markup=False)
            if len(verdicts) == count:
                break
    for index, verdict in enumerate(verdicts):
        tests = tests_of(verdict.mutant)
        if not verdict.by and has_tests and tests:
            failed = failing_test(root, verdict.mutant, tests)
            if failed:
                verdicts[index] = Verdict(verdict.mutant, "tests", failed)
            said = f"killed by {failed}" if failed else "SURVIVED"
            console.print(f"{said}: {verdict.mutant}", markup=False)
    minutes = (time.monotonic() - start) / 60
    console.print(f"{stillborn} more did not compile; {minutes:.1f} minutes", markup=False)
    return verdicts


def main() -> int:
    parser = argparse.ArgumentParser(description="mutation testing of the vault")
    parser.add_argument("--count", type=int, default=160)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="the table into docs/assurance.md")
    parser.add_argument("--no-tests", action="store_true", help="leave survivors to the model")
    given = parser.parse_args()
    root = Path.cwd()
    try:
        verdicts = run(root, given.count, given.seed, given.workers, has_tests=not given.no_tests)
    except (FileNotFoundError, RuntimeError) as error:
        sys.exit(f"error: {error}")
    table = report.render(verdicts, given.seed)
    print(table)
    if given.write:
        report.write(root / "docs" / "assurance.md", table)
    return 0 if report.figures(verdicts)[3] >= TARGET else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
