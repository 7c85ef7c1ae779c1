"""Orders in a folder, one JSON file each, for those who sign them and for keepers who watch them.

A file is named after its order's digest, written beside and moved into place: any number of
processes may add, read and remove at once. A file that is no order is reported and skipped.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bulkhead.exceptions import BulkheadError, InvalidOrder
from bulkhead.orders.files import MAX_BYTES, dump_order, parse_order
from bulkhead.orders.signing import SignedOrder

FOLDER: Final = Path("orders")
_SUFFIX: Final = ".json"
_LOCK: Final = ".lock"

_Stamp = tuple[int, int, int]  # another one whenever the file is


@dataclass(frozen=True)
class Problem:
    """A file that is no order, and why."""

    path: Path
    error: BulkheadError

    def __str__(self) -> str:
        return f"{self.path}: {self.error}"


@dataclass(frozen=True)
class Change:
    """What has happened in the folder since the last look."""

    added: list[SignedOrder]
    removed: list[SignedOrder]
    problems: list[Problem]  # new ones


class OrderStore:
    """A folder of signed orders. It need not exist: the first `add` makes it."""

    def __init__(self, path: Path | str = FOLDER) -> None:
        self.path = Path(path)
        self.problems: list[Problem] = []  # of the last `load`
        self._known: dict[str, tuple[_Stamp, SignedOrder | Problem]] = {}

    # ---- writing ----

    def add(self, signed: SignedOrder) -> Path:
        """Keep an order, whole or not at all. Returns its file."""
        path = self.file_of(signed.digest)
        self.path.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path, prefix=".", suffix=".partial")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(dump_order(signed))
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return path

    def remove(self, digest: bytes) -> bool:
        """Whether it was there. There may be copies: only cancelling makes an order worthless."""
        try:
            self.file_of(digest).unlink()
        except FileNotFoundError:
            return False
        return True

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from choosing a nonce until an order with one's own is added."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / _LOCK).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed
            yield

    # ---- reading ----

    def file_of(self, digest: bytes) -> Path:
        return self.path / f"0x{digest.hex()}{_SUFFIX}"

    def load(self) -> list[SignedOrder]:
        """Every order, by digest; `problems` then has the files that are none.

        To look again costs one `stat` for each file that has not changed.
        """
        seen = {}
        for path in sorted(self.path.glob(f"[!.]*{_SUFFIX}")):
            with contextlib.suppress(FileNotFoundError):  # somebody has just removed it
                seen[path.name] = self._look(path)
        self._known = seen
        found = [item for _, item in seen.values()]
        self.problems = [item for item in found if isinstance(item, Problem)]
        return [item for item in found if isinstance(item, SignedOrder)]

    def watch(
        self, seconds: float = 1, wait: Callable[[float], object] = time.sleep
    ) -> Iterator[Change]:
        """What is there, then every change, with a look every so many seconds."""
        orders: dict[bytes, SignedOrder] = {}
        told: list[str] = []
        while True:
            found = {signed.digest: signed for signed in self.load()}
            change = Change(
                [signed for digest, signed in found.items() if digest not in orders],
                [signed for digest, signed in orders.items() if digest not in found],
                [problem for problem in self.problems if str(problem) not in told],
            )
            orders, told = found, list(map(str, self.problems))
            if change.added or change.removed or change.problems:
                yield change
            wait(seconds)

    def _look(self, path: Path) -> tuple[_Stamp, SignedOrder | Problem]:
        found = path.stat()
        stamp = found.st_ino, found.st_mtime_ns, found.st_size
        known = self._known.get(path.name)
        if known is not None and known[0] == stamp:
            return known
        try:
            return stamp, self._read(path, found)
        except BulkheadError as error:
            return stamp, Problem(path, error)

    def _read(self, path: Path, found: os.stat_result) -> SignedOrder:
        if not stat.S_ISREG(found.st_mode):
            raise InvalidOrder("no file")
        if found.st_size > MAX_BYTES:
            raise InvalidOrder(f"longer than any order: {found.st_size:,} bytes")
        try:
            signed = parse_order(path.read_text("utf-8"))
        except FileNotFoundError:
            raise
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidOrder(f"cannot be read: {error}") from None
        if path != self.file_of(signed.digest):
            raise InvalidOrder(
                "not named after its order", f"Rename it to {self.file_of(signed.digest).name}."
            )
        return signed
