"""Reducing a position: the closed share of gain, basis and reserve leaves with the closed size."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD, Position
from tests.kit import ASK, BID, PRICE, PROTOCOL_SHARE, any_price
from tests.unit.vault import by_hand

SIZE, PART = 10 * WAD, 3 * WAD
ANY_DECIMALS = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


@pytest.fixture
def opened(world, trader, side):
    """10 base units at four times the initial margin, one day old."""
    world.adjust(trader, 1, side * SIZE, world.units(4_000))
    world.advance(86_400)
    return world


def shifted(percent):
    """The band `percent` away from where it was."""
    return BID * (100 + percent) // 100, ASK * (100 + percent) // 100


@ANY_DECIMALS
@pytest.mark.parametrize("move", [-7, 7])
def test_decrease__part__closed_share_of_everything(opened, trader, side, move, decimals):
    world = opened
    bid, ask = shifted(move)
    world.set_band(bid, ask)
    old, before, now = world.position(trader, 1), world.market(), world.now + 60
    purse, funds = world.balance(trader), world.balance(world.vault)
    fees = world.view("protocol_fees")

    done = world.adjust(trader, 1, -side * PART, at=now)

    market = by_hand.accrued(before, (bid + ask) // 2, now, world.params, world.scale)
    price = bid if side > 0 else ask  # no impact towards zero
    value = by_hand.notional(PART, price, world.scale)
    fee = by_hand.fee(value, world.params)
    cut = by_hand.protocol_cut(fee, PROTOCOL_SHARE)
    basis, reserve, realised = by_hand.closed_share(old, PART, price, market, world.scale)
    assert (realised > 0) == (move * side > 0)
    new, after = world.position(trader, 1), world.market()
    assert done.result == (side * (SIZE - PART), old.margin + realised - fee)
    assert new == Position(
        *done.result, old.basis - basis, old.reserve - reserve, old.opened_at, old.increased_at
    )
    assert (after.long_size, after.short_size)[side < 0] == SIZE - PART
    assert (after.long_basis, after.short_basis)[side < 0] == new.basis
    assert (after.carry_long, after.carry_short) == (market.carry_long, market.carry_short)
    assert after.pool == before.pool - realised + fee - cut
    assert after.reserved == new.reserve
    assert world.view("protocol_fees") == fees + cut
    assert (world.balance(trader), world.balance(world.vault)) == (purse, funds)
    assert done.event("PositionAdjusted") == {
        "owner": trader.address,
        "position_id": 1,
        "sender": trader.address,
        "size_delta": -side * PART,
        "price": price,
        "fee": fee,
        "realised": realised,
        "paid_out": 0,
        "size": new.size,
        "margin": new.margin,
        "basis": new.basis,
        "reserve": new.reserve,
        "pool": after.pool,
        "carry_long": market.carry_long,
        "carry_short": market.carry_short,
    }


def test_decrease__by_the_least_there_is__is_no_flip(opened, trader, side):
    opened.adjust(trader, 1, -side)
    assert opened.position(trader, 1).size == side * (SIZE - 1)


@pytest.mark.parametrize("move", [-7, 7])
def test_decrease__in_parts__same_as_at_once(opened, trader, side, move):
    """k partial closes give what one gives, but for a unit of rounding each."""
    world = opened
    world.set_band(*shifted(move))
    now, start = world.now + 60, world.position(trader, 1).margin
    for _ in range(6):
        world.adjust(trader, 1, -side * WAD, at=now)
    in_parts = world.position(trader, 1)
    assert in_parts.size == side * 4 * WAD

    market = world.market()
    price = shifted(move)[side < 0]
    opened_basis = in_parts.basis * 10 // 4
    at_once = by_hand.raw_gain(
        Position(size=side * SIZE, basis=opened_basis), price, market, world.scale
    )
    fee = by_hand.fee(by_hand.notional(6 * WAD, price, world.scale), world.params)
    assert abs(start + at_once * 6 // 10 - fee - in_parts.margin) <= 20


@ANY_DECIMALS
def test_decrease__long_beyond_its_reserve__realises_the_closed_reserve(world, trader, decimals):
    world.adjust(trader, 1, SIZE, world.units(4_000))
    world.advance(60)
    old = world.position(trader, 1)
    world.set_price(3 * PRICE)
    done = world.adjust(trader, 1, -PART).event("PositionAdjusted")
    assert done["realised"] == old.reserve * 3 // 10
    assert done["reserve"] == old.reserve - old.reserve * 3 // 10


def test_decrease__short_beyond_its_reserve__realises_the_closed_reserve(make_world, trader):
    world = make_world(reserve_ratio=WAD // 2)
    world.adjust(trader, 1, -SIZE, world.units(4_000))
    old = world.position(trader, 1)
    world.set_price(PRICE // 3)
    done = world.adjust(trader, 1, PART).event("PositionAdjusted")
    assert done["realised"] == old.reserve * 3 // 10


@pytest.mark.parametrize("rest", [1, WAD])
def test_decrease__all_but_a_rest__rest_stays_a_position(opened, trader, side, rest):
    opened.adjust(trader, 1, -side * (SIZE - rest))
    position = opened.position(trader, 1)
    assert position.size == side * rest
    assert position.margin > opened.units(3_900)


def test_decrease__by_one_wei__costs_a_unit(opened, trader, side):
    """Dust does not pay: the fee is rounded up, the gain down."""
    before = opened.position(trader, 1)
    event = opened.adjust(trader, 1, -side).event("PositionAdjusted")
    assert event["fee"] == 1
    assert event["realised"] <= 0
    assert event["margin"] < before.margin


def test_decrease__whole_size__closes_and_pays_all_out(opened, trader, side):
    purse = opened.balance(trader)
    done = opened.adjust(trader, 1, -side * SIZE)
    paid = done.event("PositionClosed")["paid_out"]
    assert done.result == (0, 0)
    assert opened.position(trader, 1) == Position()
    assert opened.balance(trader) == purse + paid > purse
    market = opened.market()
    assert (market.long_size, market.short_size, market.reserved) == (0, 0, 0)
    assert (market.long_basis, market.short_basis) == (0, 0)


def test_decrease__whole_size_with_margin_in__pays_it_back(opened, trader, side):
    purse, extra = opened.balance(trader), opened.units(300)
    margin = opened.position(trader, 1).margin
    paid = opened.adjust(trader, 1, -side * SIZE, extra).event("PositionClosed")["paid_out"]
    assert paid > margin + extra - opened.units(100)
    assert opened.balance(trader) == purse - extra + paid


@pytest.mark.parametrize("margin_delta", [-1, -(10**30), 1 - 2**255])
def test_decrease__whole_size_with_margin_out__pays_all_out_anyway(
    opened, trader, side, margin_delta
):
    margin = opened.position(trader, 1).margin
    done = opened.adjust(trader, 1, -side * SIZE, margin_delta)
    paid = done.event("PositionClosed")["paid_out"]
    assert margin - opened.units(100) < paid < margin


def test_decrease__with_margin_in__pulls_it(opened, trader, side):
    purse, old = opened.balance(trader), opened.position(trader, 1)
    event = opened.adjust(trader, 1, -side * PART, opened.units(50)).event("PositionAdjusted")
    assert event["margin"] == old.margin + event["realised"] - event["fee"] + opened.units(50)
    assert opened.balance(trader) == purse - opened.units(50)


def test_decrease__with_margin_out__pays_the_receiver(opened, trader, keeper, side):
    """Half the size needs half the margin: the rest may leave in the same call."""
    purse = opened.balance(keeper)
    arguments = (1, -side * 5 * WAD, -opened.units(3_000), any_price(-side), trader, keeper)
    done = opened.send("adjust_position", *arguments, sender=trader)
    assert done.event("PositionAdjusted")["paid_out"] == opened.units(3_000)
    assert opened.balance(keeper) == purse + opened.units(3_000)
    over = ("adjust_position", 1, -side * WAD, -opened.units(600), any_price(-side))
    opened.refuse("below initial ratio", *over, sender=trader)


def test_decrease__reduce_only__works(opened, trader, guardian, side):
    opened.send("tighten_limits", 0, WAD, True, sender=guardian)
    opened.adjust(trader, 1, -side * PART)
    opened.adjust(trader, 1, -side * (SIZE - PART))


def test_decrease__still_liquidatable__refused(opened, trader, side):
    """A reduction has to cure the position; margin along with it may."""
    opened.set_price(PRICE * (1_000 - 190 * side) // 1_000)
    health = opened.health(trader, 1)
    assert health.equity < health.maintenance
    part = ("adjust_position", 1, -side * PART)
    opened.refuse("liquidatable", *part, 0, any_price(-side), sender=trader)
    opened.adjust(trader, 1, -side * PART, opened.units(1_000))
    assert opened.health(trader, 1).equity >= opened.health(trader, 1).maintenance


def test_decrease__enough_to_be_safe__works(opened, trader, side):
    """Deep in the red, 9 of 10 go: what is left of the margin carries the last one."""
    opened.set_price(PRICE * (1_000 - 185 * side) // 1_000)
    health = opened.health(trader, 1)
    assert health.equity < health.maintenance
    opened.adjust(trader, 1, -side * 9 * WAD)
    health = opened.health(trader, 1)
    assert health.equity > health.initial


def test_decrease__margin_falls_under_the_minimum__refused(world, trader, side):
    """The loss of the closed half eats the margin: 20 must stay while a position does."""
    world.adjust(trader, 1, side * WAD, world.units(130))
    world.set_price(PRICE * (1_000 - 55 * side) // 1_000)
    most = ("adjust_position", 1, -side * WAD * 999 // 1_000, 0, any_price(-side))
    world.refuse("below min margin", *most, sender=trader)
    world.adjust(trader, 1, -side * WAD)


def test_decrease__loss_beyond_the_margin__refused_in_part(opened, trader, side):
    opened.set_price(PRICE * (100 - 30 * side) // 100)
    most = ("adjust_position", 1, -side * 9 * WAD, 0, any_price(-side))
    opened.refuse("below min margin", *most, sender=trader)


def test_decrease__more_than_the_size__refused(opened, trader, side):
    for over in (SIZE + 1, 2**127, 2**255 - 1):
        flip = ("adjust_position", 1, -side * over, 0, any_price(-side))
        opened.refuse("flip through zero", *flip, sender=trader)


def test_decrease__in_the_timestamp_of_the_increase__refused(opened, trader, side):
    now = opened.now + 60
    opened.adjust(trader, 1, side * PART, opened.units(1_000), at=now)
    for size in (1, SIZE, SIZE + PART):
        arguments = ("adjust_position", 1, -side * size, 0, any_price(-side))
        opened.refuse("increased in this block", *arguments, sender=trader, at=now)
    opened.adjust(trader, 1, -side * PART, at=now + 1)


def test_decrease__other_position_of_that_timestamp__works(opened, trader, side):
    """The rule is per position: a fresh one does not lock its owner's others."""
    now = opened.now + 60
    opened.adjust(trader, 2, side * PART, opened.units(1_000), at=now)
    opened.adjust(trader, 1, -side * PART, at=now)


def test_decrease__at_the_acceptable_price__works(opened, trader, side):
    part = ("adjust_position", 1, -side * PART, 0)
    price = BID if side > 0 else ASK
    opened.refuse("price beyond acceptable", *part, price + side, sender=trader)
    assert opened.send(*part, price, sender=trader).event("PositionAdjusted")["price"] == price


def test_decrease__without_live_price__refused(opened, trader, side):
    opened.set_live(False)
    arguments = ("adjust_position", 1, -side * PART, 0, 0 if side > 0 else MAX_UINT256)
    opened.refuse("no live price", *arguments, sender=trader)
