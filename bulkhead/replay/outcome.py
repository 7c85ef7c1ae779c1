"""How it went for everyone: positions, LPs, the protocol. From the events of the vault."""

from __future__ import annotations

from dataclasses import dataclass

from bulkhead.client.pair import PositionKey
from bulkhead.replay.actions import Actions, Note
from bulkhead.replay.desk import Desk, Stamped
from bulkhead.replay.ledger import margin_in


@dataclass
class Life:
    """One position from its opening to its end; amounts in asset units."""

    key: PositionKey
    size: int  # as opened
    opened_at: int
    price: int  # of the opening, WAD
    put_in: int = 0
    received: int = 0
    fees: int = 0
    rewards: int = 0  # paid to keepers out of its margin
    bad_debt: int = 0
    calls: int = 0
    partials: int = 0
    end: str = "open"
    ended_at: int = 0
    margin: int = 0

    @property
    def result(self) -> int:
        return self.received - self.put_in


@dataclass(frozen=True)
class LpResult:
    """What an LP put in and got back, in asset units."""

    name: str
    put_in: int
    received: int

    @property
    def result(self) -> int:
        return self.received - self.put_in


@dataclass(frozen=True)
class Totals:
    """Sums over all positions of a pair, in asset units and in numbers of events."""

    fees: int
    rewards: int
    bad_debt: int
    calls: int
    partials: int
    fulls: int
    at_reserve: int


def lives(desk: Desk) -> list[Life]:
    """Every position of the pair, in the order of opening."""
    found: dict[PositionKey, Life] = {}
    done: list[Life] = []
    for stamped in desk.history:
        event = stamped.event
        if "position_id" not in event.values:
            continue
        key = event["owner"], event["position_id"]
        life = found.get(key)
        if life is None:
            life = found[key] = Life(key, event["size"], stamped.time, event["price"])
            done.append(life)
        _live(life, stamped)
        if life.end != "open":
            del found[key]
    return done


def _live(life: Life, stamped: Stamped) -> None:
    event = stamped.event
    if event.name == "MarginCalled":
        life.calls += 1
        return
    if event.name == "MarginAdded":
        life.put_in += event["amount"]
        life.margin = event["margin"]
        return
    if event.name == "MarginRemoved":
        life.received += event["amount"]
        life.margin = event["margin"]
        return
    life.fees += event["fee"]
    size = event.values.get("size", 0)
    if event.name in ("PositionAdjusted", "PositionClosed"):
        life.put_in += margin_in(event, life.margin)
        life.received += event["paid_out"]
    else:
        life.received += event["credited"]
        life.bad_debt += event["bad_debt"]
        life.rewards += event.values.get("reward", 0)
    if size == 0:
        ends = {"PositionClosed": "closed", "PositionLiquidated": "liquidated"}
        life.end = ends.get(event.name, "settled")
        life.ended_at = stamped.time
    elif event.name == "PositionLiquidated":
        life.partials += 1
    life.margin = event.values.get("margin", 0)


def lp_results(desk: Desk, play: Actions, names: tuple[str, ...]) -> list[LpResult]:
    """Of every LP that took part."""
    put_in: dict[str, int] = {}
    received: dict[str, int] = {}
    for stamped in desk.history:
        event = stamped.event
        if event.name == "Deposit":
            who = play.stage.name(event["owner"])
            put_in[who] = put_in.get(who, 0) + event["assets"]
        elif event.name == "Withdraw":
            who = play.stage.name(event["owner"])
            received[who] = received.get(who, 0) + event["assets"]
    return [LpResult(name, put_in[name], received.get(name, 0)) for name in names if name in put_in]


def totals(found: list[Life], notes: list[Note]) -> Totals:
    """Over the positions of one pair."""
    return Totals(
        fees=sum(life.fees for life in found),
        rewards=sum(life.rewards for life in found),
        bad_debt=sum(life.bad_debt for life in found),
        calls=sum(life.calls for life in found),
        partials=sum(life.partials for life in found),
        fulls=sum(life.end == "liquidated" for life in found),
        at_reserve=sum(note.kind == "settled" for note in notes),
    )
