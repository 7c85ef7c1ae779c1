"""Real prices as a push feed would have reported them.

A file holds candles `timestamp,open,high,low,close`; `close` is known at `timestamp + step`.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from bulkhead.client.units import to_units
from bulkhead.exceptions import InvalidInput
from bulkhead.model.types import WAD

PRICES = Path("data/prices")
HEARTBEAT = 3600  # seconds: Chainlink's ETH/USD
_HALF_PERCENT = WAD // 200
_COLUMNS = ("timestamp", "open", "close")
_PRICE_DECIMALS = 18


@dataclass(frozen=True)
class Tick:
    """What the market says at a moment: unix seconds, WAD price."""

    time: int
    price: int


@dataclass(frozen=True)
class Series:
    """A stretch of history, and the terms on which the demo's pair trades it.

    `reserve_ratio` is the most a position can win, as a share of its notional: chosen so that the
    crash takes winners there. `floor` is the lowest price that the feed can report.
    """

    key: str
    title: str
    base: str
    path: Path
    deviation: int = _HALF_PERCENT  # WAD: the feed reports a move of that much
    reserve_ratio: int = WAD
    floor: Decimal = Decimal("0.01")
    ceiling: Decimal = Decimal(10_000_000)
    skew_scale: int = 1_000_000  # base units: depth of the pair
    other: Path | None = None  # prices of the other pair's asset over the same time
    ticks: list[Tick] = field(default_factory=list)

    def pushes(self) -> list[Tick]:
        """The ticks that a feed with this deviation and an hour's heartbeat reports."""
        reported = [self.ticks[0]]
        for tick in self.ticks[1:]:
            last = reported[-1]
            has_moved = abs(tick.price - last.price) * WAD >= self.deviation * last.price
            if has_moved or tick.time - last.time >= HEARTBEAT:
                reported.append(tick)
        return reported


_KNOWN = (
    Series(
        "black-thursday",
        "Black Thursday, March 2020: ether halves in a day",
        "ETH",
        PRICES / "eth_usdt_2020-03_black_thursday_5m.csv",
        reserve_ratio=WAD * 40 // 100,
        other=PRICES / "btc_usdt_2020-03_black_thursday_1h.csv",
    ),
    Series(
        "luna",
        "LUNA, May 2022: from 77 dollars to nothing",
        "LUNA",
        PRICES / "luna_usdt_2022-05_collapse_1m.csv",
        deviation=WAD // 100,
        reserve_ratio=WAD * 60 // 100,
        floor=Decimal("0.1"),
    ),
    Series(
        "ftx",
        "The fall of FTX, November 2022",
        "ETH",
        PRICES / "eth_usdt_2022-11_ftx_5m.csv",
        reserve_ratio=WAD * 25 // 100,
        other=PRICES / "btc_usdt_perp_2022-11_ftx_5m.csv",
    ),
    Series(
        "may2021",
        "19 May 2021: minute by minute",
        "ETH",
        PRICES / "eth_usdt_2021-05-19_1m.csv",
        reserve_ratio=WAD * 30 // 100,
        other=PRICES / "btc_usdt_2021-05-19_1m.csv",
    ),
    Series(
        "oct2025",
        "10 October 2025: the largest liquidation day",
        "ETH",
        PRICES / "eth_usdt_2025-10-10_5m.csv",
        reserve_ratio=WAD * 15 // 100,
    ),
)
NAMES = tuple(series.key for series in _KNOWN)


def load(name: str, root: Path = Path()) -> Series:
    """A known stretch by its name, or any file of candles. Raises InvalidInput."""
    known = next((series for series in _KNOWN if series.key == name), None)
    if known is not None:
        series = replace(known, ticks=read_ticks(root / known.path))
    elif Path(name).is_file():
        path = Path(name)
        series = Series(path.stem, path.stem, "BASE", path, ticks=read_ticks(path))
    else:
        raise InvalidInput(
            f"no prices {name!r}",
            f"PRICES is one of {', '.join(NAMES)}, or a file of candles "
            "(timestamp,open,high,low,close), see data/prices/README.md.",
        )
    if series.ticks[0].price <= to_units(series.floor, _PRICE_DECIMALS):
        raise InvalidInput(f"{series.path}: the first price is below the feed's bound")
    return series


def read_ticks(path: Path) -> list[Tick]:
    """The first open, then every close, each when it is known. Raises InvalidInput."""
    try:
        raw = path.read_bytes()
        text = gzip.decompress(raw).decode() if path.suffix == ".gz" else raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from None
    rows = csv.DictReader(io.StringIO(text))
    missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise InvalidInput(
            f"{path}: column {missing[0]!r} is missing",
            "Candles are timestamp,open,high,low,close.",
        )
    candles = [_candle(path, rows.line_num, row) for row in rows]
    if len(candles) < 2:
        raise InvalidInput(f"{path}: two candles are the least")
    starts = [start for start, _, _ in candles]
    if any(later <= earlier for earlier, later in itertools.pairwise(starts)):
        raise InvalidInput(f"{path}: the candles are not in the order of time")
    step = min(later - earlier for earlier, later in itertools.pairwise(starts))
    first = Tick(candles[0][0], candles[0][1])
    return [first, *(Tick(start + step, close) for start, _, close in candles)]


def _candle(path: Path, line: int, row: dict[str, str]) -> tuple[int, int, int]:
    try:
        start = int(row["timestamp"])
        opened, closed = Decimal(row["open"]), Decimal(row["close"])
        if not (opened.is_finite() and closed.is_finite() and opened > 0 and closed > 0):
            raise ValueError
        return start, to_units(opened, _PRICE_DECIMALS), to_units(closed, _PRICE_DECIMALS)
    except (ValueError, TypeError, InvalidOperation, InvalidInput):
        raise InvalidInput(f"{path}, line {line}: no candle") from None
