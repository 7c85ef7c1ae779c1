"""`settle_position`: the end of a position that can win no more, or of any in wind-down."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD, Position, Status
from tests.kit import build
from tests.steering import band_at, health_at, last_price, move_to

SIZE = 10 * WAD
every_decimals = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


@pytest.fixture(scope="module")
def built_world(chain, project, owner, people, lp, decimals):
    """A reserve of 10 %, which longs and shorts can both reach."""
    return build(chain, project, owner, people, lp=lp, decimals=decimals, reserve_ratio=WAD // 10)


@pytest.fixture(autouse=True)
def opened(world, trader, side):
    world.adjust(trader, 1, side * SIZE, world.units(3_000))


def reach_reserve(world, trader):
    """The first price at which the gain is all that was reserved for it."""
    price = last_price(
        world, trader, lambda health: health.status == Status.SETTLEABLE, towards_loss=False
    )
    move_to(world, trader, price)
    return price


def end(world, keeper):
    """Wind-down at the present price: seven days without an update."""
    world.set_live(False)
    world.advance(7 * 86_400)
    world.send("wind_down", sender=keeper)


# ---- at its reserve ----


@every_decimals
def test_settle_position__gain_at_reserve__all_of_it_is_credited(world, trader, attacker, side):
    before = world.position(trader, 1)
    price = reach_reserve(world, trader)
    purses = world.balance(trader), world.balance(attacker)
    market = world.market()

    done = world.send("settle_position", trader, 1, sender=attacker)

    event = done.event("PositionSettled")
    value = -(-SIZE * price // world.scale)
    fee = -(-value * 6 // 10_000)
    assert done.result == before.margin + before.reserve - fee
    assert event == {
        "owner": trader.address,
        "position_id": 1,
        "keeper": attacker.address,
        "size_delta": -side * SIZE,
        "price": price,
        "fee": fee,
        "realised": before.reserve,
        "credited": done.result,
        "bad_debt": 0,
        "pool": market.pool - before.reserve + fee - fee // 10,
        "carry_long": world.market().carry_long,
        "carry_short": world.market().carry_short,
    }
    assert world.position(trader, 1) == Position()
    assert world.market().reserved == world.market().long_size == world.market().short_size == 0
    assert world.view("claimable", trader) == done.result
    assert (world.balance(trader), world.balance(attacker)) == purses


@every_decimals
def test_settle_position__last_digit_before_the_reserve__reverts(world, trader, keeper, side):
    price = last_price(
        world, trader, lambda health: health.status == Status.SETTLEABLE, towards_loss=False
    )
    short_of_it = price - side
    health = health_at(world, trader, short_of_it)
    assert health.status == Status.HEALTHY
    assert 1 <= world.position(trader, 1).reserve - health.gain <= 10  # units, for ten of size
    move_to(world, trader, short_of_it)
    world.refuse("not settleable", "settle_position", trader, 1, sender=keeper)


def test_settle_position__price_far_beyond__no_more_than_the_reserve(world, trader, keeper, side):
    before = world.position(trader, 1)
    world.set_price(WAD * 100 if side < 0 else WAD * 100_000)
    event = world.send("settle_position", trader, 1, sender=keeper).event("PositionSettled")
    assert event["realised"] == before.reserve


def test_settle_position__claim__pays_it(world, trader, keeper):
    reach_reserve(world, trader)
    credited = world.send("settle_position", trader, 1, sender=keeper).result
    purse = world.balance(trader)
    assert world.send("claim", sender=trader).result == credited
    assert world.balance(trader) == purse + credited


def test_settle_position__second_of_an_increase__reverts_then_works(world, trader, keeper, side):
    """No two prices in one moment, in settlement either."""
    now = world.now + 1
    world.adjust(trader, 1, side * WAD, at=now)
    world.set_price(WAD * 100 if side < 0 else WAD * 100_000, at=now)
    world.refuse("not settleable", "settle_position", trader, 1, sender=keeper, at=now)
    assert world.health(trader, 1).status == Status.HEALTHY
    world.send("settle_position", trader, 1, sender=keeper, at=now + 1)


def test_settle_position__margin_added_or_reduced_in_the_same_second__works(
    world, trader, keeper, side
):
    """Only an increase makes a position new."""
    now = world.now + 1
    world.adjust(trader, 1, -side * WAD, at=now)
    world.send("add_margin", 1, 5, sender=trader, at=now)
    world.set_price(WAD * 100 if side < 0 else WAD * 100_000, at=now)
    world.send("settle_position", trader, 1, sender=keeper, at=now)


def test_settle_position__opposite_positions__only_the_winner(world, trader, trader2, keeper, side):
    world.adjust(trader2, 1, -side * SIZE, world.units(3_000))
    reach_reserve(world, trader)
    now = world.now + 1
    world.refuse("not settleable", "settle_position", trader2, 1, sender=keeper, at=now)
    world.send("settle_position", trader, 1, sender=keeper, at=now)
    assert world.position(trader2, 1).size == -side * SIZE


# ---- wind-down ----


@every_decimals
def test_settle_position__wind_down__winner_without_fee_or_spread(world, trader, keeper, side):
    world.set_band(*band_at((2_000 + side * 100) * WAD, side))
    end(world, keeper)
    mid = (world.band.bid + world.band.ask) // 2
    before, market = world.position(trader, 1), world.market()
    if side > 0:
        gain = SIZE * (mid - market.carry_long) // world.scale - before.basis
    else:
        gain = before.basis + -SIZE * (mid + market.carry_short) // world.scale

    done = world.send("settle_position", trader, 1, sender=keeper)

    event = done.event("PositionSettled")
    assert 0 < gain < before.reserve
    assert done.result == before.margin + gain == event["credited"]
    assert (event["price"], event["fee"], event["realised"]) == (mid, 0, gain)
    assert world.view("protocol_fees") == world.model.uncollected_fees
    assert done.names == ["PositionSettled"], "no accrual any more"


def test_settle_position__wind_down__loser_keeps_what_is_left(world, trader, keeper, side):
    world.set_price((2_000 - side * 100) * WAD)
    end(world, keeper)
    before = world.position(trader, 1)
    event = world.send("settle_position", trader, 1, sender=keeper).event("PositionSettled")
    assert event["realised"] < 0
    assert event["credited"] == before.margin + event["realised"]
    assert event["bad_debt"] == 0


def test_settle_position__wind_down__loss_beyond_margin_is_written_off(world, trader, keeper, side):
    world.set_price((2_000 - side * 500) * WAD)
    end(world, keeper)
    before, pool = world.position(trader, 1), world.market().pool
    equity = world.health(trader, 1).equity
    done = world.send("settle_position", trader, 1, sender=keeper)
    event = done.event("PositionSettled")
    assert equity < 0
    assert (done.result, event["realised"], event["bad_debt"]) == (0, -before.margin, -equity)
    assert world.market().pool == pool + before.margin
    assert world.view("claimable", trader) == 0


def test_settle_position__wind_down__increased_in_the_same_second_works(
    world, trader, keeper, side
):
    """One price for ever: nothing to play off against another."""
    world.set_live(False)
    updated_at = world.band.updated_at
    now = world.advance(7 * 86_400) + 1
    world.set_band(world.band.bid, world.band.ask, at=now)
    world.adjust(trader, 1, side * WAD, at=now)
    world.set_band(world.band.bid, world.band.ask, live=False, updated_at=updated_at, at=now)
    world.send("wind_down", sender=keeper, at=now)
    world.send("settle_position", trader, 1, sender=keeper, at=now)


# ---- refusals ----


def test_settle_position__healthy__reverts(world, trader, keeper):
    world.refuse("not settleable", "settle_position", trader, 1, sender=keeper)


def test_settle_position__no_such_position__reverts(world, trader, keeper):
    world.refuse("unknown position", "settle_position", trader, 2, sender=keeper)


def test_settle_position__twice__reverts(world, trader, keeper):
    reach_reserve(world, trader)
    world.send("settle_position", trader, 1, sender=keeper)
    world.refuse("unknown position", "settle_position", trader, 1, sender=keeper)


def test_settle_position__oracle_not_live__reverts(world, trader, keeper):
    reach_reserve(world, trader)
    world.set_live(False)
    world.refuse("no live price", "settle_position", trader, 1, sender=keeper)
