"""The file of a keeper's memory: SQLite, one for each chain and key, for one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bulkhead.exceptions import InvalidInput

_VERSION = 1
_SCHEMA = """
CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    nonce INTEGER NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    data TEXT NOT NULL,
    gas INTEGER NOT NULL,
    items TEXT NOT NULL,              -- ids, JSON
    status TEXT NOT NULL,             -- see journal.Status
    block INTEGER NOT NULL,           -- in which it was decided
    mined_block INTEGER,
    mined_hash TEXT,                  -- of the block
    cost TEXT,                        -- wei
    earned TEXT,                      -- wei
    won INTEGER                       -- items
);
CREATE INDEX batches_status ON batches (status, mined_block);
CREATE TABLE attempts (               -- each signed form of a batch
    hash TEXT PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batches (id),
    nonce INTEGER NOT NULL,
    raw TEXT NOT NULL,
    max_fee TEXT NOT NULL,            -- wei per gas
    tip TEXT NOT NULL,
    block INTEGER NOT NULL            -- in which it was last sent
);
CREATE INDEX attempts_nonce ON attempts (nonce);
CREATE TABLE cursor (only INTEGER PRIMARY KEY CHECK (only = 0), block INTEGER, hash TEXT);
CREATE TABLE called (position TEXT PRIMARY KEY);   -- margin calls that stand
CREATE TABLE resting (item TEXT PRIMARY KEY, failures INTEGER NOT NULL, until INTEGER NOT NULL);
CREATE TABLE notices (
    id TEXT PRIMARY KEY,              -- transaction and what it is about
    owner TEXT NOT NULL,              -- empty: for the operator alone
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    is_delivered INTEGER NOT NULL DEFAULT 0
);
"""


class Database:
    """Opened by one keeper. A change is on the disk when `change` has ended."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise InvalidInput(
                f"another keeper works with {path}",
                "Two keepers need two keys: they would take one another's nonces.",
            ) from None
        try:
            self.connection = connect(path)
            self._migrate()
        except sqlite3.DatabaseError as error:
            self._lock.close()
            raise InvalidInput(f"{path} cannot be read: {error}", "Move it away.") from None

    def close(self) -> None:
        self.connection.close()
        self._lock.close()

    @contextlib.contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def _migrate(self) -> None:
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            script = f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;"
            self.connection.executescript(script)
        elif version != _VERSION:
            raise InvalidInput(
                f"{self.path} is of version {version}, this program of {_VERSION}", "Move it away."
            )


def connect(path: Path) -> sqlite3.Connection:
    """Readers do not wait for a writer, and what is committed survives a loss of power."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=5)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection
