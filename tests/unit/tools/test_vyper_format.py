"""What mamushi would spoil stays, and what it lays out is laid out."""

from __future__ import annotations

import pytest
from mamushi.parsing.parser import Parser

from tools.vyper_format import FormatError, format_source, main

FORMATTED = '''# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Sample
"""
from ..interfaces import IPriceOracle
import limits

initializes: limits[
    parameters := parameters,
    market_state := market_state,
]


flag Status:
    HEALTHY       # at or above the line
    LIQUIDATABLE  # under it


struct Market:
    pool: uint256     # asset units
    carry_long: int256

    sides: uint256    # a comment so long that the line as a whole goes far beyond the line length


# ---- storage ----

size: transient(uint256)  # a comment so long that with it the line goes far beyond the line length


@external
def open(size: uint256) -> uint256:
    """
    @notice Opens.
    """
    for i: uint256 in range(3):
        if i == size:
            continue

        self.size += i
        # the last word of the loop

    if size > 2:
        return 2 * size

    return WAD**2  # squared
'''


@pytest.fixture(scope="module")
def parser():
    return Parser()


def test_format_source__formatted_source__stays_as_it_is(parser):
    assert format_source(FORMATTED, parser) == FORMATTED


def test_format_source__untidy_source__is_laid_out(parser):
    untidy = FORMATTED.replace("def open(size: uint256)", "def open( size:uint256 )")
    untidy = untidy.replace("#pragma optimize", "# pragma optimize").replace("2 * size", "2*size")
    untidy = untidy.replace("\n\n\n@external", "\n@external").replace("\n\n    if", "\n\n\n    if")
    assert format_source(untidy, parser) == FORMATTED


def test_format_source__long_call__is_split_and_keeps_its_comment(parser):
    call = "    x: uint256 = self.f(" + ", ".join(f"argument_{i}" for i in range(9)) + ")  # why\n"
    result = format_source("@internal\ndef _g():\n" + call, parser)
    assert max(len(line) for line in result.splitlines()) <= 100
    assert result.count("# why") == 1
    assert format_source(result, parser) == result


def test_format_source__not_vyper__says_so(parser):
    with pytest.raises(FormatError, match="cannot parse"):
        format_source("def def:\n", parser)


def test_main__check__changes_nothing(tmp_path, capsys):
    path = tmp_path / "a.vy"
    path.write_text("a:uint256\n")
    assert main(["--check", str(path)]) == 1
    assert path.read_text() == "a:uint256\n"
    assert main([str(path)]) == 0
    assert path.read_text() == "a: uint256\n"
    assert main(["--check", str(path)]) == 0


def test_main__missing_file__is_an_error(tmp_path, capsys):
    assert main([str(tmp_path / "none.vy")]) == 1
    assert "none.vy" in capsys.readouterr().err
