"""Two pairs of one factory on different assets, a vault that is nobody's, and a lens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest
from ape.api import AccountAPI
from ape.contracts import ContractInstance

from tests.factory_kit import Yard, build_yard
from tests.kit import World
from tests.lens_kit import Lens, build_pair
from tests.unit.vault.conftest import people, side

__all__ = ["people", "side"]


@pytest.fixture(scope="module")
def yard(chain, project, owner, attacker, recipient, people: list[AccountAPI]) -> Yard:
    """Anyone may create."""
    return build_yard(chain, project, owner, attacker, recipient)


@pytest.fixture(scope="module")
def built_pairs(yard: Yard, people, lp, guardian) -> list[World]:
    first = build_pair(yard, people, lp=lp, guardian=guardian.address)
    return [first, build_pair(yard, people, lp=lp, decimals=18, guardian=guardian.address)]


@pytest.fixture(scope="module")
def lens(yard: Yard, built_pairs: list[World]) -> Lens:
    return Lens(yard, yard.factory)


@pytest.fixture
def worlds() -> Iterator[list[World]]:
    """The pairs that a test has touched: each must balance when the test is over."""
    touched: list[World] = []
    yield touched
    for world in touched:
        world.check_accounts()


@pytest.fixture
def pairs(built_pairs: list[World], worlds: list[World]) -> list[World]:
    """6 and 18 decimals."""
    twins = [world.fork() for world in built_pairs]
    worlds += twins
    return twins


@pytest.fixture
def world(pairs: list[World]) -> World:
    return pairs[0]


@pytest.fixture
def make_pair(yard: Yard, people, lp, worlds: list[World]) -> Callable[..., World]:
    """A pair of a test's own: any argument of `build_pair`."""

    def make(**changes: Any) -> World:
        made = build_pair(yard, people, lp=lp, **changes)
        worlds.append(made)
        return made

    return make


@pytest.fixture
def foreign(project, attacker, world: World) -> ContractInstance:
    """The same code with the same parameters, and not of the factory."""
    return attacker.deploy(project.PairVault, asdict(world.params), 0)
