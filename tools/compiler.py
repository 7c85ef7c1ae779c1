"""The Vyper compiler, run as the project is built: search path, EVM version, pinned version."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from tools.sources import Sources


class CompilationError(Exception):
    """The compiler refused a source; the message is the compiler's."""


class Compiler:
    """Compiles the deployables of `sources` once, whatever is asked of them afterwards."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    @cached_property
    def evm_version(self) -> str:
        """The EVM version stands in Ape's configuration alone."""
        config = yaml.safe_load((self.sources.root / "ape-config.yaml").read_text("utf-8"))
        return str(config["vyper"]["evm_version"])

    @cached_property
    def version(self) -> str:
        return self._call("--version").strip()

    @cached_property
    def contracts(self) -> dict[str, dict[str, Any]]:
        """By stem: the combined JSON of every deployable (abi, bytecode, layout and more)."""
        files = self.sources.deployables
        if not files:
            return {}
        combined = json.loads(self.run("combined_json", files)[0])
        return {path.stem: combined[self.sources.name(path)] for path in files}

    def run(self, output_format: str, files: Sequence[Path]) -> list[str]:
        """One line of output for each of `files` (one in all for `combined_json`).

        Raises `CompilationError` when a file does not compile.
        """
        names = [self.sources.name(path) if self._is_inside(path) else str(path) for path in files]
        options = ["-p", ".", "--evm-version", self.evm_version, "-f", output_format]
        return self._call(*options, *names).splitlines()

    def _is_inside(self, path: Path) -> bool:
        return path.is_relative_to(self.sources.root)

    def _call(self, *arguments: str) -> str:
        # The script, not `python -m vyper`, which would search this folder before all others.
        vyper = Path(sys.executable).with_name("vyper")
        result = subprocess.run(
            [str(vyper), *arguments],
            cwd=self.sources.root,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise CompilationError(result.stderr.strip())
        return result.stdout
