"""Vaults for the stories of the exploit book, on the real contracts alone.

The model does not run beside them: it would notice any change of the contracts, and a story shall
fail for what it is about. Every vault must still balance to the unit when its test is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factory_kit import Yard, build_yard
from tests.kit import World, build
from tests.unit.vault.conftest import built_world, decimals, people, side, worlds

__all__ = ["built_world", "decimals", "make_world", "people", "side", "world", "worlds"]


@pytest.fixture
def world(built_world: World, worlds: list[World]) -> World:
    """The reference vault, as built: with liquidity, without positions, without its model."""
    twin = built_world.fork()
    twin.is_mirrored = False
    worlds.append(twin)
    return twin


@pytest.fixture
def make_world(
    chain: Any, project: Any, owner, people, lp, guardian, decimals, worlds: list[World]
) -> Callable[..., World]:
    """A vault of a test's own: `make_world(trading_fee=0)`, or any argument of `kit.build`."""

    def make(**changes: Any) -> World:
        changes = {"guardian": guardian.address, "decimals": decimals} | changes
        made = build(chain, project, owner, people, lp=lp, **changes)
        made.is_mirrored = False
        worlds.append(made)
        return made

    return make


@pytest.fixture(scope="module")
def yard(
    chain: Any, project: Any, owner, trader, recipient, lp, guardian, attacker, people
) -> Yard:
    """A real factory, without vaults; the trader creates them."""
    return build_yard(chain, project, owner, trader, recipient)
