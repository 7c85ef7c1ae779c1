"""What was sent and what became of it. A transaction is written down before it is sent.

A batch is one call with one nonce; its attempts are the forms in which it was signed, each for more
than the one before. Of all attempts with a nonce the chain takes at most one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from sqlite3 import Row

from bulkhead.keeper.database import Database
from bulkhead.keeper.types import Call, Fees, Kind


class Status(str, Enum):
    OPEN = "open"  # sent, or about to be
    MINED = "mined"
    DISPLACED = "displaced"  # another transaction took the nonce
    DROPPED = "dropped"  # never to be sent again; its nonce was free


@dataclass(frozen=True)
class Attempt:
    """A signed transaction."""

    hash: str
    raw: str
    fees: Fees
    block: int  # in which it was last sent


@dataclass(frozen=True)
class Batch:
    """A call with its nonce."""

    id: int
    nonce: int
    call: Call
    status: Status
    block: int
    mined_block: int | None
    mined_hash: str | None


@dataclass(frozen=True)
class Totals:
    """Since the journal began: numbers of transactions and items, and wei."""

    mined: int
    items: int
    won: int
    earned: int
    cost: int

    @property
    def profit(self) -> int:
        return self.earned - self.cost


class Journal:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connection
        self._connection.row_factory = Row

    # ---- writing ----

    def record(self, call: Call, nonce: int, attempt: Attempt) -> Batch:
        """Before the first attempt is sent."""
        with self._database.change() as connection:
            cursor = connection.execute(
                "INSERT INTO batches (nonce, kind, target, data, gas, items, status, block)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    nonce, call.kind.name, call.target, call.data, call.gas,
                    json.dumps(call.items), Status.OPEN.value, attempt.block,
                ),
            )  # fmt: skip
            number = int(cursor.lastrowid or 0)
            self._insert(number, nonce, attempt)
        return Batch(number, nonce, call, Status.OPEN, attempt.block, None, None)

    def add(self, batch: Batch, attempt: Attempt) -> None:
        """Before another attempt is sent, or the same one again."""
        with self._database.change():
            self._insert(batch.id, batch.nonce, attempt)

    def mine(
        self, batch: Batch, block: int, block_hash: str, cost: int, earned: int, won: int
    ) -> None:
        """It is in a block. Whatever else had its nonce never will be."""
        with self._database.change() as connection:
            connection.execute(
                "UPDATE batches SET status = ? WHERE nonce = ?",
                (Status.DISPLACED.value, batch.nonce),
            )
            connection.execute(
                "UPDATE batches SET status = ?, mined_block = ?, mined_hash = ?, cost = ?,"
                " earned = ?, won = ? WHERE id = ?",
                (Status.MINED.value, block, block_hash, str(cost), str(earned), won, batch.id),
            )

    def reopen(self, batch: Batch) -> None:
        """The block that it was in is no more. It goes out again with the next look."""
        with self._database.change() as connection:
            connection.execute(
                "UPDATE batches SET status = ?, mined_block = NULL, mined_hash = NULL, cost = NULL,"
                " earned = NULL, won = NULL WHERE id = ?",
                (Status.OPEN.value, batch.id),
            )

    def close(self, batches: Iterable[Batch], status: Status) -> None:
        with self._database.change() as connection:
            connection.executemany(
                "UPDATE batches SET status = ? WHERE id = ?",
                [(status.value, batch.id) for batch in batches],
            )

    # ---- reading ----

    def open(self) -> list[Batch]:
        """In the order of their nonces."""
        return self._select("status = ? ORDER BY nonce, id", Status.OPEN.value)

    def dropped_since(self, block: int) -> list[Batch]:
        """Decided on in that block or later."""
        return self._select("status = ? AND block >= ?", Status.DROPPED.value, block)

    def mined_since(self, block: int) -> list[Batch]:
        return self._select("status = ? AND mined_block >= ?", Status.MINED.value, block)

    def get(self, number: int) -> Batch:
        return self._select("id = ?", number)[0]

    def attempts(self, batch: Batch) -> list[Attempt]:
        """In the order in which they were signed."""
        rows = self._connection.execute(
            "SELECT * FROM attempts WHERE batch = ? ORDER BY rowid", (batch.id,)
        )
        return [_attempt(row) for row in rows]

    def hashes(self, nonces: Sequence[int]) -> dict[str, int]:
        """Batch of each attempt that was ever signed with one of the nonces."""
        marks = ", ".join("?" * len(nonces))
        rows = self._connection.execute(
            f"SELECT hash, batch FROM attempts WHERE nonce IN ({marks})", list(nonces)
        )
        return {row["hash"]: row["batch"] for row in rows}

    def in_flight(self) -> set[str]:
        """Ids of the items that a transaction is under way for."""
        return {item for batch in self.open() for item in batch.call.items}

    def totals(self) -> Totals:
        mined = self._connection.execute(
            "SELECT items, won, earned, cost FROM batches WHERE status = ?", (Status.MINED.value,)
        ).fetchall()
        return Totals(
            mined=len(mined),
            items=sum(len(json.loads(row["items"])) for row in mined),
            won=sum(row["won"] for row in mined),
            earned=sum(int(row["earned"]) for row in mined),
            cost=sum(int(row["cost"]) for row in mined),
        )

    # ---- internal ----

    def _insert(self, batch: int, nonce: int, attempt: Attempt) -> None:
        self._connection.execute(
            "INSERT INTO attempts (hash, batch, nonce, raw, max_fee, tip, block)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET block = excluded.block",
            (
                attempt.hash, batch, nonce, attempt.raw,
                str(attempt.fees.max_fee), str(attempt.fees.tip), attempt.block,
            ),
        )  # fmt: skip

    def _select(self, condition: str, *values: object) -> list[Batch]:
        rows = self._connection.execute(f"SELECT * FROM batches WHERE {condition}", values)
        return [_batch(row) for row in rows]


def _batch(row: Row) -> Batch:
    call = Call(
        Kind[row["kind"]],
        row["target"],
        row["data"],
        row["gas"],
        tuple(json.loads(row["items"])),
    )
    return Batch(
        row["id"],
        row["nonce"],
        call,
        Status(row["status"]),
        row["block"],
        row["mined_block"],
        row["mined_hash"],
    )


def _attempt(row: Row) -> Attempt:
    fees = Fees(int(row["max_fee"]), int(row["tip"]))
    return Attempt(row["hash"], row["raw"], fees, row["block"])
