"""The search: random stages, and from each many random sequences of a coalition's moves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.attacks.scenarios import GAMES, SHARES
from tests.attacks.scene import Scene

TRIES_PER_STAGE = 40


@dataclass(frozen=True)
class Find:
    """A sequence that gains, in asset units of vaults with `decimals`, at the `tries`th try."""

    game: str
    tries: int
    gain: int
    decimals: int
    pool: int
    story: list[tuple[Any, ...]]

    def __str__(self) -> str:
        steps = "\n  ".join(map(str, self.story))
        return f"{self.game}: {self.gain} units gained at try {self.tries}:\n  {steps}"


@dataclass
class Report:
    """What a search has done: tries, and calls that the vaults accepted."""

    tries: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    found: Find | None = None


def search(game: str, tries: int, seed: int = 0) -> Report:
    """Play until something gains, at most `tries` times."""
    build, play = GAMES[game]
    report = Report()
    stage: Scene | None = None
    for number in range(tries):
        random = Random(f"{game} {seed} {number}")
        if stage is None or number % TRIES_PER_STAGE == 0:
            stage = build(random)
        scene = stage.fork()
        known = len(scene.story)
        gain = play(scene, random)
        report.tries = number + 1
        steps = scene.story[known:]
        report.calls.update(str(step[1]) for step in steps if step[0] != "wait")
        if gain > 0:
            vault = scene.pairs[0].vault
            report.found = Find(
                game, number + 1, gain, vault.decimals, vault.market.pool, scene.story
            )
            return report
    return report


def split(tries: int) -> dict[str, int]:
    """How many tries each game gets of a total."""
    return {game: -(-tries * share // sum(SHARES.values())) for game, share in SHARES.items()}
