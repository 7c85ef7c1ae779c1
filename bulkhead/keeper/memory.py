"""What a keeper must not forget besides its transactions: how far it has read, which margin calls
stand, what is to rest after a failure, and what owners are still to be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bulkhead.keeper.database import Database

_LONGEST_SECONDS = 600  # of a rest


@dataclass(frozen=True)
class Notice:
    """A message. `id` keeps it from being written down twice; `owner` empty: the operator's."""

    id: str
    owner: str
    title: str
    body: str


class Memory:
    def __init__(self, database: Database, cooldown_seconds: int) -> None:
        self._database = database
        self._connection = database.connection
        self._cooldown = cooldown_seconds

    # ---- how far the events have been read ----

    def cursor(self) -> tuple[int, str] | None:
        """Block and its hash; None before the first look."""
        row = self._connection.execute("SELECT block, hash FROM cursor").fetchone()
        return (row[0], row[1]) if row else None

    def advance(
        self, block: int, block_hash: str, notices: Iterable[Notice], called: Iterable[str]
    ) -> None:
        """Events up to a block have been read, with what follows from them."""
        with self._database.change() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO notices (id, owner, title, body) VALUES (?, ?, ?, ?)",
                [(one.id, one.owner, one.title, one.body) for one in notices],
            )
            connection.executemany(
                "INSERT OR IGNORE INTO called (position) VALUES (?)", [(one,) for one in called]
            )
            connection.execute(
                "INSERT OR REPLACE INTO cursor (only, block, hash) VALUES (0, ?, ?)",
                (block, block_hash),
            )

    # ---- margin calls: one for each time that a position falls under the line ----

    def called(self) -> set[str]:
        return {row[0] for row in self._connection.execute("SELECT position FROM called")}

    def forget_calls(self, positions: Iterable[str]) -> None:
        """They are above the line again, or closed."""
        gone = [(position,) for position in positions]
        if gone:
            with self._database.change() as connection:
                connection.executemany("DELETE FROM called WHERE position = ?", gone)

    # ---- rest after a failure ----

    def resting(self, now: int) -> set[str]:
        """Items not to be tried before later."""
        rows = self._connection.execute("SELECT item FROM resting WHERE until > ?", (now,))
        return {row[0] for row in rows}

    def rest(self, items: Sequence[str], now: int) -> None:
        """The first failure may be somebody else's luck and costs no rest; each further one
        doubles it, up to ten minutes, and ten minutes later all is forgiven."""
        if not items:
            return
        with self._database.change() as connection:
            for item in items:
                row = connection.execute(
                    "SELECT failures, until FROM resting WHERE item = ?", (item,)
                ).fetchone()
                failures = min(row[0], 16) if row and now - row[1] < _LONGEST_SECONDS else 0
                seconds = min(self._cooldown << failures >> 1, _LONGEST_SECONDS) if failures else 0
                until = now + seconds
                connection.execute(
                    "INSERT OR REPLACE INTO resting (item, failures, until) VALUES (?, ?, ?)",
                    (item, failures + 1, until),
                )

    def wake(self, items: Iterable[str]) -> None:
        """They succeeded."""
        rested = [(item,) for item in items]
        if rested:
            with self._database.change() as connection:
                connection.executemany("DELETE FROM resting WHERE item = ?", rested)

    # ---- notices ----

    def tell(self, notice: Notice) -> None:
        with self._database.change() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO notices (id, owner, title, body) VALUES (?, ?, ?, ?)",
                (notice.id, notice.owner, notice.title, notice.body),
            )

    def untold(self) -> list[Notice]:
        rows = self._connection.execute(
            "SELECT id, owner, title, body FROM notices WHERE is_delivered = 0 ORDER BY rowid"
        )
        return [Notice(*row) for row in rows]

    def told(self, notice: Notice) -> None:
        """Delivered. A kill between the delivery and this tells it once more."""
        with self._database.change() as connection:
            connection.execute("UPDATE notices SET is_delivered = 1 WHERE id = ?", (notice.id,))
