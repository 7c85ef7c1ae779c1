"""A range of blocks read from a node: what its events make of the vaults."""

from __future__ import annotations

from typing import Any

from bulkhead.client.codec import Event, package_abi
from bulkhead.client.node import Node
from bulkhead.index.fold import VaultRecord, changes_position, fold_market, fold_position
from bulkhead.index.store import Store
from bulkhead.model.state import PositionKey
from bulkhead.model.types import Position

_NONE = Position()


class Span:
    """Blocks up to `last` of some vaults, as one node told them."""

    def __init__(
        self, node: Node, vaults: list[str], first: int, last: int, anchor: int | None
    ) -> None:
        """Reads the logs, as far towards `last` as the node grants at once."""
        found = node.log_span(vaults, first, last, anchor)
        self.vaults, self.last = vaults, found.last
        self.anchors = found.hashes  # of the last block and of `anchor`; none if not of one chain
        self.hashes = {int(log["blockNumber"], 16): str(log["blockHash"]) for log in found.logs}
        self.times = _times(node, found.logs)
        self.events = package_abi("PairVault").decode_logs(found.logs)
        self.events.sort(key=lambda event: (event.block, event.index))


def _times(node: Node, logs: list[dict[str, Any]]) -> dict[int, int]:
    """Timestamps by block: newer nodes tell them with the logs."""
    times = {
        int(log["blockNumber"], 16): int(log["blockTimestamp"], 16)
        for log in logs
        if log.get("blockTimestamp") is not None
    }
    untold = sorted({int(log["blockNumber"], 16) for log in logs} - times.keys())
    return times | {n: int(block["timestamp"], 16) for n, block in node.blocks(untold).items()}


class Ledger:
    """Folds a span's events over what a store has. Writes nothing before `write`."""

    def __init__(self, store: Store, undo_from: int) -> None:
        """Blocks from `undo_from` on are to be undone again if need be."""
        self._store, self._undo_from = store, undo_from
        self._records: dict[str, VaultRecord] = {}
        self._undo: dict[tuple[int, str, PositionKey | None], VaultRecord | Position] = {}
        self._events: list[tuple[Event, int]] = []
        self.changes: dict[tuple[str, PositionKey], Position] = {}

    def add(self, event: Event, time: int) -> None:
        vault = event.address
        record = self._records.get(vault) or self._store.record(vault)
        before = after = _NONE
        if changes_position(event):
            key = event["owner"], event["position_id"]
            found = self.changes.get((vault, key))
            before = self._store.position(vault, key) if found is None else found
            after = fold_position(before, event, time)
            self.changes[vault, key] = after
            self._remember(event.block, vault, key, before)
        self._remember(event.block, vault, None, record)
        self._records[vault] = fold_market(record, before, after, event, time)
        self._events.append((event, time))

    def write(self, span: Span) -> None:
        for (block, vault, key), before in self._undo.items():
            self._store.add_undo(block, vault, key, before)
        for vault in span.vaults:
            record = self._records.get(vault) or self._store.record(vault)
            self._store.put_vault(vault, span.last + 1, record)
        self._store.put_positions(self.changes)
        self._store.add_events(self._events)

    def _remember(
        self, block: int, vault: str, key: PositionKey | None, before: VaultRecord | Position
    ) -> None:
        if block >= self._undo_from:
            self._undo.setdefault((block, vault, key), before)
