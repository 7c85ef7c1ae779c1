"""Rows of what happened in a pair, from its events, and files of them."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bulkhead.client.codec import Event
from bulkhead.client.tables import when
from bulkhead.exceptions import InvalidInput

_COMMON = ("time", "block", "transaction", "pair", "event")
# Which events, and their fields in the order of the columns; a field that an event lacks is empty.
KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "positions": (
        ("PositionAdjusted", "PositionClosed", "MarginAdded", "MarginRemoved", "PositionLiquidated",
         "PositionSettled"),
        ("owner", "position_id", "sender", "keeper", "size_delta", "price", "fee", "realised",
         "amount", "paid_out", "credited", "reward", "bad_debt", "size", "margin", "basis",
         "reserve"),
    ),
    "liquidity": (("Deposit", "Withdraw"), ("sender", "receiver", "owner", "assets", "shares")),
    "liquidations": (
        ("PositionLiquidated",),
        ("owner", "position_id", "keeper", "size_delta", "price", "fee", "realised", "reward",
         "credited", "bad_debt", "size", "margin", "basis", "reserve", "pool", "carry_long",
         "carry_short"),
    ),
}  # fmt: skip
# Addresses, and ids, which use all 256 bits; everything else is a number of at most 76 digits.
_TEXTS = {"owner", "position_id", "sender", "keeper", "receiver"} | set(_COMMON)


def columns_of(kind: str) -> tuple[str, ...]:
    return _COMMON + KINDS[kind][1]


def rows_of(kind: str, label: str, events: Iterable[tuple[Event, int]]) -> Iterator[dict[str, Any]]:
    """A row for each event of the kind; `events` with the unix seconds of their blocks."""
    names, fields = KINDS[kind]
    for event, time in events:
        if event.name in names:
            row = dict.fromkeys(fields) | {
                name: value for name, value in event.values.items() if name in fields
            }
            common = when(time), event.block, event.transaction, label, event.name
            yield dict(zip(_COMMON, common, strict=True)) | row


def write(path: Path, kind: str, rows: list[dict[str, Any]], *, is_forced: bool = False) -> None:
    """Whole or not at all. Raises InvalidInput for a file that is there or of another form."""
    writer = {".csv": _write_csv, ".parquet": _write_parquet}.get(path.suffix)
    if writer is None:
        raise InvalidInput(f"{path}: unknown form", "Name the file .csv or .parquet.")
    if path.exists() and not is_forced:
        raise InvalidInput(f"{path} is there already", "Use --force to overwrite it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".partial")
        os.close(handle)
        try:
            writer(Path(name), columns_of(kind), rows)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}") from None


def _write_csv(path: Path, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_parquet(path: Path, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    import pyarrow  # an extra, and half a second
    from pyarrow import parquet

    def column(name: str) -> Any:
        is_text = name in _TEXTS
        values = [row[name] for row in rows]
        if is_text:
            values = [None if value is None else str(value) for value in values]
        return pyarrow.array(values, pyarrow.string() if is_text else pyarrow.decimal256(76))

    parquet.write_table(pyarrow.table({name: column(name) for name in columns}), path)
