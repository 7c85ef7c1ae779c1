"""An order book beside the reference vault: a keeper, and traders who have allowed the book."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit import World
from tests.order_kit import Desk, build_desk
from tests.unit.vault.conftest import built_world, decimals, make_world, people, side, world, worlds

__all__ = [
    "built_world",
    "decimals",
    "make_world",
    "people",
    "side",
    "world",
    "worlds",
]


@pytest.fixture(scope="module")
def built_desk(project: Any, owner, people, built_world: World) -> Desk:
    """Built once per module; tests use `desk`."""
    return build_desk(project, owner, built_world, people)


@pytest.fixture
def desk(built_desk: Desk, world: World) -> Desk:
    """Without orders and without positions."""
    return built_desk.fork(world)
