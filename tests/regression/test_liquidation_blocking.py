"""Liquidation and exits: nothing stands in their way."""

from __future__ import annotations

from typing import Any

import pytest

from bulkhead.model import MAX_UINT256, WAD, Status
from tests.regression.liquidations import DAY, ID, begin_wind_down, set_band, trade
from tests.simulation import Call, simulate
from tests.unit.oracles.reference import EMPTY_LEG, leg

GRACE = 3_600


def open_large(world, trader, side=1, size=100):
    """A position which a move of 3 % brings under the line."""
    world.set_price(2_000 * WAD)
    world.adjust(trader, ID, side * size * WAD, world.units(size * 106))


def crash(world, side=1, percent=4):
    world.set_price(20 * (100 - side * percent) * WAD)


# ---- L4 ----


def test_l4__dust_of_the_owner__does_not_stop_a_liquidation(world, trader, attacker, keeper, side):
    """Symmetrical #233: any action of the owner's moved a nonce or a time which the liquidator had
    to name, so an action in each block kept a bankrupt account alive.

    All in one block, each just before the keeper.
    """
    open_large(world, trader, side)
    at = world.now + 60
    price = 20 * (100 - 4 * side) * WAD
    vault = world.vault
    dust = [
        Call(trader, vault, "add_margin", (ID, 1)),
        Call(attacker, vault, "add_margin", (ID, 1, trader)),
        trade(world, trader, ID, side),
        trade(world, trader, ID, -side),
        trade(world, trader, ID, 0, -1),
        trade(world, trader, 2, WAD // 10, world.units(50)),
        Call(trader, vault, "set_operator", (attacker, True)),
        Call(trader, vault, "deposit", (1_000, trader)),
        Call(trader, vault, "approve", (attacker, 1)),
    ]
    ((*_, liquidation),) = simulate(
        world.node,
        (at, [set_band(world, price, at), *dust, Call(keeper, vault, "liquidate", (trader, ID))]),
    )
    assert liquidation.is_success, liquidation.reason
    assert liquidation.result[1] >= world.params.keeper_min_reward


def test_l4__opened_in_the_same_block__is_liquidated(world, trader, keeper, side):
    """The rule against two prices in one block binds who opens, not who liquidates."""
    world.set_price(2_000 * WAD)
    at, key = world.now + 1, (trader, ID)
    price = 20 * (100 - 4 * side) * WAD
    calls = [
        trade(world, trader, ID, side * 100 * WAD, world.units(10_600)),
        set_band(world, price, at),
        Call(trader, world.vault, "close_position", (ID, 0 if side > 0 else MAX_UINT256)),
        Call(keeper, world.vault, "liquidate", key),
    ]
    ((opening, _, closing, liquidation),) = simulate(world.node, (at, calls))
    assert opening.is_success
    assert closing.reason == "vault: increased in this block"
    assert liquidation.is_success, liquidation.reason


def test_l4__health_restored__is_not_liquidated(world, trader, keeper, side):
    open_large(world, trader, side)
    crash(world, side)
    health = world.health(trader, ID)
    missing = health.maintenance - health.equity
    world.send("add_margin", ID, missing + world.units(1), sender=trader)
    world.refuse("still healthy", "liquidate", trader, ID, sender=keeper)


# ---- L10 ----


def test_l10__unrealised_profit__lets_no_margin_out(world, trader, side):
    """Hyperliquid 2025-03 ($4M), GMX #154: a whale withdrew the margin of a position in profit,
    left it at the edge of liquidation, and the vault inherited it at a price it could not close
    at."""
    open_large(world, trader, side)
    crash(world, -side, percent=20)
    health = world.health(trader, ID)
    assert health.gain > world.units(39_000)
    spare = max(world.position(trader, ID).margin - health.initial, 0)  # without the profit
    arguments = (ID, 0, -spare - world.units(1), MAX_UINT256)
    world.refuse("below initial ratio", "adjust_position", *arguments, sender=trader)


def test_l10__unrealised_profit__does_not_leverage_up(world, trader, side):
    open_large(world, trader, side)
    crash(world, -side, percent=20)
    bound = MAX_UINT256 if side > 0 else 0
    grow = (ID, side * 50 * WAD, 0, bound)
    world.refuse("below initial ratio", "adjust_position", *grow, sender=trader)


def test_l10__profit__leaves_by_closing_only(world, trader, side):
    open_large(world, trader, side)
    crash(world, -side, percent=20)
    equity = world.health(trader, ID).equity
    fee = world.units(100 * 20 * (100 + side * 20)) * world.params.trading_fee // WAD
    assert world.close(trader, ID).result == pytest.approx(equity - fee, abs=world.units(5))


# ---- L11 ----


def test_l11__everything_tightened__every_exit_is_open(
    world, trader, trader2, lp, keeper, guardian
):
    """Perennial #190, Hubble #234: a pause stopped owners from adding margin or closing, and went
    on liquidating them."""
    open_large(world, trader)
    open_large(world, trader2, side=-1)
    world.send("tighten_limits", 0, WAD, True, sender=guardian)
    world.refuse("reduce only", "adjust_position", ID, 1, 0, MAX_UINT256, sender=trader)
    world.advance(DAY)
    world.send("add_margin", ID, world.units(100), sender=trader)
    world.adjust(trader, ID, -10 * WAD)
    world.adjust(trader, ID, 0, -world.units(500))
    world.close(trader, ID)
    world.send("redeem", 10**9, sender=lp)
    crash(world, side=-1)
    world.send("liquidate", trader2, ID, sender=keeper)


@pytest.mark.parametrize("is_readable", [True, False], ids=["not live", "unreadable"])
def test_l11__no_price__margin_can_be_added_and_nobody_is_liquidated(
    world, trader, keeper, is_readable
):
    open_large(world, trader)
    crash(world)
    assert world.health(trader, ID).status == Status.LIQUIDATABLE
    if is_readable:
        world.set_live(False)
    else:
        world.node.send(world.owner, world.oracle, "set_fault", 1)
    world.refuse("no live price", "liquidate", trader, ID, sender=keeper)
    world.send("add_margin", ID, world.units(5_000), sender=trader)
    if is_readable:
        world.set_live(True)
    else:
        world.node.send(world.owner, world.oracle, "set_fault", 0)
    world.refuse("still healthy", "liquidate", trader, ID, sender=keeper)


def test_l11__oracle_dead_for_good__wind_down_lets_everyone_out(world, trader, trader2, lp, keeper):
    open_large(world, trader)
    open_large(world, trader2, side=-1)
    begin_wind_down(world, keeper)
    world.close(trader, ID)
    world.send("settle_position", trader2, ID, sender=keeper)
    world.send("claim", sender=trader2)
    world.send("redeem", world.view("balanceOf", lp), sender=lp)
    assert world.market().pool < world.units(2)


def test_l11__sequencer_back__grace_before_liquidations(make_world, project, owner, trader, keeper):
    """The owner could not act while the sequencer was down: time to add margin comes first."""
    feed = owner.deploy(project.MockFeed, 8, 2_000 * 10**8)
    uptime = owner.deploy(project.MockFeed, 0, 0)
    base = leg(feed, heartbeat=DAY, deviation=10**15, low=10**8, high=10**13)
    config = {
        "base": base,
        "quote": EMPTY_LEG,
        "sequencer_feed": uptime.address,
        "grace_period": GRACE,
    }
    adapter = owner.deploy(project.ChainlinkOracle, config)
    world = make_world(oracle=adapter.address)
    node = world.node
    node.send(owner, feed, "set_answer", 2_000 * 10**8)
    world.adjust(trader, ID, 100 * WAD, world.units(11_000))

    node.send(owner, uptime, "set_answer", 1)
    node.send(owner, feed, "set_answer", 1_900 * 10**8)
    world.refuse("no live price", "liquidate", trader, ID, sender=keeper)
    world.send("add_margin", ID, world.units(1), sender=trader)
    node.send(owner, uptime, "set_answer", 0)
    back = node.now
    for seconds in (GRACE // 2, GRACE):
        at = back + seconds
        world.refuse("no live price", "liquidate", trader, ID, sender=keeper, at=at)
    world.send("add_margin", ID, world.units(1), sender=trader)
    world.send("liquidate", trader, ID, sender=keeper, at=back + GRACE + 10)


# ---- L12, T3 ----


@pytest.fixture
def usdc(make_world: Any, project: Any, owner: Any) -> Any:
    """A world on a token with a blacklist and a pause; one that owes to no more accounts than it
    mentions."""
    return make_world(token=owner.deploy(project.MockTokenBlacklist))


def block(world, *accounts):
    for account in accounts:
        world.node.send(world.owner, world.token, "set_blacklisted", account, True)


def pause(world, is_paused):
    world.node.send(world.owner, world.token, "set_paused", is_paused)


def test_l12__owner_and_keeper_blacklisted__both_are_credited(usdc, trader, keeper, side):
    """Jojo #206, Velar: the rest of the margin was sent to the owner; one whom the token refuses
    could not be liquidated."""
    world = usdc
    open_large(world, trader, side)
    crash(world, side)
    block(world, trader, keeper)
    event = world.send("liquidate", trader, ID, sender=keeper).event("PositionLiquidated")
    assert event["reward"] > 0
    assert world.view("claimable", keeper) == event["reward"]
    assert world.view("claimable", trader) == event["credited"]


def test_l12__full_liquidation_of_a_blacklisted_owner__the_rest_waits_for_him(usdc, trader, keeper):
    world = usdc
    world.set_price(2_000 * WAD)
    world.adjust(trader, ID, WAD // 5, world.units(21.5))  # too little for a part
    crash(world, percent=3)
    block(world, trader)
    event = world.send("liquidate", trader, ID, sender=keeper).event("PositionLiquidated")
    assert event["size"] == 0
    assert world.view("claimable", trader) == event["credited"] > 0
    world.refuse("token refused", "claim", sender=trader)
    world.node.send(world.owner, world.token, "set_blacklisted", trader, False)
    assert world.send("claim", sender=trader).result == event["credited"]


def test_l12__settlement_of_a_blacklisted_owner__credited(usdc, trader, keeper):
    world = usdc
    open_large(world, trader)
    world.set_price(4_100 * WAD)
    block(world, trader)
    credited = world.send("settle_position", trader, ID, sender=keeper).result
    assert world.view("claimable", trader) == credited > world.units(190_000)


def test_l12__blacklisted_vault__nothing_is_lost(usdc, trader, keeper):
    """The token's issuer blocks the vault itself: liquidations still book, and pay once it is
    free."""
    world = usdc
    open_large(world, trader)
    crash(world)
    block(world, world.vault)
    event = world.send("liquidate", trader, ID, sender=keeper).event("PositionLiquidated")
    assert world.view("claimable", keeper) == event["reward"]


def test_t3__paused_token__liquidation_and_settlement_go_on(usdc, trader, trader2, keeper):
    """GMX #167: with the token paused nobody could be liquidated, and the losses ran on."""
    world = usdc
    open_large(world, trader)
    open_large(world, trader2, side=-1)
    crash(world)
    pause(world, True)
    event = world.send("liquidate", trader, ID, sender=keeper).event("PositionLiquidated")
    world.refuse("token refused", "close_position", ID, MAX_UINT256, sender=trader2)
    world.refuse("token refused", "claim", sender=keeper)
    pause(world, False)
    assert world.send("claim", sender=keeper).result == event["reward"]
    world.close(trader2, ID)


def test_t3__paused_token_in_wind_down__positions_settle(usdc, trader, keeper):
    world = usdc
    open_large(world, trader)
    world.advance(DAY)
    begin_wind_down(world, keeper)
    pause(world, True)
    credited = world.send("settle_position", trader, ID, sender=keeper).result
    pause(world, False)
    assert world.send("claim", sender=trader).result == credited > 0
