"""The demo on a slice of real prices: it reconciles to zero, and it sees what is broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scripts import demo


def run(*arguments: str, prices: str = "oct2025") -> Result:
    return CliRunner().invoke(demo.cli, ["--prices", prices, *arguments], env={"PRICES": ""})


@pytest.fixture
def crash(tmp_path: Path) -> str:
    """Black Thursday's worst hours: candles of 12 March 2020, 10:00 to 12:00 UTC."""
    lines = Path("data/prices/eth_usdt_2020-03_black_thursday_5m.csv").read_text().splitlines()
    inside = [line for line in lines[1:] if 1584007200 <= int(line.split(",")[0]) < 1584014400]
    path = tmp_path / "worst.csv"
    path.write_text("\n".join([lines[0], *inside]))
    return str(path)


def test_demo__worst_hours__reconciles_to_zero(crash: str, tmp_path: Path):
    result = run("--out", str(tmp_path), prices=crash)

    assert result.exit_code == 0, result.output
    assert "none broken" in result.output
    assert result.output.count("units that differ between logs and balances") == 2
    assert "liquidated" in result.output
    page = (tmp_path / "worst.html").read_text()
    assert page.count("<svg") == 3
    assert "Every unit accounted for" in page


def test_demo__one_unit_stolen__exits_with_the_promise(tmp_path: Path):
    result = run("--limit", "8", "--sabotage", "--quiet", "--out", str(tmp_path))

    assert result.exit_code == 3
    assert "promise broken: " in result.output
    assert "balance" in result.output


def test_demo__unknown_prices__lists_the_known():
    result = run(prices="nonsense")
    assert result.exit_code == 1
    assert "Error: no prices 'nonsense'" in result.output
    assert "black-thursday, luna" in result.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timestamp,open\n1,2\n", "column 'close' is missing"),
        ("timestamp,open,high,low,close\n1,2,2,2,nan\n2,2,2,2,2\n", "line 2: no candle"),
        ("timestamp,open,high,low,close\n1,2,2,2,2\n", "two candles"),
        ("timestamp,open,high,low,close\n9,2,2,2,2\n3,2,2,2,2\n", "order of time"),
    ],
)
def test_demo__damaged_file__says_where(tmp_path: Path, text: str, words: str):
    path = tmp_path / "prices.csv"
    path.write_text(text)
    result = run(prices=str(path))
    assert result.exit_code == 1
    assert words in result.output
