"""`call_margin`: a warning on record, and nothing else."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD, Status
from tests.steering import health_at, last_price, move_to

SIZE = 10 * WAD
every_decimals = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


@pytest.fixture(autouse=True)
def opened(world, trader, side):
    world.adjust(trader, 1, side * SIZE, world.units(2_000))


def price_below(world, trader, line):
    """The closing price nearest to the present at which the equity is below that line."""
    return last_price(world, trader, lambda health: health.equity < getattr(health, line))


@every_decimals
def test_call_margin__below_the_line__is_on_record(world, trader, attacker, side):
    price = price_below(world, trader, "margin_call")
    expected = health_at(world, trader, price)
    move_to(world, trader, price)
    position, market = world.position(trader, 1), world.market()

    done = world.send("call_margin", trader, 1, sender=attacker)

    assert done.names == ["MarginCalled"]
    assert done.event("MarginCalled") == {
        "owner": trader.address,
        "position_id": 1,
        "equity": expected.equity,
        "requirement": expected.margin_call,
        "price": price,
    }
    assert expected.maintenance <= expected.equity < expected.margin_call
    # nothing has moved: carry up to now counted, and is not stored
    assert world.position(trader, 1) == position
    assert world.market() == market


@every_decimals
def test_call_margin__the_line_itself__reverts(world, trader, keeper, side):
    healthy = price_below(world, trader, "margin_call") + side
    assert health_at(world, trader, healthy).status == Status.HEALTHY
    move_to(world, trader, healthy)
    world.refuse("no margin call", "call_margin", trader, 1, sender=keeper)


@every_decimals
def test_call_margin__at_maintenance__still_a_call(world, trader, keeper, side):
    price = price_below(world, trader, "maintenance") + side
    move_to(world, trader, price)
    world.send("call_margin", trader, 1, sender=keeper)


def test_call_margin__below_maintenance__too_late(world, trader, keeper):
    move_to(world, trader, price_below(world, trader, "maintenance"))
    world.refuse("no margin call", "call_margin", trader, 1, sender=keeper)


def test_call_margin__again__again_on_record(world, trader, keeper):
    """The vault keeps no memory of it: a keeper who pays the gas may repeat himself."""
    move_to(world, trader, price_below(world, trader, "margin_call"))
    now = world.now + 1
    world.send("call_margin", trader, 1, sender=keeper, at=now)
    again = world.send("call_margin", trader, 1, sender=keeper, at=now)
    assert again.names == ["MarginCalled"], "no time has passed, no carry"


def test_call_margin__margin_added__no_call_any_more(world, trader, keeper):
    move_to(world, trader, price_below(world, trader, "margin_call"))
    world.send("call_margin", trader, 1, sender=keeper)
    world.send("add_margin", 1, world.units(1), sender=trader)
    world.refuse("no margin call", "call_margin", trader, 1, sender=keeper)


def test_call_margin__no_such_position__reverts(world, trader, keeper):
    world.refuse("unknown position", "call_margin", trader, 2, sender=keeper)


def test_call_margin__oracle_not_live__reverts(world, trader, keeper):
    move_to(world, trader, price_below(world, trader, "margin_call"))
    world.set_live(False)
    world.refuse("no live price", "call_margin", trader, 1, sender=keeper)
