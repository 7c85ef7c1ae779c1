"""The lock on fresh shares: weighted, so that a gift moves it by no more than its weight."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD

LOCKUP = 3_600


def lock_of(world, account):
    return world.view("lock_of", account)


def test_lock_of__never_locked__is_nothing(world, attacker):
    assert lock_of(world, attacker) == (0, 0)


@pytest.mark.parametrize("name", ["deposit", "mint"])
def test_lock_of__fresh_shares__for_the_whole_time(world, attacker, name):
    world.send(name, world.units(10), sender=attacker)
    shares = world.view("balanceOf", attacker)
    assert lock_of(world, attacker) == (shares, world.now + LOCKUP)
    world.advance(LOCKUP - 1)
    assert lock_of(world, attacker)[0] == shares
    world.advance(1)
    assert lock_of(world, attacker)[0] == 0


def test_lock_of__second_deposit__is_weighted(world, attacker):
    """A quarter unlocks in half an hour, the rest in an hour: all of it in 52.5 minutes."""
    first = world.send("deposit", world.units(10), sender=attacker)
    at = first.receipt.timestamp + LOCKUP // 2
    second = world.send("deposit", world.units(30), sender=attacker, at=at)
    assert second.result == 3 * first.result
    assert lock_of(world, attacker) == (4 * first.result, at + LOCKUP // 2 + LOCKUP * 3 // 8)


def test_lock_of__deposit_after_the_lock__does_not_lock_the_old(world, attacker):
    old = world.send("deposit", world.units(30), sender=attacker).result
    world.advance(LOCKUP)
    new = world.send("deposit", world.units(10), sender=attacker).result
    assert lock_of(world, attacker) == (new, world.now + LOCKUP)
    world.send("redeem", old, sender=attacker)


def test_lock_of__old_shares_moved_away__the_lock_stays_with_the_new(world, lp, attacker):
    old = world.view("balanceOf", lp)
    new = world.send("deposit", world.units(10), sender=lp).result
    world.send("transfer", attacker, old, sender=lp)
    assert world.view("balanceOf", lp) == lock_of(world, lp)[0] == new
    assert lock_of(world, attacker)[0] == 0


def test_lock_of__gift_of_dust__moves_nothing(world, lp, attacker):
    """S10: rounded up, one gift a second would lock a stranger for ever."""
    shares = world.send("deposit", world.units(1_000), sender=lp).result
    unlock_at = lock_of(world, lp)[1]
    gifts = 20
    for _ in range(gifts):
        world.send("deposit", 1, lp, sender=attacker)
    locked, later = lock_of(world, lp)
    assert shares < locked <= shares + gifts * 1_000
    assert later == unlock_at
    world.send("redeem", shares, sender=lp, at=unlock_at)


def test_lock_of__gift_of_as_much__moves_half_way(world, lp, attacker):
    """What a gift costs is what it weighs: his shares are the victim's for good."""
    world.send("deposit", world.units(1_000), sender=lp)
    unlock_at = lock_of(world, lp)[1]
    world.send("deposit", world.units(1_000), lp, sender=attacker, at=unlock_at - 600)
    locked, later = lock_of(world, lp)
    assert locked == 2 * world.units(1_000) * 1_000
    assert later == unlock_at + (LOCKUP - 600) // 2


def test_lock_of__gift_to_an_unlocked_account__locks_itself_only(world, lp, attacker):
    old = world.view("balanceOf", lp)
    gift = world.send("deposit", world.units(10), lp, sender=attacker).result
    assert lock_of(world, lp)[0] == gift
    world.send("transfer", attacker, old, sender=lp)


def test_lock_of__gift_of_old_shares__has_no_weight(world, lp, attacker):
    world.send("deposit", world.units(10), sender=attacker)
    lock = lock_of(world, attacker)
    world.send("transfer", attacker, 10**12, sender=lp)
    assert lock_of(world, attacker) == lock
    world.send("redeem", 10**12, sender=attacker)


def test_lock_of__own_dust__does_not_unlock_sooner(world, attacker):
    world.send("deposit", world.units(10), sender=attacker)
    unlock_at = lock_of(world, attacker)[1]
    for _ in range(10):
        world.send("deposit", 1, sender=attacker)
        assert lock_of(world, attacker)[1] >= unlock_at


def test_lock_of__no_lockup__nothing_is_ever_locked(make_world, attacker):
    world = make_world(lp_lockup=0)
    shares = world.send("deposit", world.units(10), sender=attacker).result
    now = world.now
    assert lock_of(world, attacker)[0] == 0
    world.send("redeem", shares, sender=attacker, at=now)


def test_lock_of__longest_lockup__is_thirty_days(make_world, attacker, trader):
    world = make_world(lp_lockup=30 * 86_400)
    world.send("deposit", world.units(10), sender=attacker)
    unlock_at = world.now + 30 * 86_400
    world.refuse("shares locked", "transfer", trader, 1, sender=attacker, at=unlock_at - 1)
    world.send("transfer", trader, 1, sender=attacker, at=unlock_at)


def test_lock_of__just_in_time_liquidity__cannot_leave_with_the_fee(world, trader, attacker, side):
    """S2: in before a trade, out after it: not within the lock, whoever the shares go to."""
    shares = world.send("deposit", world.units(10_000_000), sender=attacker).result
    world.adjust(trader, 1, side * 900 * WAD, world.units(900_000))
    now = world.now
    world.refuse("shares locked", "redeem", shares, sender=attacker, at=now)
    world.refuse("shares locked", "transfer", trader, shares, sender=attacker, at=now)
