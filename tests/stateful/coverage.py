"""What a run must have seen, or it has proved less than it seems to."""

from __future__ import annotations

import re
from pathlib import Path

from tests.stateful.machine import Tally
from tests.stateful.world import SIGNATURES

_REFUSALS = Path(__file__).parents[2] / "contracts" / "modules" / "refusal.vy"

UNREACHABLE = {
    "vault: wrong amount received": "only by a token that keeps a fee; the mock here is honest",
}
ACTIONS = {*SIGNATURES, "set_band", "set_fault", "donate"}
NEVER_STILL = {"liquidate", "wind_down"}


def reasons() -> set[str]:
    """All that the contracts can say."""
    found = re.findall(r"= \d+  # ([a-z ]+)$", _REFUSALS.read_text(), re.MULTILINE)
    return {f"vault: {text}" for text in found}


def missing(tally: Tally) -> list[str]:
    """Actions that never succeeded, and reasons that never occurred."""
    actions = sorted(action for action in ACTIONS if not tally.successes[action])
    unheard = sorted(reasons() - set(UNREACHABLE) - set(tally.refusals))
    kinds = [] if tally.refusals["absurd"] else ["absurd arguments"]
    known = sorted(reason for reason in tally.refusals if reason in UNREACHABLE)
    return [
        *[f"never succeeded: {action}" for action in actions],
        *[f"never refused: {reason}" for reason in [*unheard, *kinds]],
        *[f"said to be unreachable, and was reached: {reason}" for reason in known],
    ]


def table(tally: Tally) -> str:
    """Counts of successes by action, refusals by reason, and events."""
    parts = [f"{tally.operations:,} operations on vaults, {tally.steps:,} steps"]
    for title, counts in (
        ("succeeded", tally.successes),
        ("refused", tally.refusals),
        ("events", tally.events),
    ):
        parts.append(f"\n{title:<34}{counts.total():>12,}")
        parts += [f"  {name:<32}{count:>12,}" for name, count in sorted(counts.items())]
    parts.append("\nnot reachable here")
    parts += [f"  {reason}: {why}" for reason, why in sorted(UNREACHABLE.items())]
    return "\n".join(parts)
