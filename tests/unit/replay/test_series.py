"""What a push feed would have reported of a stretch of history."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from bulkhead.model import WAD
from bulkhead.replay.series import HEARTBEAT, NAMES, Series, Tick, load, read_ticks


def series(*ticks: tuple[int, int]) -> Series:
    found = [Tick(time, price * WAD) for time, price in ticks]
    return Series("key", "title", "ETH", Path(), deviation=WAD // 100, ticks=found)


def test_pushes__move_below_deviation__is_not_reported():
    pushes = series((0, 1000), (60, 1009), (120, 991), (180, 1010)).pushes()
    assert [tick.time for tick in pushes] == [0, 180]


def test_pushes__silence__ends_with_the_heartbeat():
    pushes = series((0, 1000), (HEARTBEAT - 1, 1000), (HEARTBEAT, 1000)).pushes()
    assert [tick.time for tick in pushes] == [0, HEARTBEAT]


def test_pushes__slow_drift__is_measured_from_the_last_report():
    pushes = series(*((i * 60, 1000 + 6 * i) for i in range(5))).pushes()
    assert [tick.price // WAD for tick in pushes] == [1000, 1012, 1024]


@pytest.mark.parametrize("name", NAMES)
def test_load__known__is_a_crash_in_order(name: str):
    found = load(name)
    prices = [tick.price for tick in found.ticks]
    assert min(prices) < prices[0] * 80 // 100
    assert all(a.time < b.time for a, b in itertools.pairwise(found.ticks))
    assert 100 < len(found.pushes()) < 3500


def test_read_ticks__candle__closes_when_it_is_over(tmp_path: Path):
    path = tmp_path / "x.csv"
    path.write_text("timestamp,open,high,low,close\n60,1.5,2,1,2\n120,2,3,2,2.5\n")
    assert read_ticks(path) == [
        Tick(60, 15 * WAD // 10),
        Tick(120, 2 * WAD),
        Tick(180, 25 * WAD // 10),
    ]
