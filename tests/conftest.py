"""Fixtures that any test may use. Ape takes the chain back to where it was after every test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from ape.api import AccountAPI
from ape.managers.chain import ChainManager


@dataclass(frozen=True)
class Clock:
    """Block time in the test's hands. Left alone, Anvil adds the wall clock's seconds to it, so a
    test that looks at seconds says at which one its transaction happens."""

    chain: ChainManager

    @property
    def now(self) -> int:
        """Unix seconds of the last block: what a view sees."""
        return int(self.chain.blocks.head.timestamp)

    def set_time(self, timestamp: int) -> None:
        """Mine an empty block at `timestamp` (unix seconds, after the last block): views see it."""
        self.chain.mine(timestamp=timestamp)

    def advance(self, seconds: int) -> None:
        """Mine an empty block `seconds` after the last one."""
        self.set_time(self.now + seconds)

    def set_next(self, timestamp: int) -> None:
        """The next transaction happens at exactly `timestamp` (unix seconds, in the future)."""
        self.chain.pending_timestamp = timestamp


@pytest.fixture
def clock(chain: ChainManager) -> Clock:
    return Clock(chain)


@pytest.fixture(scope="session")
def owner(accounts: Any) -> AccountAPI:
    """Deploys, and owns what has an owner."""
    return accounts[0]


@pytest.fixture(scope="session")
def trader(accounts: Any) -> AccountAPI:
    return accounts[1]


@pytest.fixture(scope="session")
def trader2(accounts: Any) -> AccountAPI:
    return accounts[2]


@pytest.fixture(scope="session")
def lp(accounts: Any) -> AccountAPI:
    return accounts[3]


@pytest.fixture(scope="session")
def keeper(accounts: Any) -> AccountAPI:
    return accounts[4]


@pytest.fixture(scope="session")
def guardian(accounts: Any) -> AccountAPI:
    return accounts[5]


@pytest.fixture(scope="session")
def attacker(accounts: Any) -> AccountAPI:
    return accounts[6]


@pytest.fixture(scope="session")
def recipient(accounts: Any) -> AccountAPI:
    """Of protocol fees."""
    return accounts[7]
