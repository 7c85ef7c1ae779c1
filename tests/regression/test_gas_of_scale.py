"""What a call costs does not depend on how many others use the vault."""

from __future__ import annotations

from bulkhead.model import WAD
from tests.regression.liquidations import set_band, trade
from tests.simulation import Call, simulate

MANY = 400


def operations(world, trader, trader2, keeper, lp, at):
    """Every call that touches the market, on positions that are there in any case: 1 and 2 of the
    trader's, 1 of trader2's. None of them depends on the others' size."""
    vault = world.vault
    return {
        "open": trade(world, trader, 9_001, WAD, world.units(500)),
        "increase": trade(world, trader, 1, WAD),
        "add_margin": Call(trader, vault, "add_margin", (1, world.units(1))),
        "margin out": trade(world, trader, 1, 0, -world.units(1)),
        "accrue": Call(keeper, vault, "accrue"),
        "deposit": Call(lp, vault, "deposit", (world.units(100),)),
        "withdraw": Call(lp, vault, "withdraw", (world.units(100),)),
        "get_health": Call(lp, vault, "get_health", (trader, 1)),
        "totalAssets": Call(lp, vault, "totalAssets"),
        "maxWithdraw": Call(lp, vault, "maxWithdraw", (lp,)),
        "reduce": trade(world, trader, 2, -WAD),
        "close": Call(trader, vault, "close_position", (2, 0)),
        "crash": set_band(world, 1_930 * WAD, at),
        "call_margin": Call(keeper, vault, "call_margin", (trader2, 3)),
        "liquidate a part": Call(keeper, vault, "liquidate", (trader2, 1)),
        "liquidate all": Call(keeper, vault, "liquidate", (trader2, 2)),
        "claim": Call(trader2, vault, "claim"),
        "boom": set_band(world, 4_200 * WAD, at),
        "settle": Call(keeper, vault, "settle_position", (trader, 4)),
    }


def test_d1__many_positions__every_call_costs_the_same(
    world, trader, trader2, keeper, lp, attacker
):
    """Perennial P1#94: a loop over all users, in a call that each of them needed.

    The same calls after one position of a stranger's and after many, on both sides, in the same
    second; to the unit of gas.
    """
    world.set_price(2_000 * WAD)
    for position_id in (1, 2):
        world.adjust(trader, position_id, 5 * WAD, world.units(2_000))
    world.adjust(trader, 3, -5 * WAD, world.units(2_000))
    world.adjust(trader, 4, WAD, world.units(500))
    world.adjust(trader2, 1, 10 * WAD, world.units(1_060))
    world.adjust(trader2, 2, WAD // 5, world.units(21.5))
    world.adjust(trader2, 3, 5 * WAD, world.units(690))
    start = world.now + 60
    used = {}
    for count in (2, MANY):
        opens = [
            trade(world, attacker, 10_000 + n, (1 - 2 * (n % 2)) * WAD, world.units(2_000))
            for n in range(count)
        ]
        calls = operations(world, trader, trader2, keeper, lp, start + 60)
        found = simulate(world.node, (start, opens), (start + 60, list(calls.values())))
        assert all(outcome.is_success for outcome in found[0])
        for name, outcome in zip(calls, found[1], strict=True):
            assert outcome.is_success, (name, outcome.reason)
            used[name, count] = outcome.gas_used
    for name in calls:
        assert used[name, MANY] == used[name, 2], name
