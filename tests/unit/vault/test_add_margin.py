"""Adding margin: by anyone, at any time, with no price."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD
from tests.mocks import OracleFault


@pytest.fixture
def opened(world, trader, side):
    world.adjust(trader, 7, side * 10 * WAD, world.units(4_000))
    return world


@pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)
def test_add_margin__by_a_stranger__is_the_owners(opened, trader, keeper, decimals):
    amount, purse = opened.units(12.5), opened.balance(keeper)
    margin = opened.position(trader, 7).margin
    done = opened.send("add_margin", 7, amount, trader, sender=keeper)
    assert opened.position(trader, 7).margin == margin + amount
    assert opened.balance(keeper) == purse - amount
    assert done.names == ["MarginAdded"]


def test_add_margin__dead_oracle__works(opened, trader):
    opened.set_fault(OracleFault.REVERT)
    opened.send("add_margin", 7, 1, sender=trader)


def test_add_margin__up_to_the_width_of_its_field__and_not_a_unit_more(opened, trader):
    room = 2**96 - 1 - opened.position(trader, 7).margin
    opened.node.send(opened.owner, opened.token, "mint", trader, room + 1)
    opened.send("add_margin", 7, room, sender=trader)
    assert opened.position(trader, 7).margin == 2**96 - 1
    opened.refuse("amount out of range", "add_margin", 7, 1, sender=trader)


def test_add_margin__refusals(opened, trader):
    opened.refuse("zero amount", "add_margin", 7, 0, sender=trader)
    opened.refuse("unknown position", "add_margin", 8, 1, sender=trader)
    opened.refuse("amount out of range", "add_margin", 7, 2**96, sender=trader)
