"""`wind_down`: how a vault ends, what is still possible then, and what is not."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from bulkhead.model import MAX_UINT256, WAD, Position
from tests.kit import ASK, BID, PRICE
from tests.mocks import OracleFault

DAY = 86_400
WEEK = 7 * DAY
SIZE = 10 * WAD
NEVER = 2**32 - 1


def end(world, keeper):
    """Wind-down at the last price: seven days without an update."""
    world.set_live(False)
    world.send("wind_down", sender=keeper, at=world.band.updated_at + WEEK)


def end_without_price(world, keeper):
    """Wind-down of an oracle that cannot be read."""
    world.set_fault(OracleFault.REVERT)
    world.send("report_dead_oracle", sender=keeper)
    world.send("wind_down", sender=keeper, at=world.now + WEEK)


# ---- a stale feed ----


def test_wind_down__seven_days_without_update__settles_at_the_last_mid(world, attacker):
    world.set_band(1_900 * WAD, 1_902 * WAD + 1)
    world.set_live(False)
    market = world.market()
    updated_at = world.band.updated_at
    world.refuse("too early", "wind_down", sender=attacker, at=updated_at + WEEK - 1)

    done = world.send("wind_down", sender=attacker, at=updated_at + WEEK)

    expected = {"sender": attacker.address, "settlement_price": 1_901 * WAD}
    assert done.events == [("WoundDown", expected)]
    assert world.market() == replace(market, accrued_at=NEVER)


def test_wind_down__live_again_after_a_week__reverts(world, keeper):
    world.set_live(False)
    world.advance(WEEK)
    world.set_live(True)
    world.refuse("oracle is live", "wind_down", sender=keeper)


def test_wind_down__updated_in_the_future__is_not_stale(world, keeper):
    """An adapter's nonsense is not its age."""
    world.set_band(BID, ASK, live=False, updated_at=world.now + 10 * WEEK)
    world.advance(WEEK)
    world.refuse("too early", "wind_down", sender=keeper)


def test_wind_down__stale_but_out_of_bounds__needs_a_report(world, keeper):
    """There is no price to settle at, and a feed that answers 0 may recover."""
    world.set_band(0, 0, live=False)
    world.advance(WEEK)
    world.refuse("too early", "wind_down", sender=keeper)
    world.send("report_dead_oracle", sender=keeper)
    done = world.send("wind_down", sender=keeper, at=world.now + WEEK)
    assert done.event("WoundDown")["settlement_price"] == 0


# ---- a dead oracle ----


@pytest.mark.parametrize(
    "fault", [OracleFault.REVERT, OracleFault.BURN_GAS, OracleFault.EMPTY_RETURN]
)
def test_wind_down__unreadable_for_seven_days__settles_without_price(world, keeper, fault):
    world.set_fault(fault)
    world.advance(WEEK)
    world.refuse("too early", "wind_down", sender=keeper)
    reported_at = world.now + 1
    world.send("report_dead_oracle", sender=keeper, at=reported_at)
    world.refuse("too early", "wind_down", sender=keeper, at=reported_at + WEEK - 1)
    done = world.send("wind_down", sender=keeper, at=reported_at + WEEK)
    assert done.event("WoundDown")["settlement_price"] == 0


def test_wind_down__answers_but_never_live__settles_at_the_last_mid(world, keeper):
    """Stuck at a bound: it updates every day and is never live."""
    world.set_live(False)
    world.send("report_dead_oracle", sender=keeper)
    reported_at = world.now
    for day in range(1, 8):
        world.set_band(1_700 * WAD, 1_700 * WAD, live=False, at=reported_at + day * DAY - 10)
    done = world.send("wind_down", sender=keeper, at=reported_at + WEEK)
    assert done.event("WoundDown")["settlement_price"] == 1_700 * WAD


def test_wind_down__accrued_since_the_report__reverts(world, keeper, attacker):
    """Anyone proves the oracle alive."""
    world.set_live(False)
    world.send("report_dead_oracle", sender=attacker)
    world.set_live(True)
    world.send("accrue", sender=keeper)
    world.set_fault(OracleFault.REVERT)
    world.advance(WEEK)
    world.refuse("too early", "wind_down", sender=attacker)


def test_wind_down__traded_since_the_report__reverts(world, trader, attacker, side):
    world.set_live(False)
    world.send("report_dead_oracle", sender=attacker)
    world.set_live(True)
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    world.set_fault(OracleFault.REVERT)
    world.advance(WEEK)
    world.refuse("too early", "wind_down", sender=attacker)


def test_wind_down__live_at_the_end_of_the_delay__reverts(world, keeper):
    world.set_fault(OracleFault.REVERT)
    world.send("report_dead_oracle", sender=keeper)
    world.advance(WEEK)
    world.set_fault(OracleFault.NONE)
    world.refuse("oracle is live", "wind_down", sender=keeper)


def test_wind_down__never_reported__reverts(world, keeper):
    world.set_fault(OracleFault.REVERT)
    world.advance(10 * WEEK)
    world.refuse("too early", "wind_down", sender=keeper)


def test_wind_down__twice__reverts(world, keeper):
    end(world, keeper)
    world.refuse("winding down", "wind_down", sender=keeper)


def test_wind_down__oracle_comes_back__changes_nothing(world, trader, keeper, side):
    """The settlement price is for ever; what the oracle says later is not asked."""
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    end(world, keeper)
    health = world.health(trader, 1)
    world.set_price(5_000 * WAD)
    assert world.health(trader, 1) == health
    assert health.closing_price == PRICE


# ---- what works ----


@pytest.fixture
def ended(world, trader, trader2, lp, keeper, side):
    """A winner and a loser, each with 10, in wind-down."""
    world.adjust(trader, 1, side * SIZE, world.units(4_000))
    world.adjust(trader2, 1, -side * SIZE, world.units(4_000))
    world.set_price((2_000 + side * 100) * WAD)
    end(world, keeper)
    return world


def test_wind_down__close__at_the_settlement_price_without_fee(ended, trader, side):
    price = (2_000 + side * 100) * WAD
    health, margin = ended.health(trader, 1), ended.position(trader, 1).margin
    purse = ended.balance(trader)
    done = ended.close(trader, 1)
    event = done.event("PositionClosed")
    assert (event["price"], event["fee"]) == (price, 0)
    assert done.result == event["paid_out"] == margin + health.gain
    assert health.gain > 0
    assert ended.balance(trader) == purse + done.result


def test_wind_down__close_beyond_the_bound__reverts(ended, trader, side):
    """The bound still binds: no other price will come, but the owner said so."""
    price = (2_000 + side * 100) * WAD
    ended.refuse("price beyond acceptable", "close_position", 1, price + side, sender=trader)


def test_wind_down__reduce__without_fee_or_impact(ended, trader, side):
    event = ended.adjust(trader, 1, -side * SIZE // 4).event("PositionAdjusted")
    assert (event["price"], event["fee"]) == ((2_000 + side * 100) * WAD, 0)
    assert event["size"] == side * SIZE * 3 // 4


def test_wind_down__withdraw_margin__works(ended, trader, side):
    purse = ended.balance(trader)
    ended.adjust(trader, 1, 0, -ended.units(1_000))
    assert ended.balance(trader) == purse + ended.units(1_000)


def test_wind_down__withdraw_too_much_margin__reverts(ended, trader2):
    """The loser's margin less his loss must meet the requirement; he may close instead."""
    arguments = (1, 0, -ended.units(2_500), 0)
    ended.refuse("below initial ratio", "adjust_position", *arguments, sender=trader2)


@pytest.mark.parametrize("name", ["add_margin", "adjust_position"])
def test_wind_down__add_margin__works(ended, trader, name):
    margin = ended.position(trader, 1).margin
    arguments = (1, 500) if name == "add_margin" else (1, 0, 500, 0)
    ended.send(name, *arguments, sender=trader)
    assert ended.position(trader, 1).margin == margin + 500


def test_wind_down__settle_and_claim__works(ended, trader, trader2, keeper):
    for person in (trader, trader2):
        credited = ended.send("settle_position", person, 1, sender=keeper).result
        purse = ended.balance(person)
        ended.send("claim", sender=person)
        assert ended.balance(person) == purse + credited > purse


def test_wind_down__withdraw_and_redeem__at_the_settlement_price(ended, lp, side):
    """Even with positions open: at the low NAV, and not of what is reserved."""
    assets = ended.send("redeem", ended.units(1_000_000), sender=lp).result
    assert assets > 0
    market = ended.market()
    free = market.pool - market.reserved
    ended.send("withdraw", free, sender=lp)
    ended.refuse("not enough liquidity", "withdraw", 1, sender=lp)


def test_wind_down__shares_and_fees__still_move(ended, lp, keeper, attacker, project, owner):
    ended.send("transfer", attacker, 10, sender=lp)
    ended.send("approve", attacker, 5, sender=lp)
    ended.send("transferFrom", lp, attacker, 5, sender=attacker)
    ended.send("set_operator", keeper, True, sender=lp)
    assert ended.view("protocol_fees") > 0


def test_wind_down__guardian__still_has_the_role(ended, guardian, attacker):
    """It bounds nothing any more, and harms nobody."""
    ended.send("tighten_limits", 0, WAD, True, sender=guardian)
    ended.send("transfer_guardian", attacker, sender=guardian)


# ---- what does not ----


def test_wind_down__increase__reverts(ended, trader, side):
    bound = MAX_UINT256 if side > 0 else 0
    arguments = (1, side, ended.units(100), bound)
    ended.refuse("winding down", "adjust_position", *arguments, sender=trader)


def test_wind_down__open__reverts(ended, attacker, side):
    bound = MAX_UINT256 if side > 0 else 0
    arguments = (1, side * WAD, ended.units(1_000), bound)
    ended.refuse("winding down", "adjust_position", *arguments, sender=attacker)


@pytest.mark.parametrize("name", ["deposit", "mint"])
def test_wind_down__deposit_and_mint__revert(ended, lp, name):
    ended.refuse("winding down", name, ended.units(1_000), sender=lp)


@pytest.mark.parametrize("name", ["deposit", "mint"])
def test_wind_down__deposit_and_mint_without_positions__revert(world, lp, keeper, name):
    end(world, keeper)
    world.refuse("winding down", name, world.units(1_000), sender=lp)


# ---- no price at all ----


def test_wind_down__settlement_price_0__everybody_gets_his_margin(
    world, trader, trader2, lp, keeper, side
):
    """Zero gain for all: what a price would have given to one, it would have taken from another."""
    world.adjust(trader, 1, side * SIZE, world.units(4_000))
    world.adjust(trader2, 1, -side * 2 * SIZE, world.units(5_000))
    world.set_price((2_000 + side * 150) * WAD)
    world.send("accrue", sender=keeper, at=world.now + 30 * DAY)
    end_without_price(world, keeper)
    margins = [world.position(person, 1).margin for person in (trader, trader2)]
    pool, nav = world.market().pool, world.view("totalAssets")
    assert nav == pool

    closed = world.close(trader, 1)
    settled = world.send("settle_position", trader2, 1, sender=keeper)

    event = closed.event("PositionClosed")
    assert (event["price"], event["fee"], event["realised"]) == (0, 0, 0)
    assert [closed.result, settled.result] == margins
    assert world.market().pool == pool


def test_wind_down__settlement_price_0__reduce_and_withdraw_margin(world, trader, keeper, side):
    world.adjust(trader, 1, side * SIZE, world.units(4_000))
    end_without_price(world, keeper)
    margin = world.position(trader, 1).margin
    event = world.adjust(trader, 1, -side * SIZE // 2, 0).event("PositionAdjusted")
    assert (event["realised"], event["margin"], event["price"]) == (0, margin, 0)
    # nothing is required of what has no value but the least margin
    least = world.params.min_margin
    bound = 0 if side > 0 else MAX_UINT256
    arguments = (1, 0, -(margin - least + 1), bound)
    world.refuse("below min margin", "adjust_position", *arguments, sender=trader)
    world.adjust(trader, 1, 0, -(margin - least))
    assert world.position(trader, 1).margin == least


def test_wind_down__settlement_price_0__health_shows_no_gain(world, trader, keeper, side):
    world.adjust(trader, 1, side * SIZE, world.units(4_000))
    end_without_price(world, keeper)
    health = world.health(trader, 1)
    assert (health.gain, health.closing_price, health.maintenance, health.initial) == (0, 0, 0, 0)
    assert health.equity == world.position(trader, 1).margin


# ---- everybody leaves ----


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_wind_down__every_order_of_exits__all_are_paid_the_same(
    world, trader, trader2, attacker, lp, keeper, side, order
):
    """A19, promise 3: in the end the vault holds nothing but fees and dust."""
    people = [trader, trader2, attacker]
    sizes = [side * SIZE, -side * 3 * SIZE, side * 2 * SIZE]
    for person, size in zip(people, sizes, strict=True):
        world.adjust(person, 1, size, world.units(7_000))
    world.set_price((2_000 + side * 120) * WAD)
    end(world, keeper)
    owed = [max(world.health(person, 1).equity, 0) for person in people]
    for index in order:
        person = people[index]
        if index == 1:
            paid = world.send("settle_position", person, 1, sender=keeper).result
            world.send("claim", sender=person)
        else:
            paid = world.close(person, 1).result
        assert paid == owed[index]
        assert world.position(person, 1) == Position()
    world.send("redeem", world.view("balanceOf", lp), sender=lp)
    assert world.market().pool <= 1
    assert world.balance(world.vault) == world.market().pool + world.view("protocol_fees")
