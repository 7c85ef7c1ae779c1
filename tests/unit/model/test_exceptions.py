"""Every reason of the contracts comes with advice, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from bulkhead.exceptions import _ADVICE, Refused

CONTRACTS = Path(__file__).parents[3] / "contracts"
REFUSAL = CONTRACTS / "modules" / "refusal.vy"
AROUND = [
    *(CONTRACTS / name for name in ("OrderBook.vy", "Router.vy")),
    *(CONTRACTS / "modules" / name for name in ("order_nonces.vy", "token_calls.vy")),
]


def test_advice__every_reason__has_some() -> None:
    reasons = {
        f"vault: {reason}" for reason in re.findall(r"\d+  # ([a-z ]+)$", REFUSAL.read_text(), re.M)
    }
    assert len(reasons) > 30
    pattern = re.compile(r'"((?:orders|router|tokens): .+?)"')
    around = {reason for path in AROUND for reason in pattern.findall(path.read_text())}
    assert len(around) > 15
    assert set(_ADVICE) == reasons | around | {"vault: parameter out of bounds"}


def test_refused__without_a_reason__says_what_it_stands_for() -> None:
    assert str(Refused("")) == "arithmetic out of range"
