"""`report_dead_oracle`: the clock that starts while the oracle gives no live price."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_PRICE, WAD
from tests.mocks import OracleFault
from tests.simulation import Call, simulate

DAY = 86_400
WEEK = 7 * DAY
DEAD = [
    OracleFault.REVERT,
    OracleFault.BURN_GAS,
    OracleFault.SHORT_RETURN,
    OracleFault.EMPTY_RETURN,
    OracleFault.LONG_REVERT,
]
NONSENSE = [(0, 0), (0, WAD), (2 * WAD, WAD), (WAD, MAX_PRICE + 1), (2**256 - 1, 2**256 - 1)]
PROBE = 1_000_000  # gas


# ---- what counts as dead ----


@pytest.mark.parametrize("fault", DEAD)
def test_report_dead_oracle__unreadable__is_on_record(world, attacker, fault):
    world.set_fault(fault)
    market = world.market()
    done = world.send("report_dead_oracle", sender=attacker)
    assert done.events == [("OracleReportedDead", {"sender": attacker.address})]
    assert world.market() == market


def test_report_dead_oracle__readable_but_not_live__is_on_record(world, keeper):
    """A feed stuck at its bound answers, and will never be live again."""
    world.set_live(False)
    world.send("report_dead_oracle", sender=keeper)


@pytest.mark.parametrize(("bid", "ask"), NONSENSE)
def test_report_dead_oracle__band_out_of_bounds__is_not_live(world, keeper, bid, ask):
    world.set_band(bid, ask)
    world.send("report_dead_oracle", sender=keeper)


def test_report_dead_oracle__live_is_neither_0_nor_1__is_not_live(world, keeper):
    world.set_fault(OracleFault.GARBAGE_BOOL)
    world.is_readable = True
    world.band = type(world.band)(world.band.bid, world.band.ask, world.band.updated_at, False)
    world.send("report_dead_oracle", sender=keeper)


@pytest.mark.parametrize("fault", [OracleFault.NONE, OracleFault.LONG_RETURN])
def test_report_dead_oracle__live__reverts(world, keeper, fault):
    world.set_fault(fault)
    world.refuse("oracle is live", "report_dead_oracle", sender=keeper)


@pytest.mark.parametrize(("bid", "ask"), [(1, 1), (1, MAX_PRICE), (MAX_PRICE, MAX_PRICE)])
def test_report_dead_oracle__live_at_the_bounds__reverts(world, keeper, bid, ask):
    world.set_band(bid, ask)
    world.refuse("oracle is live", "report_dead_oracle", sender=keeper)


def test_report_dead_oracle__winding_down__reverts(world, keeper):
    world.set_live(False)
    world.advance(WEEK)
    world.send("wind_down", sender=keeper)
    world.refuse("winding down", "report_dead_oracle", sender=keeper)


# ---- its clock ----


def test_report_dead_oracle__again__reverts_and_does_not_put_the_end_off(world, keeper, attacker):
    """Who wants the funds trapped could otherwise report every six days, for ever."""
    world.set_fault(OracleFault.REVERT)
    reported_at = world.now + 1
    world.send("report_dead_oracle", sender=keeper, at=reported_at)
    for day in range(1, 7):
        at = reported_at + day * DAY
        world.refuse("already reported", "report_dead_oracle", sender=attacker, at=at)
    world.refuse("too early", "wind_down", sender=keeper, at=reported_at + WEEK - 1)
    world.send("wind_down", sender=keeper, at=reported_at + WEEK)


def test_report_dead_oracle__after_a_contest__starts_anew(world, keeper, attacker):
    world.set_live(False)
    world.send("report_dead_oracle", sender=attacker)
    world.advance(DAY)
    world.set_live(True)
    world.send("accrue", sender=keeper)
    world.set_band(world.band.bid, world.band.ask, live=False)
    reported_at = world.now + 5 * DAY
    world.send("report_dead_oracle", sender=attacker, at=reported_at)
    world.set_band(world.band.bid, world.band.ask, live=False)  # it does update: not stale
    world.refuse("too early", "wind_down", sender=keeper, at=reported_at + WEEK - 1)
    world.send("wind_down", sender=keeper, at=reported_at + WEEK)


# ---- starved of gas ----


def outcomes_by_gas(world, sender, function, limits):
    """Why a call that must not succeed fails, by its gas limit."""
    time = world.now + 1
    calls = [Call(sender, world.vault, function, (), gas) for gas in limits]
    [outcomes] = simulate(world.node, (time, calls))
    succeeded = [outcome.call.gas for outcome in outcomes if outcome.is_success]
    assert not succeeded, f"{function} works with gas {succeeded}"
    return {outcome.call.gas: outcome.reason for outcome in outcomes}


@pytest.mark.parametrize("burnt", [0, 100_000, 500_000, PROBE - 20_000])
@pytest.mark.parametrize("function", ["report_dead_oracle", "wind_down"])
def test_report_dead_oracle__starved_of_gas__cannot_fake_it(world, attacker, function, burnt):
    """Whatever gas a caller gives, an oracle within the stipend is never found dead."""
    world.node.send(world.owner, world.oracle, "set_gas_to_burn", burnt)
    limits = [*range(21_500, 1_000_000, 20_000), *range(1_000_000, 1_120_000, 1_000), 3_000_000]
    reasons = outcomes_by_gas(world, attacker, function, limits)
    assert reasons[3_000_000] == "vault: oracle is live"
    assert set(reasons.values()) == {
        "",  # not even enough to get there
        "vault: not enough gas to probe",
        "vault: oracle is live",
    }
    # from the first limit that suffices on, it always does
    found = [reasons[gas] == "vault: oracle is live" for gas in limits]
    assert found == sorted(found)


@pytest.mark.parametrize("fault", [OracleFault.BURN_GAS, OracleFault.REVERT])
def test_report_dead_oracle__really_dead__one_gas_limit_is_enough(world, attacker, fault):
    """Whatever the oracle burns, the call needs little more than the stipend."""
    world.set_fault(fault)
    [[outcome]] = simulate(
        world.node,
        (world.now + 1, [Call(attacker, world.vault, "report_dead_oracle", (), 1_100_000)]),
    )
    assert outcome.is_success


def test_report_dead_oracle__oracle_dearer_than_the_stipend__contested(
    world, trader, keeper, attacker
):
    """Live for whoever pays its gas, dead for the probe: any use of the vault contests it."""
    world.adjust(trader, 1, 10 * WAD, world.units(2_000))
    world.node.send(world.owner, world.oracle, "set_gas_to_burn", PROBE + 1)
    world.is_mirrored = False  # the model's oracle burns nothing
    world.send("report_dead_oracle", sender=attacker)
    reported_at = world.now
    world.send("accrue", sender=keeper, at=reported_at + 1)
    world.refuse("too early", "wind_down", sender=attacker, at=reported_at + WEEK + 1)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("close_position", (1, "bound")),
        ("liquidate", ("trader", 1)),
        ("accrue", ()),
        ("deposit", (10**9,)),
    ],
)
def test_report_dead_oracle__calls_with_a_starved_oracle__revert(
    world, trader, lp, side, function, arguments
):
    """A price that a caller has starved is no price: nothing happens without it."""
    world.adjust(trader, 1, side * 10 * WAD, world.units(2_000))
    world.node.send(world.owner, world.oracle, "set_gas_to_burn", 300_000)
    if function == "liquidate":
        world.set_price((2_000 - side * 190) * WAD)
    named = {"trader": trader.address, "bound": 0 if side > 0 else 2**256 - 1}
    arguments = tuple(
        named.get(item, item) if isinstance(item, str) else item for item in arguments
    )
    sender = lp if function == "deposit" else trader
    look = Call(lp, world.vault, "get_market")
    states = set()
    for gas in range(60_000, 700_000, 10_000):
        call = Call(sender, world.vault, function, arguments, gas)
        [[outcome, market]] = simulate(world.node, (world.now + 1, [call, look]))
        if outcome.is_success:
            states.add((outcome.output, market.result))
        else:
            assert outcome.reason in ("", "vault: no live price")
    assert len(states) == 1, "it either reverts, or does the one thing it would do"
