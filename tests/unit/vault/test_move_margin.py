"""Margin from one position to another: a withdrawal and an addition, without tokens."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD
from tests.kit import ASK, BID, PRICE
from tests.mocks import OracleFault
from tests.unit.vault import by_hand

SIZE = 10 * WAD


@pytest.fixture
def opened(world, trader, side):
    """Two positions, of both sides; the first has four times the initial margin. One day old."""
    world.adjust(trader, 1, side * SIZE, world.units(4_000))
    world.adjust(trader, 2, -side * SIZE, world.units(1_500))
    world.advance(86_400)
    return world


@pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)
def test_move_margin__to_the_initial_requirement__works(opened, trader, side, decimals):
    """To the unit, as a withdrawal; the market, the tokens and everything else stay."""
    world = opened
    now, giver, taker = world.now + 60, world.position(trader, 1), world.position(trader, 2)
    market = by_hand.accrued(world.market(), PRICE, now, world.params, world.scale)
    closing = BID if side > 0 else ASK
    gain = by_hand.raw_gain(giver, closing, market, world.scale)
    initial = world.params.initial_ratio
    most = giver.margin + gain
    most -= by_hand.requirement(giver.size, closing, initial, world.params, world.scale)
    assert gain < 0 < most
    world.refuse("below initial ratio", "move_margin", 1, 2, most + 1, sender=trader, at=now)

    before, balances = world.market(), (world.balance(trader), world.balance(world.vault))
    done = world.send("move_margin", 1, 2, most, sender=trader, at=now)
    giver.margin -= most
    taker.margin += most
    assert (world.position(trader, 1), world.position(trader, 2)) == (giver, taker)
    assert world.market() == before
    assert (world.balance(trader), world.balance(world.vault)) == balances
    common = {"owner": trader.address, "sender": trader.address, "amount": most}
    assert done.events == [
        ("MarginRemoved", {**common, "position_id": 1, "margin": giver.margin}),
        ("MarginAdded", {**common, "position_id": 2, "margin": taker.margin}),
    ]


def test_move_margin__to_a_liquidatable_position__saves_it(opened, trader, keeper, side):
    """What it is for: the winner of a hedge feeds the loser, and no token has to be at hand."""
    opened.set_price(PRICE * (100 + 13 * side) // 100)
    opened.send("move_margin", 1, 2, opened.units(2_500), sender=trader)
    opened.refuse("still healthy", "liquidate", trader, 2, sender=keeper)


def test_move_margin__limits_tightened__meets_the_ratio_of_birth(opened, trader, guardian):
    opened.send("tighten_limits", 0, WAD, True, sender=guardian)
    opened.send("move_margin", 1, 2, opened.units(2_900), sender=trader)


def test_move_margin__by_operator__works(opened, trader, trader2):
    opened.send("set_operator", trader2, True, sender=trader)
    done = opened.send("move_margin", 1, 2, 5, trader, sender=trader2)
    assert done.event("MarginAdded")["sender"] == trader2.address


def test_move_margin__of_another__refused(opened, trader, trader2):
    opened.refuse("not owner or operator", "move_margin", 1, 2, 5, trader, sender=trader2)


def test_move_margin__to_itself__refused(opened, trader):
    opened.refuse("same position", "move_margin", 1, 1, 5, sender=trader)


def test_move_margin__nothing__refused(opened, trader):
    opened.refuse("zero amount", "move_margin", 1, 2, 0, sender=trader)


@pytest.mark.parametrize("ids", [(1, 3), (3, 1), (3, 4)])
def test_move_margin__no_such_position__refused(opened, trader, ids):
    opened.refuse("unknown position", "move_margin", *ids, 5, sender=trader)


@pytest.mark.parametrize("fault", [OracleFault.REVERT, OracleFault.EMPTY_RETURN])
def test_move_margin__oracle_is_dead__refused(opened, trader, fault):
    opened.set_fault(fault)
    opened.refuse("no live price", "move_margin", 1, 2, 5, sender=trader)


def test_move_margin__under_the_minimum__refused(opened, trader):
    margin, least = opened.position(trader, 1).margin, opened.params.min_margin
    for amount in (margin - least + 1, margin + 1, 2**255):
        opened.refuse("below min margin", "move_margin", 1, 2, amount, sender=trader)


def test_move_margin__absurd_amount__refused(opened, trader):
    """2**256 - 1 plus the minimum would wrap to less than the margin."""
    opened.is_mirrored = False
    arguments = (1, 2, 2**256 - 1)
    receipt = opened.node.attempt(trader, opened.vault, "move_margin", *arguments)
    assert not receipt.is_success


def test_move_margin__liquidatable__refused(opened, trader, side):
    opened.set_price(PRICE * (1_000 - 390 * side) // 1_000)
    opened.refuse("below initial ratio", "move_margin", 1, 2, 1, sender=trader)
