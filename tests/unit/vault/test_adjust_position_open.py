"""Opening: every number by hand, on both sides of the market, at 6, 8 and 18 decimals."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD, Position
from tests.kit import ASK, BID, PRICE, PROTOCOL_SHARE, any_price
from tests.unit.vault import by_hand

SIZE = 10 * WAD
ANY_DECIMALS = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


@ANY_DECIMALS
def test_open__fresh_position__state_funds_and_event(world, trader, side, decimals):
    vault, margin, size = world.vault, world.units(2_000), side * SIZE
    before, funds = world.market(), world.balance(vault)
    purse, now = world.balance(trader), world.now + 3_600

    done = world.adjust(trader, 7, size, margin, at=now)

    market = by_hand.accrued(before, PRICE, now, world.params, world.scale)
    price = by_hand.execution_price(size, 0, ASK if side > 0 else BID, world.params)
    value = by_hand.notional(size, price, world.scale)
    fee = by_hand.fee(value, world.params)
    cut = by_hand.protocol_cut(fee, PROTOCOL_SHARE)
    basis = by_hand.basis(size, price, market, world.scale)
    reserve = by_hand.reserve(value, world.params)
    assert done.result == (size, margin - fee)
    position = world.position(trader, 7)
    assert (position.size, position.margin) == (size, margin - fee)
    assert (position.basis, position.reserve) == (basis, reserve)
    assert (position.opened_at, position.increased_at) == (now, now)

    after = world.market()
    assert (after.long_size, after.short_size) == ((SIZE, 0) if side > 0 else (0, SIZE))
    assert (after.long_basis, after.short_basis) == ((basis, 0) if side > 0 else (0, basis))
    assert (after.carry_long, after.carry_short) == (market.carry_long, market.carry_short)
    assert (after.pool, after.reserved) == (before.pool + fee - cut, reserve)
    assert after.accrued_at == now

    assert world.balance(trader) == purse - margin
    assert world.balance(vault) == funds + margin
    assert world.view("protocol_fees") == cut
    assert done.names == ["PositionAdjusted"]
    assert done.event("PositionAdjusted") == {
        "owner": trader.address,
        "position_id": 7,
        "sender": trader.address,
        "size_delta": size,
        "price": price,
        "fee": fee,
        "realised": 0,
        "paid_out": 0,
        "size": size,
        "margin": margin - fee,
        "basis": basis,
        "reserve": reserve,
        "pool": after.pool,
        "carry_long": market.carry_long,
        "carry_short": market.carry_short,
    }


def test_open__long__numbers_of_the_example(world, trader):
    """10 ETH at 2,002 + 0.01001 of impact; a fee of 0.06 %, 10 % of which is the protocol's."""
    done = world.adjust(trader, 1, SIZE, 2_000 * 10**6).event("PositionAdjusted")
    assert done["price"] == 2_002_010_010_000_000_000_000
    assert done["fee"] == 12_012_061
    assert done["reserve"] == 20_020_100_100
    assert done["margin"] == 1_987_987_939
    assert done["pool"] == 10_000_010_810_855
    assert world.view("protocol_fees") == 1_201_206


def test_open__short__numbers_of_the_example(world, trader):
    """10 ETH at 1,998 - 0.00999 of impact."""
    done = world.adjust(trader, 1, -SIZE, 2_000 * 10**6).event("PositionAdjusted")
    assert done["price"] == 1_997_990_010_000_000_000_000
    assert done["fee"] == 11_987_941
    assert done["reserve"] == 19_979_900_100
    assert done["margin"] == 1_988_012_059
    assert done["pool"] == 10_000_010_789_147
    assert world.view("protocol_fees") == 1_198_794


@ANY_DECIMALS
def test_open__exactly_the_initial_requirement__opens(world, trader, side, decimals):
    size, now = side * SIZE, world.now + 60
    market = by_hand.accrued(world.market(), PRICE, now, world.params, world.scale)
    price = by_hand.execution_price(size, 0, ASK if side > 0 else BID, world.params)
    fee = by_hand.fee(by_hand.notional(size, price, world.scale), world.params)
    closing = BID if side > 0 else ASK
    basis = by_hand.basis(size, price, market, world.scale)
    gain = by_hand.raw_gain(Position(size=size, basis=basis), closing, market, world.scale)
    initial = world.params.initial_ratio
    least = by_hand.requirement(size, closing, initial, world.params, world.scale) - gain + fee

    arguments = ("adjust_position", 1, size, least - 1, any_price(side))
    world.refuse("below initial ratio", *arguments, sender=trader, at=now)
    done = world.adjust(trader, 1, size, least, at=now)
    assert done.result == (size, least - fee)


def test_open__at_the_acceptable_price__opens(world, trader, side):
    price = by_hand.execution_price(side * SIZE, 0, ASK if side > 0 else BID, world.params)
    arguments = ("adjust_position", 1, side * SIZE, world.units(2_000))
    world.refuse("price beyond acceptable", *arguments, price - side, sender=trader)
    done = world.send(*arguments, price, sender=trader)
    assert done.event("PositionAdjusted")["price"] == price


def test_open__by_operator__owners_position_for_operators_tokens(world, trader, trader2, side):
    world.send("set_operator", trader2, True, sender=trader)
    margin = world.units(2_000)
    purses = world.balance(trader), world.balance(trader2)
    arguments = (1, side * SIZE, margin, any_price(side), trader, trader2)
    done = world.send("adjust_position", *arguments, sender=trader2)
    event = done.event("PositionAdjusted")
    assert (event["owner"], event["sender"]) == (trader.address, trader2.address)
    assert world.position(trader, 1).size == side * SIZE
    assert world.position(trader2, 1).size == 0
    assert (world.balance(trader), world.balance(trader2)) == (purses[0], purses[1] - margin)


def test_open__long_and_short_of_one_owner__each_on_its_own(world, trader):
    world.adjust(trader, 1, SIZE, world.units(2_000))
    first = world.position(trader, 1)
    world.adjust(trader, 2, -SIZE, world.units(3_000))
    assert world.position(trader, 1) == first
    assert world.position(trader, 2).size == -SIZE
    market = world.market()
    assert (market.long_size, market.short_size) == (SIZE, SIZE)
    assert market.reserved == first.reserve + world.position(trader, 2).reserve


@pytest.mark.parametrize("position_id", [0, 2**128, MAX_UINT256])
def test_open__any_id__is_its_own_position(world, trader, trader2, side, position_id):
    world.adjust(trader, position_id, side * SIZE, world.units(2_000))
    assert world.position(trader, position_id).size == side * SIZE
    assert world.position(trader2, position_id).size == 0
    assert world.position(trader, position_id ^ 1).size == 0


def test_open__without_open_interest__charges_nothing_for_the_time_before(world, trader, side):
    """Carry ran since the vault's birth, but the basis has it: the first trader owes none."""
    world.set_price(PRICE)
    world.advance(100 * 86_400)
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    assert world.market().carry_long > 0
    impact = 10 * 2_000 * 5 / 10**6  # size * price * average skew / skew scale, whole tokens
    loss = -world.health(trader, 1).gain
    assert 0 <= loss - world.units(impact) <= 2


def test_open__smallest_position__costs_at_least_one_unit(world, trader, side):
    done = world.adjust(trader, 1, side, world.units(21))
    event = done.event("PositionAdjusted")
    assert (event["size"], event["fee"], event["reserve"]) == (side, 1, 1)


@pytest.mark.parametrize("decimals", [6, 18], indirect=True)
def test_open__utilisation_exactly_at_its_limit__opens(world, trader, side, decimals):
    """The largest size whose reserve the pool can lock, counting the fee that it has just taken."""
    margin = world.units(1_000_000)

    def fits(size):
        price = by_hand.execution_price(side * size, 0, ASK if side > 0 else BID, world.params)
        value = by_hand.notional(size, price, world.scale)
        fee = by_hand.fee(value, world.params)
        pool = world.model.market.pool + fee - by_hand.protocol_cut(fee, PROTOCOL_SHARE)
        most = world.params.max_utilisation * pool // WAD
        return by_hand.reserve(value, world.params) <= most

    low, high = 4_000 * WAD, 5_000 * WAD
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    world.refuse(
        "pool full", "adjust_position", 1, side * high, margin, any_price(side), sender=trader
    )
    world.adjust(trader, 1, side * low, margin)
    market = world.market()
    most = world.params.max_utilisation * market.pool // WAD
    per_wei_of_size = 3_000 * WAD // world.scale
    assert 0 <= most - market.reserved <= 1 + per_wei_of_size


def test_open__one_side_exactly_at_skew_scale__opens_and_leaves_the_other(make_world, trader):
    """Room is counted per side: a full long side leaves the short side open."""
    world = make_world(skew_scale=100 * WAD)
    margin = world.units(1_000_000)
    for side in (1, -1):
        over = ("adjust_position", 3, side * (100 * WAD + 1), margin, any_price(side))
        world.refuse("open interest full", *over, sender=trader)
        world.adjust(trader, 1 - side, side * 100 * WAD, margin)
        again = ("adjust_position", 3, side, margin, any_price(side))
        world.refuse("open interest full", *again, sender=trader)
    market = world.market()
    assert (market.long_size, market.short_size) == (100 * WAD, 100 * WAD)
