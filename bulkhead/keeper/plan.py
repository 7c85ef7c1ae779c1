"""Which of what is due is worth a transaction now: tried on the chain first, then reckoned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from bulkhead.exceptions import Refused
from bulkhead.keeper.chain import Chain
from bulkhead.keeper.money import Prices, l1_fee
from bulkhead.keeper.types import Answer, Call, Fees, Head, Item, Kind, Simulation
from bulkhead.orders import NO_PERMIT
from bulkhead.settings import KeeperSettings

MAX_POSITIONS = 64  # in one call of the lens
_MOST = {Kind.EXECUTE: 16, Kind.EXECUTE_WITH_PERMIT: 1}
_GAS_EACH = {
    Kind.LIQUIDATE: 220_000,
    Kind.EXECUTE: 600_000,
    Kind.EXECUTE_WITH_PERMIT: 700_000,
    Kind.SETTLE: 200_000,
    Kind.CALL_MARGIN: 150_000,
}
# with the fixed allowance that the lens wants to be there for the last item; unused, it is free
_GAS_CALL = {
    Kind.LIQUIDATE: 700_000,
    Kind.EXECUTE: 2_000_000,
    Kind.EXECUTE_WITH_PERMIT: 1_000_000,
    Kind.SETTLE: 700_000,
    Kind.CALL_MARGIN: 700_000,
}
_TRIES = 3  # simulations of one call, each without what failed in the one before


@dataclass(frozen=True)
class Planned:
    """A call that is worth its gas. `worth` and `cost` in wei."""

    call: Call
    worth: int
    cost: int


@dataclass(frozen=True)
class Failed:
    """An item that would not succeed, and the lens's reason."""

    item: Item
    reason: str


@dataclass
class Plan:
    """Of one round."""

    planned: list[Planned]
    failed: list[Failed]
    unprofitable: list[Item]


class Planner:
    def __init__(
        self,
        chain: Chain,
        lens: str,
        prices: Prices,
        settings: KeeperSettings,
        assets: Mapping[str, str],
    ) -> None:
        """`assets` of each vault: what its rewards are paid in."""
        self._chain, self._lens, self._prices, self._settings = chain, lens, prices, settings
        self._assets = assets
        self._first_seen: dict[str, int] = {}

    # ---- choosing ----

    def choose(self, items: Iterable[Item], excluded: set[str], head: Head) -> list[Item]:
        """Without what is under way, resting, not this keeper's part yet, or too dear to do for
        nothing. The order stays."""
        items = list(items)
        seen = self._first_seen
        self._first_seen = {item.id: seen.get(item.id, head.number) for item in items}
        return [
            item
            for item in items
            if item.id not in excluded
            and (item.kind.is_paid or self._does_unpaid(head))
            and self._is_mine(item, head)
        ]

    def _does_unpaid(self, head: Head) -> bool:
        return self._settings.unpaid and head.base_fee <= self._settings.unpaid_max_fee

    def _is_mine(self, item: Item, head: Head) -> bool:
        """A team divides the work by what an item is called, and helps out after a while."""
        settings = self._settings
        owner = crc32(item.id.encode()) % settings.parts + 1
        waited = head.number - self._first_seen[item.id]
        return owner == settings.part or waited >= settings.patience

    # ---- reckoning ----

    def plan(self, items: Sequence[Item], head: Head, fees: Fees) -> Plan:
        """One call after the other, each kind for itself, the best paid first."""
        plan = Plan([], [], [])
        for kind in _GAS_EACH:
            chosen = [item for item in items if item.kind == kind]
            size = min(self._settings.batch_size, _MOST.get(kind, MAX_POSITIONS))
            for start in range(0, len(chosen), size):
                self._plan_call(kind, chosen[start : start + size], head, fees, plan)
        return plan

    def _plan_call(
        self, kind: Kind, items: Sequence[Item], head: Head, fees: Fees, plan: Plan
    ) -> None:
        for _ in range(_TRIES):
            call = self._call(kind, items)
            try:
                found = self._chain.simulate(call)
            except Refused as error:
                self._split(kind, items, error, head, fees, plan)
                return
            pairs = list(zip(items, found.answers, strict=True))
            failed = [
                Failed(item, answer.reason) for item, answer in pairs if not answer.is_success
            ]
            if not failed:
                keep = self._reckon(call, items, found, head, fees, plan)
                if len(keep) == len(items):
                    return
            else:
                keep = [item for item, answer in pairs if answer.is_success]
                plan.failed += failed
            if not keep:
                return
            items = keep

    def _split(
        self,
        kind: Kind,
        items: Sequence[Item],
        error: Refused,
        head: Head,
        fees: Fees,
        plan: Plan,
    ) -> None:
        """One item that makes the whole call fail must not hold up the others."""
        if len(items) == 1:
            plan.failed.append(Failed(items[0], str(error)))
            return
        half = len(items) // 2
        self._plan_call(kind, items[:half], head, fees, plan)
        self._plan_call(kind, items[half:], head, fees, plan)

    def _reckon(
        self,
        call: Call,
        items: Sequence[Item],
        found: Simulation,
        head: Head,
        fees: Fees,
        plan: Plan,
    ) -> Sequence[Item]:
        """Plan the call if it pays; else return the items that would."""
        cost = self.cost(call, found, head, fees)
        worths = [
            self.worth(item, answer) for item, answer in zip(items, found.answers, strict=True)
        ]
        pays = sum(worths) - cost >= self._settings.min_profit_wei
        if not call.kind.is_paid or pays:
            plan.planned.append(Planned(call, sum(worths), cost))
            return items
        each = cost // len(items)
        better = [item for item, worth in zip(items, worths, strict=True) if worth > each]
        plan.unprofitable += [item for item in items if item not in better]
        if len(better) == len(items):  # only the least profit is missing
            plan.unprofitable += items
            return []
        return better

    def worth(self, item: Item, answer: Answer) -> int:
        """Wei of what an item pays; a settlement pays its owner, not the keeper."""
        if not item.kind.is_paid or not answer.is_success:
            return 0
        return self._prices.wei(self._assets[item.vault], answer.amount)

    def cost(self, call: Call, found: Simulation, head: Head, fees: Fees) -> int:
        """Wei of a call's gas at the next block's price, with its data where that is apart."""
        settings = self._settings
        execution = found.gas_used * fees.price(head.base_fee)
        return execution + l1_fee(self._chain.node, settings.l1_fee_oracle, call.data)

    def _call(self, kind: Kind, items: Sequence[Item]) -> Call:
        receiver = self._settings.receiver or self._chain.sender
        orders = [item.order for item in items if item.order is not None]
        target, abi = self._lens, self._chain.lens
        keys = [(item.vault, item.owner, item.number) for item in items]
        arguments: tuple[object, ...] = (keys,)
        if kind == Kind.LIQUIDATE:
            arguments = keys, receiver
        elif kind == Kind.EXECUTE:
            words = [one.order.words for one in orders]
            arguments = words, [one.signature for one in orders], receiver
        elif kind == Kind.EXECUTE_WITH_PERMIT:
            (one,) = orders
            target, abi = one.domain.book, self._chain.book
            permit = one.permit or NO_PERMIT
            arguments = one.order.words, one.signature, permit.words, receiver
        data = abi.encode(kind.value, *arguments)
        gas = _GAS_CALL[kind] + len(items) * _GAS_EACH[kind]
        return Call(kind, target, data, gas, tuple(item.id for item in items))
