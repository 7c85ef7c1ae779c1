"""Every reason of the contracts comes with advice, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from bulkhead.exceptions import _ADVICE, Refused

CONTRACTS = Path(__file__).parents[3] / "contracts"
REFUSAL = CONTRACTS / "modules" / "refusal.vy"
ORDERS = [CONTRACTS / "OrderBook.vy", CONTRACTS / "modules" / "order_nonces.vy"]


def test_advice__every_reason__has_some() -> None:
    reasons = {
        f"vault: {reason}" for reason in re.findall(r"\d+  # ([a-z ]+)$", REFUSAL.read_text(), re.M)
    }
    assert len(reasons) > 30
    orders = {
        reason for path in ORDERS for reason in re.findall(r'"(orders: .+?)"', path.read_text())
    }
    assert len(orders) > 15
    assert set(_ADVICE) == reasons | orders | {"vault: parameter out of bounds"}


def test_refused__without_a_reason__says_what_it_stands_for() -> None:
    assert str(Refused("")) == "arithmetic out of range"
