"""No coalition of trader, keeper and LP gains; with a defence off, the search finds a gain."""

from __future__ import annotations

import os

import pytest

from tests.attacks.planted import WEAKNESSES, Weakness, planted
from tests.attacks.scenarios import GAMES, SHARES
from tests.attacks.search import search, split

TRIES = int(os.environ.get("ATTACK_TRIES", "50000"))
SEED = int(os.environ.get("ATTACK_SEED", "0"))

# what a game is pointless without: calls that the vaults accepted
_TRADING = ("adjust_position", "close_position")
_NEEDED = {
    # settled before it begins; positions at their reserve are the next game's
    "still": (*_TRADING, "move_margin", "deposit", "mint", "redeem", "withdraw", "claim"),
    "capped": (*_TRADING, "settle_position", "claim"),
    "drift": (*_TRADING, "deposit", "redeem", "accrue", "liquidate"),
    "latency": (*_TRADING, "deposit", "redeem", "liquidate", "settle_position"),
    "moment": ("adjust_position", "deposit", "liquidate", "settle_position"),
    "spike": ("adjust_position", "move_margin", "deposit", "price"),
    "run": ("close_position", "redeem", "liquidate"),
}  # fmt: skip


def test_split__default_tries__at_least_fifty_thousand() -> None:
    assert set(SHARES) == set(GAMES)
    assert sum(split(50_000).values()) >= 50_000


@pytest.mark.parametrize("game", GAMES)
def test_search__all_defences__nothing_gains(game: str) -> None:
    tries = split(TRIES)[game]
    report = search(game, tries, SEED)
    assert report.found is None, str(report.found)
    assert report.tries == tries
    print(f"{game}: {tries:,} sequences, accepted: {dict(report.calls.most_common())}")
    if tries >= 1_000:
        missing = [name for name in _NEEDED[game] if not report.calls[name]]
        assert not missing, f"never accepted: {missing}"


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda weakness: weakness.name)
def test_search__defence_off__found(weakness: Weakness) -> None:
    with planted(weakness):
        report = search(weakness.game, weakness.budget, SEED)
    assert report.found is not None, f"{weakness.budget} tries of {weakness.game} saw nothing"
    assert report.found.gain > 0


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda weakness: weakness.name)
def test_planted__afterwards__defence_is_back(weakness: Weakness) -> None:
    was = [getattr(target, name) for target, name, _ in weakness.patches]
    with planted(weakness):
        during = [getattr(target, name) for target, name, _ in weakness.patches]
    assert [getattr(target, name) for target, name, _ in weakness.patches] == was
    assert all(a is not b for a, b in zip(was, during, strict=True))
