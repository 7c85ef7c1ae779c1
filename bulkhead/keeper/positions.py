"""Positions for the scout from an index, which survives restarts and reorganisations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bulkhead.client.pair import PositionKey
from bulkhead.index import Index
from bulkhead.keeper.scout import Changes


class IndexedPositions:
    """Of some pairs of an index."""

    def __init__(self, index: Index, labels: Iterable[str]) -> None:
        self._index = index
        self._known: dict[str, set[PositionKey]] = {label: set() for label in labels}
        self._is_whole = False  # whether `_known` is what the index has

    def update(self) -> Mapping[str, Changes]:
        """All at the first call, and after one that failed: what it had read is in the index, and
        nobody has heard of it."""
        if self._is_whole:
            self._is_whole = False
            changes = self._index.sync().changes
            found: dict[str, Changes] = {label: changes.get(label, {}) for label in self._known}
        else:
            self._index.sync()
            found = {label: self._all(label) for label in self._known}
        for label, changed in found.items():
            self._known[label].update(key for key, position in changed.items() if position)
            self._known[label].difference_update(
                key for key, position in changed.items() if position is None
            )
        self._is_whole = True
        return found

    def close(self) -> None:
        self._index.close()

    def _all(self, label: str) -> Changes:
        positions = self._index.positions(label)
        return dict.fromkeys(self._known[label] - positions.keys()) | positions
