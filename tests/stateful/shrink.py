"""Makes a failing sequence short, and prints it as a script that fails again on Anvil."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from tests.stateful import scene
from tests.stateful.anvil import Anvil
from tests.stateful.machine import Difference, Move, Player, check_simulated

_SCRIPT = '''\
"""Chain and model disagree: PYTHONPATH=. python FILE, in the project's folder and environment."""

from tests.stateful.shrink import reproduce
from tests.stateful.world import Step

MOVES = [
{moves}
]

reproduce(MOVES)
'''


def thin(moves: list[Move], fails: Callable[[list[Move]], bool], seconds: float = 60) -> list[Move]:
    """Leave out whatever the failure does not need: halves first, then ever smaller pieces."""
    end = time.monotonic() + seconds
    size = max(len(moves) // 2, 1)
    while size:
        start = len(moves) - size
        while start > -size and time.monotonic() < end:
            shorter = moves[: max(start, 0)] + moves[start + size :]
            if shorter and fails(shorter):
                moves = shorter
            start -= size
        size //= 2
    return moves


def fails_on(anvil: Anvil, player: Player) -> Callable[[list[Move]], bool]:
    """Whether a sequence breaks a promise or differs from the chain."""

    def fails(moves: list[Move]) -> bool:
        again = Player(player.origin, player.is_still)
        try:
            for move in moves:
                again.play(move)
            check_simulated(anvil, again)
        except Difference:
            return True
        return False

    return fails


def script(moves: list[Move]) -> str:
    lines = [f"    ({step!r}, {focus!r})," for step, focus in moves]
    return _SCRIPT.format(moves="\n".join(lines))


def report(anvil: Anvil, player: Player, difference: Difference) -> str:
    """What went wrong, and the shortest script found that shows it."""
    fails = fails_on(anvil, player)
    moves = player.moves[: difference.index + 1]
    if not fails(moves):
        return f"{difference}\n(does not fail again on Anvil)\n{script(moves)}"
    return f"{difference}\n\n{script(thin(moves, fails))}"


def reproduce(moves: list[Move]) -> None:
    """Play `moves` on a node of our own; tells what differs and exits with 1, or with 0."""
    anvil = Anvil()
    try:
        player = Player(scene.build(anvil))
        try:
            for move in moves:
                outcome = player.play(move)
                print(move[0], "->", outcome.reason or "ok")
            check_simulated(anvil, player)
        except Difference as difference:
            print(f"\n{difference}")
            sys.exit(1)
    finally:
        anvil.close()
    print("no difference")
