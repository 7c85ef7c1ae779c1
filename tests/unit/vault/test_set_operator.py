"""Operators act for their owner until they are dismissed."""

from __future__ import annotations

from bulkhead.model import WAD
from tests.kit import any_price


def test_set_operator__approved_then_dismissed(world, trader, trader2, side):
    opening = (1, side * WAD, world.units(1_000), any_price(side), trader)
    world.refuse("not owner or operator", "adjust_position", *opening, sender=trader2)
    done = world.send("set_operator", trader2, True, sender=trader)
    assert done.names == ["OperatorSet"]
    assert world.view("is_operator", trader, trader2) is True
    world.send("adjust_position", *opening, sender=trader2)
    world.send("set_operator", trader2, False, sender=trader)
    assert world.view("is_operator", trader, trader2) is False
    closing = ("close_position", 1, any_price(-side), trader)
    world.refuse("not owner or operator", *closing, sender=trader2)
