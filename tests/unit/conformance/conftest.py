"""A vault as an integrator finds it: idle, or with positions open on both sides and time gone by.

Tests are named after what the EIP says MUST be. They run on the contract alone.
"""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead.model import WAD
from tests.kit import World, build
from tests.unit.vault.conftest import people, worlds

__all__ = ["people", "worlds"]

ETH = WAD


@pytest.fixture(scope="module")
def states(chain: Any, project: Any, owner, people, lp, trader, trader2, attacker, guardian) -> Any:
    """Both vaults, by name. The LP's shares are free, the attacker's are locked."""

    def make(name: str) -> World:
        world = build(chain, project, owner, people, lp=lp, guardian=guardian.address)
        world.is_mirrored = False
        if name == "busy":
            world.adjust(trader, 1, 900 * ETH, world.units(150_000))
            world.adjust(trader2, 1, -400 * ETH, world.units(90_000))
            world.adjust(trader2, 2, 50 * ETH, world.units(20_000))
            world.donate(attacker, world.units(777))
            world.advance(9 * 86_400)
            world.set_band(2_050 * WAD, 2_054 * WAD)
        return world

    made = {name: make(name) for name in ("idle", "busy")}
    for world in made.values():
        world.send("deposit", world.units(5_000), sender=attacker)
    return made


@pytest.fixture(params=["idle", "busy"])
def vault(request: pytest.FixtureRequest, states: Any, worlds: list[World]) -> World:
    world = states[request.param]
    worlds.append(world)
    return world
