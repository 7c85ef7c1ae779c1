"""What people do in a replay: open, close, deposit, redeem; each act is a line of the story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bulkhead.client.codec import Event
from bulkhead.client.pair import PositionKey
from bulkhead.client.units import show, show_price
from bulkhead.exceptions import Refused
from bulkhead.model import MAX_UINT256, WAD
from bulkhead.replay.cast import BOOK, LpPlan, Plan
from bulkhead.replay.desk import Desk
from bulkhead.replay.stage import Stage

_SPREAD_ROOM = WAD * 6 // 1000  # WAD of notional: fee, and room for the first tick against one


@dataclass(frozen=True)
class Note:
    """One line of the story. `key` names a position, where it is about one."""

    time: int
    price: int  # WAD
    kind: str
    text: str
    key: PositionKey | None = None


Tell = Callable[[Note], None]


@dataclass
class Actions:
    """One run on one stage. `tell` hears every note as it happens."""

    stage: Stage
    tell: Tell
    notes: list[Note] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    price: int = 0
    start: int = 0
    lowest: int = 0
    leverages: dict[PositionKey, int] = field(default_factory=dict)  # as opened

    @property
    def desk(self) -> Desk:
        return self.stage.desk

    # ---- telling ----

    def note(self, kind: str, text: str, key: PositionKey | None = None) -> None:
        note = Note(self.stage.node.now, self.price, kind, text, key)
        self.notes.append(note)
        self.tell(note)

    def money(self, units: int, desk: Desk | None = None) -> str:
        pair = (desk or self.desk).pair
        return f"{show(units, pair.decimals, 2)} {pair.quote}"

    # ---- traders and LPs ----

    def open(self, plan: Plan, desk: Desk | None = None) -> None:
        """Margin times leverage is the notional; no more than the initial ratio lets through."""
        desk = desk or self.desk
        owner, params = self.stage.addresses[plan.who], desk.pair.params
        room = params.initial_ratio + 2 * self.stage.series.deviation + _SPREAD_ROOM
        leverage = min(plan.leverage, WAD // room)
        margin = plan.margin * 10**desk.pair.decimals
        band = desk.band()
        side = band.ask if plan.side > 0 else band.bid
        size = plan.side * (margin * leverage * desk.pair.scale // side)
        bound = side * 102 // 100 if size > 0 else side * 98 // 100
        try:
            (event,) = self.named(
                desk.call("adjust_position", plan.position_id, size, margin, bound, sender=owner),
                "PositionAdjusted",
            )
        except Refused as error:
            self.refusals.append(error.reason)
            self.note("refused", f"{plan.who} cannot open: {error.reason}. {error.advice}")
            return
        word = "long" if size > 0 else "short"
        self.leverages[owner, plan.position_id] = leverage
        self.note(
            "open",
            f"{plan.who} opens a {leverage}x {word}: {show(abs(size), 18, 3)} {desk.pair.base} at "
            f"{show_price(event['price'])} with {self.money(margin, desk)}",
            (owner, plan.position_id),
        )

    def close(self, key: PositionKey, why: str, desk: Desk | None = None) -> None:
        desk = desk or self.desk
        bound = 0 if desk.records[key].size > 0 else MAX_UINT256
        (event,) = self.named(
            desk.call("close_position", key[1], bound, sender=key[0]), "PositionClosed"
        )
        paid = self.money(event["paid_out"], desk)
        self.note("close", f"{self.stage.name(key[0])} {why}: {paid} paid out", key)

    def deposit(self, plan: LpPlan, desk: Desk | None = None) -> None:
        desk = desk or self.desk
        amount = plan.assets * 10**desk.pair.decimals
        owner = self.stage.addresses[plan.who]
        desk.call("deposit", amount, sender=owner)
        self.note("lp", f"{plan.who} provides {self.money(amount, desk)} of liquidity")

    def redeem(self, who: str, percent: int, desk: Desk | None = None) -> None:
        """As much of the LP's shares as is asked for and free."""
        desk = desk or self.desk
        owner = self.stage.addresses[who]
        balance = desk.node.view(desk.pair.vault, desk.pair.abi, "balanceOf", owner)
        free = desk.node.view(desk.pair.vault, desk.pair.abi, "maxRedeem", owner)
        shares = min(balance * percent // 100, free)
        if shares == 0:
            self.note("lp", f"{who} has no shares that can leave now")
            return
        (event,) = self.named(desk.call("redeem", shares, sender=owner), "Withdraw")
        word = "all" if shares == balance else f"{shares * 100 // balance} %"
        paid = self.money(event["assets"], desk)
        self.note("lp", f"{who} redeems {word} of the shares for {paid}")

    def named(self, events: list[Event], name: str) -> list[Event]:
        return [event for event in events if event.name == name]

    # ---- names ----

    def plan_of(self, key: PositionKey) -> Plan:
        name = self.stage.name(key[0])
        return next(plan for plan in BOOK if (plan.who, plan.position_id) == (name, key[1]))

    def who(self, key: PositionKey) -> str:
        word = "long" if self.plan_of(key).side > 0 else "short"
        return f"{self.stage.name(key[0])}'s {self.leverages[key]}x {word}"
