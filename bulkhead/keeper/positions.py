"""Positions from a vault's events, and one view for each that an event is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bulkhead.client.pair import Pair
from bulkhead.keeper.scout import Changes


class EventPositions:
    """For as long as the keeper runs; nothing is kept."""

    def __init__(self, pairs: list[Pair]) -> None:
        self._pairs = pairs
        self._next = {pair.label: pair.entry.block for pair in pairs}

    def update(self) -> Mapping[str, Changes]:
        return {pair.label: self._changes(pair) for pair in self._pairs}

    def _changes(self, pair: Pair) -> Changes:
        first = self._next[pair.label]
        last = int(pair.node.request("eth_blockNumber"), 16)
        logs: list[Any] = pair.node.logs([pair.vault], first, last) if first <= last else []
        keys = list(
            {
                (event["owner"], event["position_id"])
                for event in pair.abi.decode_logs(logs)
                if "position_id" in event.values
            }
        )
        self._next[pair.label] = last + 1
        return dict(zip(keys, pair.positions(keys), strict=True))
