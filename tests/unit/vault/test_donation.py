"""Tokens sent to the vault change nothing (S1, A9)."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD
from tests.pool import open_both


def seen(world, people):
    """Everything there is to see, in the second of the last block."""
    views = [
        (name, ())
        for name in ("get_market", "totalAssets", "totalSupply", "protocol_fees", "get_limits")
    ]
    views += [(name, (10**12,)) for name in ("convertToShares", "convertToAssets")]
    views += [
        (name, (10**12,))
        for name in ("previewDeposit", "previewMint", "previewWithdraw", "previewRedeem")
    ]
    for person in people:
        views += [
            (name, (person,))
            for name in ("maxDeposit", "maxMint", "maxWithdraw", "maxRedeem", "claimable")
        ]
        views += [(name, (person, 1)) for name in ("get_position", "get_health")]
    return [world.view(name, *arguments) for name, arguments in views]


@pytest.mark.parametrize("amount", [1, 10**6, 10**13])
def test_donation__any_amount__moves_no_number(world, trader, trader2, lp, attacker, side, amount):
    open_both(world, trader, trader2, side)
    world.advance(60)
    people = [trader, trader2, lp, attacker]
    before, now = seen(world, people), world.now
    world.node.set_next(now)
    world.node.send(attacker, world.token, "transfer", world.vault, amount)
    world.model.donate(attacker.address, amount)
    world.donated += amount
    assert world.now == now
    assert seen(world, people) == before


def test_donation__in_mid_life__exits_pay_the_same(world, trader, lp, attacker, side):
    world.adjust(trader, 1, side * 10 * WAD, world.units(2_000))
    owed = world.health(trader, 1).equity
    world.donate(attacker, world.units(1_000))
    assert world.close(trader, 1).result < owed
    world.send("redeem", world.view("balanceOf", lp), sender=lp)
    # it is nobody's
    left = world.market().pool + world.view("protocol_fees") + world.units(1_000)
    assert world.balance(world.vault) == left


@pytest.mark.parametrize("decimals", [0, 2, 6, 18], indirect=True)
def test_donation__to_an_empty_vault__steals_no_first_deposit(make_world, lp, attacker):
    """The classic inflation: a unit in, a fortune given, the next depositor rounded to nothing."""
    world = make_world(pool=0)
    world.send("deposit", 1, sender=attacker)
    world.donate(attacker, 10_000 * 10**world.model.decimals)
    shares = world.send("deposit", 10**world.model.decimals, sender=lp).result
    assert shares == 1_000 * 10**world.model.decimals
    assert abs(world.view("convertToAssets", shares) - 10**world.model.decimals) <= 1


def test_donation__in_wind_down__is_nobodys(world, trader, keeper, attacker, side):
    world.adjust(trader, 1, side * 10 * WAD, world.units(2_000))
    world.set_live(False)
    world.advance(7 * 86_400)
    world.send("wind_down", sender=keeper)
    owed = world.health(trader, 1).equity
    world.donate(attacker, world.units(1_000))
    assert world.send("settle_position", trader, 1, sender=keeper).result == owed
