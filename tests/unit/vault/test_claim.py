"""Claiming what a settlement has credited."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD
from tests.kit import PRICE


@pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)
def test_claim__settled_winner__paid_once(world, trader, keeper, decimals):
    world.adjust(trader, 1, WAD, world.units(1_000))
    world.advance(60)
    world.set_price(3 * PRICE)
    credited = world.send("settle_position", trader, 1, sender=keeper).result
    assert world.view("claimable", trader) == credited > 0
    purse = world.balance(keeper)
    done = world.send("claim", keeper, sender=trader)
    assert done.result == credited
    assert world.balance(keeper) == purse + credited
    assert done.names == ["Claimed"]
    world.refuse("zero amount", "claim", sender=trader)
