"""ABIs that the Python package ships: every deployable, and the interfaces that it calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import vyper

from tools.compiler import Compiler
from tools.snapshot import render, update

# Contracts of others that the package talks to.
INTERFACES = ("IAggregatorV3", "IPriceOracle")
# The compiler's own: an ERC-20 token with its optional getters.
TOKEN = "IERC20"
TOKEN_PARTS = ("IERC20", "IERC20Detailed")


def abis(compiler: Compiler) -> dict[str, list[Any]]:
    """By contract name, in the order of the sources."""
    found = {contract: output["abi"] for contract, output in compiler.contracts.items()}
    files = [path for path in compiler.sources.interfaces if path.stem in INTERFACES]
    found |= {path.stem: abi for path, abi in zip(files, _of(compiler, files), strict=True)}
    folder = Path(vyper.__file__).resolve().parent / "builtins" / "interfaces"
    parts = _of(compiler, [folder / f"{part}.vyi" for part in TOKEN_PARTS])
    found[TOKEN] = [entry for part in parts for entry in part]
    return found


def export(compiler: Compiler, folder: Path, *, name: str, write: bool) -> list[str]:
    """Renew `folder`, or say what in it is stale, missing or left over."""
    expected = {f"{contract}.json": render(abi) for contract, abi in abis(compiler).items()}
    problems = []
    for file, text in sorted(expected.items()):
        problems += update(folder / file, text, name=f"{name}/{file}", write=write)
    for path in sorted(folder.glob("*.json")):
        if path.name in expected:
            continue
        if write:
            path.unlink()
        else:
            problems.append(f"{name}/{path.name}: no such contract any more (--write removes it)")
    return problems


def _of(compiler: Compiler, files: list[Path]) -> list[list[Any]]:
    lines = compiler.run("abi", files) if files else []
    return [json.loads(line) for line in lines]
