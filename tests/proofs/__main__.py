"""`make prove`: every claim, and the bound of every unchecked operation."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rich.console import Console

from tests.proofs import unchecked, words
from tests.proofs.claims import CLAIMS
from tests.proofs.symbolic import Unproved


def main() -> int:
    console, failures = Console(highlight=False, soft_wrap=True), 0
    for claim in CLAIMS:
        start = time.monotonic()
        try:
            with console.status(claim.name):
                paths = claim.prove()
            said = f"proved, {paths} paths"
        except Unproved as unproved:
            said, failures = f"NOT PROVED: {unproved}", failures + 1
        seconds = time.monotonic() - start
        console.print(f"{claim.group:9} {claim.name:28} {said} ({seconds:.1f} s)", markup=False)
    contracts = Path("contracts")
    for line in words.missing_quotes(contracts):
        console.print(f"words: transcribed, but no longer in the source: {line}", markup=False)
        failures += 1
    failures += _print_operations(console, contracts)
    return 1 if failures else 0


def _print_operations(console: Console, contracts: Path) -> int:
    failures, related = 0, 0
    for operation in unchecked.operations(contracts):
        where = f"{operation.module}.{operation.function}: {operation.expression}"
        try:
            found = unchecked.bound(operation)
        except unchecked.Unbounded as unbounded:
            console.print(f"UNBOUNDED {where}: {unbounded}", markup=False)
            failures += 1
            continue
        related += isinstance(found, str)
        said = found if isinstance(found, str) else f"{unchecked.bits(found)} bits"
        console.print(f"{where}: {said}", markup=False)
    console.print(f"{related} of the unchecked operations by their relation, the rest by intervals")
    return failures


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("stopped")
