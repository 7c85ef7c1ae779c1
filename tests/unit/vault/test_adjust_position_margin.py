"""Moving margin alone: in at any time, out down to the initial requirement."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD
from tests.kit import ASK, BID, PRICE, any_price
from tests.mocks import OracleFault
from tests.unit.vault import by_hand

SIZE = 10 * WAD
ANY_DECIMALS = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


@pytest.fixture
def opened(world, trader, side):
    """10 base units at four times the initial margin, one day old."""
    world.adjust(trader, 1, side * SIZE, world.units(4_000))
    world.advance(86_400)
    return world


@ANY_DECIMALS
def test_margin_in__no_size__adds_it_and_nothing_else(opened, trader, side, decimals):
    world, amount = opened, opened.units(123.456789)
    old, market, purse = world.position(trader, 1), world.market(), world.balance(trader)
    done = world.send("adjust_position", 1, 0, amount, 0, sender=trader)
    assert done.result == (side * SIZE, old.margin + amount)
    old.margin += amount
    assert world.position(trader, 1) == old
    assert world.market() == market
    assert world.balance(trader) == purse - amount
    assert done.events == [
        (
            "MarginAdded",
            {
                "owner": trader.address,
                "position_id": 1,
                "sender": trader.address,
                "amount": amount,
                "margin": old.margin,
            },
        )
    ]


@pytest.mark.parametrize("fault", [OracleFault.REVERT, OracleFault.BURN_GAS])
def test_margin_in__oracle_is_dead__works(opened, trader, side, fault):
    opened.set_fault(fault)
    opened.send("adjust_position", 1, 0, 5, 0, sender=trader)


@ANY_DECIMALS
def test_margin_out__to_the_initial_requirement__works(opened, trader, keeper, side, decimals):
    """To the unit: what remains is the requirement and the unrealised loss."""
    world = opened
    now, old, before = world.now + 60, world.position(trader, 1), world.market()
    market = by_hand.accrued(before, PRICE, now, world.params, world.scale)
    closing = BID if side > 0 else ASK
    gain = by_hand.raw_gain(old, closing, market, world.scale)
    initial = world.params.initial_ratio
    needed = by_hand.requirement(old.size, closing, initial, world.params, world.scale)
    most = old.margin + gain - needed
    assert gain < 0 < most
    over = ("adjust_position", 1, 0, -most - 1, 0)
    world.refuse("below initial ratio", *over, sender=trader, at=now)

    purse, funds = world.balance(keeper), world.balance(world.vault)
    arguments = (1, 0, -most, 0, trader, keeper)
    done = world.send("adjust_position", *arguments, sender=trader, at=now)
    assert done.result == (old.size, old.margin - most)
    old.margin -= most
    assert world.position(trader, 1) == old
    assert world.market() == before  # the carry counted, and is still to be charged
    assert world.balance(keeper) == purse + most
    assert world.balance(world.vault) == funds - most
    assert done.events == [
        (
            "MarginRemoved",
            {
                "owner": trader.address,
                "position_id": 1,
                "sender": trader.address,
                "amount": most,
                "margin": old.margin,
            },
        )
    ]


def test_margin_out__unrealised_gain__is_not_there_to_take(opened, trader, side):
    """20 % of gain, five times the margin: only what the margin alone allows may leave."""
    opened.set_price(PRICE * (100 + 20 * side) // 100)
    health, position = opened.health(trader, 1), opened.position(trader, 1)
    assert health.gain > opened.units(3_900)
    most = position.margin - health.initial
    opened.refuse("below initial ratio", "adjust_position", 1, 0, -most - 1, 0, sender=trader)
    opened.adjust(trader, 1, 0, -most)


def test_margin_out__to_the_minimum__works(world, trader, side):
    """A small position needs less than the minimum: then the minimum it is."""
    world.adjust(trader, 1, side * WAD // 1_000, world.units(50))
    spare = world.position(trader, 1).margin - world.params.min_margin
    over = ("adjust_position", 1, 0, -spare - 1, 0)
    world.refuse("below min margin", *over, sender=trader)
    world.adjust(trader, 1, 0, -spare)
    assert world.position(trader, 1).margin == world.params.min_margin


@pytest.mark.parametrize("asked", [10**30, 2**255 - 1])
def test_margin_out__more_than_there_is__refused(opened, trader, side, asked):
    over = ("adjust_position", 1, 0, -asked, 0)
    opened.refuse("below min margin", *over, sender=trader)


def test_margin_out__limits_tightened__meets_the_ratio_of_birth(opened, trader, guardian, side):
    """What the guardian asks of new positions never locks the margin of old ones."""
    opened.send("tighten_limits", 0, WAD, True, sender=guardian)
    opened.adjust(trader, 1, 0, -opened.units(2_900))


def test_margin_out__limits_loosened__meets_the_ratio_of_birth(opened, trader, guardian, side):
    limits = (opened.params.max_utilisation, opened.params.margin_call_ratio, False)
    opened.send("schedule_limits", *limits, sender=guardian)
    opened.advance(2 * 86_400)
    opened.send("apply_limits", sender=guardian)
    out = ("adjust_position", 1, 0, -opened.units(3_000), 0)
    opened.refuse("below initial ratio", *out, sender=trader)


def test_margin_out__in_the_timestamp_of_the_increase__works(opened, trader, side):
    """Margin is no size: it meets the initial requirement, so there is nothing to wait for."""
    now = opened.now + 60
    opened.adjust(trader, 1, side * WAD, 0, at=now)
    opened.adjust(trader, 1, 0, -opened.units(100), at=now)


def test_margin_out__liquidatable__refused(opened, trader, side):
    opened.set_price(PRICE * (1_000 - 190 * side) // 1_000)
    opened.refuse("below initial ratio", "adjust_position", 1, 0, -1, 0, sender=trader)


@pytest.mark.parametrize("fault", [OracleFault.REVERT, OracleFault.EMPTY_RETURN])
def test_margin_out__oracle_is_dead__refused(opened, trader, side, fault):
    opened.set_fault(fault)
    opened.refuse("no live price", "adjust_position", 1, 0, -1, 0, sender=trader)


def test_margin_out__by_operator__to_the_operators_receiver(opened, trader, trader2, keeper, side):
    opened.send("set_operator", trader2, True, sender=trader)
    purse = opened.balance(keeper)
    arguments = (1, 0, -opened.units(100), 0, trader, keeper)
    done = opened.send("adjust_position", *arguments, sender=trader2)
    assert done.event("MarginRemoved")["sender"] == trader2.address
    assert opened.balance(keeper) == purse + opened.units(100)


def test_margin_out__receiver_left_out__pays_the_sender(opened, trader, trader2, side):
    """The operator, not the owner: who may do anything with a position may take its margin."""
    opened.send("set_operator", trader2, True, sender=trader)
    purses = opened.balance(trader), opened.balance(trader2)
    opened.send("adjust_position", 1, 0, -5, 0, trader, sender=trader2)
    assert (opened.balance(trader), opened.balance(trader2)) == (purses[0], purses[1] + 5)


@pytest.mark.parametrize("amount", [-(2**255), 2**255 - 1, 2**96])
def test_margin__amount_out_of_range__refused(opened, trader, side, amount):
    """The extremes of the argument, with and without a change of size: nothing moves."""
    opened.is_mirrored = False
    for size_delta in (0, side, -side):
        market = opened.market()
        arguments = (1, size_delta, amount, any_price(size_delta))
        receipt = opened.node.attempt(trader, opened.vault, "adjust_position", *arguments)
        assert not receipt.is_success
        assert opened.market() == market
