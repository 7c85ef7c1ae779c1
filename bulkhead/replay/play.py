"""The replay: prices come in, the keeper keeps, people act, and every step is checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bulkhead.client.codec import Event
from bulkhead.client.pair import PairState, PositionKey
from bulkhead.exceptions import Refused
from bulkhead.model import MAX_UINT256, WAD, Health, Status
from bulkhead.replay import promises
from bulkhead.replay.actions import Actions
from bulkhead.replay.cast import BOOK, FEED, KEEPER, LPS, LpPlan, OnCall, Plan
from bulkhead.replay.series import Tick

CHECK_EVERY = 10  # price updates between two checks of every promise
_REACTIONS = {OnCall.IGNORE: 0, OnCall.ADD: 1, OnCall.HALVE: 2}  # to margin calls, at most


@dataclass(frozen=True)
class Point:
    """The pair after one price update, before anyone acts on it."""

    time: int
    price: int
    pool: int
    reserved: int
    assets: int  # totalAssets
    supply: int
    healths: dict[PositionKey, tuple[int, int]]  # equity, margin


@dataclass
class Play(Actions):
    """One run on one stage: step by step, `begin` and `finish` of `ending` around it."""

    points: list[Point] = field(default_factory=list)
    checks: int = 0
    called: set[PositionKey] = field(default_factory=set)
    reactions: Counter[PositionKey] = field(default_factory=Counter)
    done: set[int] = field(default_factory=set)  # ids of plans that have been carried out
    untouched: tuple[Any, ...] = ()

    # ---- one price update ----

    def step(self, tick: Tick, *, is_checked: bool) -> None:
        """The feed reports `tick`; keeper, traders and LPs act; the promises are checked."""
        price = max(tick.price, self._floor)
        self.desk.push(self.stage.addresses[FEED], price, tick.time)
        self.price = price
        self.start = self.start or price
        self.lowest = min(self.lowest or price, price)
        state, healths = self.desk.healths()
        self._record(state, healths)
        if state.is_live:
            self.keep(healths)
            self._act(healths)
        if is_checked:
            self.check()

    def check(self) -> None:
        """Every promise, on the chain's own numbers; the other pair too."""
        self.checks += promises.check(self.desk, promises.read_books(self.desk))
        if self.untouched:
            promises.check_untouched(self.stage.other, self.untouched)
            self.checks += 1

    @property
    def _floor(self) -> int:
        return int(self.stage.series.floor * WAD)

    def _record(self, state: PairState, healths: dict[PositionKey, Health]) -> None:
        self.points.append(
            Point(
                state.now,
                self.price,
                state.market.pool,
                state.market.reserved,
                state.total_assets,
                state.supply,
                {key: (h.equity, self.desk.records[key].margin) for key, h in healths.items()},
            )
        )

    # ---- the keeper: plain reads and one call each ----

    def keep(self, healths: dict[PositionKey, Health]) -> None:
        """Settle, liquidate and call, as the status of each position says."""
        for key, health in healths.items():
            if health.status == Status.SETTLEABLE:
                self._settle(key)
            elif health.status == Status.LIQUIDATABLE:
                self._liquidate(key)
            elif health.status == Status.MARGIN_CALL:
                if key not in self.called:
                    self._call_margin(key)
            else:
                self.called.discard(key)

    def _settle(self, key: PositionKey) -> None:
        reserve = self.desk.records[key].reserve
        (event,) = self.named(self._keeper_call("settle_position", key), "PositionSettled")
        if not self.desk.model.is_winding_down:
            promises.hold(
                event["realised"] == reserve, 3, f"{self.who(key)} is paid the whole reserve"
            )
        is_whole = event["realised"] == reserve
        won = "its whole reserve" if is_whole else self._signed(event)
        text = f"{self.who(key)} settled: {won}, {self.money(event['credited'])}"
        self.note("settled" if is_whole else "unwound", text, key)

    def _liquidate(self, key: PositionKey) -> None:
        (event,) = self.named(self._keeper_call("liquidate", key), "PositionLiquidated")
        promises.hold(
            event["reward"] >= self.desk.pair.params.keeper_min_reward,
            6,
            "a liquidation is worth a keeper's while",
        )
        paid = f"keeper {self.money(event['reward'])}"
        if event["size"] != 0:
            share = (
                abs(event["size_delta"]) * 100 // (abs(event["size_delta"]) + abs(event["size"]))
            )
            text = f"{self.who(key)} liquidated in part ({share} %): "
            self.note("partial", f"{text}{self.money(event['margin'])} margin left, {paid}", key)
            return
        left = f"{self.money(event['credited'])} left to the owner"
        if event["bad_debt"]:
            left = f"BAD DEBT {self.money(event['bad_debt'])}, borne by the LPs"
        self.note("full", f"{self.who(key)} liquidated: {left}, {paid}", key)

    def _call_margin(self, key: PositionKey) -> None:
        self._keeper_call("call_margin", key)
        self.called.add(key)
        self.note("call", f"{self.who(key)} gets a margin call", key)
        plan = self.plan_of(key)
        if self.reactions[key] == _REACTIONS[plan.on_call]:
            return
        self.reactions[key] += 1
        if plan.on_call is OnCall.ADD:
            amount = plan.top_up * 10**self.desk.pair.decimals
            self.desk.call("add_margin", key[1], amount, sender=key[0])
            self.note("add", f"{self.who(key)} adds {self.money(amount)} of margin", key)
            return
        half = -self.desk.records[key].size // 2
        bound = 0 if half < 0 else MAX_UINT256
        try:
            self.desk.call("adjust_position", key[1], half, 0, bound, sender=key[0])
        except Refused as error:  # an honest answer: too late, or too soon
            self.refusals.append(error.reason)
            return
        self.note("reduce", f"{self.who(key)} is halved by its owner", key)

    def _keeper_call(self, function: str, key: PositionKey) -> list[Event]:
        return self.desk.call(function, *key, sender=self.stage.addresses[KEEPER])

    def _signed(self, event: Event) -> str:
        return f"{'gain' if event['realised'] >= 0 else 'loss'} {self.money(event['realised'])}"

    # ---- traders and LPs ----

    def _act(self, healths: dict[PositionKey, Health]) -> None:
        for key, health in healths.items():
            plan = self.plan_of(key)
            margin = plan.margin * 10**self.desk.pair.decimals
            is_open = key in self.desk.records
            if plan.takes_profit and is_open and health.gain >= int(plan.takes_profit * margin):
                self.close(key, "takes profit")
        for plan in BOOK:
            if id(plan) not in self.done and self._is_due(plan):
                self.done.add(id(plan))
                self.open(plan)
        for lp in LPS:
            self._act_lp(lp)

    def _is_due(self, plan: Plan) -> bool:
        if plan.below is not None:
            return self.price <= int(plan.below * self.start)
        if plan.above_low is not None:
            return self.lowest < self.start * 3 // 4 and self.price >= int(
                plan.above_low * self.lowest
            )
        return True

    def _act_lp(self, plan: LpPlan) -> None:
        trigger = plan.below or plan.leaves_below
        if trigger is None or id(plan) in self.done or self.price > int(trigger * self.start):
            return
        self.done.add(id(plan))
        if plan.below is not None:
            self.deposit(plan)
        else:
            self.redeem(plan.who, int(plan.leaves_share * 100))
