"""Killed at any point, a keeper loses and doubles nothing.

A kill is placed before or after any request to the node and any change of the journal, between
which nothing leaves the process: fifty of them in one story of falling and rising prices, with a
node that mines at once, or later, or forgets what waits.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from bulkhead.client.node import Node
from bulkhead.keeper.loop import Keeper
from bulkhead.model.types import Status
from tests.keeping import Scene

KILLS = 50
REACH = 120  # fuses of a few rounds


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


class Fuse:
    """Blows at an operation, before it or after."""

    def __init__(self) -> None:
        self.left = 0
        self.places: Counter[str] = Counter()

    @contextlib.contextmanager
    def around(self, what: str) -> Iterator[None]:
        self._burn(f"before {what}")
        yield
        self._burn(f"after {what}")

    def _burn(self, where: str) -> None:
        self.left -= 1
        if self.left == 0:
            self.places[where] += 1
            raise Killed(where)


class FusedNode(Node):
    def __init__(self, uri: str, fuse: Fuse) -> None:
        super().__init__(uri)
        self._fuse = fuse

    def _post(self, calls: Sequence[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
        with self._fuse.around(calls[0][0] if calls else "nothing"):
            return super()._post(calls)


def start(scene: Scene, fuse: Fuse) -> Keeper:
    """A new process with the journal of the one before."""
    fuse.left = 0
    keeper = scene.keeper(node=FusedNode(scene.node.uri, fuse), replace_after=1, batch_size=5)
    change = keeper.database.change

    @contextlib.contextmanager
    def fused() -> Iterator[Any]:
        with fuse.around("change"), change() as connection:
            yield connection

    keeper.database.change = fused  # type: ignore[method-assign]
    return keeper


def test_keeper__killed_fifty_times__loses_and_doubles_nothing(scene: Scene):
    drawn, fuse, node = random.Random(7), Fuse(), scene.node
    for number in range(1, 61):
        scene.open(number, 6 + number % 10, side=1 if number % 4 else -1)
    keeper = start(scene, fuse)
    coins, tokens = keeper.chain.balance(), balance(scene, keeper)
    kills, price = 0, 2_000
    while kills < KILLS:
        price = max(1_600, price + drawn.choice((-40, -25, -10, 15, 20)))
        node.request("evm_setAutomine", drawn.random() < 0.5)
        if drawn.random() < 0.6:  # else what waits goes on waiting
            scene.feed_answers(price)
        fuse.left = drawn.randint(1, REACH)
        try:
            for _ in range(4):
                keeper.round()
                node.mine(node.now + 1)
            fuse.left = 0
        except Killed:
            kills += 1
            scene.kill(keeper)
            if drawn.random() < 0.3:
                node.request("anvil_dropAllTransactions")
            keeper = start(scene, fuse)
    node.request("evm_setAutomine", True)
    for _ in range(6):
        keeper.round()
        node.mine(node.now + 1)
        scene.await_blocks(keeper)

    assert sum(fuse.places.values()) == KILLS and len(fuse.places) > 10, fuse.places
    _check_nothing_lost(scene, keeper)
    _check_nothing_doubled(scene, keeper, coins, tokens)


def _check_nothing_lost(scene: Scene, keeper: Keeper) -> None:
    statuses = Counter(scene.statuses())
    assert statuses[Status.LIQUIDATABLE] == statuses[Status.SETTLEABLE] == 0, statuses
    assert keeper.journal.open() == []
    assert scene.index(keeper).verify() == []
    assert len(scene.events("PositionLiquidated")) > 20
    told = {notice.id.split(":")[1] for notice in keeper.memory.untold()}
    assert told >= {"PositionLiquidated", "MarginCalled"}
    events = [one for name in told for one in scene.events(name)]
    assert len(keeper.memory.untold()) == len(events)


def _check_nothing_doubled(scene: Scene, keeper: Keeper, coins: int, tokens: int) -> None:
    names = ("PositionLiquidated", "MarginCalled", "PositionSettled")
    events = [event for name in names for event in scene.events(name)]
    totals = keeper.journal.totals()
    assert totals.won == len(events)
    assert totals.items == totals.won, "sent for something that was done already"
    assert totals.mined == keeper.chain.nonce()
    assert coins - keeper.chain.balance() == totals.cost
    rewards = sum(event["reward"] for event in events if event.name == "PositionLiquidated")
    assert balance(scene, keeper) - tokens == rewards


def balance(scene: Scene, keeper: Keeper) -> int:
    return int(scene.node.views([scene.pair.balance_view(keeper.chain.sender)])[0])
