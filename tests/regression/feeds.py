"""A vault on the real Chainlink adapter, over mock feeds: ETH/USD, USDC/USD and a sequencer's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ape.contracts import ContractInstance

from tests.kit import World
from tests.unit.oracles.reference import EMPTY_LEG, leg

BASE_HEARTBEAT, QUOTE_HEARTBEAT = 3_600, 86_400
BASE_ANSWER, QUOTE_ANSWER = 2_000 * 10**8, 10**8
GRACE = 3_600


@dataclass
class FeedWorld:
    """What a pair on feeds consists of. `world.set_band` does nothing here: feeds say the price."""

    world: World
    base: ContractInstance
    quote: ContractInstance
    uptime: ContractInstance
    adapter: ContractInstance

    def say(self, feed: ContractInstance, answer: int, *, at: int | None = None) -> int:
        """A new round of one feed; returns its time."""
        now = self.world.at(at)
        self.world.node.send(self.world.owner, feed, "set_answer", answer)
        return now

    def refresh(self) -> int:
        """Both price feeds repeat themselves, in one second; returns it."""
        now = self.world.now + 10
        for feed in (self.base, self.quote):
            self.world.node.send(self.world.owner, feed, "set_updated_at", now)
        self.world.node.mine(now)
        return now

    def band(self) -> tuple[int, int, int, bool]:
        """bid, ask, updated_at, live"""
        return self.world.node.view(self.adapter, "price_band")


def build_feed_world(
    make_world: Any, project: Any, owner: Any, *, has_quote: bool = True, **changes: Any
) -> FeedWorld:
    """`changes` are of the vault; both price feeds have just answered."""
    base = owner.deploy(project.MockFeed, 8, BASE_ANSWER)
    quote = owner.deploy(project.MockFeed, 8, QUOTE_ANSWER)
    uptime = owner.deploy(project.MockFeed, 0, 0)
    of_quote = leg(quote, heartbeat=QUOTE_HEARTBEAT, deviation=10**15, low=10**6, high=2 * 10**8)
    config = {
        "base": leg(base, heartbeat=BASE_HEARTBEAT, deviation=10**15, low=10**8, high=10**13),
        "quote": of_quote if has_quote else EMPTY_LEG,
        "sequencer_feed": uptime.address,
        "grace_period": GRACE,
    }
    adapter = owner.deploy(project.ChainlinkOracle, config)
    world = make_world(oracle=adapter.address, **changes)
    made = FeedWorld(world, base, quote, uptime, adapter)
    made.refresh()
    return made
