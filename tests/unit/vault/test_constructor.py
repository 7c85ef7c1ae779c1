"""Every parameter at both edges of its bounds: inside a vault is born, outside it is refused."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from ape.exceptions import ContractLogicError

from bulkhead.model import WAD
from bulkhead.profiles import reference_profile

EDGES = [
    ("initial_ratio", WAD, WAD + 1),
    ("initial_ratio", WAD * 375 // 10_000, WAD * 375 // 10_000 - 1),
    ("margin_call_ratio", WAD * 5 // 100, WAD * 5 // 100 + 1),
    ("margin_call_ratio", WAD * 25 // 1_000, WAD * 25 // 1_000 - 1),
    ("maintenance_ratio", WAD * 112 // 10_000, WAD * 112 // 10_000 - 1),
    ("liquidation_penalty", WAD * 119 // 10_000, WAD * 119 // 10_000 + 1),
    ("liquidation_penalty", 0, 2**256 - 1),
    ("trading_fee", WAD * 75 // 10_000, WAD * 75 // 10_000 + 1),
    ("keeper_min_reward", 5 * 10**6, 5 * 10**6 + 1),
    ("min_margin", 8 * 10**6, 0),
    ("reserve_ratio", WAD // 100, WAD // 100 - 1),
    ("reserve_ratio", 10 * WAD, 10 * WAD + 1),
    ("max_utilisation", WAD, WAD + 1),
    ("skew_scale", 10**18, 10**18 - 1),
    ("skew_scale", 10**36, 10**36 + 1),
    ("borrow_base", 10 * WAD, 10 * WAD + 1),
    ("borrow_slope1", 10 * WAD, 10 * WAD + 1),
    ("borrow_slope2", 10 * WAD, 10 * WAD + 1),
    ("borrow_kink", 1, 0),
    ("borrow_kink", WAD - 1, WAD),
    ("max_funding", 10 * WAD, 10 * WAD + 1),
    ("lp_lockup", 30 * 86_400, 30 * 86_400 + 1),
]


@pytest.fixture(scope="module")
def parts(project, owner):
    token = owner.deploy(project.MockToken, "Mock dollar", "MUSD", 6)
    oracle = owner.deploy(project.MockOracle, 2_000 * WAD)
    return reference_profile(6, asset=token.address, oracle=oracle.address)


def born(project, owner, params, share=0):
    return owner.deploy(project.PairVault, asdict(params), share)


@pytest.mark.parametrize(("name", "inside", "outside"), EDGES)
def test_constructor__edge_of_a_bound__is_exact(project, owner, parts, name, inside, outside):
    vault = born(project, owner, replace(parts, **{name: inside}))
    assert getattr(vault.get_params(), name) == inside
    with pytest.raises(ContractLogicError, match="vault: parameter out of bounds"):
        born(project, owner, replace(parts, **{name: outside}))


def test_constructor__protocol_fee_share__at_most_a_fifth(project, owner, parts):
    born(project, owner, parts, WAD // 5)
    with pytest.raises(ContractLogicError, match="vault: parameter out of bounds"):
        born(project, owner, parts, WAD // 5 + 1)


def test_constructor__more_than_18_decimals__refused(project, owner, parts):
    token = owner.deploy(project.MockToken, "Fine", "FINE", 19)
    with pytest.raises(ContractLogicError, match="vault: parameter out of bounds"):
        born(project, owner, replace(parts, asset=token.address))
