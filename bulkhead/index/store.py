"""The index's file: SQLite, changed in whole block ranges or not at all.

Amounts are decimal text, since they are wider than SQLite's integers. Every change of a block that
may still be reorganised leaves an undo row: what was there before that block.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

from bulkhead.client.codec import Event
from bulkhead.exceptions import InvalidInput
from bulkhead.index.fold import VaultRecord
from bulkhead.model.state import PositionKey
from bulkhead.model.types import Market, Position

_VERSION = "1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vaults (
    address TEXT PRIMARY KEY, next_block INTEGER NOT NULL, record TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
    vault TEXT NOT NULL, owner TEXT NOT NULL, position_id TEXT NOT NULL,
    size TEXT NOT NULL, margin TEXT NOT NULL, basis TEXT NOT NULL, reserve TEXT NOT NULL,
    opened_at INTEGER NOT NULL, increased_at INTEGER NOT NULL,
    PRIMARY KEY (vault, owner, position_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    block INTEGER NOT NULL, log_index INTEGER NOT NULL, time INTEGER NOT NULL,
    tx TEXT NOT NULL, vault TEXT NOT NULL, name TEXT NOT NULL, args TEXT NOT NULL,
    PRIMARY KEY (block, log_index)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blocks (number INTEGER PRIMARY KEY, hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS undo (
    block INTEGER NOT NULL, vault TEXT NOT NULL, owner TEXT NOT NULL, position_id TEXT NOT NULL,
    before TEXT NOT NULL, PRIMARY KEY (block, vault, owner, position_id)
) WITHOUT ROWID;
"""
_NO_ONE = ""  # owner of the undo rows of a vault itself


class Store:
    """One open file. All writing happens inside `transaction`."""

    def __init__(self, path: Path | None) -> None:
        """None keeps it in memory."""
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path or ":memory:", isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise InvalidInput(
                f"{path} is no index: {error}", "Move the file away; it is rebuilt from the chain."
            ) from None
        self.path = path
        if self.meta("version", _VERSION) != _VERSION:
            raise InvalidInput(
                f"{path} is the index of another version", "Remove it; it is rebuilt."
            )

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # ---- what the file is about ----

    def meta(self, key: str, default: str) -> str:
        """A fact about the file; the first one told stays."""
        self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, default))
        return str(self._one("SELECT value FROM meta WHERE key = ?", key)[0])

    def set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # ---- vaults ----

    def add_vault(self, address: str, block: int) -> None:
        """If it is not there yet: nothing of it has happened before `block`."""
        record = _pack_record(VaultRecord(Market()))
        self._db.execute("INSERT OR IGNORE INTO vaults VALUES (?, ?, ?)", (address, block, record))

    def next_block(self, vault: str) -> int:
        return int(self._one("SELECT next_block FROM vaults WHERE address = ?", vault)[0])

    def record(self, vault: str) -> VaultRecord:
        return _unpack_record(self._one("SELECT record FROM vaults WHERE address = ?", vault)[0])

    def put_vault(self, vault: str, next_block: int, record: VaultRecord) -> None:
        self._db.execute(
            "UPDATE vaults SET next_block = ?, record = ? WHERE address = ?",
            (next_block, _pack_record(record), vault),
        )

    # ---- positions ----

    def position(self, vault: str, key: PositionKey) -> Position:
        """Without size where there is none."""
        row = self._db.execute(
            "SELECT size, margin, basis, reserve, opened_at, increased_at FROM positions"
            " WHERE vault = ? AND owner = ? AND position_id = ?",
            (vault, key[0], str(key[1])),
        ).fetchone()
        return Position(*map(int, row)) if row else Position()

    def positions(self, vault: str) -> dict[PositionKey, Position]:
        rows = self._db.execute(
            "SELECT owner, position_id, size, margin, basis, reserve, opened_at, increased_at"
            " FROM positions WHERE vault = ?",
            (vault,),
        )
        return {(row[0], int(row[1])): Position(*map(int, row[2:])) for row in rows}

    def put_positions(self, changes: dict[tuple[str, PositionKey], Position]) -> None:
        """Store, or remove those without size."""
        self._db.executemany(
            "DELETE FROM positions WHERE vault = ? AND owner = ? AND position_id = ?",
            [(v, key[0], str(key[1])) for (v, key), p in changes.items() if p.size == 0],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (v, key[0], str(key[1]), *map(str, astuple(p)[:4]), p.opened_at, p.increased_at)
                for (v, key), p in changes.items()
                if p.size != 0
            ],
        )

    # ---- events and blocks ----

    def add_events(self, events: Iterable[tuple[Event, int]]) -> None:
        """Each with the timestamp of its block."""
        self._db.executemany(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (e.block, e.index, time, e.transaction, e.address, e.name, pack_args(e.values))
                for e, time in events
            ],
        )

    def events(
        self, vault: str, first: int, last: int, names: Iterable[str] | None
    ) -> Iterator[tuple[Event, int]]:
        """In their order, each with the timestamp of its block."""
        wanted = None if names is None else set(names)
        rows = self._db.execute(
            "SELECT block, log_index, time, tx, name, args FROM events"
            " WHERE vault = ? AND block BETWEEN ? AND ? ORDER BY block, log_index",
            (vault, first, last),
        )
        for block, index, time, tx, name, args in rows:
            if wanted is None or name in wanted:
                yield Event(name, unpack_args(args), vault, block, tx, index), time

    def add_blocks(self, hashes: dict[int, str]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO blocks VALUES (?, ?)", hashes.items())

    def blocks(self) -> list[tuple[int, str]]:
        """Numbers and hashes that are kept, the latest first."""
        return self._db.execute("SELECT number, hash FROM blocks ORDER BY number DESC").fetchall()

    # ---- undoing ----

    def add_undo(self, block: int, vault: str, key: PositionKey | None, before: Any) -> None:
        """What there was before a block; only the first of a block counts."""
        owner, number = key or (_NO_ONE, 0)
        is_vault = isinstance(before, VaultRecord)
        packed = _pack_record(before) if is_vault else json.dumps(astuple(before))
        self._db.execute(
            "INSERT OR IGNORE INTO undo VALUES (?, ?, ?, ?, ?)",
            (block, vault, owner, str(number), packed),
        )

    def undo_after(self, block: int) -> dict[tuple[str, PositionKey], Position]:
        """Back to the end of a block. Returns the positions that have changed by that."""
        restored: dict[tuple[str, PositionKey], Position] = {}
        rows = self._db.execute(
            "SELECT vault, owner, position_id, before FROM undo"
            " WHERE block > ? ORDER BY block DESC",
            (block,),
        ).fetchall()
        for vault, owner, number, before in rows:
            if owner == _NO_ONE:
                self._db.execute("UPDATE vaults SET record = ? WHERE address = ?", (before, vault))
            else:
                restored[vault, (owner, int(number))] = Position(*json.loads(before))
        self.put_positions(restored)
        for table, column in (("undo", "block"), ("events", "block"), ("blocks", "number")):
            self._db.execute(f"DELETE FROM {table} WHERE {column} > ?", (block,))
        self._db.execute("UPDATE vaults SET next_block = min(next_block, ?)", (block + 1,))
        return restored

    def forget_undo(self, before: int) -> None:
        """Give up going back to before a block, and keep one hash to know the chain by."""
        self._db.execute("DELETE FROM undo WHERE block < ?", (before,))
        self._db.execute(
            "DELETE FROM blocks WHERE number < min(?, (SELECT max(number) FROM blocks))", (before,)
        )

    def clear(self) -> None:
        """As new; vaults are to be added again."""
        for table in ("vaults", "positions", "events", "blocks", "undo"):
            self._db.execute(f"DELETE FROM {table}")

    def _one(self, query: str, *arguments: Any) -> Any:
        return self._db.execute(query, arguments).fetchone()


def pack_args(values: dict[str, Any]) -> str:
    """JSON; integers as text, since most readers of JSON hold no more than 53 bits."""
    return json.dumps({k: str(v) if type(v) is int else v for k, v in values.items()})


def unpack_args(text: str) -> dict[str, Any]:
    return {
        key: int(value) if isinstance(value, str) and not value.startswith("0x") else value
        for key, value in json.loads(text).items()
    }


def _pack_record(record: VaultRecord) -> str:
    return json.dumps([*astuple(record.market), record.settlement_price])


def _unpack_record(text: str) -> VaultRecord:
    *market, settlement_price = json.loads(text)
    return VaultRecord(Market(*market), settlement_price)
