"""The order book against its exact model: random orders on Anvil, every answer, event and balance.

As in test_differential: played on the models first, then on the node in one request a sequence,
with a look at all that the vault stores, and at everyone's wallet, after each call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from eth_utils import keccak

from bulkhead.orders.types import Trigger
from tests.stateful import orders, scene
from tests.stateful.anvil import Anvil
from tests.stateful.machine import blocks
from tests.stateful.words import reason_of
from tests.stateful.world import World

SEQUENCES, LENGTH = 8, 250
REASONS = {
    "orders: already executed",
    "orders: another position",
    "orders: cancelled",
    "orders: epoch not begun",
    "orders: expired",
    "orders: no live price",
    "orders: no such position",
    "orders: not a reduction",
    "orders: not owner or operator",
    "orders: not triggered",
    "orders: not valid yet",
    "orders: position exists",
    "orders: signature invalid",
    "orders: unknown vault",
    "vault: below initial ratio",
    "vault: not owner or operator",
    "vault: price beyond acceptable",
    "",
}
"""Each must have come up; the empty one is arithmetic."""


@pytest.fixture(scope="module")
def order_simulator() -> Iterator[Anvil]:
    anvil = Anvil()
    yield anvil
    anvil.close()


@pytest.fixture(scope="module")
def order_world(order_simulator: Anvil) -> World:
    world = scene.build(order_simulator, scene.PROFILES[:2])
    orders.build(order_simulator, world)
    return world


def test_orders__random_sequences__equal_the_model_on_anvil(
    order_simulator: Anvil, order_world: World
) -> None:
    tally: Counter[str] = Counter()
    for seed in range(SEQUENCES):
        drawer = orders.Drawer(order_world, Random(seed))
        drawer.play(LENGTH)
        check(order_simulator, drawer, seed)
        tally += drawer.tally
    print(dict(tally))
    assert tally.keys() >= REASONS | {"executed"} | {trigger.name for trigger in Trigger}
    attempts = sum(tally.values()) - sum(tally[trigger.name] for trigger in Trigger)
    assert attempts >= 1_000
    assert tally["executed"] >= 200


def check(anvil: Anvil, drawer: orders.Drawer, seed: int) -> None:
    """One request for the whole sequence."""
    answers = anvil.simulate(drawer.world.names, blocks(drawer.outcomes))
    for index, outcome in enumerate(drawer.outcomes):
        answer, seen = answers[2 * index], answers[2 * index + 1]
        where = f"sequence {seed}, call {index}, should: {outcome.reason or 'succeed'!r}"
        said = reason_of(answer.output or b"")
        assert answer.is_success == outcome.is_success, f"{where}; chain: {said!r}"
        assert answer.output == outcome.output, f"{where}; chain: {said!r}"
        if outcome.call.target == orders.BOOK:
            assert answer.logs == outcome.logs, where
        assert seen.output == keccak(outcome.view), f"{where}: the vault or a wallet differs"
