"""The checks that run after every test of a vault do see what they are for."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD


def test_check_accounts__gift_by_the_book__balances(world, trader, side):
    world.adjust(trader, 1, side * 10 * WAD, world.units(2_000))
    world.donate(trader, 7)
    world.check_accounts()


def test_check_accounts__unit_without_owner__fails(world, worlds, trader):
    world.token.transfer(world.vault, 1, sender=trader)
    with pytest.raises(AssertionError, match="every unit has its owner"):
        world.check_accounts()
    worlds.clear()


def test_check_mirror__chain_went_on_alone__fails(world, trader):
    world.adjust(trader, 1, 10 * WAD, world.units(2_000))
    world.vault.add_margin(1, 5, sender=trader)
    with pytest.raises(AssertionError):
        world.check_mirror()
