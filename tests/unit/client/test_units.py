"""Human numbers in and out, exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.client.units import (
    parse_amount,
    parse_percent,
    parse_ratio,
    show,
    show_percent,
    show_price,
    to_decimal,
    to_units,
)
from bulkhead.exceptions import InvalidInput
from bulkhead.model import WAD


@pytest.mark.parametrize(
    ("text", "decimals", "units"),
    [
        ("1250.5", 6, 1_250_500_000),
        ("1,250.50", 6, 1_250_500_000),
        ("1_000", 0, 1_000),
        ("-0.000001", 6, -1),
        ("0.000000000000000001", 18, 1),
        ("115792089237316195423570985008687907853269984665640564039457", 18, 0),
    ],
)
def test_parse_amount__number__is_exact(text: str, decimals: int, units: int):
    expected = units or int(text) * 10**decimals
    assert parse_amount(text, decimals) == expected


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "nan", "inf", "0x10", "1 000"])
def test_parse_amount__no_number__refuses(text: str):
    with pytest.raises(InvalidInput, match="number"):
        parse_amount(text, 6)


def test_parse_amount__too_many_decimals__refuses():
    with pytest.raises(InvalidInput, match="more than 6 decimals"):
        parse_amount("0.0000001", 6)


@pytest.mark.parametrize(
    ("text", "ratio"), [("5 %", WAD // 20), ("0.05", WAD // 20), ("0.001%", WAD // 100_000)]
)
def test_parse_ratio__percent_or_share__same(text: str, ratio: int):
    assert parse_ratio(text) == ratio


def test_parse_percent__sign_is_optional():
    assert parse_percent("0.5") == parse_percent("0.5 %") == WAD // 200


@settings(derandomize=True, max_examples=200)
@given(st.integers(-(2**255), 2**255), st.integers(0, 18))
def test_to_decimal__and_back__is_the_same(units: int, decimals: int):
    assert to_units(to_decimal(units, decimals), decimals) == units


def test_show__places__rounds_and_groups():
    assert show(1_234_567_891, 6, 2) == "1,234.57"
    assert show(1_234_500_000, 6) == "1,234.5"
    assert show(1_000_000, 6) == "1"
    assert show(-1, 18) == "-0.000000000000000001"


def test_show_price__any_size__has_six_digits():
    numbers = ("60000.1234", "202.79", "0.1", "0.00004", "0")
    shown = [show_price(to_units(Decimal(number), 18)) for number in numbers]
    assert shown == ["60,000.12", "202.790", "0.100000", "0.0000400000", "0"]


def test_show_percent__wad__is_a_percentage():
    assert show_percent(WAD // 40) == "2.50 %"
    assert show_percent(-WAD) == "-100.00 %"
