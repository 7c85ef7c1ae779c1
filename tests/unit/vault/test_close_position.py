"""Closing: everything is paid out, to whom the owner says, however deep it is under water.

`world.send` compares return value, every event and all state with the exact model.
"""

from __future__ import annotations

import pytest

from bulkhead.model import WAD
from tests.kit import PRICE, any_price
from tests.mocks import OracleFault

SIZE = 10 * WAD


@pytest.fixture
def opened(world, trader, side):
    world.adjust(trader, 1, side * SIZE, world.units(4_000))
    world.advance(3_600)
    return world


@pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)
@pytest.mark.parametrize("percent", [90, 100, 110])
def test_close__any_result__pays_the_rest_to_the_receiver(
    opened, trader, keeper, side, decimals, percent
):
    opened.set_price(PRICE * percent // 100)
    purse, margin = opened.balance(keeper), opened.position(trader, 1).margin
    arguments = (1, any_price(-side), trader, keeper)
    done = opened.send("close_position", *arguments, sender=trader)
    assert opened.balance(keeper) == purse + done.result
    event = done.event("PositionClosed")
    assert done.result == margin + event["realised"] - event["fee"]
    position = opened.position(trader, 1)
    assert position.size == position.margin == position.basis == position.reserve == 0


def test_close__under_water__takes_the_margin_and_no_more(opened, trader, side):
    opened.set_price(PRICE * (100 - 30 * side) // 100)
    margin, purse = opened.position(trader, 1).margin, opened.balance(trader)
    done = opened.close(trader, 1)
    assert done.result == 0
    assert opened.balance(trader) == purse
    assert done.event("PositionClosed")["realised"] == -margin


def test_close__by_an_operator__works(opened, trader, trader2, side):
    opened.send("set_operator", trader2, True, sender=trader)
    purse = opened.balance(trader2)
    done = opened.send("close_position", 1, any_price(-side), trader, sender=trader2)
    assert opened.balance(trader2) == purse + done.result


def test_close__refusals(opened, trader, attacker, side):
    bad = 2**200 if side > 0 else 1
    opened.refuse("price beyond acceptable", "close_position", 1, bad, sender=trader)
    opened.refuse("unknown position", "close_position", 2, 0, sender=trader)
    stranger = ("close_position", 1, any_price(-side), trader)
    opened.refuse("not owner or operator", *stranger, sender=attacker)
    opened.set_fault(OracleFault.REVERT)
    opened.refuse("no live price", "close_position", 1, any_price(-side), sender=trader)


def test_close__in_the_moment_of_an_increase__refused(opened, trader, side):
    opened.chain.mine(1)
    now = opened.now + 10
    opened.adjust(trader, 3, side * SIZE, opened.units(4_000), at=now)
    opened.refuse(
        "increased in this block", "close_position", 3, any_price(-side), sender=trader, at=now
    )
