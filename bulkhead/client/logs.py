"""Logs in as few requests as a node grants, and of one chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bulkhead.exceptions import NodeError, NodeUnreachable

LOG_SPAN = 10_000  # blocks per request at most; nodes that grant less say so


class Batches(Protocol):
    """What of a node is needed here."""

    def batch(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]: ...


@dataclass(frozen=True)
class LogSpan:
    """Logs up to block `last`, and the hashes of that block and of the anchor if there is one.

    No hashes where the chain has changed meanwhile: the logs may be of the one or of the other.
    """

    last: int
    logs: list[dict[str, Any]]
    hashes: dict[int, str]


class LogReader:
    """Reads raw logs, and remembers how much the node grants."""

    def __init__(self, node: Batches, most_blocks: int = LOG_SPAN) -> None:
        self._node = node
        self._span = self._most_blocks = most_blocks

    def read(self, addresses: Iterable[str], first: int, last: int) -> list[dict[str, Any]]:
        """From block `first` to `last`."""
        wanted, found = list(addresses), []
        while first <= last:
            span = self.span(wanted, first, last)
            found += span.logs
            first = span.last + 1
        return found

    def span(
        self, addresses: Iterable[str], first: int, last: int, anchor: int | None = None
    ) -> LogSpan:
        """From block `first` on, as far towards `last` as the node grants at once.

        A refused span is halved, down to one block; spans grow again. Block hashes are read in the
        same request before and after, since logs alone do not tell which chain they are of.
        """
        query = {"address": list(addresses), "fromBlock": hex(first)}
        while True:
            reached = min(first + self._span - 1, last)
            numbers = [reached] if anchor is None else [reached, anchor]
            headers = [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
            logs_call = "eth_getLogs", [{**query, "toBlock": hex(reached)}]
            try:
                before, logs, *after = self._node.batch([headers[0], logs_call, *headers])
            except NodeUnreachable:
                raise
            except NodeError:
                if reached == first:
                    raise
                self._span = (reached - first + 1) // 2
                continue
            self._span = min(self._span + self._span // 8 + 1, self._most_blocks)
            known = {int(block["number"], 16): str(block["hash"]) for block in after if block}
            is_whole = before is not None and known.get(reached) == before["hash"]
            return LogSpan(reached, logs, known if is_whole else {})
