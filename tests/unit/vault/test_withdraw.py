"""`withdraw`: out of the pool's free liquidity, at the low NAV."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.mocks import OracleFault
from tests.pool import open_both, settle_down, worth

ZERO = "0x" + "00" * 20
every_decimals = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


@every_decimals
@pytest.mark.parametrize("move", [-60, 0, 60])
def test_withdraw__positions_open__at_the_low_nav(world, trader, trader2, lp, keeper, side, move):
    """Each side's gains are owed, at its highest side of the band; losses are not yet earned."""
    open_both(world, trader, trader2, side)
    world.set_band((1_990 + move) * WAD, (2_010 + move) * WAD)
    now = settle_down(world, keeper)
    value, market = worth(world), world.market()
    purse, shares = world.balance(lp), world.view("balanceOf", lp)
    assert value.low < market.pool
    assets = world.units(12_345)

    done = world.send("withdraw", assets, sender=lp, at=now)

    assert done.result == value.to_shares(assets, value.low)[1]
    for nav in (value.mid, value.high, market.pool):
        assert value.to_shares(assets, nav)[1] < done.result
    assert world.market().pool == market.pool - assets
    assert world.balance(lp) == purse + assets
    assert world.view("balanceOf", lp) == shares - done.result
    assert world.view("totalSupply") == value.supply - done.result
    assert done.events == [
        ("Transfer", {"sender": lp.address, "receiver": ZERO, "value": done.result}),
        (
            "Withdraw",
            {
                "sender": lp.address,
                "receiver": lp.address,
                "owner": lp.address,
                "assets": assets,
                "shares": done.result,
            },
        ),
    ]


def test_withdraw__losses_only__at_the_pool(world, trader, lp, keeper, side):
    """S5: a position under water is not yet an LP's money."""
    world.adjust(trader, 1, side * 900 * WAD, world.units(900_000))
    world.set_price((2_000 - side * 100) * WAD)
    now = settle_down(world, keeper)
    value, pool = worth(world), world.market().pool
    assert value.low == pool < value.mid
    done = world.send("withdraw", world.units(1_000), sender=lp, at=now)
    assert done.result == value.to_shares(world.units(1_000), pool)[1]


@pytest.mark.parametrize("move", [-60, 0, 60])
def test_withdraw__others_shares__lose_nothing(
    world, trader, trader2, lp, attacker, keeper, side, move
):
    """S4, on the way out."""
    world.send("deposit", world.units(1_000_000), sender=attacker)
    world.advance(3_600)
    open_both(world, trader, trader2, side)
    world.set_price((2_000 + move) * WAD)
    now = settle_down(world, keeper)
    unit = 10**18
    before = worth(world)
    world.send("withdraw", world.units(500_000), sender=attacker, at=now)
    after = worth(world)
    assert after.to_assets(unit, after.low)[0] >= before.to_assets(unit, before.low)[0]
    assert after.to_assets(unit, after.mid)[0] >= before.to_assets(unit, before.mid)[0]


def test_withdraw__receiver__gets_the_assets(world, lp, attacker):
    purses = world.balance(lp), world.balance(attacker)
    done = world.send("withdraw", 500, attacker, sender=lp)
    assert (world.balance(lp), world.balance(attacker)) == (purses[0], purses[1] + 500)
    event = done.event("Withdraw")
    assert (event["sender"], event["receiver"], event["owner"]) == (
        lp.address,
        attacker.address,
        lp.address,
    )


def test_withdraw__allowance__is_spent(world, lp, attacker):
    shares = world.view("previewWithdraw", 500)
    world.send("approve", attacker, shares + 7, sender=lp)
    purse = world.balance(attacker)
    done = world.send("withdraw", 500, attacker, lp, sender=attacker)
    assert done.result == shares
    assert world.view("allowance", lp, attacker) == 7
    assert world.balance(attacker) == purse + 500
    assert done.event("Withdraw")["owner"] == lp.address


def test_withdraw__infinite_allowance__stays(world, lp, attacker):
    world.send("approve", attacker, MAX_UINT256, sender=lp)
    world.send("withdraw", 500, attacker, lp, sender=attacker)
    assert world.view("allowance", lp, attacker) == MAX_UINT256


def test_withdraw__allowance_too_low_by_one__reverts(world, lp, attacker):
    shares = world.view("previewWithdraw", 500)
    world.send("approve", attacker, shares - 1, sender=lp)
    world.refuse("allowance too low", "withdraw", 500, attacker, lp, sender=attacker)


def test_withdraw__balance_too_low__reverts(world, lp, attacker):
    world.send("transfer", attacker, 10_000, sender=lp)
    world.refuse("balance too low", "withdraw", 11, sender=attacker)


def test_withdraw__shares_locked__reverts_until_the_second(world, attacker):
    world.send("deposit", world.units(10), sender=attacker)
    unlock_at = world.now + 3_600
    world.refuse("shares locked", "withdraw", world.units(1), sender=attacker, at=unlock_at - 1)
    world.send("withdraw", world.units(1), sender=attacker, at=unlock_at)


def test_withdraw__max_shares__exactly_met(world, lp):
    expected = world.view("previewWithdraw", 500)
    assert world.send("withdraw", 500, lp, lp, expected, sender=lp).result == expected


def test_withdraw__max_shares_missed_by_one__reverts(world, lp):
    expected = world.view("previewWithdraw", 500)
    world.refuse("bound missed", "withdraw", 500, lp, lp, expected - 1, sender=lp)


def test_withdraw__zero_amount__reverts(world, lp):
    world.refuse("zero amount", "withdraw", 0, sender=lp)


def test_withdraw__absurd_amount__reverts(world, lp):
    world.refuse("", "withdraw", MAX_UINT256, sender=lp)


def test_withdraw__to_the_zero_address__is_the_tokens_refusal(world, lp):
    world.is_mirrored = False  # the model's token takes everything
    world.refuse("token refused", "withdraw", 500, ZERO, sender=lp)


def test_withdraw__all_that_is_free__and_not_a_unit_more(world, trader, lp, side):
    """S9, promise 3: what a winner may be owed does not leave."""
    world.adjust(trader, 1, side * 900 * WAD, world.units(900_000))
    market = world.market()
    free = market.pool - market.reserved
    now = world.now
    world.refuse("not enough liquidity", "withdraw", free + 1, sender=lp, at=now)
    world.send("withdraw", free, sender=lp, at=now)
    assert world.market().pool == world.market().reserved
    world.refuse("not enough liquidity", "withdraw", 1, sender=lp)


def test_withdraw__oracle_not_live_with_positions__reverts(world, trader, lp, side):
    world.adjust(trader, 1, side * WAD, world.units(500))
    world.set_live(False)
    world.refuse("no live price", "withdraw", 500, sender=lp)


@pytest.mark.parametrize(
    "fault", [fault for fault in OracleFault if fault not in (0, OracleFault.GARBAGE_BOOL)]
)
def test_withdraw__dead_oracle_without_positions__needs_no_price(world, lp, fault):
    world.set_fault(fault)
    world.send("withdraw", 500, sender=lp)
