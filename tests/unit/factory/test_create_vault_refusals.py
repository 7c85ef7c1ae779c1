"""`create_vault`: what is refused, and that nothing is left behind (`yard.refuse` looks)."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from bulkhead.model import MAX_UINT256, WAD, PriceBand
from tests.factory_kit import PRICE, SEED, TOLERANCE
from tests.mocks import FalseMode, OracleFault
from tests.node import encode, revert_reason
from tests.unit.oracles.reference import ZERO_ADDRESS

LOWEST, HIGHEST = PRICE - PRICE // 100, PRICE + PRICE // 100  # at TOLERANCE


def set_band(yard, bid, ask, live=True):
    band = PriceBand(bid, ask, yard.node.now, live)
    yard.node.send(yard.owner, yard.oracle, "set_band", astuple(band))


# ---- price ----


def test_create_vault__band_at_the_edges_of_tolerance__created(yard):
    set_band(yard, LOWEST, HIGHEST)
    yard.create()


@pytest.mark.parametrize(
    ("bid", "ask"),
    [
        (LOWEST - 1, PRICE),
        (PRICE, HIGHEST + 1),
        (PRICE // 10**12, PRICE // 10**12),  # wrong decimals
        (PRICE * 10**12, PRICE * 10**12),
        (5 * 10**14, 5 * 10**14),  # the inverse: a wrong leg
        (1, 1),
    ],
)
def test_create_vault__price_out_of_tolerance__refused(yard, bid, ask):
    set_band(yard, bid, ask)
    yard.refuse("factory: unexpected price")


def test_create_vault__no_price_expected__refused(yard):
    yard.refuse("factory: unexpected price", expected_price=0, tolerance=WAD)


def test_create_vault__tolerance_of_nothing__exact_price_only(yard):
    yard.create(tolerance=0)
    yard.refuse("factory: unexpected price", tolerance=0, expected_price=PRICE + 1, name="B")


def test_create_vault__tolerance_of_all__created(yard):
    yard.create(tolerance=WAD, expected_price=PRICE // 2)


def test_create_vault__tolerance_above_all__refused(yard):
    yard.refuse("factory: tolerance too wide", tolerance=WAD + 1)


def test_create_vault__absurd_expected_price__refused(yard):
    yard.refuse("", expected_price=MAX_UINT256)


# ---- oracle ----


def test_create_vault__oracle_not_live__refused(yard):
    set_band(yard, PRICE, PRICE, live=False)
    yard.refuse("factory: oracle not live")


@pytest.mark.parametrize(("bid", "ask"), [(PRICE + 1, PRICE), (0, PRICE), (0, 0)])
def test_create_vault__crossed_or_zero_band__refused(yard, bid, ask):
    set_band(yard, bid, ask)
    yard.refuse("factory: crossed band")


def test_create_vault__oracle_reverts__its_reason(yard):
    yard.node.send(yard.owner, yard.oracle, "set_fault", int(OracleFault.REVERT))
    yard.refuse("oracle: fault")


@pytest.mark.parametrize(
    "fault", [OracleFault.SHORT_RETURN, OracleFault.EMPTY_RETURN, OracleFault.GARBAGE_BOOL]
)
def test_create_vault__oracle_answers_garbage__refused(yard, fault):
    yard.node.send(yard.owner, yard.oracle, "set_fault", int(fault))
    yard.refuse("")


def test_create_vault__oracle_without_code__refused(yard, attacker):
    yard.refuse("", oracle=attacker.address)


def test_create_vault__other_oracle_said__refused(yard, project):
    other = yard.owner.deploy(project.MockOracle, PRICE)
    yard.refuse("factory: another oracle", said_oracle=other.address)


# ---- parameters ----


@pytest.mark.parametrize(
    "changes",
    [{"maintenance_ratio": WAD // 100 - 1}, {"trading_fee": MAX_UINT256}, {"borrow_kink": WAD}],
    ids=lambda changes: next(iter(changes)),
)
def test_create_vault__parameter_out_of_bounds__refused_by_the_vault(yard, changes):
    yard.refuse("vault: parameter out of bounds", **changes)


# ---- seed ----


def test_create_vault__seed_of_min_margin__created(yard):
    vault = yard.create(seed=yard.params()["min_margin"])
    assert vault.get_market().pool == yard.params()["min_margin"]


@pytest.mark.parametrize("seed", [0, 20 * 10**6 - 1])
def test_create_vault__seed_too_small__refused(yard, seed):
    yard.refuse("factory: seed too small", seed=seed)


def test_create_vault__no_allowance__refused(yard):
    yard.token.approve(yard.factory, SEED - 1, sender=yard.creator)
    yard.refuse("token: allowance too low")


# ---- tokens ----


def token_of(yard, project, name, *arguments):
    token = yard.owner.deploy(getattr(project, name), "Odd", "ODD", 6, *arguments)
    yard.fund(yard.creator, token)
    return token


def test_create_vault__token_without_return_values__created(yard, project):
    token = token_of(yard, project, "MockTokenNoReturn")
    assert token.balanceOf(yard.create(asset=token.address)) == SEED


def test_create_vault__token_with_fee__refused(yard, project):
    token = token_of(yard, project, "MockTokenFee", WAD // 1_000)
    yard.refuse("token: balance too low", asset=token.address)


def test_create_vault__token_with_fee_and_tokens_lying_in_the_factory__refused(yard, project):
    """What the factory happens to hold pays nobody's fee."""
    token = token_of(yard, project, "MockTokenFee", WAD // 1_000)
    yard.node.send(yard.owner, token, "mint", yard.factory, SEED)
    yard.refuse("vault: wrong amount received", asset=token.address)


def test_create_vault__token_answers_false__refused(yard, project):
    token = token_of(yard, project, "MockTokenFalse")
    yard.node.send(yard.owner, token, "set_mode", int(FalseMode.REFUSING))
    yard.refuse("factory: seed refused", asset=token.address)


def test_create_vault__token_lies__refused(yard, project):
    token = token_of(yard, project, "MockTokenFalse")
    yard.node.send(yard.owner, token, "set_mode", int(FalseMode.LYING))
    yard.refuse("vault: wrong amount received", asset=token.address)


def test_create_vault__token_of_19_decimals__refused(yard, project):
    token = yard.owner.deploy(project.MockToken, "Fine", "F", 19)
    yard.fund(yard.creator, token)
    yard.refuse("vault: parameter out of bounds", asset=token.address)


@pytest.mark.parametrize("asset", ["oracle", "nobody"])
def test_create_vault__asset_is_no_token__refused(yard, asset):
    address = yard.oracle.address if asset == "oracle" else ZERO_ADDRESS
    yard.refuse("", asset=address)


def test_create_vault__token_re_enters_the_factory__refused_inside(yard, project):
    """The hook of the creator runs while the factory takes the seed."""
    token = token_of(yard, project, "MockTokenHooked")
    actor = yard.owner.deploy(project.MockReentrant)
    yard.node.send(yard.owner, token, "set_hook", yard.creator, actor)
    calls = {
        "create_vault": yard.arguments(asset=token.address, name="Inner"),
        "create_oracle": (yard.adapter, yard.oracle_args()),
        "vault_count": (),
        "is_vault": (yard.oracle,),
        "fee_recipient": (),
    }
    for number, (function, arguments) in enumerate(calls.items()):
        payload = encode(yard.factory, function, *arguments)
        yard.node.send(yard.owner, actor, "set_target", yard.factory, payload)
        yard.create(asset=token.address, name=f"Outer {number}")
        hook_calls = [actor.get_hook_call(i) for i in range(actor.hook_count())]
        assert len(hook_calls) == 2, function
        for call in hook_calls:
            assert (call.is_success, bytes(call.returned)) == (False, b""), function
    assert yard.factory.vault_count() == len(calls)


def test_create_vault__refused__takes_no_seed(yard):
    before = yard.token.balanceOf(yard.creator)
    receipt = yard.attempt(expected_price=PRICE // 2, tolerance=TOLERANCE)
    assert revert_reason(receipt.output) == "factory: unexpected price"
    assert yard.token.balanceOf(yard.creator) == before
