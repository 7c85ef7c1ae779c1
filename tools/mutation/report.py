"""What became of the mutants, as a table for docs/assurance.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tools.mutation.sites import Mutant

BEGIN, END = "<!-- mutants: make mutants -->", "<!-- mutants: end -->"


@dataclass(frozen=True)
class Verdict:
    """`by`: "model", "tests", "equivalent" or "" for a survivor; `reason`: what it fell by."""

    mutant: Mutant
    by: str
    reason: str


def figures(verdicts: list[Verdict]) -> tuple[int, int, int, float]:
    """Killed, survived, equivalent, and the share killed of those that are not equivalent."""
    count = Counter(verdict.by for verdict in verdicts)
    killed = count["model"] + count["tests"]
    survived, equivalent = count[""], count["equivalent"]
    return killed, survived, equivalent, killed / max(killed + survived, 1)


def render(verdicts: list[Verdict], seed: int) -> str:
    killed, survived, equivalent, share = figures(verdicts)
    summary = (
        f"{len(verdicts)} mutants (seed {seed}): {killed} killed, {survived} survived, "
        f"{equivalent} equivalent; {share:.1%} of those that are not equivalent are killed."
    )
    lines = [
        BEGIN,
        "",
        summary,
        "",
        "| operator | mutants | killed by the model | by the tests | survived | equivalent |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for operator in sorted({verdict.mutant.operator for verdict in verdicts}):
        of_it = [verdict.by for verdict in verdicts if verdict.mutant.operator == operator]
        counts = [of_it.count(by) for by in ("model", "tests", "", "equivalent")]
        lines.append(f"| {operator} | {len(of_it)} | {' | '.join(map(str, counts))} |")
    rest = sorted(
        (verdict for verdict in verdicts if verdict.by in ("", "equivalent")),
        key=lambda verdict: (verdict.by, verdict.mutant),
    )
    if rest:
        lines += ["", "| not killed | became | why |", "| --- | --- | --- |"]
        for verdict in rest:
            mutant = verdict.mutant
            where = f"`{mutant.path}:{mutant.line}`<br>`{_cell(mutant.source)}`"
            why = f"{verdict.by or 'survived'}: {verdict.reason}" if verdict.reason else "survived"
            lines.append(f"| {where} | `{_cell(mutant.mutated)}` | {why} |")
    return "\n".join([*lines, "", END])


def _cell(source: str) -> str:
    return source.strip().replace("|", "\\|")


def write(path: Path, table: str) -> None:
    """Between the two marks of `path`. Raises `ValueError` where they are missing."""
    text = path.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path}: the marks {BEGIN} and {END} are missing")
    path.write_text(before + table + after, "utf-8")
