"""Every refusal of `adjust_position` that has no test beside what it limits, and their order."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.kit import any_price
from tests.mocks import FalseMode, OracleFault

SIZE = 10 * WAD
MAX_INT256 = 2**255 - 1


def opening(world, side, margin=2_000):
    return 1, side * SIZE, world.units(margin), any_price(side)


@pytest.fixture
def opened(world, trader, side):
    world.adjust(trader, 1, side * SIZE, world.units(4_000))
    return world


# ---- who ----


@pytest.mark.parametrize("deltas", [(1, 0), (-1, 0), (0, 1), (0, -1), (0, 0), (MAX_INT256, 0)])
def test_adjust__stranger__refused_before_anything_else(opened, trader, attacker, deltas):
    arguments = (1, deltas[0] * SIZE if abs(deltas[0]) == 1 else deltas[0], deltas[1], 0, trader)
    opened.refuse("not owner or operator", "adjust_position", *arguments, sender=attacker)


def test_adjust__operator_of_another__refused(opened, trader, trader2, attacker):
    opened.send("set_operator", attacker, True, sender=trader2)
    arguments = (1, 0, -1, 0, trader)
    opened.refuse("not owner or operator", "adjust_position", *arguments, sender=attacker)


def test_adjust__owner_of_the_operator__refused(opened, trader, trader2):
    """Being operated on is not mutual."""
    opened.send("set_operator", trader, True, sender=trader2)
    arguments = (1, 0, -1, 0, trader)
    opened.refuse("not owner or operator", "adjust_position", *arguments, sender=trader2)


# ---- what ----


@pytest.mark.parametrize("position_id", [1, 2])
def test_adjust__both_zero__refused(opened, trader, position_id):
    opened.refuse("zero amount", "adjust_position", position_id, 0, 0, 0, sender=trader)


@pytest.mark.parametrize("margin_delta", [1, -1])
def test_adjust__margin_of_no_position__refused(opened, trader, margin_delta):
    opened.refuse("unknown position", "adjust_position", 2, 0, margin_delta, 0, sender=trader)


# ---- price ----


def test_adjust__price_not_live__refused(world, trader, side):
    world.set_live(False)
    world.refuse("no live price", "adjust_position", *opening(world, side), sender=trader)


@pytest.mark.parametrize(
    "fault",
    [
        OracleFault.REVERT,
        OracleFault.BURN_GAS,
        OracleFault.SHORT_RETURN,
        OracleFault.EMPTY_RETURN,
        OracleFault.GARBAGE_BOOL,
        OracleFault.LONG_REVERT,
    ],
)
def test_adjust__oracle_fails__refused(world, trader, side, fault):
    world.set_fault(fault)
    world.refuse("no live price", "adjust_position", *opening(world, side), sender=trader)


@pytest.mark.parametrize(
    ("bid", "ask"),
    [(0, 0), (0, WAD), (2 * WAD, WAD), (WAD, 2**104 + 1), (MAX_UINT256, MAX_UINT256)],
)
def test_adjust__band_out_of_bounds__refused(world, trader, side, bid, ask):
    world.set_band(bid, ask)
    world.refuse("no live price", "adjust_position", *opening(world, side), sender=trader)


@pytest.mark.parametrize(("bid", "ask"), [(1, 1), (1, 2**104), (2**104, 2**104)])
def test_adjust__band_at_its_bounds__is_a_price(world, trader, side, bid, ask):
    """The least size still opens at any price there is, if the margin carries it."""
    world.set_band(bid, ask)
    arguments = (1, side, world.units(50_000_000), any_price(side))
    world.send("adjust_position", *arguments, sender=trader)


# ---- how much ----


@pytest.mark.parametrize("size", [2**127, MAX_INT256])
def test_adjust__absurd_size__refused_before_any_arithmetic(world, trader, side, size):
    arguments = (1, side * size, world.units(2_000), any_price(side))
    world.refuse("open interest full", "adjust_position", *arguments, sender=trader)


def test_adjust__least_of_all_integers__refused(opened, trader, side):
    """Its magnitude is no int256; as an opening, an increase or a decrease it is just too much."""
    opened.is_mirrored = False
    for position_id in (1, 2):
        arguments = (position_id, -(2**255), 0, 0)
        receipt = opened.node.attempt(trader, opened.vault, "adjust_position", *arguments)
        assert not receipt.is_success


def test_open__margin_under_the_minimum__refused(world, trader, side):
    fee = 2  # of the smallest fee that the price here gives: 0.06 % of 0.002 and impact
    arguments = (1, side * WAD // 10**6, world.params.min_margin + fee, any_price(side))
    low = (*arguments[:2], world.params.min_margin + fee - 1, arguments[3])
    world.refuse("below min margin", "adjust_position", *low, sender=trader)
    world.send("adjust_position", *arguments, sender=trader)


@pytest.mark.parametrize("margin", [0, -1, -(10**12)])
def test_open__without_margin__refused(world, trader, side, margin):
    arguments = (1, side * SIZE, margin, any_price(side))
    world.refuse("below min margin", "adjust_position", *arguments, sender=trader)


def test_open__margin_of_97_bits__refused(world, owner, trader, side):
    world.node.send(owner, world.token, "mint", trader, 2**97)
    arguments = (1, side * SIZE, 2**96 + world.units(100), any_price(side))
    world.refuse("amount out of range", "adjust_position", *arguments, sender=trader)


# ---- order ----


def test_adjust__price_before_reduce_only__in_order(world, trader, guardian, side):
    world.send("tighten_limits", 0, WAD, True, sender=guardian)
    world.set_live(False)
    world.refuse("no live price", "adjust_position", *opening(world, side), sender=trader)


def test_adjust__reduce_only_before_the_rest__in_order(world, trader, guardian, side):
    """A pool of which nothing may be used, a price that is not accepted, no margin."""
    world.send("tighten_limits", 0, WAD, True, sender=guardian)
    arguments = (1, side * SIZE, 0, any_price(-side))
    world.refuse("reduce only", "adjust_position", *arguments, sender=trader)


def test_adjust__open_interest_before_acceptable_price__in_order(make_world, trader, side):
    world = make_world(skew_scale=WAD)
    arguments = (1, side * SIZE, 0, any_price(-side))
    world.refuse("open interest full", "adjust_position", *arguments, sender=trader)


def test_adjust__acceptable_price_before_pool__in_order(world, trader, guardian, side):
    world.send("tighten_limits", 0, WAD // 20, False, sender=guardian)
    arguments = (1, side * SIZE, 0, any_price(-side))
    world.refuse("price beyond acceptable", "adjust_position", *arguments, sender=trader)


def test_adjust__pool_before_margin__in_order(world, trader, guardian, side):
    world.send("tighten_limits", 0, WAD // 20, False, sender=guardian)
    arguments = (1, side * SIZE, 0, any_price(side))
    world.refuse("pool full", "adjust_position", *arguments, sender=trader)


def test_adjust__flip_before_timestamp__in_order(opened, trader, side):
    arguments = (1, -side * (SIZE + 1), 0, any_price(side))
    opened.refuse("flip through zero", "adjust_position", *arguments, sender=trader, at=opened.now)


# ---- tokens ----


def test_open__token_answers_false__refused(make_world, project, owner, trader, side):
    token = owner.deploy(project.MockTokenFalse, "Mock", "MOCK", 6)
    world = make_world(token=token)
    world.is_mirrored = False
    world.node.send(owner, token, "set_mode", int(FalseMode.REFUSING))
    world.refuse("token refused", "adjust_position", *opening(world, side), sender=trader)


def test_open__token_lies_about_success__refused(make_world, project, owner, trader, side):
    """It answers True and moves nothing."""
    token = owner.deploy(project.MockTokenFalse, "Mock", "MOCK", 6)
    world = make_world(token=token)
    world.is_mirrored = False
    world.node.send(owner, token, "set_mode", int(FalseMode.LYING))
    world.refuse("wrong amount received", "adjust_position", *opening(world, side), sender=trader)


def test_withdraw_margin__token_answers_false__refused(make_world, project, owner, trader, side):
    token = owner.deploy(project.MockTokenFalse, "Mock", "MOCK", 6)
    world = make_world(token=token)
    world.adjust(trader, 1, side * SIZE, world.units(4_000))
    world.is_mirrored = False
    world.node.send(owner, token, "set_mode", int(FalseMode.REFUSING))
    world.refuse("token refused", "adjust_position", 1, 0, -1, 0, sender=trader)


def test_open__without_allowance__tokens_own_reason(world, owner, side):
    """`owner` has tokens and has never approved the vault."""
    world.is_mirrored = False
    world.node.send(owner, world.token, "mint", owner, world.units(2_000))
    receipt = world.node.attempt(owner, world.vault, "adjust_position", *opening(world, side))
    assert b"token: allowance too low" in receipt.output
