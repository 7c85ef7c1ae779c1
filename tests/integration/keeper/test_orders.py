"""Signed orders through the keeper: found in a folder, tried, executed, paid for."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_account import Account

from bulkhead.client.codec import call_data
from bulkhead.client.deployments import ORDER_BOOK
from bulkhead.keeper.loop import Keeper
from bulkhead.keeper.types import Kind
from bulkhead.model.types import MAX_UINT256, WAD
from bulkhead.orders import Domain, Order, OrderStore, Permit, SignedOrder, Trigger, sign
from tests.keeping import Scene

TRADER_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"  # Anvil's 1
FEE = 5 * 10**6


@pytest.fixture
def store(tmp_path: Path) -> OrderStore:
    return OrderStore(tmp_path / "orders")


@pytest.fixture
def keeper(scene: Scene, store: OrderStore) -> Keeper:
    """The trader's order book acts for it and may pull what it needs."""
    book = scene.deployments.contract(ORDER_BOOK)
    data = scene.pair.abi.encode("set_operator", book, True)
    scene.node.send(scene.trader, scene.vault, data)
    approve = call_data("approve(address,uint256)", book, MAX_UINT256)
    scene.node.send(scene.trader, scene.pair.asset, approve)
    return scene.keeper(orders=store.path)


def signed(scene: Scene, permit: Permit | None = None, **changes: int | bool) -> SignedOrder:
    """A take-profit of the trader's position 1, but for the changes."""
    now = scene.node.now
    opened_at = scene.pair.positions([(scene.trader, 1)])[0].opened_at
    fields = {
        "position_id": 1,
        "opened_at": opened_at,
        "size_delta": -WAD,
        "margin_delta": 0,
        "reduce_only": True,
        "acceptable_price": 0,
        "trigger": Trigger.PRICE_AT_OR_ABOVE,
        "trigger_value": 2_200 * WAD,
        "keeper_fee": FEE,
        "nonce": 0,
        "valid_from": now,
        "deadline": now + 100_000,
        **changes,
    }
    order = Order(owner=scene.trader, signer=scene.trader, vault=scene.vault, **fields)
    domain = Domain(scene.node.chain_id, scene.deployments.contract(ORDER_BOOK))
    return sign(order, domain, Account.from_key(TRADER_KEY), permit)


def settle(scene: Scene, keeper: Keeper) -> None:
    """Act, and see what came of it."""
    keeper.round()
    scene.await_blocks(keeper)
    scene.node.mine(scene.node.now + 1)
    keeper.round()


def test_round__take_profit_reached__is_executed_once(scene: Scene, store, keeper: Keeper):
    scene.open(1, 3)
    store.add(signed(scene))
    settle(scene, keeper)
    assert keeper.journal.totals().mined == 0

    scene.push(2_300)
    settle(scene, keeper)
    settle(scene, keeper)

    assert scene.pair.open_keys() == []
    totals = keeper.journal.totals()
    assert (totals.mined, totals.won) == (1, 1)
    paid = scene.node.views([scene.pair.balance_view(keeper.chain.sender)])[0]
    assert paid == FEE
    assert totals.earned == keeper.scout.prices.wei(scene.pair.asset, FEE)


def test_round__one_cancels_the_other__pays_for_one(scene: Scene, store, keeper: Keeper):
    scene.open(1, 3)
    for trigger in (Trigger.PRICE_AT_OR_ABOVE, Trigger.PRICE_AT_OR_BELOW):
        store.add(signed(scene, trigger=trigger, trigger_value=2_000 * WAD, acceptable_price=0))
    scene.push(2_100)
    settle(scene, keeper)
    settle(scene, keeper)
    totals = keeper.journal.totals()
    assert (totals.mined, totals.items, totals.won) == (1, 1, 1)


def test_round__order_that_would_fail__rests_and_holds_up_nobody(
    scene: Scene, store, keeper: Keeper
):
    scene.open(1, 3)
    scene.open(2, 10)
    too_much = signed(
        scene, margin_delta=10**15, size_delta=0, reduce_only=False, trigger=Trigger.NONE
    )
    store.add(too_much)
    scene.push(1_845)
    for _ in range(3):
        settle(scene, keeper)
    assert len(scene.events("PositionLiquidated")) == 1
    totals = keeper.journal.totals()
    assert totals.items == totals.won
    resting = keeper.memory.resting(scene.node.now)
    assert any(item.startswith("EXECUTE:") for item in resting)


def test_round__order_with_a_permit__goes_to_the_book_itself(scene: Scene, store, keeper: Keeper):
    scene.open(1, 3)
    # the token knows no permits: as one that is used up, it does not matter
    permit = Permit(10**9, scene.node.now + 1_000, 27, b"\x01" * 32, b"\x01" * 32)
    store.add(
        signed(
            scene,
            permit,
            trigger=Trigger.HEALTH_BELOW,
            trigger_value=100 * WAD,
            size_delta=0,
            margin_delta=50 * 10**6,
            reduce_only=False,
        )
    )
    before = scene.pair.positions([(scene.trader, 1)])[0].margin
    settle(scene, keeper)
    (batch,) = keeper.journal.mined_since(0)
    assert batch.call.kind == Kind.EXECUTE_WITH_PERMIT
    assert keeper.journal.totals().won == 1
    assert scene.pair.positions([(scene.trader, 1)])[0].margin == before + 50 * 10**6


def test_round__file_that_is_no_order__is_passed_over(scene: Scene, store, keeper: Keeper):
    scene.open(1, 3)
    store.add(signed(scene))
    (store.path / "0xjunk.json").write_text("{")
    scene.push(2_300)
    settle(scene, keeper)
    assert keeper.journal.totals().won == 1
