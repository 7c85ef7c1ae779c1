"""An index against the chain: every position and every aggregate, at one block."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from bulkhead.client.codec import package_abi
from bulkhead.client.node import Node, View
from bulkhead.model.state import PositionKey
from bulkhead.model.types import Market, Position


@dataclass(frozen=True)
class Difference:
    """`what` is a field of the market, or an (owner, position id)."""

    label: str
    what: str | PositionKey
    indexed: object
    on_chain: object

    def __str__(self) -> str:
        return f"{self.label}: {self.what}: index {self.indexed}, chain {self.on_chain}"


def compare(
    node: Node,
    label: str,
    vault: str,
    block: int,
    market: Market,
    positions: dict[PositionKey, Position],
) -> list[Difference]:
    """What differs. A position that is missing in the index shows in the market's sums."""
    abi, keys = package_abi("PairVault"), list(positions)
    words, *found = node.views(
        [
            View(vault, abi, "get_market"),
            *(View(vault, abi, "get_position", key) for key in keys),
        ],
        block,
    )
    on_chain = Market(*words)
    if _charged_nothing(market, on_chain):
        market = replace(market, accrued_at=on_chain.accrued_at)
    mine, theirs = asdict(market), asdict(on_chain)
    different = [Difference(label, k, mine[k], theirs[k]) for k in mine if mine[k] != theirs[k]]
    for key, position in zip(keys, (Position(*words) for words in found), strict=True):
        if position != positions[key]:
            different.append(Difference(label, key, positions[key], position))
    return different


def _charged_nothing(market: Market, on_chain: Market) -> bool:
    """Whether the vault has accrued since without moving its carry, which it does not log."""
    return market.accrued_at < on_chain.accrued_at and (
        (market.carry_long, market.carry_short) == (on_chain.carry_long, on_chain.carry_short)
    )
