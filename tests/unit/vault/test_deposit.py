"""`deposit`: into the pool, at the high NAV."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.mocks import OracleFault
from tests.pool import open_both, settle_down, worth

ZERO = "0x" + "00" * 20
every_decimals = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


def test_deposit__first_of_all__a_thousand_shares_a_unit(make_world, lp):
    world = make_world(pool=0)
    world.node.send(world.owner, world.token, "mint", lp, world.units(10))
    purse = world.balance(lp)
    done = world.send("deposit", world.units(7), sender=lp)
    shares = world.units(7) * 1_000
    assert done.result == shares == world.view("balanceOf", lp) == world.view("totalSupply")
    assert done.events == [
        ("Transfer", {"sender": ZERO, "receiver": lp.address, "value": shares}),
        (
            "Deposit",
            {
                "sender": lp.address,
                "owner": lp.address,
                "assets": world.units(7),
                "shares": shares,
            },
        ),
    ]
    assert world.market().pool == world.units(7)
    assert world.balance(lp) == purse - world.units(7)
    assert world.view("lock_of", lp) == (shares, world.now + 3_600)


@every_decimals
@pytest.mark.parametrize("move", [-60, 0, 60])
def test_deposit__positions_open__at_the_high_nav(world, trader, trader2, lp, keeper, side, move):
    """Each side's losses are paid for, at its lowest side of the band; gains are not deducted."""
    open_both(world, trader, trader2, side)
    world.set_band((1_990 + move) * WAD, (2_010 + move) * WAD)
    now = settle_down(world, keeper)
    value, pool = worth(world), world.market().pool
    assert value.high > pool
    assets = world.units(12_345)
    done = world.send("deposit", assets, sender=lp, at=now)
    assert done.result == value.to_shares(assets, value.high)[0]
    assert world.market().pool == pool + assets
    # the side of the band matters, and so does that the sides are not netted
    for nav in (value.mid, value.low, pool):
        assert value.to_shares(assets, nav)[0] > done.result


def test_deposit__gains_only__at_the_pool(world, trader, lp, keeper, side):
    world.adjust(trader, 1, side * 900 * WAD, world.units(900_000))
    world.set_price((2_000 + side * 100) * WAD)
    now = settle_down(world, keeper)
    value, pool = worth(world), world.market().pool
    assert value.high == pool > value.low
    done = world.send("deposit", world.units(1_000), sender=lp, at=now)
    assert done.result == value.to_shares(world.units(1_000), pool)[0]


@pytest.mark.parametrize("move", [-60, 0, 60])
def test_deposit__others_shares__lose_nothing(world, trader, trader2, attacker, keeper, side, move):
    """S4: what is left to the others, at the price they could leave at, does not fall."""
    open_both(world, trader, trader2, side)
    world.set_price((2_000 + move) * WAD)
    now = settle_down(world, keeper)
    unit = 10**18
    before = worth(world)
    world.send("deposit", world.units(1_000_000), sender=attacker, at=now)
    after = worth(world)
    assert after.to_assets(unit, after.low)[0] >= before.to_assets(unit, before.low)[0]
    assert after.to_assets(unit, after.mid)[0] >= before.to_assets(unit, before.mid)[0]


def test_deposit__receiver__gets_the_shares(world, lp, attacker):
    purse, before = world.balance(lp), world.view("balanceOf", lp)
    done = world.send("deposit", world.units(5), attacker, sender=lp)
    assert world.view("balanceOf", attacker) == done.result
    assert world.view("balanceOf", lp) == before
    assert world.balance(lp) == purse - world.units(5)
    event = done.event("Deposit")
    assert (event["sender"], event["owner"]) == (lp.address, attacker.address)


def test_deposit__min_shares__exactly_met(world, lp):
    expected = world.view("previewDeposit", world.units(5))
    assert world.send("deposit", world.units(5), lp, expected, sender=lp).result == expected


def test_deposit__min_shares_missed_by_one__reverts(world, lp):
    expected = world.view("previewDeposit", world.units(5))
    world.refuse("bound missed", "deposit", world.units(5), lp, expected + 1, sender=lp)


def test_deposit__zero_amount__reverts(world, lp):
    world.refuse("zero amount", "deposit", 0, sender=lp)


def test_deposit__too_little_for_a_share__reverts(make_world, trader, lp, keeper):
    """A short's losses, not yet collected, make one share worth more than a unit."""
    world = make_world(pool=0, max_utilisation=WAD, reserve_ratio=WAD // 100)
    world.send("deposit", world.units(10_000), sender=lp)
    world.adjust(trader, 1, -100 * WAD, world.units(50_000))
    world.set_price(60_000_000 * WAD)
    now = settle_down(world, keeper)
    value = worth(world)
    assert value.to_shares(1, value.high) == (0, 1)
    world.refuse("zero amount", "deposit", 1, sender=lp, at=now)


def test_deposit__zero_receiver__reverts(world, lp):
    world.refuse("zero receiver", "deposit", world.units(5), ZERO, sender=lp)


def test_deposit__shares_of_a_pool_that_is_gone__reverts(make_world, trader, lp, keeper, side):
    """Everything has been won: new money would be shared with shares that stand for nothing."""
    world = make_world(pool=10_000, trading_fee=0, max_utilisation=WAD, reserve_ratio=WAD // 10)
    world.adjust(trader, 1, side * 40 * WAD, world.units(20_000))
    world.send("withdraw", world.view("maxWithdraw", lp), sender=lp)
    assert world.market().pool - world.market().reserved <= 1
    world.set_price(WAD * 10_000 if side > 0 else WAD)
    world.send("settle_position", trader, 1, sender=keeper)
    rest = world.market().pool
    if rest:  # a unit that rounding has left
        assert rest == 1
        world.send("withdraw", 1, sender=lp)
    assert world.market().pool == 0 < world.view("totalSupply")
    assert world.view("maxDeposit", lp) == world.view("maxMint", lp) == 0
    world.refuse("zero nav", "deposit", world.units(5), sender=lp)


def test_deposit__after_everybody_has_left__starts_anew(world, trader, lp, side):
    """S6: supply 0 captures nothing and is captured by nobody."""
    world.send("redeem", world.view("balanceOf", lp), sender=lp)
    assert world.view("totalSupply") == 0
    left = world.market().pool
    assert left <= 1
    shares = world.send("deposit", world.units(1_000), sender=lp).result
    assert abs(world.view("convertToAssets", shares) - world.units(1_000)) <= 1 + left


def test_deposit__oracle_not_live_with_positions__reverts(world, trader, lp, side):
    world.adjust(trader, 1, side * WAD, world.units(500))
    world.set_live(False)
    world.refuse("no live price", "deposit", world.units(5), sender=lp)


@pytest.mark.parametrize(
    "fault", [fault for fault in OracleFault if fault not in (0, OracleFault.GARBAGE_BOOL)]
)
def test_deposit__dead_oracle_without_positions__needs_no_price(world, lp, fault):
    world.set_fault(fault)
    assert world.send("deposit", world.units(5), sender=lp).result == world.units(5) * 1_000


@pytest.mark.parametrize("assets", [2**111 - 1, 2**112, 2**127, 2**200])
def test_deposit__more_than_the_pool_can_hold__reverts(world, lp, assets):
    world.refuse("amount out of range", "deposit", assets, sender=lp)


def test_deposit__more_shares_than_can_be__reverts(world, lp):
    """Within the pool's width, but a thousand shares a unit are not within theirs."""
    world.refuse("amount out of range", "deposit", 2**104, sender=lp)


@pytest.mark.parametrize("assets", [2**250, MAX_UINT256])
def test_deposit__absurd_amount__reverts(world, lp, assets):
    world.refuse("", "deposit", assets, sender=lp)


def test_deposit__without_allowance__changes_nothing(world, lp):
    world.node.send(lp, world.token, "approve", world.vault, 0)
    market = world.market()
    world.at()
    receipt = world.node.attempt(lp, world.vault, "deposit", world.units(5))
    assert not receipt.is_success
    assert b"token: allowance too low" in receipt.output
    assert world.market() == market


# ---- and back ----


@every_decimals
def test_deposit__then_redeem_at_the_same_price__gains_nothing(
    world, trader, trader2, attacker, keeper, side
):
    """O13: in at the high NAV and out at the low one."""
    open_both(world, trader, trader2, side)
    purse = world.balance(attacker)
    shares = world.send("deposit", world.units(100_000), sender=attacker).result
    world.advance(3_600)
    world.send("redeem", shares, sender=attacker)
    assert world.balance(attacker) < purse


def test_deposit__then_redeem_without_positions__loses_a_unit_at_most(world, attacker):
    purse = world.balance(attacker)
    shares = world.send("deposit", world.units(100_000) + 1, sender=attacker).result
    world.advance(3_600)
    world.send("redeem", shares, sender=attacker)
    assert purse - 1 <= world.balance(attacker) <= purse
