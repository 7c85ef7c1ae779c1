"""What an adapter should answer, in exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from typing import Any

WAD = 10**18
MAX_PRICE = 2**104
MAX_INT = 2**255 - 1
MAX_UINT = 2**256 - 1
ZERO_ADDRESS = "0x" + "00" * 20
EMPTY_LEG = {
    "feed": ZERO_ADDRESS,
    "heartbeat": 0,
    "deviation": 0,
    "min_answer": 0,
    "max_answer": 0,
}


def leg(feed: Any, *, heartbeat: int, deviation: int, low: int, high: int) -> dict[str, Any]:
    """One leg of a config: seconds, WAD, and the answers (feed units) between which it is live."""
    return {
        "feed": getattr(feed, "address", feed),
        "heartbeat": heartbeat,
        "deviation": deviation,
        "min_answer": low,
        "max_answer": high,
    }


def exact_band(
    base: int,
    base_decimals: int,
    base_deviation: int,
    quote: int = 1,
    quote_decimals: int = 0,
    quote_deviation: int = 0,
) -> tuple[int, int]:
    """`(bid, ask)` in WAD; answers in feed units, deviations in WAD; each side rounded once."""
    mid = Fraction(base, 10**base_decimals) / Fraction(quote, 10**quote_decimals)
    up = (1 + Fraction(base_deviation, WAD)) / (1 - Fraction(quote_deviation, WAD))
    down = (1 - Fraction(base_deviation, WAD)) / (1 + Fraction(quote_deviation, WAD))
    return floor(mid * down * WAD), ceil(mid * up * WAD)
