"""`redeem`: a withdrawal by the number of shares."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.mocks import OracleFault
from tests.pool import open_both, settle_down, worth

every_decimals = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


@every_decimals
@pytest.mark.parametrize("move", [-60, 0, 60])
def test_redeem__positions_open__at_the_low_nav(world, trader, trader2, lp, keeper, side, move):
    open_both(world, trader, trader2, side)
    world.set_band((1_990 + move) * WAD, (2_010 + move) * WAD)
    now = settle_down(world, keeper)
    value, pool, purse = worth(world), world.market().pool, world.balance(lp)
    shares = world.units(12_345) * 1_000 + 7
    done = world.send("redeem", shares, sender=lp, at=now)
    assert done.result == value.to_assets(shares, value.low)[0]
    for nav in (value.mid, value.high, pool):
        assert value.to_assets(shares, nav)[0] > done.result
    assert world.market().pool == pool - done.result
    assert world.balance(lp) == purse + done.result
    assert done.names == ["Transfer", "Withdraw"]
    assert done.event("Withdraw") == {
        "sender": lp.address,
        "receiver": lp.address,
        "owner": lp.address,
        "assets": done.result,
        "shares": shares,
    }


def test_redeem__everything_without_positions__empties_the_pool(world, lp):
    assets = world.send("redeem", world.view("balanceOf", lp), sender=lp).result
    assert world.units(10_000_000) - assets <= 1
    assert world.view("totalSupply") == 0


def test_redeem__receiver_and_allowance__are_respected(world, lp, attacker, trader):
    world.send("approve", attacker, 10_000, sender=lp)
    purse = world.balance(trader)
    done = world.send("redeem", 9_000, trader, lp, sender=attacker)
    assert world.view("allowance", lp, attacker) == 1_000
    assert world.balance(trader) == purse + done.result == purse + 9
    world.refuse("allowance too low", "redeem", 1_001, trader, lp, sender=attacker)


def test_redeem__without_allowance__reverts(world, lp, attacker):
    world.refuse("allowance too low", "redeem", 10_000, attacker, lp, sender=attacker)


def test_redeem__more_than_the_balance__reverts(world, attacker):
    world.refuse("balance too low", "redeem", 10_000, sender=attacker)


def test_redeem__shares_locked__reverts_until_the_second(world, attacker):
    shares = world.send("deposit", world.units(10), sender=attacker).result
    unlock_at = world.now + 3_600
    world.refuse("shares locked", "redeem", shares, sender=attacker, at=unlock_at - 1)
    world.send("redeem", shares, sender=attacker, at=unlock_at)


def test_redeem__old_shares_beside_locked_ones__are_free(world, lp):
    """Only what is locked waits."""
    old = world.view("balanceOf", lp)
    world.send("deposit", world.units(10), sender=lp)
    now = world.now
    world.refuse("shares locked", "redeem", old + 1, sender=lp, at=now)
    world.send("redeem", old, sender=lp, at=now)


def test_redeem__min_assets__exactly_met(world, lp):
    assert world.send("redeem", 10_000, lp, lp, 10, sender=lp).result == 10


def test_redeem__min_assets_missed_by_one__reverts(world, lp):
    world.refuse("bound missed", "redeem", 10_000, lp, lp, 11, sender=lp)


@pytest.mark.parametrize("shares", [0, 1, 999])
def test_redeem__shares_for_nothing__reverts(world, lp, shares):
    """Less than a unit's worth would be burnt for nothing."""
    world.refuse("zero amount", "redeem", shares, sender=lp)


def test_redeem__absurd_amount__reverts(world, lp):
    world.refuse("", "redeem", MAX_UINT256, sender=lp)


def test_redeem__all_that_is_free__and_not_a_unit_more(world, trader, lp, side):
    world.adjust(trader, 1, side * 900 * WAD, world.units(900_000))
    now = world.now
    most = world.view("maxRedeem", lp)
    assert 0 < most < world.view("balanceOf", lp)
    world.refuse("not enough liquidity", "redeem", most + 2_000, sender=lp, at=now)
    world.send("redeem", most, sender=lp, at=now)
    assert world.market().pool - world.market().reserved <= 1


def test_redeem__oracle_not_live_with_positions__reverts(world, trader, lp, side):
    world.adjust(trader, 1, side * WAD, world.units(500))
    world.set_live(False)
    world.refuse("no live price", "redeem", 10_000, sender=lp)


def test_redeem__dead_oracle_without_positions__needs_no_price(world, lp):
    world.set_fault(OracleFault.REVERT)
    world.send("redeem", 10_000, sender=lp)


def test_redeem__bad_debt_not_yet_written_off__is_not_left_to_the_others(
    world, trader, trader2, lp, attacker, keeper, side
):
    """The first LP to leave after a gap gets no more than his part of what the pool can collect."""
    world.send("deposit", world.units(10_000_000), sender=attacker)
    world.advance(3_600)
    world.adjust(trader, 1, side * 2_000 * WAD, world.units(300_000))
    world.adjust(trader2, 1, -side * 2_000 * WAD, world.units(300_000))
    world.set_price((2_000 + side * 300) * WAD)
    hurried = world.send("redeem", world.view("balanceOf", attacker) // 2, sender=attacker).result
    world.send("liquidate", trader2, 1, sender=keeper)
    world.close(trader, 1)
    patient = world.send("redeem", world.view("balanceOf", lp) // 2, sender=lp).result
    assert hurried <= patient
