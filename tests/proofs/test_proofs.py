"""The quick claims, the bounds of unchecked arithmetic, and that a broken rule is not proved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

pytest.importorskip("z3", reason="z3-solver is not installed: make setup")

from bulkhead.model import Market, rules
from bulkhead.model.rules import ClosedShare
from tests.proofs import rounding, safety, unchecked, words
from tests.proofs.claims import CLAIMS, Claim
from tests.proofs.stage import SCALES
from tests.proofs.symbolic import Unproved, every_path

CONTRACTS = Path(__file__).parents[2] / "contracts"
OPERATIONS = unchecked.operations(CONTRACTS)
QUICK = [claim for claim in CLAIMS if claim.is_quick]


@pytest.mark.parametrize("claim", QUICK, ids=lambda claim: f"{claim.group}-{claim.name}")
def test_claim__all_numbers_within_bounds__proved(claim: Claim) -> None:
    assert claim.text, "says what it proves"
    # three scales here, all of them in make prove
    assert claim.prove(claim.cases[::9] if len(claim.cases) > 9 else claim.cases) > 0


def test_quotes__transcribed_lines__stand_in_the_sources() -> None:
    assert words.missing_quotes(CONTRACTS) == []


def test_operations__every_unchecked_one__has_a_bound() -> None:
    assert len(OPERATIONS) > 100
    for operation in OPERATIONS:
        unchecked.bound(operation)


def test_related__reasons__are_of_operations_that_exist() -> None:
    texts = {operation.expression for operation in OPERATIONS}
    texts |= {f"{operation.module}: {operation.expression}" for operation in OPERATIONS}
    assert [text for text in unchecked.bounds.RELATED if text not in texts] == []


def test_locals__functions__exist() -> None:
    functions = {f"{operation.module}.{operation.function}" for operation in OPERATIONS}
    assert [name for name in unchecked.bounds.LOCALS if name not in functions] == []


@pytest.mark.parametrize(
    "expression",
    [
        "unsafe_mul(notional, notional)",
        "unsafe_sub(m.pool, m.reserved)",
        "unsafe_mul(price, unsafe_mul(price, price))",
        "unsafe_add(nobody, WAD)",
    ],
)
def test_bound__an_operation_that_may_wrap__refused(expression: str) -> None:
    with pytest.raises(unchecked.Unbounded):
        unchecked.bound(unchecked.Operation("execution", "_execute", expression))


# ---- a broken rule is not proved ----


def _gain_up(size: Any, basis: Any, price: Any, market: Market, scale: int) -> Any:
    if size > 0:
        return rules.div_up(size * (price - market.carry_long), scale) - basis
    return basis - -size * (price + market.carry_short) // scale


def _realised_without_cap(*given: Any) -> ClosedShare:
    share = _CLOSED_SHARE(*given)
    gain = rules.raw_gain(given[1], share.basis, given[2], given[3], given[4])
    return share._replace(realised=gain)


_CLOSED_SHARE = rules.closed_share


def _deposit_up(assets: Any, supply: Any, nav: Any) -> Any:
    return rules.shares_up(assets, supply, nav)


def _uncapped_low(market: Market, bid: Any, ask: Any, scale: int) -> Any:
    longs, shorts = rules.gains(market, ask, bid, scale)
    return market.pool - rules.max(longs, 0) - rules.max(shorts, 0)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "broken", "claim", "case"),
    [
        ("raw_gain", _gain_up, rounding.decrease, (SCALES[6],)),
        ("shares_down", _deposit_up, rounding.shares, ()),
        ("nav_low", _uncapped_low, rounding.nav, (SCALES[6],)),
        ("div_up", lambda x, y: x // y, rounding.fee, ()),
        ("closed_share", _realised_without_cap, safety.reduce, (1,)),
    ],
)
def test_claim__broken_rule__not_proved(
    name: str, broken: Callable[..., Any], claim: Callable[..., None], case: tuple[Any, ...]
) -> None:
    with patch.object(rules, name, broken), pytest.raises(Unproved):
        every_path(claim, *case)
