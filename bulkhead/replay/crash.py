"""A crash with a crowd of positions and the real keeper; every call of it mirrored by the model.

What is measured: how many price steps a position stays under its line, bad debt on chain and in the
exact model, what LPs win or lose, and what the traders keep of a penalty that grows with the
shortfall, where a fixed one would take all of it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bulkhead.client.codec import call_data
from bulkhead.client.pair import PositionKey
from bulkhead.exceptions import InvariantBroken, Refused
from bulkhead.keeper.journal import Totals
from bulkhead.keeper.loop import Keeper
from bulkhead.model import MAX_UINT256, WAD, Environment, Status
from bulkhead.model.rules import notional
from bulkhead.replay.cast import FEED, LP_NAMES, TRADERS
from bulkhead.replay.desk import Desk, Stamped
from bulkhead.replay.series import Tick
from bulkhead.replay.stage import Stage

_ROUNDS = 4  # of the keeper in one price step, at most: one to act, one to see what came of it
_WAIT_SECONDS = 20
_SPREAD_ROOM = WAD * 6 // 1000  # as in `actions`
_LONGS = 0.7
_MOST_LEVERAGE = 18
_NEWCOMERS = 10  # cohorts that open on the way, a tenth of the crowd each

Progress = Callable[[Tick], None]


@dataclass
class Outcome:
    """One history. Amounts in asset units."""

    title: str
    steps: int
    largest_step: int = 0  # WAD of the price before it
    positions: int = 0
    calls: int = 0
    partials: int = 0
    fulls: int = 0
    settled: int = 0
    delays: list[int] = field(default_factory=list)  # steps, of each liquidation
    bad_debt: int = 0
    model_bad_debt: int = 0
    penalties: int = 0  # taken beyond the keeper's minimum
    fixed_penalties: int = 0  # what `liquidation_penalty` of all that was closed would have taken
    rewards: int = 0
    lp_result: int = 0
    dead_steps: int = 0  # without a live price
    keeper: Totals | None = None
    gas: int = 0
    seconds: float = 0

    def check(self) -> None:
        """Raises InvariantBroken where the chain has lost more than it had to."""
        if self.bad_debt != self.model_bad_debt:
            raise InvariantBroken(
                f"{self.title}: bad debt {self.bad_debt} is not the model's {self.model_bad_debt}"
            )


class Crash:
    """One run. `keeper` keeps the stage's first pair."""

    def __init__(self, stage: Stage, keeper: Keeper, count: int, *, seed: int = 1) -> None:
        self.stage, self.keeper, self._count = stage, keeper, count
        self._drawn = random.Random(seed)
        self._number = 0
        self._move = 0  # WAD of the price before it
        self._under: dict[PositionKey, int] = {}  # since which step
        self.outcome = Outcome(stage.series.title, 0)

    @property
    def desk(self) -> Desk:
        return self.stage.desk

    def run(self, ticks: list[Tick], progress: Progress) -> Outcome:
        """Raises InvariantBroken where chain and model differ, or a target is missed."""
        started = time.monotonic()
        deposited = self._fund()
        self.desk.push(self.stage.addresses[FEED], ticks[0].price, ticks[0].time - 600)
        self._open(self._count)
        last = ticks[0].price
        for step, tick in enumerate(ticks):
            price = max(tick.price, int(self.stage.series.floor * WAD))
            self._move = abs(price - last) * WAD // last
            self.outcome.largest_step = max(self.outcome.largest_step, self._move)
            last = price
            self._step(step, tick, price)
            if step % max(len(ticks) // _NEWCOMERS, 1) == 0 and step:
                self._open(self._count // _NEWCOMERS)
            progress(tick)
        outcome = self.outcome
        outcome.steps = len(ticks)
        outcome.model_bad_debt = self.desk.expected_bad_debt
        outcome.lp_result = self.desk.pair.state().total_assets - deposited
        outcome.keeper = self.keeper.journal.totals()
        outcome.seconds = time.monotonic() - started
        outcome.check()
        return outcome

    # ---- the crowd ----

    def _fund(self) -> int:
        """Everyone's tokens, and the LPs' deposits. Returns the net asset value with them."""
        desk, node = self.desk, self.stage.node
        for name in (*TRADERS, *LP_NAMES):
            account = self.stage.addresses[name]
            data = call_data("mint(address,uint256)", account, 10**7 * 10**desk.pair.decimals)
            node.send(account, desk.pair.asset, data)
        for name in LP_NAMES:
            assets = self._count * 3_000 * 10**desk.pair.decimals
            desk.call("deposit", assets, sender=self.stage.addresses[name])
        return desk.pair.state().total_assets

    def _open(self, count: int) -> None:
        desk, drawn = self.desk, self._drawn
        if not desk.band().live:
            return
        room = desk.pair.params.initial_ratio + 2 * self.stage.series.deviation + _SPREAD_ROOM
        for _ in range(count):
            self._number += 1
            side = 1 if drawn.random() < _LONGS else -1
            leverage = min(drawn.randint(2, _MOST_LEVERAGE) * WAD, WAD * WAD // room)
            margin = drawn.randint(50, 2_000) * 10**desk.pair.decimals
            band = desk.band()
            price = band.ask if side > 0 else band.bid
            size = side * (margin * leverage // WAD * desk.pair.scale // price)
            bound = MAX_UINT256 if side > 0 else 0
            trader = self.stage.addresses[TRADERS[self._number % len(TRADERS)]]
            try:
                desk.call("adjust_position", self._number, size, margin, bound, sender=trader)
            except Refused:  # the pool is full
                continue
            self.outcome.positions += 1

    # ---- one price step ----

    def _step(self, step: int, tick: Tick, price: int) -> None:
        desk = self.desk
        desk.push(self.stage.addresses[FEED], price, tick.time)
        first = self._block() + 1
        before = self._look(step)
        for _ in range(_ROUNDS):
            done = self.keeper.round()
            self._await_blocks()
            if done is not None:
                self.outcome.gas += sum(one.gas_used for one in done.settled)
            if done is None or not done.sent:
                break
        for stamped in desk.follow(first):
            self._count_event(step, stamped)
        stayed = before & self._look(step + 1)  # new ones are the next step's: a second has passed
        if stayed:
            raise InvariantBroken(
                f"{tick.time}: {len(stayed)} positions stayed under the line, such as {min(stayed)}"
            )

    def _look(self, step: int) -> set[PositionKey]:
        """Who will be under the line in the earliest block that a keeper can reach, by the model;
        `step` counts for those who were not before."""
        desk = self.desk
        env = Environment(self.stage.node.now + 1, desk.band())
        if env.band is None or not env.band.live:
            self.outcome.dead_steps += 1
            self._under.clear()
            return set()
        now_under = [
            key
            for key in desk.model.positions
            if desk.model.get_health(env, *key).status == Status.LIQUIDATABLE
        ]
        self._under = {key: self._under.get(key, step) for key in now_under}
        return set(now_under)

    def _count_event(self, step: int, stamped: Stamped) -> None:
        event, outcome, params = stamped.event, self.outcome, self.desk.pair.params
        if event.name == "MarginCalled":
            outcome.calls += 1
        elif event.name == "PositionSettled":
            outcome.settled += 1
            outcome.bad_debt += event["bad_debt"]
        elif event.name == "PositionLiquidated":
            key = event["owner"], event["position_id"]
            outcome.delays.append(step - self._under.get(key, step))
            outcome.bad_debt += event["bad_debt"]
            if event["bad_debt"] and self._move < params.maintenance_ratio:
                raise InvariantBroken(f"{key}: bad debt after a step of {self._move} (WAD)")
            outcome.partials += event["size"] != 0
            outcome.fulls += event["size"] == 0
            outcome.rewards += event["reward"]
            value = notional(event["size_delta"], event["price"], self.desk.pair.scale)
            taken = event["reward"] - params.keeper_min_reward
            outcome.penalties += taken
            left = event["credited"] + event["margin"] + taken  # no more than there is
            outcome.fixed_penalties += min(value * params.liquidation_penalty // WAD, left)

    # ---- the chain ----

    def _block(self) -> int:
        return int(self.stage.node.block()["number"], 16)

    def _await_blocks(self) -> None:
        """Anvil answers before it mines."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while not self.keeper.is_settled():
            if time.monotonic() > deadline:
                raise InvariantBroken("a transaction of the keeper does not get into a block")
            time.sleep(0.005)
