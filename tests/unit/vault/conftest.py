"""A funded vault for every test, and the accounting identity after every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ape.api import AccountAPI
from ape.managers.chain import ChainManager

from tests.kit import SIDES, World, build


@pytest.fixture(scope="session")
def people(trader, trader2, lp, keeper, guardian, attacker) -> list[AccountAPI]:
    """Everyone who gets tokens and approves the vault."""
    return [trader, trader2, lp, keeper, guardian, attacker]


@pytest.fixture(scope="module")
def decimals(request: pytest.FixtureRequest) -> int:
    """Of the asset: 6, or what a test is parametrised with (indirectly)."""
    return int(getattr(request, "param", 6))


@pytest.fixture(scope="module")
def built_world(chain, project, owner, people, lp, guardian, decimals) -> World:
    """Built once per module and number of decimals; tests use `world`."""
    return build(chain, project, owner, people, lp=lp, decimals=decimals, guardian=guardian.address)


@pytest.fixture
def worlds() -> Iterator[list[World]]:
    """The worlds that a test has touched: each must balance when the test is over."""
    touched: list[World] = []
    yield touched
    for world in touched:
        world.check_accounts()


@pytest.fixture
def world(built_world: World, worlds: list[World]) -> World:
    """The reference vault, as built: with liquidity, without positions."""
    twin = built_world.fork()
    worlds.append(twin)
    return twin


@pytest.fixture
def make_world(
    chain: ChainManager, project: Any, owner, people, lp, guardian, decimals, worlds: list[World]
) -> Callable[..., World]:
    """A vault of a test's own: `make_world(trading_fee=0)`, or any argument of `kit.build`."""

    def make(**changes: Any) -> World:
        changes = {"guardian": guardian.address, "decimals": decimals} | changes
        made = build(chain, project, owner, people, lp=lp, **changes)
        worlds.append(made)
        return made

    return make


@pytest.fixture(params=list(SIDES.values()), ids=list(SIDES))
def side(request: pytest.FixtureRequest) -> int:
    """Each test as a long (1) and mirrored as a short (-1)."""
    return int(request.param)
