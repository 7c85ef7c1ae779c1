"""Hard bounds of every parameter, at both edges."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead.exceptions import BulkheadError
from bulkhead.model import Vault, check_params
from bulkhead.profiles import REFERENCE_PROFILE, reference_profile
from tests.unit.model.support import BIRTH, params_of, refusal, wad

REFUSED = "vault: parameter out of bounds"
SAFE = {"trading_fee": 0, "liquidation_penalty": 0}


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        (
            {"maintenance_ratio": wad("0.01"), **SAFE},
            {"maintenance_ratio": wad("0.01") - 1, **SAFE},
        ),
        (
            {"maintenance_ratio": wad("0.0112")},  # twice 0.06 % + 0.5 %
            {"maintenance_ratio": wad("0.0112") - 1},
        ),
        (
            {"maintenance_ratio": wad("0.0375")},
            {"maintenance_ratio": wad("0.0375") + 1},
        ),
        ({"margin_call_ratio": wad("0.025")}, {"margin_call_ratio": wad("0.025") - 1}),
        ({"margin_call_ratio": wad("0.05")}, {"margin_call_ratio": wad("0.05") + 1}),
        ({"initial_ratio": wad("0.0375")}, {"initial_ratio": wad("0.0375") - 1}),
        ({"initial_ratio": wad(1)}, {"initial_ratio": wad(1) + 1}),
        (
            {"trading_fee": wad("0.01"), "liquidation_penalty": 0},
            {"trading_fee": wad("0.01") + 1, "liquidation_penalty": 0},
        ),
        ({"min_margin": 1, "keeper_min_reward": 0}, {"min_margin": 0, "keeper_min_reward": 0}),
        (
            {"min_margin": 23, "keeper_min_reward": 5},
            {"min_margin": 23, "keeper_min_reward": 6},
        ),
        ({"reserve_ratio": wad("0.01")}, {"reserve_ratio": wad("0.01") - 1}),
        ({"reserve_ratio": wad(10)}, {"reserve_ratio": wad(10) + 1}),
        ({"max_utilisation": 0}, {"max_utilisation": wad(1) + 1}),
        ({"max_utilisation": wad(1)}, {"max_utilisation": wad(1) + 1}),
        ({"skew_scale": 10**18}, {"skew_scale": 10**18 - 1}),
        ({"skew_scale": 10**36}, {"skew_scale": 10**36 + 1}),
        ({"borrow_base": wad(10)}, {"borrow_base": wad(10) + 1}),
        ({"borrow_slope1": wad(10)}, {"borrow_slope1": wad(10) + 1}),
        ({"borrow_slope2": wad(10)}, {"borrow_slope2": wad(10) + 1}),
        ({"max_funding": wad(10)}, {"max_funding": wad(10) + 1}),
        ({"borrow_kink": 1}, {"borrow_kink": 0}),
        ({"borrow_kink": wad(1) - 1}, {"borrow_kink": wad(1)}),
        ({"lp_lockup": 30 * 86_400}, {"lp_lockup": 30 * 86_400 + 1}),
        ({"lp_lockup": 0}, {"lp_lockup": 2**256 - 1}),
    ],
)
def test_check_params__edge__is_exact(inside: dict[str, Any], outside: dict[str, Any]) -> None:
    check_params(params_of(**inside), 0, 6)
    assert refusal(check_params, params_of(**outside), 0, 6) == REFUSED


def test_check_params__protocol_share_and_decimals__are_bounded() -> None:
    check_params(params_of(), wad("0.2"), 18)
    assert refusal(check_params, params_of(), wad("0.2") + 1, 18) == REFUSED
    assert refusal(check_params, params_of(), 0, 19) == REFUSED


def test_vault__bad_parameters__is_not_born() -> None:
    assert refusal(Vault, params_of(min_margin=0), 0, 6, BIRTH) == REFUSED


@pytest.mark.parametrize("decimals", range(19))
def test_reference_profile__any_decimals__is_in_bounds(decimals: int) -> None:
    Vault(reference_profile(decimals), wad("0.2"), decimals, BIRTH)


def test_reference_profile__numbers__are_those_of_the_design() -> None:
    profile = REFERENCE_PROFILE
    assert (profile.initial_ratio, profile.margin_call_ratio, profile.maintenance_ratio) == (
        wad("0.05"),
        wad("0.0375"),
        wad("0.025"),
    )
    assert (profile.trading_fee, profile.liquidation_penalty) == (wad("0.0006"), wad("0.005"))
    assert (profile.keeper_min_reward, profile.min_margin) == (2_000_000, 20_000_000)
    assert (profile.reserve_ratio, profile.max_utilisation) == (wad(1), wad("0.85"))
    assert (profile.borrow_base, profile.borrow_slope1, profile.borrow_slope2) == (
        wad("0.02"),
        wad("0.1"),
        wad(1),
    )
    assert (profile.borrow_kink, profile.max_funding) == (wad("0.8"), wad(1))
    assert (profile.skew_scale, profile.lp_lockup) == (wad(1_000_000), 3600)


def test_refused__every_reason__comes_with_advice() -> None:
    with pytest.raises(BulkheadError, match="parameter out of bounds") as caught:
        check_params(params_of(min_margin=0), 0, 6)
    assert "docs/risk.md" in caught.value.advice
