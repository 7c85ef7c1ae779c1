"""Following a chain: forwards span by span, and back to where it has parted from what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bulkhead.client.codec import Event, checksum
from bulkhead.client.deployments import Deployments
from bulkhead.client.node import Node
from bulkhead.exceptions import IndexBroken, InvalidInput, NodeError, NotDeployed
from bulkhead.index.span import Ledger, Span
from bulkhead.index.store import Store
from bulkhead.index.verify import Difference, compare
from bulkhead.model.state import PositionKey
from bulkhead.model.types import Market, Position

KEPT_BLOCKS = 2_000  # that can be undone: a reorganisation beyond them reads everything anew
_PATIENCE = 10  # reorganisations in a row while one span is read

Changes = dict[PositionKey, Position | None]
Progress = Callable[[int, int], None]


@dataclass
class Advance:
    """What a `sync` has changed: positions as they are now by pair, None for those closed.

    `rolled_back_to` is the last common block if the chain was reorganised on the way.
    """

    block: int
    events: int = 0
    rolled_back_to: int | None = None
    changes: dict[str, Changes] = field(default_factory=dict)


class Index:
    """The pairs of a network, rebuilt from their events into the SQLite file `path`.

    Without a path it lives in memory. Pairs that are new in the deployments file are caught up with
    from their own first block. One index writes a file at a time; any number may read it.
    """

    def __init__(self, node: Node, deployments: Deployments, path: Path | None = None) -> None:
        self.node = node
        pairs = deployments.pairs.items()
        self._vaults = {label: checksum(entry.vault) for label, entry in pairs}
        self._labels = {vault: label for label, vault in self._vaults.items()}
        self._births = {self._vaults[label]: entry.block for label, entry in pairs}
        self._store = Store(path)
        genesis = self._store.meta("genesis", deployments.genesis)
        if genesis != deployments.genesis:
            self._store.close()
            raise InvalidInput(
                f"{path} is the index of another chain", "Move it away, or check --network."
            )
        self._add_vaults()

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- reading ----

    @property
    def labels(self) -> list[str]:
        return list(self._vaults)

    @property
    def block(self) -> int:
        """The last block that is in, of all pairs; -1 before the first one."""
        return min(map(self._store.next_block, self._births), default=0) - 1

    def positions(self, label: str) -> dict[PositionKey, Position]:
        """The open ones."""
        return self._store.positions(self._vault(label))

    def market(self, label: str) -> Market:
        """As stored in the vault. `accrued_at` lags in a pair that charges nothing meanwhile."""
        return self._store.record(self._vault(label)).market

    def settlement_price(self, label: str) -> int:
        """WAD; counts in wind-down, and may be 0 there."""
        return self._store.record(self._vault(label)).settlement_price

    def events(
        self,
        label: str,
        first: int = 0,
        last: int | None = None,
        names: Iterable[str] | None = None,
    ) -> Iterator[tuple[Event, int]]:
        """Decoded events in their order, each with the timestamp of its block."""
        last = self.block if last is None else last
        return self._store.events(self._vault(label), first, last, names)

    def verify(self, label: str | None = None) -> list[Difference]:
        """Compare positions and market with the vault's getters at the last block that is in.

        Empty where all is equal. The node must still have the state of that block.
        """
        labels = self.labels if label is None else [label]
        return [
            difference
            for name in labels
            for difference in compare(
                self.node, name, self._vault(name), self.block, self.market(name),
                self.positions(name),
            )
        ]  # fmt: skip

    # ---- following ----

    def sync(self, last: int | None = None, progress: Progress | None = None) -> Advance:
        """Read on to block `last`, by default the node's last one. Safe to interrupt anywhere.

        `progress` is told the last block that is in and the one that is aimed at. Raises NodeError
        where the node refuses or is far behind, IndexBroken where the events make no sense.
        """
        advance, restless = Advance(self.block), 0
        goal = self.node.head if last is None else last
        while True:
            head = self.node.head
            goal = min(goal, head)
            self._go_back(head, advance)
            first = min(map(self._store.next_block, self._births), default=goal + 1)
            if first > goal:
                break
            if self._read_span(first, goal, head, advance):
                restless = 0
            elif (restless := restless + 1) > _PATIENCE:
                raise NodeError("the chain changes faster than it is read", "Try another node.")
            if progress is not None:
                progress(self.block, goal)
        advance.block = self.block
        return advance

    def _read_span(self, first: int, goal: int, head: int, advance: Advance) -> bool:
        """Take in one span of the pairs that are at `first`. False if the chain has changed."""
        next_blocks = {vault: self._store.next_block(vault) for vault in self._births}
        behind = [vault for vault, block in next_blocks.items() if block == first]
        goal = min([goal, *(block - 1 for block in next_blocks.values() if block > first)])
        known = dict(self._store.blocks()[:1])
        span = Span(self.node, behind, first, goal, next(iter(known), None))
        end = {span.last: span.anchors.get(span.last, "")}
        if span.anchors != known | end:
            return False
        kept_from = max(head - KEPT_BLOCKS, 0)
        ledger = Ledger(self._store, kept_from)
        for event in span.events:
            ledger.add(event, span.times[event.block])
        with self._store.transaction():
            if self._store.next_block(behind[0]) != first:
                raise IndexBroken(
                    "another process writes this index", "Give every keeper an index of its own."
                )
            ledger.write(span)
            self._store.add_blocks({n: h for n, h in span.hashes.items() if n >= kept_from} | end)
            self._forget(kept_from)
        advance.events += len(span.events)
        self._report(advance, ledger.changes)
        return True

    # ---- going back ----

    def _go_back(self, head: int, advance: Advance) -> None:
        """To the last block that the node still has as it was read, if that is not the last."""
        kept = self._store.blocks()
        if not kept or (kept[0][0] <= head and self._is_still(dict(kept[:1]))):
            return
        if head < kept[0][0] - KEPT_BLOCKS:
            raise NodeError(
                f"the node is at block {head}, far behind the index at {kept[0][0]}",
                "Wait until it has caught up, or use another one.",
            )
        found = self.node.blocks([n for n, _ in kept if n <= head])
        common = next((n for n, hash_ in kept if n in found and found[n]["hash"] == hash_), -1)
        with self._store.transaction():
            if common + 1 < int(self._store.meta("undo_from", "0")) or common < 0:
                common, changes = -1, self._clear()
            else:
                changes = self._store.undo_after(common)
        earlier = advance.rolled_back_to
        advance.rolled_back_to = common if earlier is None else min(common, earlier)
        self._report(advance, changes)

    def _clear(self) -> dict[tuple[str, PositionKey], Position]:
        """Start anew: what was read has been reorganised further back than it can be undone."""
        closed = {
            (vault, key): Position()
            for vault in self._births
            for key in self._store.positions(vault)
        }
        self._store.clear()
        self._add_vaults()
        return closed

    def _forget(self, kept_from: int) -> None:
        if kept_from > int(self._store.meta("undo_from", "0")):
            self._store.forget_undo(kept_from)
            self._store.set_meta("undo_from", str(kept_from))

    # ---- internal ----

    def _is_still(self, hashes: dict[int, str]) -> bool:
        """Whether the node has these blocks."""
        found = self.node.blocks(list(hashes))
        return all(n in found and found[n]["hash"] == hash_ for n, hash_ in hashes.items())

    def _report(self, advance: Advance, changes: dict[tuple[str, PositionKey], Position]) -> None:
        for (vault, key), position in changes.items():
            of_pair = advance.changes.setdefault(self._labels[vault], {})
            of_pair[key] = position if position.size != 0 else None

    def _add_vaults(self) -> None:
        for vault, block in self._births.items():
            self._store.add_vault(vault, block)

    def _vault(self, label: str) -> str:
        if label not in self._vaults:
            known = ", ".join(self._vaults) or "none"
            raise NotDeployed(f"no pair {label!r} in the index; there are: {known}")
        return self._vaults[label]
