"""Increasing a position that is there: basis and reserve add up, old gain stays, limits hold."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD
from tests.kit import ASK, BID, PRICE, PROTOCOL_SHARE, any_price
from tests.unit.vault import by_hand

SIZE, MORE = 10 * WAD, 4 * WAD
ANY_DECIMALS = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


@pytest.fixture
def opened(world, trader, side):
    """10 base units at twice the initial margin, one day old."""
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    world.advance(86_400)
    return world


@ANY_DECIMALS
def test_increase__day_later__adds_to_the_position(opened, trader, side, decimals):
    world, more = opened, side * MORE
    old, before, now = world.position(trader, 1), world.market(), world.now + 60
    purse = world.balance(trader)

    done = world.adjust(trader, 1, more, world.units(500), at=now)

    market = by_hand.accrued(before, PRICE, now, world.params, world.scale)
    price = by_hand.execution_price(more, side * SIZE, ASK if side > 0 else BID, world.params)
    value = by_hand.notional(more, price, world.scale)
    fee = by_hand.fee(value, world.params)
    basis = by_hand.basis(more, price, market, world.scale)
    reserve = by_hand.reserve(value, world.params)
    new, after = world.position(trader, 1), world.market()
    assert done.result == (side * (SIZE + MORE), old.margin + world.units(500) - fee)
    assert (new.size, new.margin) == done.result
    assert (new.basis, new.reserve) == (old.basis + basis, old.reserve + reserve)
    assert (new.opened_at, new.increased_at) == (old.opened_at, now)
    assert (after.long_size, after.short_size)[side < 0] == SIZE + MORE
    assert (after.long_basis, after.short_basis)[side < 0] == new.basis
    assert (after.carry_long, after.carry_short) == (market.carry_long, market.carry_short)
    assert after.pool == before.pool + fee - by_hand.protocol_cut(fee, PROTOCOL_SHARE)
    assert after.reserved == new.reserve
    assert world.balance(trader) == purse - world.units(500)
    event = done.event("PositionAdjusted")
    assert (event["size_delta"], event["price"], event["fee"]) == (more, price, fee)
    assert (event["realised"], event["paid_out"]) == (0, 0)
    assert (event["size"], event["margin"]) == done.result
    assert (event["basis"], event["reserve"]) == (new.basis, new.reserve)
    assert event["pool"] == after.pool


@pytest.mark.parametrize("move", [-5, 5])
def test_increase__in_gain_or_loss__leaves_the_old_gain(make_world, trader, side, move):
    """Without spread and impact, buying more at the price of now neither earns nor costs."""
    world = make_world(skew_scale=10**36)
    world.set_price(PRICE)
    world.adjust(trader, 1, side * SIZE, world.units(3_000))
    world.set_price(PRICE * (100 + move) // 100)
    now = world.advance(600)
    gain = world.health(trader, 1).gain
    assert abs(gain - side * move * world.units(200)) < world.units(1)
    world.adjust(trader, 1, side * MORE, world.units(1_000), at=now)
    assert 0 <= gain - world.health(trader, 1).gain <= 2


def test_increase__twice_in_one_timestamp__works(opened, trader, side):
    now = opened.now + 60
    for _ in range(2):
        opened.adjust(trader, 1, side * MORE, opened.units(500), at=now)
    assert opened.position(trader, 1).size == side * (SIZE + 2 * MORE)


def test_increase__split__costs_the_same_but_for_rounding(make_world, trader, trader2, side):
    """Impact is an integral over the way: a trade in 4 parts pays what it pays in one."""
    world = make_world(skew_scale=1_000 * WAD)
    now = world.now + 60
    world.adjust(trader, 1, side * 40 * WAD, world.units(20_000), at=now)
    whole = world.position(trader, 1)
    world.adjust(trader, 2, -side * 40 * WAD, world.units(20_000), at=now)  # skew back to zero
    for _ in range(4):
        world.adjust(trader2, 1, side * 10 * WAD, world.units(5_000), at=now)
    parts = world.position(trader2, 1)
    assert parts.size == whole.size
    assert abs(parts.basis - whole.basis) <= 4
    assert abs(parts.reserve - whole.reserve) <= 4
    assert abs(parts.margin - whole.margin) <= 4


def test_increase__unrealised_gain__does_not_leverage_up(opened, trader, side):
    """30 % of gain on the notional, and still only the margin counts."""
    opened.set_price(PRICE * (100 + 30 * side) // 100)
    health = opened.health(trader, 1)
    assert health.equity > 4 * health.initial
    more = ("adjust_position", 1, side * 40 * WAD, 0, any_price(side))
    opened.refuse("below initial ratio", *more, sender=trader)


def test_increase__unrealised_loss__counts(opened, trader, side):
    opened.set_price(PRICE * (100 - 4 * side) // 100)
    more = ("adjust_position", 1, side * MORE, 0, any_price(side))
    opened.refuse("below initial ratio", *more, sender=trader)
    opened.adjust(trader, 1, side * MORE, opened.units(1_000))


def test_increase__gain_just_under_reserve__works(opened, trader, side):
    opened.set_price(PRICE * 199 // 100 if side > 0 else PRICE // 100)
    opened.adjust(trader, 1, side * MORE, opened.units(10_000))


def test_increase__long_gain_at_reserve__refused(world, trader):
    world.adjust(trader, 1, SIZE, world.units(2_000))
    world.set_price(3 * PRICE)
    more = ("adjust_position", 1, MORE, world.units(10_000), any_price(1))
    world.refuse("gain at reserve", *more, sender=trader)


def test_increase__short_gain_at_reserve__refused(make_world, trader):
    """A short wins less than its notional, whatever happens: here the reserve is half of it."""
    world = make_world(reserve_ratio=WAD // 2)
    world.adjust(trader, 1, -SIZE, world.units(2_000))
    world.set_price(PRICE // 3)
    more = ("adjust_position", 1, -MORE, world.units(10_000), any_price(-1))
    world.refuse("gain at reserve", *more, sender=trader)


def test_increase__withdrawing_at_once__pays_out_what_the_ratio_leaves(
    opened, trader, keeper, side
):
    purse = opened.balance(keeper)
    arguments = (1, side * MORE, -opened.units(400), any_price(side), trader, keeper)
    done = opened.send("adjust_position", *arguments, sender=trader)
    assert done.event("PositionAdjusted")["paid_out"] == opened.units(400)
    assert opened.balance(keeper) == purse + opened.units(400)
    over = ("adjust_position", 1, side * WAD, -opened.units(200), any_price(side))
    opened.refuse("below initial ratio", *over, sender=trader)


def test_increase__limits_tightened__meets_the_ratio_of_now(opened, trader, guardian, side):
    """10 % now, where 5 % was asked at birth; what is open is left alone."""
    world = opened
    world.send("tighten_limits", world.params.max_utilisation, WAD // 10, False, sender=guardian)
    now, market = world.now + 60, world.market()
    market = by_hand.accrued(market, PRICE, now, world.params, world.scale)
    price = by_hand.execution_price(
        side * MORE, side * SIZE, ASK if side > 0 else BID, world.params
    )
    old, closing = world.position(trader, 1), BID if side > 0 else ASK
    old.size += side * MORE
    old.basis += by_hand.basis(side * MORE, price, market, world.scale)
    gain = by_hand.raw_gain(old, closing, market, world.scale)
    needed = by_hand.requirement(old.size, closing, WAD // 10, world.params, world.scale) - gain
    least = needed - old.margin
    least += by_hand.fee(by_hand.notional(MORE, price, world.scale), world.params)
    short = ("adjust_position", 1, side * MORE, least - 1, any_price(side))
    world.refuse("below initial ratio", *short, sender=trader, at=now)
    world.adjust(trader, 1, side * MORE, least, at=now)


def test_increase__limits_loosened__meets_the_lower_ratio(opened, trader, guardian, side):
    """Down to 4 % after two days; a withdrawal in the same call still meets the 5 % of birth."""
    world = opened
    limits = (world.params.max_utilisation, WAD * 4 // 100, False)
    world.send("schedule_limits", *limits, sender=guardian)
    world.advance(2 * 86_400)
    world.send("apply_limits", sender=guardian)
    more = side * 15 * WAD  # margin net of loss of some 2,060 on a notional of 50,000
    world.adjust(trader, 1, more, world.units(180))
    out = ("adjust_position", 1, side * WAD, -world.units(1), any_price(side))
    world.refuse("below initial ratio", *out, sender=trader)


def test_increase__reduce_only__refused(opened, trader, guardian, side):
    opened.send("tighten_limits", opened.params.max_utilisation, WAD // 20, True, sender=guardian)
    more = ("adjust_position", 1, side * MORE, opened.units(1_000), any_price(side))
    opened.refuse("reduce only", *more, sender=trader)


def test_increase__utilisation_tightened__pool_is_full_for_it(opened, trader, guardian, side):
    """The guardian may go below what is reserved already: nothing more then, and exits as ever."""
    opened.send("tighten_limits", WAD // 1_000, WAD // 20, False, sender=guardian)
    more = ("adjust_position", 1, side * MORE, opened.units(1_000), any_price(side))
    opened.refuse("pool full", *more, sender=trader)
    opened.adjust(trader, 1, -side * MORE)


def test_increase__others_position__untouched(opened, trader, trader2, side):
    opened.adjust(trader2, 1, -side * SIZE, opened.units(2_000))
    other = opened.position(trader2, 1)
    opened.adjust(trader, 1, side * MORE, opened.units(500))
    assert opened.position(trader2, 1) == other
