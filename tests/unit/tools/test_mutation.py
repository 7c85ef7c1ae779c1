"""Mutants: where they are made, that they fit the source, and what the report says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.mutants import sample
from tools.mutation import equivalent, report, sites
from tools.mutation.report import Verdict

ROOT = Path(__file__).parents[3]
SOURCE = '''# pragma version 0.4.3
"""
@notice unsafe_add(1, 2) in words is not touched
"""
LIMIT: constant(uint256) = 7  # 8


@internal
def _move(
    amount: uint256,
) -> uint256:
    # amount - 1 < 2
    if amount > LIMIT:
        refusal._because(refusal.TOO_MUCH)
    self.total = unsafe_add(self.total, amount)
    return fixed_point._div_up(amount, 3)
'''


def made() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for mutant in sites.mutants("modules/sample.vy", SOURCE):
        found.setdefault(mutant.operator, []).append(str(mutant).split("] ")[1])
    return found


def test_mutants__of_each_kind__only_in_code() -> None:
    assert made() == {
        "arithmetic": ["self.total = unsafe_sub(self.total, amount)"],
        "check": ["drop refusal._because(refusal.TOO_MUCH)"],
        "constant": [
            "LIMIT: constant(uint256) = 8  # 8",
            "return fixed_point._div_up(amount, 4)",
        ],
        "direction": ["if amount < LIMIT:"],
        "rounding": ["return unsafe_div(amount, 3)"],
        "strictness": ["if amount >= LIMIT:"],
        "write": ["drop self.total = unsafe_add(self.total, amount)"],
    }


def test_apply__one_mutant__one_line_changes() -> None:
    for mutant in sites.mutants("modules/sample.vy", SOURCE):
        before, after = SOURCE.split("\n"), mutant.apply(SOURCE).split("\n")
        changed = [number for number, line in enumerate(before, 1) if after[number - 1] != line]
        assert changed == [mutant.line]


def test_apply__another_source__refused() -> None:
    mutant = sites.mutants("modules/sample.vy", SOURCE)[0]
    with pytest.raises(AssertionError):
        mutant.apply("\n" + SOURCE)


def test_sample__the_vault__the_same_again_and_every_kind() -> None:
    first = [next(iterator) for iterator in [sample(ROOT, 1)] for _ in range(48)]
    again = [next(iterator) for iterator in [sample(ROOT, 1)] for _ in range(48)]
    assert first == again
    assert len({mutant.operator for mutant in first}) == 12
    assert len(set(first)) == 48


def test_equivalent__every_entry__is_a_mutant_of_the_vault() -> None:
    known = {(m.path, m.source.strip(), m.mutated.strip()) for m in sample(ROOT, 1)}
    assert [key for key in equivalent.EQUIVALENT if key not in known] == []


def test_render__killed_survived_equivalent__counted() -> None:
    mutants = sites.mutants("modules/sample.vy", SOURCE)
    by = ("model", "tests", "", "equivalent")
    verdicts = [Verdict(mutant, who, "why") for mutant, who in zip(mutants, by, strict=False)]
    assert report.figures(verdicts) == (2, 1, 1, 2 / 3)
    table = report.render(verdicts, seed=1)
    assert "2 killed, 1 survived, 1 equivalent; 66.7%" in table
    assert table.startswith(report.BEGIN)
    assert table.endswith(report.END)


def test_write__between_the_marks__and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write(page, f"{report.BEGIN}\nnew\n{report.END}")
    assert page.read_text() == f"before\n{report.BEGIN}\nnew\n{report.END}\nafter\n"


def test_write__no_marks__refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing here\n")
    with pytest.raises(ValueError, match="missing"):
        report.write(page, "table")
