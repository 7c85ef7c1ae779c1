"""S1-S6, S9, S10: a share is worth its part of the pool, whoever comes, goes, or gives."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.kit import PRICE
from tests.regression.support import (
    FREE,
    TIMELESS,
    balance,
    call,
    run,
    set_price_against,
    trade,
)
from tests.simulation import Call

ETH = WAD
WAYS = ("deposit", "mint", "withdraw", "redeem")


def gift(world, sender, amount):
    """Tokens sent to the vault past all of its functions."""
    return Call(sender, world.token, "transfer", (world.vault, amount))


# ---- S1 ----


def test_s1__donation__moves_no_price(make_world, trader, attacker, lp):
    """Velar #85, Sonne ($20M), Hundred ($7.4M): what was in the contract was taken for what was in
    the pool, so a gift moved the price of a share as far as anyone liked."""
    world = make_world(**TIMELESS)
    world.adjust(trader, 1, 10 * ETH, world.units(2_000))
    shares = world.view("balanceOf", lp)
    looks = [
        call(world, lp, "totalAssets"),
        call(world, lp, "convertToAssets", shares),
        call(world, lp, "previewDeposit", world.units(1)),
        call(world, lp, "previewRedeem", 10**9),
        call(world, lp, "get_health", trader, 1),
    ]
    given = gift(world, attacker, world.units(50_000_000))
    before, (made,), after = run(world, (1, looks), (2, [given]), (3, looks))
    assert made.is_success
    assert [look.result for look in after] == [look.result for look in before]


def test_s1__first_depositor__gains_nothing_by_a_gift(make_world, attacker, lp):
    """The attack as it was: one unit for the first share, a gift to make it dear, and the next
    depositor's amount is rounded down to none."""
    world = make_world(pool=0, lp_lockup=0)
    amount = world.units(20_000)
    ((_, _, deposit, left, worth),) = run(
        world,
        (
            1,
            [
                call(world, attacker, "deposit", 1),
                gift(world, attacker, amount),
                call(world, lp, "deposit", amount),
                call(world, attacker, "redeem", 1_000),
                call(world, lp, "previewRedeem", amount * 1_000),
            ],
        ),
    )
    assert deposit.result >= amount * 1_000
    assert left.result <= 1
    assert worth.result >= amount - 1


# ---- S2 ----


@pytest.mark.parametrize("lockup", [0, 3_600])
def test_s2__deposit_trade_redeem__one_party_never_gains(make_world, trader, lp, side, lockup):
    """Velar #94: an LP came in just before a large trade and left just after it with most of its
    fee. Here the trade is the LP's own, and then somebody else's."""
    world = make_world(**TIMELESS, lp_lockup=lockup)
    world.set_price(PRICE)
    amount, margin = world.units(50_000_000), world.units(300_000)
    shares = world.view("previewDeposit", amount)
    bound = 0 if side > 0 else MAX_UINT256
    funds = world.balance(trader)
    enter = [
        call(world, trader, "deposit", amount),
        trade(world, trader, 1, side * 2_000 * ETH, margin),
    ]
    leave = [
        call(world, trader, "close_position", 1, bound),
        call(world, trader, "redeem", shares),
        balance(world, trader),
    ]
    (opened, (closed, redeemed, has)) = run(world, (1, enter), (2 + lockup, leave))
    assert all(made.is_success for made in (*opened, closed, redeemed))
    fees = 2 * world.units(2_000 * 2_000) * world.params.trading_fee // WAD
    assert funds - has.result > fees // 8, "the others' part of the fee, and the protocol's"


def test_s2__fee_of_another__is_not_there_for_who_cannot_stay(world, trader, attacker):
    """In and out around one trade: fresh shares stay for the lock-up, and bear what comes in it."""
    amount = world.units(50_000_000)
    shares = world.view("previewDeposit", amount)
    ((entered, opened, left),) = run(
        world,
        (
            1,
            [
                call(world, attacker, "deposit", amount),
                trade(world, trader, 1, 2_000 * ETH, world.units(300_000)),
                call(world, attacker, "redeem", shares),
            ],
        ),
    )
    assert entered.is_success
    assert opened.is_success
    assert left.reason == "vault: shares locked"


def test_s2__loss_about_to_be_collected__is_paid_for_by_who_enters(
    make_world, trader, attacker, keeper, side
):
    """The same, with a liquidation in place of the fee; nothing has a cost or a lock."""
    world = make_world(**FREE, lp_lockup=0, liquidation_penalty=0)
    world.set_price(PRICE)
    world.adjust(trader, 1, side * 1_000 * ETH, world.units(150_000))
    set_price_against(world, side, 7)
    amount = world.units(10_000_000)
    shares = world.view("previewDeposit", amount)
    ((_, liquidated, left),) = run(
        world,
        (
            1,
            [
                call(world, attacker, "deposit", amount),
                call(world, keeper, "liquidate", trader, 1),
                call(world, attacker, "redeem", shares),
            ],
        ),
    )
    assert liquidated.is_success
    assert left.result <= amount


# ---- S3 ----


@pytest.mark.parametrize("way", WAYS)
def test_s3__price_of_a_share_moves_on_the_way__bound_holds(make_world, trader, lp, side, way):
    """Velar #74: LPs had no bound, so a trade that was mined before them changed what they got.

    The bound is what the preview said; before the call a loss is collected, or a gain paid.
    """
    world = make_world(**FREE)
    world.set_price(PRICE)
    world.adjust(trader, 1, side * 1_000 * ETH, world.units(500_000))
    is_entry = way in ("deposit", "mint")
    amount = world.units(100_000) * (1 if way in ("deposit", "withdraw") else 1_000)
    said = world.view(f"preview{way.capitalize()}", amount)
    receivers = (lp,) if is_entry else (lp, lp)
    bounded = call(world, lp, way, amount, *receivers, said)
    unbounded = call(world, lp, way, amount)
    # dearer shares for who enters, cheaper ones for who leaves
    percent = 10 if is_entry else -10
    moved = Call(world.owner, world.oracle, "set_price", (PRICE * (100 - side * percent) // 100,))
    close = call(world, trader, "close_position", 1, 0 if side > 0 else MAX_UINT256)
    ((quiet,),) = run(world, (1, [bounded]))
    assert quiet.result == said
    ((*_, closed, refused, accepted),) = run(world, (1, [moved, close, bounded, unbounded]))
    assert closed.is_success
    assert refused.reason == "vault: bound missed"
    gets_less = way in ("deposit", "redeem")
    assert (accepted.result < said) if gets_less else (accepted.result > said)


# ---- S4, S5 ----


def open_four(world, trader, trader2, percent):
    """More longs than shorts, then a move that puts one side up and the other down."""
    for owner, large, small in ((trader, 1_000, 300), (trader2, -500, -50)):
        world.adjust(owner, 1, large * ETH, world.units(150_000))
        world.adjust(owner, 2, small * ETH, world.units(400_000))
    price = PRICE * (100 + percent) // 100
    world.set_band(price - 2 * WAD, price + 2 * WAD)


@pytest.mark.parametrize("percent", [-12, -3, 3, 12])
@pytest.mark.parametrize("way", WAYS)
def test_s4__anyone_enters_or_leaves__the_others_lose_nothing(
    make_world, trader, trader2, lp, attacker, way, percent
):
    """Unstoppable #92, Elfi #33: the value of the pool left out what it owed, so who left took it
    along, or who entered paid for less than there was."""
    world = make_world(lp_lockup=0)
    world.send("deposit", world.units(3_000_000), sender=attacker)
    open_four(world, trader, trader2, percent)
    amount = world.units(2_000_000) * (1 if way in ("deposit", "withdraw") else 1_000)
    shares = world.view("balanceOf", lp)
    accrue = call(world, lp, "accrue")
    looks = [call(world, lp, view, shares) for view in ("previewRedeem", "convertToAssets")]
    ((_, *before, made, low, fair),) = run(
        world, (1, [accrue, *looks, call(world, attacker, way, amount), *looks])
    )
    assert made.is_success
    assert low.result >= before[0].result - 1
    assert fair.result >= before[1].result - 1


def test_s5__traders_under_water__leaving_takes_no_part_of_their_losses(
    make_world, trader, attacker, lp, keeper, side
):
    """GMX v1: positions beyond their margin counted in full for the value of a share, so who left
    first was paid out of losses that nobody would ever cover.

    A loss of 200,000, of which 50,000 can be collected; half of the LPs leave before.
    """
    world = make_world(**FREE, lp_lockup=0, pool=0, keeper_min_reward=0, liquidation_penalty=0)
    half = world.units(5_000_000)
    for account in (lp, attacker):
        world.send("deposit", half, sender=account)
    world.set_price(PRICE)
    world.adjust(trader, 1, side * 1_000 * ETH, world.units(150_000))
    margin = world.position(trader, 1).margin
    set_price_against(world, side, 20)
    assert world.view("totalAssets") > 2 * half + world.units(390_000), "on paper"
    left = world.send("redeem", world.view("balanceOf", attacker), sender=attacker).result
    assert left <= half
    world.send("liquidate", trader, 1, sender=keeper)
    stayed = world.send("redeem", world.view("balanceOf", lp), sender=lp).result
    assert stayed == pytest.approx(half + margin, abs=world.units(1))


# ---- S6 ----


def test_s6__everyone_has_left__the_next_depositor_finds_nothing(
    make_world, trader, lp, attacker, side
):
    """Thetanuts 2026: the last LP left, a rest stayed behind, and the next one owned it, or could
    not come in at all."""
    world = make_world(lp_lockup=0, pool=0, reserve_ratio=WAD // 100)
    world.send("deposit", world.units(1_000) + 7, sender=lp)
    world.adjust(trader, 1, side * 10 * ETH, world.units(15_000))
    set_price_against(world, side, 60)  # a share is worth twelve times what it was
    world.close(trader, 1)
    world.donate(attacker, world.units(1_000))
    world.send("redeem", world.view("balanceOf", lp), sender=lp)
    assert world.view("totalSupply") == 0
    assert 5 < world.market().pool < 20, "what the virtual shares stand for"
    for amount in (world.units(1), world.units(5_000)):
        entering = call(world, attacker, "deposit", amount)
        ((entered,),) = run(world, (1, [entering]))
        leaving = call(world, attacker, "redeem", entered.result)
        ((_, left),) = run(world, (1, [entering, leaving]))
        assert amount * (1 - Fraction(1, 100_000)) <= left.result <= amount


# ---- S9 ----


def test_s9__reserves__are_free_to_nobody_in_any_order(make_world, trader, trader2, lp, attacker):
    """Perennial P0#75: by withdrawing before, between or after the trades, LPs got at what was kept
    for winners."""
    world = make_world(lp_lockup=0, pool=0, max_utilisation=WAD)
    for account in (lp, attacker):
        world.send("deposit", world.units(100_000), sender=account)
    calls = {
        "long": trade(world, trader, 1, 40 * ETH, world.units(10_000)),
        "short": trade(world, trader2, 1, -40 * ETH, world.units(10_000)),
        "withdraw": call(world, lp, "withdraw", world.units(70_000)),
        "redeem": call(world, attacker, "redeem", world.units(70_000) * 1_000),
    }
    look = call(world, lp, "get_market")
    refusals = set()
    for order in permutations(calls):
        steps = [step for name in order for step in (calls[name], look)]
        (made,) = run(world, (1, steps))
        for name, done, seen in zip(order, made[::2], made[1::2], strict=True):
            pool, reserved = seen.result[6:8]
            assert pool >= reserved, (order, name)
            if not done.is_success:
                refusals.add((name, done.reason))
    assert refusals == {
        ("long", "vault: pool full"),
        ("short", "vault: pool full"),
        ("withdraw", "vault: not enough liquidity"),
        ("redeem", "vault: not enough liquidity"),
    }


def test_s9__free_liquidity__to_the_last_unit_and_not_beyond(make_world, trader, lp):
    world = make_world(lp_lockup=0)
    world.adjust(trader, 1, 1_000 * ETH, world.units(150_000))
    accrue, see = call(world, lp, "accrue"), call(world, lp, "get_market")
    ((_, market),) = run(world, (1, [accrue, see]))
    pool, reserved = market.result[6:8]
    all_free, more = (call(world, lp, "withdraw", pool - reserved + i) for i in (0, 1))
    ((refused, done, again),) = run(world, (1, [more, all_free, call(world, lp, "withdraw", 1)]))
    assert done.is_success
    assert refused.reason == again.reason == "vault: not enough liquidity"


# ---- S10 ----


def test_s10__dust_from_a_stranger__extends_no_lock(world, lp, attacker):
    """A deposit in another's name locked all of his shares anew, for as long as somebody paid one
    unit now and then.

    200 gifts of dust, up to the last second of the lock; then one that weighs a thousandth.
    """
    amount = world.units(1_000_000)
    world.send("deposit", amount, attacker, sender=attacker)
    locked, unlock_at = world.view("lock_of", attacker)
    assert locked == world.view("balanceOf", attacker)
    lockup = unlock_at - world.now
    dust = call(world, lp, "deposit", 1, attacker)
    gifts = [(1 + lockup * i // 201, [dust]) for i in range(200)]
    leave = call(world, attacker, "redeem", locked)
    early, (left,) = (run(world, *gifts, (at, [leave]))[-1] for at in (lockup - 1, lockup))
    assert early[0].reason == "vault: shares locked"
    assert left.is_success, "to the second"
    weighty = call(world, lp, "deposit", amount // 1_000, attacker)
    see = call(world, attacker, "lock_of", attacker)
    ((_, lock),) = run(world, (lockup - 1, [weighty, see]))
    assert 0 < lock.result[1] - unlock_at <= lockup // 1_000


def test_s10__shares_sent__bring_no_lock(world, lp, attacker):
    world.send("deposit", world.units(1_000), sender=attacker)
    _, unlock_at = before = world.view("lock_of", attacker)
    world.send("transfer", attacker, 10**9, sender=lp)
    assert world.view("lock_of", attacker) == before
    world.send("redeem", 10**9, sender=attacker, at=unlock_at - 1)
