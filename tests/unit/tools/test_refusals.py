"""Reasons that are numbers: the check notices one that is not what its comment says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import refusals
from tools.sources import Sources

GOOD = int.from_bytes(b"pool full", "big")


def project(tmp_path: Path, number: int = GOOD, reason: str = "pool full", use: str = "POOL_FULL"):
    modules = tmp_path / "contracts" / "modules"
    modules.mkdir(parents=True)
    (modules / "refusal.vy").write_text(f"POOL_FULL: constant(uint256) = {number}  # {reason}\n")
    (modules / "user.vy").write_text(f"refusal._because(refusal.{use})\n")
    return Sources(tmp_path)


def test_check__numbers_are_texts__silent(tmp_path: Path) -> None:
    assert refusals.check(project(tmp_path)) == []


@pytest.mark.parametrize(
    "change",
    [{"number": GOOD + 1}, {"reason": "pool is full"}, {"use": "POOL_EMPTY"}],
)
def test_check__anything_else__reported(tmp_path: Path, change: dict[str, object]) -> None:
    assert refusals.check(project(tmp_path, **change))  # type: ignore[arg-type]


def test_reasons__of_the_vault__forty_or_so() -> None:
    text = (Path("contracts") / "modules" / "refusal.vy").read_text("utf-8")
    assert len(refusals.reasons(text)) == text.count(": constant(") - 1  # all but the prefix
