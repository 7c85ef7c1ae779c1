"""A keeper at work: one round for each new block, until it is told to stop."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import prometheus_client
import structlog

from bulkhead.exceptions import NodeError
from bulkhead.keeper.chain import Chain, Nodes
from bulkhead.keeper.database import Database
from bulkhead.keeper.follow import Follower
from bulkhead.keeper.heads import Heads
from bulkhead.keeper.journal import Batch, Journal
from bulkhead.keeper.memory import Memory, Notice
from bulkhead.keeper.metrics import Endpoint, Health, Metrics
from bulkhead.keeper.money import current_fees
from bulkhead.keeper.notify import Notifier
from bulkhead.keeper.plan import Plan, Planner
from bulkhead.keeper.reconcile import Reconciler, Settled
from bulkhead.keeper.scout import Found, Scout
from bulkhead.keeper.send import Sender
from bulkhead.keeper.types import Fees, Head, Item, Kind
from bulkhead.settings import KeeperSettings

_FAREWELL_SECONDS = 5

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Round:
    """What one look at a block led to."""

    head: Head
    found: Found
    settled: list[Settled]
    plan: Plan
    sent: list[Batch]


@dataclass
class Keeper:
    """The parts of one keeper; `build` puts them together."""

    settings: KeeperSettings
    database: Database
    chain: Chain
    journal: Journal
    memory: Memory
    follower: Follower
    scout: Scout
    planner: Planner
    sender: Sender
    reconciler: Reconciler
    heads: Heads
    metrics: Metrics
    health: Health
    notifier: Notifier | None = None
    endpoint: Endpoint | None = None
    clock: Callable[[], float] = time.monotonic
    _last: Head | None = None
    _new_at: float = field(default=0.0)
    _is_poor: bool = False

    # ---- from the beginning to the end ----

    def run(self) -> None:
        """Until `stop`."""
        self.start()
        while not self.heads.is_stopped:
            self.attempt()
            self.heads.wait()
        log.info("stopped", waiting=len(self.journal.open()))

    def start(self) -> None:
        """Begin to hear of blocks, to notify, and to serve metrics."""
        self._new_at = self.clock()
        log.info(
            "keeping",
            pairs=[pair.label for pair in self.scout.pairs],
            sender=self.chain.sender,
            is_dry_run=self.settings.dry_run,
        )
        for part in (self.heads, self.notifier, self.endpoint):
            if part is not None:
                part.start()

    def attempt(self) -> Round | None:
        """A round; an error ends it, never the keeper, and the next round makes up for it."""
        done = None
        try:
            done = self.round()
        except NodeError as error:
            self._failed(error)
            log.warning("round failed", why=str(error))
        except Exception as error:
            self._failed(error)
            log.exception("round failed")
        self._leave_stale_node()
        return done

    def stop(self) -> None:
        """After the round that is under way. May be called from a signal handler."""
        self.heads.stop()

    def close(self) -> None:
        """Let go of files, threads and ports."""
        self.heads.stop()
        if self.notifier is not None:
            self.notifier.stop(self.memory, _FAREWELL_SECONDS)
        if self.endpoint is not None:
            self.endpoint.stop()
        self.scout.close()
        self.database.close()

    # ---- one block ----

    def round(self) -> Round | None:
        """Look at the latest block and do what is due; None if it has been looked at already."""
        head = self.chain.head()
        if self._last is not None and head.hash == self._last.hash:
            return None
        heard = self.clock()
        self._new_at = heard
        if self._last is None:
            self.scout.learn()  # what was sent before the start is reckoned up with it
        else:
            self.metrics.behind.set(max(head.number - self._last.number - 1, 0))
        settled = self.reconciler.reconcile(head)
        self.follower.follow(head)
        found = self.scout.scan(head)
        plan, sent = self._act(head, found)
        if sent:
            self.metrics.latency.observe(self.clock() - heard)
        self._last = head
        self._tell(head, found, settled, plan, sent)
        return Round(head, found, settled, plan, sent)

    def _act(self, head: Head, found: Found) -> tuple[Plan, list[Batch]]:
        settings = self.settings
        fees = current_fees(head, settings.tip, settings.max_fee)
        if fees.max_fee < head.base_fee + fees.tip:
            log.warning("gas is too dear", base_fee=head.base_fee, max_fee=settings.max_fee)
            return Plan([], [], []), []
        if not settings.dry_run:
            self.sender.push_on(head, fees)
        chosen = self.planner.choose(found.items, self._excluded(head, found), head)
        plan = self.planner.plan(chosen, head, fees)
        self.memory.rest([failed.item.id for failed in plan.failed], head.timestamp)
        for failed in plan.failed:
            log.info("would fail", item=failed.item.id, why=failed.reason)
        return plan, self._send(plan, head, fees)

    def _excluded(self, head: Head, found: Found) -> set[str]:
        """Items under way, at rest, and margin calls that stand."""
        called = self.memory.called()
        over = {one for one in called - found.under if one.partition(":")[0] not in found.silent}
        self.memory.forget_calls(over)
        calls = {f"{Kind.CALL_MARGIN.name}:{position}" for position in called - over}
        return self.journal.in_flight() | self.memory.resting(head.timestamp) | calls

    def _send(self, plan: Plan, head: Head, fees: Fees) -> list[Batch]:
        sent = []
        for planned in plan.planned:
            call = planned.call
            numbers = {"items": len(call.items), "worth": planned.worth, "cost": planned.cost}
            if self.settings.dry_run:
                log.info("would send", kind=call.kind.name, **numbers)
                continue
            if not self.sender.has_room:
                log.warning("too many transactions wait", kind=call.kind.name, **numbers)
                break
            try:
                batch = self.sender.send(call, head, fees)
            except NodeError as error:
                log.error("not taken", kind=call.kind.name, why=str(error))
                self.memory.rest(call.items, head.timestamp)
                continue
            log.info("sent", kind=call.kind.name, nonce=batch.nonce, block=head.number, **numbers)
            sent.append(batch)
        return sent

    def is_settled(self) -> bool:
        """Whether the node has all that was sent in blocks, and shows these blocks to everybody."""
        batches = self.journal.open()
        found = self.chain.receipts(list(self.journal.hashes([one.nonce for one in batches])))
        blocks = [int(receipt["blockNumber"], 16) for receipt in found.values()]
        return len(blocks) == len(batches) and self.chain.head().number >= max(blocks, default=0)

    # ---- telling ----

    def _tell(
        self, head: Head, found: Found, settled: list[Settled], plan: Plan, sent: list[Batch]
    ) -> None:
        metrics = self.metrics
        metrics.watched.set(found.watched)
        metrics.silent.set(len(found.silent))
        metrics.waiting.set(len(self.journal.open()))
        due = Counter(item.kind for item in found.items)
        for kind in Kind:
            if kind != Kind.CANCEL:
                metrics.due.labels(kind.name).set(due[kind])
        for batch in sent:
            metrics.sent.labels(batch.call.kind.name).inc(len(batch.call.items))
        for one in settled:
            name = one.batch.call.kind.name
            metrics.won.labels(name).inc(len(one.won))
            metrics.lost.labels(name).inc(len(one.lost))
            metrics.gas.inc(one.gas_used)
            metrics.add_money(one.cost, one.earned)
        _count(metrics.failed, [failed.item for failed in plan.failed])
        _count(metrics.unprofitable, plan.unprofitable)
        self._watch_balance(head)
        if self.notifier is not None:
            metrics.notices.set(self.notifier.exchange(self.memory))
        self.health.worked(head.number)

    def _watch_balance(self, head: Head) -> None:
        balance = self.chain.balance()
        self.metrics.balance.set(balance / 10**18)
        is_poor = balance < self.settings.min_balance_wei
        if is_poor and not self._is_poor:
            log.error("balance is low", sender=self.chain.sender, wei=balance)
            title = "keeper: balance is low"
            body = f"{self.chain.sender} has {balance} wei left to pay for gas."
            self.memory.tell(Notice(f"balance:{head.number}", "", title, body))
        self._is_poor = is_poor

    def _failed(self, error: Exception) -> None:
        self.health.problem = str(error)
        self.metrics.errors.labels(type(error).__name__).inc()

    def _leave_stale_node(self) -> None:
        """A node that stands still may answer all the same."""
        node = self.chain.node
        silent = self.clock() - self._new_at
        if silent > self.settings.stale_seconds and isinstance(node, Nodes) and node.has_others:
            log.warning("no new block", node=node.uri, seconds=round(silent))
            node.next()
            self._new_at = self.clock()


def _count(counter: prometheus_client.Counter, items: list[Item]) -> None:
    for item in items:
        counter.labels(item.kind.name).inc()
