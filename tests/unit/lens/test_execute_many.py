"""Signed orders in a batch, through the real order book."""

from __future__ import annotations

import pytest

from bulkhead.orders.types import Trigger
from tests.kit import World
from tests.node import decode_output, method
from tests.order_kit import FEE, Desk, build_desk
from tests.simulation import Call, simulate_each
from tests.unit.vault.conftest import built_world, decimals, worlds

__all__ = ["built_world", "decimals", "worlds"]


@pytest.fixture
def desk(project, owner, people, built_world: World, worlds) -> Desk:
    world = built_world.fork()
    worlds.append(world)
    return build_desk(project, owner, world, people)


@pytest.fixture
def lens(project, owner, desk):
    rehearsal = owner.declare(project.Rehearsal).contract_address
    return owner.deploy(project.VaultLens, desk.factory, desk.book, rehearsal)


def orders_of(desk, trader, trader2):
    """One that executes, one that waits, one that somebody else has signed, one more that does."""
    waits = {"trigger": Trigger.PRICE_AT_OR_BELOW, "trigger_value": 1}
    orders = [
        desk.order(trader),
        desk.order(trader, nonce=1, position_id=2, **waits),
        desk.order(trader, nonce=2, position_id=3),
        desk.order(trader2, side=-1),
    ]
    signatures = [desk.sign(order) for order in orders]
    signatures[2] = desk.sign(orders[2], trader2)
    return [order.words for order in orders], signatures


def test_execute_many__some_fail__the_others_execute(desk, lens, trader, trader2, keeper, attacker):
    world = desk.world
    world.is_mirrored = False
    arguments = *orders_of(desk, trader, trader2), attacker
    before = world.balance(attacker)
    world.at()
    receipt = world.node.send(keeper, lens, "execute_many", *arguments)
    results = decode_output(method(lens, "execute_many", 3), receipt.output)
    fee = world.units(FEE)
    assert [tuple(item) for item in results] == [
        (True, fee, ""),
        (False, 0, "orders: not triggered"),
        (False, 0, "orders: signature invalid"),
        (True, fee, ""),
    ]
    assert world.balance(attacker) == before + 2 * fee
    assert world.position(trader, 1).size > 0 > world.position(trader2, 1).size
    assert world.position(trader, 2).size == world.position(trader, 3).size == 0


def test_execute_many__starved__reverts_whole(desk, lens, trader, trader2, keeper):
    """K10: whatever gas is kept back, an order that is due is not reported as failed."""
    world = desk.world
    arguments = *orders_of(desk, trader, trader2), keeper.address
    limits = [10**7, *range(100_000, 3_000_000, 25_000)]
    chains = [
        [(world.now + 1, [Call(keeper, lens, "execute_many", arguments, gas=gas)])]
        for gas in limits
    ]
    full, *outcomes = [outcome for ((outcome,),) in simulate_each(world.node, chains)]
    for outcome in outcomes:
        if outcome.is_success:
            assert outcome.output == full.output
        else:
            assert outcome.reason in ("", "lens: not enough gas")
    assert {outcome.is_success for outcome in outcomes} == {True, False}


def test_execute_many__signatures_missing__reverts(desk, lens, trader, trader2, keeper):
    words, signatures = orders_of(desk, trader, trader2)
    receipt = desk.world.node.attempt(keeper, lens, "execute_many", words, signatures[:3])
    assert not receipt.is_success
    assert b"lens: one signature an order" in receipt.output
