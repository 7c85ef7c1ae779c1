"""Command line: `python -m tools.check style sizes layout abi [--write]`.

Exit status 0 when nothing is found, 1 when something is, 2 when it cannot be said.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tools import abi, layout, sizes, style
from tools.compiler import CompilationError, Compiler
from tools.snapshot import render, update
from tools.sources import Sources

Check = Callable[[Compiler, bool], list[str]]


def check_style(compiler: Compiler, _: bool) -> list[str]:
    return style.check(compiler.sources)


def check_sizes(compiler: Compiler, write: bool) -> list[str]:
    snapshot = sizes.sizes(compiler)
    for contract, size in snapshot["contracts"].items():
        figures = "  ".join(f"{what} {bytes_:,}" for what, bytes_ in size.items())
        print(f"  {contract:<18} {figures}")
    path = compiler.sources.root / "snapshots" / "size.json"
    problems = sizes.violations(snapshot["contracts"])
    return problems + update(path, render(snapshot), name="snapshots/size.json", write=write)


def check_layout(compiler: Compiler, write: bool) -> list[str]:
    path = compiler.sources.root / "snapshots" / "layout.json"
    text = render(layout.layouts(compiler))
    return update(path, text, name="snapshots/layout.json", write=write)


def check_abi(compiler: Compiler, write: bool) -> list[str]:
    folder = compiler.sources.root / "bulkhead" / "abi"
    return abi.export(compiler, folder, name="bulkhead/abi", write=write)


CHECKS: dict[str, Check] = {
    "style": check_style,
    "sizes": check_sizes,
    "layout": check_layout,
    "abi": check_abi,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.check", description=__doc__)
    parser.add_argument("checks", nargs="+", choices=CHECKS, metavar="|".join(CHECKS))
    parser.add_argument("--write", action="store_true", help="renew snapshots and ABIs")
    parser.add_argument("--root", type=Path, default=Path(), help="the project (default: here)")
    options = parser.parse_args(arguments)
    compiler = Compiler(Sources(options.root.resolve()))
    failed = False
    for name in dict.fromkeys(options.checks):
        try:
            problems = CHECKS[name](compiler, options.write)
        except (CompilationError, OSError) as error:
            print(f"{name}: error: {error}", file=sys.stderr)
            return 2
        for problem in problems:
            print(f"{name}: {problem}", file=sys.stderr)
        print(f"{name}: {'ok' if not problems else f'{len(problems)} found'}")
        failed = failed or bool(problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
