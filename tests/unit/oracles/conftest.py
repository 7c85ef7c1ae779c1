"""A mock pair of feeds (ETH/USD over USDC/USD) and adapters over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ape.api import AccountAPI
from ape.contracts import ContractInstance
from ape.managers.project import ProjectManager

from tests.conftest import Clock
from tests.unit.oracles.reference import EMPTY_LEG, ZERO_ADDRESS, leg

BASE_ANSWER = 2_000 * 10**8
QUOTE_ANSWER = 10**8


@dataclass
class Feeds:
    """The feeds of an adapter and what it is told about them; tests change what they test."""

    base: ContractInstance
    quote: ContractInstance
    base_leg: dict[str, Any] = field(init=False)
    quote_leg: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.base_leg = leg(
            self.base, heartbeat=3_600, deviation=5 * 10**15, low=10**8, high=10**5 * 10**8
        )
        self.quote_leg = leg(
            self.quote, heartbeat=86_400, deviation=25 * 10**14, low=10**6, high=2 * 10**8
        )

    def config(self, **changes: Any) -> dict[str, Any]:
        """Both legs, no sequencer; `changes` replace whole fields."""
        return {
            "base": self.base_leg,
            "quote": self.quote_leg,
            "sequencer_feed": ZERO_ADDRESS,
            "grace_period": 0,
        } | changes

    def refresh(self, clock: Clock, owner: AccountAPI) -> int:
        """Go on by 10 days, to a second in which both feeds have just answered; returns it."""
        now = clock.now + 10 * 86_400
        self.base.set_updated_at(now, sender=owner)
        self.quote.set_updated_at(now, sender=owner)
        clock.set_time(now)
        return now


@pytest.fixture(params=["base", "quote"])
def side(request: pytest.FixtureRequest) -> str:
    """Each leg in turn."""
    return str(request.param)


@pytest.fixture
def feeds(project: ProjectManager, owner: AccountAPI) -> Feeds:
    return Feeds(
        owner.deploy(project.MockFeed, 8, BASE_ANSWER),
        owner.deploy(project.MockFeed, 8, QUOTE_ANSWER),
    )


@pytest.fixture
def deploy(project: ProjectManager, owner: AccountAPI) -> Callable[..., ContractInstance]:
    """Deploy an adapter with a whole config."""

    def deploy_adapter(config: dict[str, Any]) -> ContractInstance:
        return owner.deploy(project.ChainlinkOracle, config)

    return deploy_adapter


@pytest.fixture
def oracle(deploy: Callable[..., ContractInstance], feeds: Feeds) -> ContractInstance:
    """Base over quote."""
    return deploy(feeds.config())


@pytest.fixture
def single(deploy: Callable[..., ContractInstance], feeds: Feeds) -> ContractInstance:
    """The base leg alone."""
    return deploy(feeds.config(quote=EMPTY_LEG))
