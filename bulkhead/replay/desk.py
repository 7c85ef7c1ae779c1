"""A vault on a local chain with its exact model beside it, and a memory of all its events.

Every call goes to the chain, then to `bulkhead.model` with the block's time and the oracle's band;
events, market, the position and the vault's balance must be the same to the unit.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import Any

from bulkhead.client.codec import Event, call_data, package_abi
from bulkhead.client.node import Node, Receipt, View
from bulkhead.client.pair import Pair, PairState, PositionKey, read_health
from bulkhead.exceptions import InvariantBroken
from bulkhead.model import Environment, Health, Market, Position, PriceBand, Status, Vault

SEED_HOLDER = "0x000000000000000000000000000000000000dEaD"
_FEED_DECIMALS = 8


@dataclass(frozen=True)
class Stamped:
    """An event of the vault with the time of its block."""

    time: int
    event: Event


@dataclass
class Record:
    """A position as the events tell it."""

    size: int = 0
    margin: int = 0
    basis: int = 0
    reserve: int = 0


@dataclass
class Desk:
    """One pair. `feed` is the mock feed under its oracle."""

    node: Node
    pair: Pair
    feed: str
    factory: str
    share: int  # WAD: the protocol's of each fee
    model: Vault = field(init=False)
    records: dict[PositionKey, Record] = field(default_factory=dict)
    history: list[Stamped] = field(default_factory=list)
    creditors: dict[str, None] = field(default_factory=dict)
    calls: int = 0
    expected_bad_debt: int = 0  # the model's, summed up

    def __post_init__(self) -> None:
        """Start the model where the chain is: born and seeded in one transaction."""
        born = int(self.node.block(self.pair.entry.block)["timestamp"], 16)
        self.model = Vault(
            self.pair.params, self.share, self.pair.decimals, born, address=self.pair.vault
        )
        seeded = next(event for event in self.pair.events() if event.name == "Deposit")
        band = PriceBand(*self.node.view(self.pair.entry.oracle, _ORACLE, "price_band"))
        env = Environment(born, band)
        self.model.deposit(env, self.factory, seeded["assets"], SEED_HOLDER)
        self.model.take_events()
        self._compare(self.pair.state().market, "market", self.model.market)

    # ---- prices ----

    def push(self, sender: str, price: int, at: int) -> None:
        """The feed answers `price` (WAD), in a block at `at` or as soon after it as can be."""
        self.node.set_next(max(at, self.node.now + 1))
        answer = price // 10 ** (18 - _FEED_DECIMALS)
        self.node.send(sender, self.feed, call_data("set_answer(int256)", answer))

    def band(self) -> PriceBand:
        return PriceBand(*self.node.view(self.pair.entry.oracle, _ORACLE, "price_band"))

    # ---- calls ----

    def call(self, function: str, *arguments: Any, sender: str) -> list[Event]:
        """A transaction to the vault, mirrored. Returns its events; raises Refused."""
        data = self.pair.abi.encode(function, *arguments)
        receipt = self.node.send(sender, self.pair.vault, data)
        self.calls += 1
        return self._book(receipt, function, arguments, sender)

    def _book(
        self, receipt: Receipt, function: str, arguments: tuple[Any, ...], sender: str
    ) -> list[Event]:
        events = self.pair.abi.decode_logs(
            log for log in receipt.logs if log["address"].lower() == self.pair.vault.lower()
        )
        touched = {
            (event["owner"], event["position_id"])
            for event in events
            if "position_id" in event.values
        }
        keys = list(touched)
        band, market, balance, *positions = self.node.views(
            [
                View(self.pair.entry.oracle, _ORACLE, "price_band"),
                View(self.pair.vault, self.pair.abi, "get_market"),
                self.pair.balance_view(self.pair.vault),
                *map(self.pair.position_view, keys),
            ]
        )
        now = int(self.node.block(receipt.block)["timestamp"], 16)
        self._mirror(function, arguments, sender, Environment(now, PriceBand(*band)), events)
        self._compare(Market(*market), "market", self.model.market)
        self._compare(balance, "balance of the vault", self.model.token_balance)
        for key, words in zip(keys, positions, strict=True):
            self._compare(Position(*words), f"position {key}", self.model.get_position(*key))
        for event in events:
            self.history.append(Stamped(now, event))
            self._remember(event)
        return events

    def _mirror(
        self,
        function: str,
        arguments: tuple[Any, ...],
        sender: str,
        env: Environment,
        events: list[Event],
    ) -> None:
        extra: tuple[Any, ...] = ()
        if function == "collect_protocol_fees":  # the contract asks the factory for the recipient
            extra = (events[-1]["recipient"],)
        getattr(self.model, function)(env, sender, *arguments, *extra)
        modelled = self.model.take_events()
        self.expected_bad_debt += sum(getattr(event, "bad_debt", 0) for event in modelled)
        expected = [(type(event).__name__, astuple(event)) for event in modelled]
        found = [(event.name, tuple(event.values.values())) for event in events]
        self._compare(found, f"events of {function}", expected)

    def _compare(self, found: Any, what: str, expected: Any) -> None:
        if found != expected:
            raise InvariantBroken(
                f"{self.pair.label}: the chain's {what} differs from the exact model's: "
                f"{found} instead of {expected}"
            )

    def _remember(self, event: Event) -> None:
        for account in ("owner", "keeper"):
            if event.name in ("PositionLiquidated", "PositionSettled"):
                self.creditors[event[account]] = None
        if "position_id" not in event.values or event.name == "MarginCalled":
            return
        key = event["owner"], event["position_id"]
        is_end = event.name in ("PositionClosed", "PositionSettled")
        if is_end or event.values.get("size") == 0:
            self.records.pop(key, None)
        elif event.name == "MarginAdded":
            self.records[key].margin = event["margin"]
        else:
            fields = ("size", "margin", "basis", "reserve")
            self.records[key] = Record(*(event[name] for name in fields))

    # ---- what keepers do ----

    def follow(self, first: int) -> list[Stamped]:
        """Mirror keepers' calls from block `first` on, in the order of the chain. Since the last
        call of anybody else only keepers may have been at work, and the price stood still."""
        events = self.pair.abi.decode_logs(self.node.logs([self.pair.vault], first))
        numbers = sorted({event.block for event in events})
        times = {n: int(self.node.block(n)["timestamp"], 16) for n in numbers}
        band = self.band()
        for event in events:
            if event.name in _KEEPERS_CALLS:
                env = Environment(times[event.block], band)
                call = getattr(self.model, _KEEPERS_CALLS[event.name])
                keeper = event.values.get("keeper", "")
                call(env, keeper, event["owner"], event["position_id"])
                self.calls += 1
        modelled = self.model.take_events()
        self.expected_bad_debt += sum(getattr(event, "bad_debt", 0) for event in modelled)
        expected = [(type(event).__name__, astuple(event)) for event in modelled]
        found = [(event.name, tuple(event.values.values())) for event in events]
        self._compare(found, "events of keepers", expected)
        stamped = [Stamped(times[event.block], event) for event in events]
        self.history += stamped
        for event in events:
            self._remember(event)
        return stamped

    # ---- reading ----

    def healths(self) -> tuple[PairState, dict[PositionKey, Health]]:
        """State and health of every open position, from the chain."""
        keys = list(self.records)
        words = self.node.views(list(map(self.pair.health_view, keys)))
        return self.pair.state(), dict(zip(keys, map(read_health, words), strict=True))

    def health(self, key: PositionKey) -> Health:
        return self.pair.healths([key])[0]

    def status(self, key: PositionKey) -> Status:
        return self.health(key).status


_ORACLE = package_abi("IPriceOracle")
_KEEPERS_CALLS = {
    "PositionLiquidated": "liquidate",
    "PositionSettled": "settle_position",
    "MarginCalled": "call_margin",
}
