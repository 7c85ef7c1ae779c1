"""What the parts of a keeper hand to one another. Gas prices and worth are wei, always integers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bulkhead.orders import SignedOrder


class Kind(str, Enum):
    """What a transaction of the keeper does; the value is the function, of the lens but for one."""

    LIQUIDATE = "liquidate_many"
    EXECUTE = "execute_many"
    EXECUTE_WITH_PERMIT = "execute_with_permit"  # of the order book, one at a time
    SETTLE = "settle_many"
    CALL_MARGIN = "call_margin_many"
    CANCEL = "cancel"  # nothing: it frees the nonce of a transaction that hangs

    @property
    def is_paid(self) -> bool:
        return self in (Kind.LIQUIDATE, Kind.EXECUTE, Kind.EXECUTE_WITH_PERMIT)


@dataclass(frozen=True)
class Head:
    """The latest block. `base_fee` is the next block's."""

    number: int
    hash: str
    timestamp: int
    base_fee: int


@dataclass(frozen=True)
class Item:
    """One thing that is due: a position, or an order. `worth` orders items before a simulation."""

    kind: Kind
    vault: str
    owner: str
    number: int  # position id, or digest of the order
    worth: int = 0
    order: SignedOrder | None = None

    @property
    def id(self) -> str:
        """Names it in the journal, across restarts."""
        return f"{self.kind.name}:{self.vault}:{self.owner}:{self.number}"


@dataclass(frozen=True)
class Fees:
    """EIP-1559, wei per gas."""

    max_fee: int
    tip: int

    def price(self, base_fee: int) -> int:
        """What a unit of gas costs in a block with that base fee."""
        return min(self.max_fee, base_fee + self.tip)


@dataclass(frozen=True)
class Call:
    """A transaction's content before it has a nonce and a price."""

    kind: Kind
    target: str
    data: str
    gas: int  # limit
    items: tuple[str, ...]  # ids


@dataclass(frozen=True)
class Answer:
    """What the lens said about one item: `amount` in asset units."""

    is_success: bool
    amount: int
    reason: str


@dataclass(frozen=True)
class Simulation:
    """A call as it would go in the next block."""

    gas_used: int
    answers: tuple[Answer, ...]
