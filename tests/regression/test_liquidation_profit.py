"""Liquidation as a business: of the owner with himself, and of a crash with the LPs."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD, Status
from tests.regression.liquidations import DAY

# ---- L2 ----


def wealth(world, *party):
    """Asset units of accounts together: wallets, claims, and what their shares would bring."""
    total = 0
    for account in party:
        total += world.balance(account) + world.view("claimable", account)
        total += world.view("previewRedeem", world.view("balanceOf", account))
    return total


def liquidate_all(world, keeper, *keys):
    """Until none of the positions is liquidatable any more; returns how many calls it took."""
    count = 0
    for owner, position_id in keys:
        while world.health(owner, position_id).status == Status.LIQUIDATABLE:
            world.send("liquidate", owner, position_id, sender=keeper)
            count += 1
            assert count < 20
    return count


@pytest.mark.parametrize("days", [120, 300], ids=["at the line", "insolvent"])
@pytest.mark.parametrize("is_lp", [False, True], ids=["no shares", "half of the pool"])
def test_l2__self_liquidation_at_constant_price__loses(
    make_world, trader, attacker, keeper, lp, side, days, is_lp
):
    """Perennial P1#104, P2#23, Abracadabra 2025 ($13M): who owned the position, the keeper and
    some of the liquidity took more out of a liquidation than was put in.

    Trader, keeper and LP as one party, at one price throughout; only carry makes the position
    liquidatable.
    """
    world = make_world(pool=1_000_000)
    world.set_price(2_000 * WAD)
    before = wealth(world, trader, keeper, attacker)
    others = wealth(world, lp)
    if is_lp:
        world.send("deposit", world.units(1_000_000), sender=attacker)
    size = 100 * WAD
    world.adjust(trader, 1, side * size, world.units(10_900))
    for number in range(2, 6):  # many small ones: each earns the keeper's minimum
        world.adjust(trader, number, side * WAD // 5, world.units(21.5))
    world.set_price(2_000 * WAD, at=world.now + days * DAY)
    keys = [(trader, number) for number in range(1, 6)]
    assert liquidate_all(world, keeper, *keys) >= 1
    assert wealth(world, trader, keeper, attacker) < before
    assert wealth(world, lp) >= others


def test_l2__both_sides_of_the_skew__no_rebate_to_milk(
    make_world, trader, trader2, keeper, lp, side
):
    """A rebate for moving the skew towards zero would be paid twice: one opens a side at its cost,
    the other opens against it for the rebate, the first is liquidated, which costs no impact,
    and the second closes for the rebate again."""
    # the line is near, and a rest would be too small to stay: the liquidation closes all
    line = 25 * WAD // 1_000
    world = make_world(
        skew_scale=10_000 * WAD,
        initial_ratio=line,
        margin_call_ratio=line,
        maintenance_ratio=line,
        min_margin=340_000 * 10**6,
        keeper_min_reward=85_000 * 10**6,
        protocol_share=0,
    )
    world.set_price(2_000 * WAD)
    before, others = wealth(world, trader, trader2, keeper), wealth(world, lp)
    size = side * 1_000 * WAD
    world.adjust(trader, 1, size, world.units(355_000))  # 100,000 of it is impact
    world.adjust(trader2, 1, -size, world.units(355_000))
    days = 0
    while world.health(trader, 1).status != Status.LIQUIDATABLE:
        days += 5
        world.set_price(2_000 * WAD, at=world.now + 5 * DAY)
        assert days < 100
    assert liquidate_all(world, keeper, (trader, 1)) == 1
    assert world.position(trader, 1).size == 0
    world.close(trader2, 1)
    assert wealth(world, trader, trader2, keeper) < before
    assert wealth(world, lp) > others


# ---- L17 ----

LEVERAGES = (18, 15, 10, 7, 5, 3)


@pytest.mark.parametrize("percent", [-40, 40])
def test_l17__gap_of_forty_percent__lps_lose_at_most_the_winners_reserves(
    make_world, people, trader, trader2, keeper, lp, percent
):
    """A crash in which every liquidation pushes the price and starts the next. Here a liquidation
    neither moves a price nor takes from anyone else: what the LPs can lose in a gap is bounded by
    what the winners had reserved, less what the losers had as margin."""
    other = make_world()
    other.adjust(trader, 1, 10 * WAD, other.units(2_000))
    world = make_world(token=other.token, reserve_ratio=WAD // 4)
    world.set_price(2_000 * WAD)
    for number, leverage in enumerate(LEVERAGES, start=1):
        for owner, side in ((trader, 1), (trader2, -1)):
            size = (40 + 5 * number + (10 if side * percent > 0 else 0)) * WAD
            margin = world.units(2_000 * size // WAD // leverage)
            world.adjust(owner, number, side * size, margin)
    before = other.market(), other.balance(other.vault), other.position(trader, 1)
    pool = world.market().pool
    keys = [(owner, n) for owner in (trader, trader2) for n in range(1, len(LEVERAGES) + 1)]
    positions = {key: world.position(*key) for key in keys}

    world.set_price(20 * (100 + percent) * WAD)
    lost = [key for key in keys if world.health(*key).status == Status.LIQUIDATABLE]
    won = [key for key in keys if positions[key].size * percent > 0]
    assert len(lost) >= 5 and len(won) == 6 and not set(lost) & set(won)
    assert liquidate_all(world, keeper, *lost) >= len(lost)
    for owner, number in won:
        world.close(owner, number)

    reserves = sum(positions[key].reserve for key in won)
    margins = sum(positions[key].margin for key in lost)
    loss = pool - world.market().pool
    assert loss <= reserves - margins + len(lost) * world.params.keeper_min_reward
    assert loss > 0
    assert (other.market(), other.balance(other.vault), other.position(trader, 1)) == before
