"""`mint`: a deposit by the number of shares."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.mocks import OracleFault
from tests.pool import open_both, settle_down, worth

ZERO = "0x" + "00" * 20
every_decimals = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


def test_mint__first_of_all__a_unit_a_thousand_shares(make_world, lp):
    world = make_world(pool=0)
    shares = world.units(7) * 1_000 + 1
    done = world.send("mint", shares, sender=lp)
    assert done.result == world.units(7) + 1, "rounded up"
    assert world.view("balanceOf", lp) == world.view("totalSupply") == shares
    assert done.names == ["Transfer", "Deposit"]
    assert done.event("Deposit") == {
        "sender": lp.address,
        "owner": lp.address,
        "assets": world.units(7) + 1,
        "shares": shares,
    }


@every_decimals
@pytest.mark.parametrize("move", [-60, 0, 60])
def test_mint__positions_open__at_the_high_nav(world, trader, trader2, lp, keeper, side, move):
    open_both(world, trader, trader2, side)
    world.set_band((1_990 + move) * WAD, (2_010 + move) * WAD)
    now = settle_down(world, keeper)
    value, pool, purse = worth(world), world.market().pool, world.balance(lp)
    shares = world.units(12_345) * 1_000 + 7
    done = world.send("mint", shares, sender=lp, at=now)
    assert done.result == value.to_assets(shares, value.high)[1]
    assert world.market().pool == pool + done.result
    assert world.balance(lp) == purse - done.result
    for nav in (value.mid, value.low, pool):
        assert value.to_assets(shares, nav)[1] < done.result


def test_mint__receiver__gets_the_shares(world, lp, attacker):
    done = world.send("mint", 10**9, attacker, sender=lp)
    assert world.view("balanceOf", attacker) == 10**9
    event = done.event("Deposit")
    assert (event["sender"], event["owner"]) == (lp.address, attacker.address)


def test_mint__max_assets__exactly_met(world, lp):
    expected = world.view("previewMint", 10**9)
    assert world.send("mint", 10**9, lp, expected, sender=lp).result == expected


def test_mint__max_assets_missed_by_one__reverts(world, lp):
    expected = world.view("previewMint", 10**9)
    world.refuse("bound missed", "mint", 10**9, lp, expected - 1, sender=lp)


def test_mint__one_share__costs_a_unit(world, lp):
    assert world.send("mint", 1, sender=lp).result == 1


def test_mint__zero_amount__reverts(world, lp):
    world.refuse("zero amount", "mint", 0, sender=lp)


def test_mint__zero_receiver__reverts(world, lp):
    world.refuse("zero receiver", "mint", 10**9, ZERO, sender=lp)


def test_mint__oracle_not_live_with_positions__reverts(world, trader, lp, side):
    world.adjust(trader, 1, side * WAD, world.units(500))
    world.set_live(False)
    world.refuse("no live price", "mint", 10**9, sender=lp)


def test_mint__dead_oracle_without_positions__needs_no_price(world, lp):
    world.set_fault(OracleFault.REVERT)
    world.send("mint", 10**9, sender=lp)


def test_mint__more_shares_than_can_be__reverts(world, lp):
    supply = world.view("totalSupply")
    world.refuse("amount out of range", "mint", 2**112 - supply, sender=lp)


def test_mint__absurd_amount__reverts(world, lp):
    world.refuse("", "mint", MAX_UINT256, sender=lp)


def test_mint__is_deposit__by_the_other_number(world, lp, keeper, trader, trader2, side):
    """What `deposit` gives for an amount costs that amount, or a rounding less, as a mint."""
    open_both(world, trader, trader2, side)
    now = settle_down(world, keeper)
    assets = world.units(777) + 3
    shares = world.view("previewDeposit", assets)
    # the view looks at the last block: the same second
    assert world.send("mint", shares, sender=lp, at=now).result in (assets - 1, assets)
