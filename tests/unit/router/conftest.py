"""A router beside the reference vault, on a token with permits; nobody has allowed it anything."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead.model import WAD
from tests.kit import World, build
from tests.router_kit import RouterDesk
from tests.unit.vault.conftest import decimals, people, side, worlds

__all__ = ["decimals", "people", "side", "worlds"]

SIZE = 10 * WAD


def build_router(project: Any, owner, world: World, people: list[Any]) -> RouterDesk:
    factory = owner.deploy(project.MockFactory)
    factory.set_vault(world.vault, True, sender=owner)
    return RouterDesk(world, owner.deploy(project.Router, factory), factory, people)


@pytest.fixture(scope="module")
def built_desk(chain, project, owner, people, lp, guardian, decimals) -> RouterDesk:
    """Built once per module; tests use `desk`."""
    token = owner.deploy(project.MockTokenPermit, "Dollar", "USD", decimals)
    changes = {"guardian": guardian.address, "decimals": decimals, "token": token}
    return build_router(
        project, owner, build(chain, project, owner, people, lp=lp, **changes), people
    )


@pytest.fixture
def desk(built_desk: RouterDesk, worlds: list[World]) -> RouterDesk:
    """Without positions."""
    twin = built_desk.fork(built_desk.world.fork())
    worlds.append(twin.world)
    return twin
