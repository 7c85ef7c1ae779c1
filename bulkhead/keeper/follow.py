"""Reading along: whom a block's events concern, and which margin calls stand, whoever made them."""

from __future__ import annotations

from typing import Any

from bulkhead.client.codec import Abi, Event, package_abi
from bulkhead.client.pair import Pair
from bulkhead.client.units import show, show_price
from bulkhead.exceptions import NodeError
from bulkhead.keeper.chain import Chain
from bulkhead.keeper.memory import Memory, Notice
from bulkhead.keeper.scout import position_id
from bulkhead.keeper.types import Head

_NAMES = ("MarginCalled", "PositionLiquidated", "PositionSettled")


class Follower:
    """Takes events from where it stopped, across restarts; a block that is no more is read anew."""

    def __init__(self, chain: Chain, pairs: list[Pair], memory: Memory, depth: int) -> None:
        """`depth`: blocks that a reorganisation may take back."""
        self._chain, self._memory, self._depth = chain, memory, depth
        self._pairs = {pair.vault: pair for pair in pairs}
        self._abi: Abi = package_abi("PairVault")

    def follow(self, head: Head) -> int:
        """Read up to `head`. Returns how many notices that made; a first look makes none."""
        found = self._memory.cursor()
        if found is None:
            self._memory.advance(head.number, head.hash, [], [])
            return 0
        block, block_hash = found
        if (block, block_hash) == (head.number, head.hash):
            return 0
        first = block + 1 if self._is_there(block, block_hash) else max(block - self._depth, 0)
        logs: list[Any] = self._chain.node.logs(self._pairs, first, head.number)
        events = [event for event in self._abi.decode_logs(logs) if event.name in _NAMES]
        called = [
            position_id(event.address, (event["owner"], event["position_id"]))
            for event in events
            if event.name == "MarginCalled"
        ]
        # what is written down already is not written down again: a transaction keeps its hash
        notices = [self._notice(event) for event in events]
        self._memory.advance(head.number, head.hash, notices, called)
        return len(notices)

    def _is_there(self, block: int, block_hash: str) -> bool:
        try:
            return bool(self._chain.node.block(block)["hash"] == block_hash)
        except NodeError:  # the chain is shorter now
            return False

    def _notice(self, event: Event) -> Notice:
        pair = self._pairs[event.address]
        number = event["position_id"]
        title = f"{pair.label}, position {number}: {_TITLES[event.name]}"
        key = f"{event.transaction}:{event.name}:{event.address}:{event['owner']}:{number}"
        return Notice(key, event["owner"], title, _body(event, pair))


_TITLES = {
    "MarginCalled": "margin call",
    "PositionLiquidated": "liquidated",
    "PositionSettled": "settled",
}


def _body(event: Event, pair: Pair) -> str:
    def money(units: int) -> str:
        return f"{show(units, pair.decimals, 2)} {pair.quote}"

    at = f"at {show_price(event['price'])} {pair.quote}"
    if event.name == "MarginCalled":
        missing = event["requirement"] - event["equity"]
        return (
            f"Equity is {money(event['equity'])} {at}, {money(missing)} under the margin-call "
            "line. Add margin or reduce the position; below maintenance anyone may liquidate it."
        )
    if event.name == "PositionLiquidated" and event["size"] != 0:
        return (
            f"{show(abs(event['size_delta']), 18, 4)} {pair.base} were closed {at} to bring it "
            f"back to its initial requirement; {money(event['margin'])} of margin is left in it."
        )
    return f"It was closed {at}; {money(event['credited'])} can be claimed."
