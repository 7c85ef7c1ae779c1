"""Small projects for the checks to look at."""

from __future__ import annotations

from pathlib import Path

import pytest

HEAD = "# pragma version 0.4.3\n#pragma optimize gas\n# pragma nonreentrancy on\n"


class Project:
    """A folder with the shape of this one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("ape-config.yaml", "vyper:\n  evm_version: cancun\n")

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def write_contract(self, name: str, body: str) -> Path:
        return self.write(f"contracts/{name}", HEAD + body)


@pytest.fixture
def sample(tmp_path: Path) -> Project:
    return Project(tmp_path)
