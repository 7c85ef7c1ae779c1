"""Keepers: they choose nothing, and act in nobody's name."""

from __future__ import annotations

from bulkhead.model import MAX_UINT256, WAD
from tests.node import encode, revert_reason
from tests.regression.liquidations import ID, set_band
from tests.simulation import Call, simulate

KEEPER_CALLS = (
    "liquidate",
    "settle_position",
    "call_margin",
    "accrue",
    "report_dead_oracle",
    "wind_down",
    "collect_protocol_fees",
)
# which position, and who gets the reward: nothing that changes what happens
HARMLESS = {("owner", "address"), ("position_id", "uint256"), ("receiver", "address")}


def test_k13__keeper_calls__take_nothing_that_could_be_chosen(world):
    """Unstoppable #182, Flat Money #194: the keeper handed in a price, a path or an amount, and
    chose it in his favour."""
    for function in KEEPER_CALLS:
        overloads = [abi for abi in world.vault.contract_type.methods if abi.name == function]
        assert overloads
        for abi in overloads:
            assert {(item.name, item.type) for item in abi.inputs} <= HARMLESS, abi.selector


def test_k13__whoever_liquidates__the_outcome_is_the_same(world, trader, keeper, attacker, lp):
    world.set_price(2_000 * WAD)
    world.adjust(trader, ID, 100 * WAD, world.units(10_600))
    at = world.now + 5
    outcomes = set()
    for sender, receiver in ((keeper, keeper), (attacker, lp), (trader, trader)):
        calls = [
            set_band(world, 1_920 * WAD, at),
            Call(sender, world.vault, "liquidate", (trader, ID, receiver)),
            Call(sender, world.vault, "get_market"),
            Call(sender, world.vault, "get_position", (trader, ID)),
        ]
        ((_, *found),) = simulate(world.node, (at, calls))
        outcomes.add(tuple(outcome.result for outcome in found))
    assert len(outcomes) == 1


def test_k15__owner_calls_a_hostile_contract__it_acts_in_its_own_name(
    world, project, owner, trader, lp
):
    """Velar #82: `tx.origin` was taken for the user, so any contract that a user called could
    trade, close and withdraw in his name."""
    hostile = owner.deploy(project.MockReentrant)
    world.adjust(trader, 1, 10 * WAD, world.units(1_500))
    world.advance(60)
    vault = world.vault
    refusals = {
        ("close_position", 1, 0, trader, hostile): "not owner or operator",
        ("adjust_position", 1, 0, -1, 0, trader, hostile): "not owner or operator",
        ("adjust_position", 2, WAD, 1, MAX_UINT256, trader, hostile): "not owner or operator",
        ("claim", hostile): "zero amount",
        ("tighten_limits", 0, WAD, True): "not guardian",
    }
    for (function, *arguments), reason in refusals.items():
        payload = encode(vault, function, *arguments)
        receipt = world.node.attempt(trader, hostile, "execute", vault, payload)
        assert revert_reason(receipt.output) == f"vault: {reason}", function
    for function, *arguments in (("redeem", 10**9, hostile, lp), ("transferFrom", lp, hostile, 1)):
        payload = encode(vault, function, *arguments)
        receipt = world.node.attempt(lp, hostile, "execute", vault, payload)
        assert revert_reason(receipt.output) == "vault: allowance too low", function
    payload = encode(vault, "set_operator", hostile, True)
    world.node.send(trader, hostile, "execute", vault, payload)
    assert not world.view("is_operator", trader, hostile)
