"""Batches: what succeeds does what the single call does, what fails says why, nothing stops."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD
from tests.lens_kit import Item
from tests.mocks import OracleFault
from tests.node import plain

SIZE = 10 * WAD
HEALTHY, SUNK, LUCKY, WORRIED = 1, 2, 3, 4  # position ids


def prepare(world, trader, side):
    """One position for each call, at once."""
    world.adjust(trader, SUNK, side * SIZE, world.units(2_000))
    world.adjust(trader, HEALTHY, side * SIZE, world.units(20_000))
    world.set_price((2_000 - side * 160) * WAD)


def keys(*items):
    return [(world.vault, owner, position_id) for world, owner, position_id in items]


def mirror(world, function, *arguments, sender):
    """The same call in the model, which then must be where the vault is."""
    result = getattr(world.model, function)(world.environment(), plain(sender), *plain(arguments))
    world.check_mirror()
    return result


# ---- liquidations ----


def test_liquidate_many__some_fail__the_others_are_done(
    lens, pairs, foreign, trader, keeper, lp, side
):
    first, second = pairs
    for world in pairs:
        prepare(world, trader, side)
    items = [
        *keys((first, trader, HEALTHY), (first, trader, SUNK), (first, lp, SUNK)),
        (foreign, trader, SUNK),
        *keys((second, trader, SUNK), (second, trader, SUNK)),
    ]
    purses = [world.balance(lp) for world in pairs]

    results = lens.batch("liquidate_many", items, lp, sender=keeper)

    (_, reward), (_, reward2) = (
        mirror(world, "liquidate", trader, SUNK, lp, sender=lens.contract) for world in pairs
    )
    assert results == [
        Item(False, 0, "vault: still healthy"),
        Item(True, reward, ""),
        Item(False, 0, "vault: unknown position"),
        Item(False, 0, "lens: not a vault"),
        Item(True, reward2, ""),
        Item(False, 0, "vault: still healthy"),
    ]
    assert [world.balance(lp) for world in pairs] == [purses[0] + reward, purses[1] + reward2]
    assert [world.balance(lens.contract) for world in pairs] == [0, 0]


def test_liquidate_many__no_receiver_named__rewards_go_to_the_sender(lens, world, trader, keeper):
    prepare(world, trader, 1)
    purse = world.balance(keeper)

    (result,) = lens.batch("liquidate_many", keys((world, trader, SUNK)), sender=keeper)

    _, reward = mirror(world, "liquidate", trader, SUNK, keeper, sender=lens.contract)
    assert result == Item(True, reward, "")
    assert world.balance(keeper) == purse + reward


def test_liquidate_many__nothing__nothing(lens, world, keeper):
    assert lens.batch("liquidate_many", [], sender=keeper) == []


@pytest.mark.parametrize(
    "fault", [OracleFault.REVERT, OracleFault.LONG_REVERT, OracleFault.BURN_GAS]
)
def test_liquidate_many__hostile_oracle__harms_its_own_item_only(
    lens, pairs, trader, keeper, fault
):
    first, second = pairs
    for world in pairs:
        prepare(world, trader, 1)
    first.set_fault(fault)
    items = keys((first, trader, SUNK), (second, trader, SUNK), (first, trader, HEALTHY))

    results = lens.batch("liquidate_many", items, sender=keeper)

    assert [item.is_success for item in results] == [False, True, False]
    assert results[0].reason == results[2].reason == "vault: no live price"
    mirror(second, "liquidate", trader, SUNK, keeper, sender=lens.contract)


# ---- settlements ----


def test_settle_many__some_fail__the_others_are_credited(lens, world, foreign, trader, keeper):
    world.adjust(trader, LUCKY, SIZE, world.units(2_000))
    world.adjust(trader, HEALTHY, -SIZE, world.units(200_000))
    world.set_price(5_000 * WAD)
    items = [(foreign, trader, LUCKY), *keys((world, trader, HEALTHY), (world, trader, LUCKY))]

    results = lens.batch("settle_many", items, sender=keeper)

    credited = mirror(world, "settle_position", trader, LUCKY, sender=lens.contract)
    assert results == [
        Item(False, 0, "lens: not a vault"),
        Item(False, 0, "vault: not settleable"),
        Item(True, credited, ""),
    ]
    assert world.view("claimable", trader) == credited > 0


# ---- margin calls ----


def test_call_margin_many__some_fail__the_others_are_on_record(
    lens, world, foreign, trader, keeper
):
    world.adjust(trader, WORRIED, SIZE, world.units(1_230))
    world.adjust(trader, HEALTHY, SIZE, world.units(20_000))
    world.set_price(1_950 * WAD)
    items = [(foreign, trader, WORRIED), *keys((world, trader, HEALTHY), (world, trader, WORRIED))]

    results = lens.batch("call_margin_many", items, sender=keeper)

    mirror(world, "call_margin", trader, WORRIED, sender=lens.contract)
    assert results == [
        Item(False, 0, "lens: not a vault"),
        Item(False, 0, "vault: no margin call"),
        Item(True, 0, ""),
    ]
