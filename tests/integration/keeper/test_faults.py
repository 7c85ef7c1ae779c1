"""What goes wrong around a keeper: transactions that hang, nodes that go, blocks taken back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest

from bulkhead.client.local import free_port
from bulkhead.client.node import Node
from bulkhead.exceptions import InvalidInput, NodeUnreachable
from bulkhead.keeper.chain import Nodes
from bulkhead.keeper.heads import Heads
from bulkhead.keeper.journal import Status
from bulkhead.keeper.loop import Keeper
from bulkhead.keeper.types import Kind
from tests.keeping import Scene

GWEI = 10**9


class Switch(Node):
    """A node that can be switched off."""

    is_off = False

    def _post(self, calls: Sequence[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
        if self.is_off:
            raise NodeUnreachable("switched off")
        return super()._post(calls)


def mine(scene: Scene, base_fee: int | None = None) -> None:
    if base_fee is not None:
        scene.node.request("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
    scene.node.mine(scene.node.now + 1)


def mine_small(scene: Scene, *, liquidates: bool = False) -> None:
    """A block without room for what a keeper sends; somebody else's liquidation fits in."""
    node = scene.node
    node.request("evm_setBlockGasLimit", hex(500_000))
    if liquidates:
        data = scene.pair.abi.encode("liquidate", scene.trader, 1)
        call = {"from": scene.people[5], "to": scene.vault, "data": data, "gas": hex(300_000)}
        node.request("eth_sendTransaction", call)
    mine(scene)
    node.request("evm_setBlockGasLimit", hex(30_000_000))


def pool(scene: Scene) -> int:
    return int(scene.node.request("txpool_status")["pending"], 16)


def due_and_waiting(scene: Scene, **settings: Any) -> Keeper:
    """One liquidation that is sent and not in a block."""
    scene.open(1, 10)
    keeper = scene.keeper(**settings)
    mine(scene, GWEI)
    scene.push(1_845)
    scene.node.request("evm_setAutomine", False)
    done = keeper.round()
    assert done is not None and len(done.sent) == 1
    return keeper


# ---- transactions that do not get into a block ----


def test_round__started_again_while_it_waits__sends_nothing_more(scene: Scene):
    scene.kill(due_and_waiting(scene))
    keeper = scene.keeper()
    done = keeper.round()
    assert done is not None and len(done.found.items) == 1
    assert done.sent == [] and pool(scene) == 1
    mine(scene)
    keeper.round()
    assert keeper.journal.totals().won == keeper.chain.nonce() == 1


def test_push_on__no_room_in_blocks__is_replaced_once_it_is_old(scene: Scene):
    keeper = due_and_waiting(scene, replace_after=2)
    (batch,) = keeper.journal.open()
    for count in (1, 2, 2):
        mine_small(scene)
        keeper.round()
        assert len(keeper.journal.attempts(batch)) == count
    first, second = keeper.journal.attempts(batch)
    assert second.fees.max_fee * 100 >= first.fees.max_fee * 113
    assert second.fees.tip * 100 >= first.fees.tip * 113
    assert pool(scene) == 1
    mine(scene)
    keeper.round()
    assert keeper.journal.open() == []
    assert keeper.journal.totals().won == keeper.chain.nonce() == 1


def test_push_on__base_fee_has_risen_beyond_it__is_signed_for_more(scene: Scene):
    keeper = due_and_waiting(scene)
    (batch,) = keeper.journal.open()
    mine(scene, 60 * GWEI)  # Anvil forgets what cannot pay for it
    keeper.round()
    assert [one.fees.max_fee > 60 * GWEI for one in keeper.journal.attempts(batch)] == [False, True]
    mine(scene, 60 * GWEI)
    keeper.round()
    assert keeper.journal.totals().won == keeper.chain.nonce() == 1


def test_push_on__highest_fee_reached__waits(scene: Scene):
    keeper = due_and_waiting(scene, replace_after=1, max_fee_gwei="1.7")
    (batch,) = keeper.journal.open()
    mine_small(scene)
    mine_small(scene)
    keeper.round()
    assert len(keeper.journal.attempts(batch)) == 1
    mine(scene)
    keeper.round()
    assert keeper.journal.totals().won == 1


def test_push_on__somebody_else_did_it__is_cancelled_cheaply(scene: Scene):
    keeper = due_and_waiting(scene, replace_after=1)
    mine_small(scene, liquidates=True)
    keeper.round()
    kinds = [batch.call.kind for batch in keeper.journal.open()]
    assert kinds == [Kind.LIQUIDATE, Kind.CANCEL]
    (cancel,) = keeper.journal.attempts(keeper.journal.open()[1])
    mine(scene)
    keeper.round()
    assert keeper.journal.open() == []
    assert keeper.chain.nonce() == 1
    totals = keeper.journal.totals()
    assert (totals.mined, totals.items, totals.won) == (1, 0, 0)
    assert 0 < totals.cost <= 21_000 * cancel.fees.max_fee


def test_push_on__node_forgot_it__is_sent_again_as_it_was(scene: Scene):
    keeper = due_and_waiting(scene)
    scene.node.request("anvil_dropAllTransactions")
    mine(scene)
    assert pool(scene) == 0
    keeper.round()
    assert pool(scene) == 1
    mine(scene)
    keeper.round()
    assert keeper.journal.totals().won == 1
    (batch,) = keeper.journal.mined_since(0)
    assert len(keeper.journal.attempts(batch)) == 1


def test_push_on__forgotten_and_done_by_others__is_dropped(scene: Scene):
    keeper = due_and_waiting(scene)
    scene.node.request("anvil_dropAllTransactions")
    scene.node.request("evm_setAutomine", True)
    call = scene.pair.abi.encode("liquidate", scene.trader, 1)
    scene.node.send(scene.people[5], scene.vault, call)
    keeper.round()
    assert keeper.journal.get(1).status == Status.DROPPED
    assert keeper.chain.nonce() == 0


def test_reconcile__key_used_elsewhere__starts_over_with_a_new_nonce(scene: Scene):
    keeper = due_and_waiting(scene)
    node, sender = scene.node, keeper.chain.sender
    node.request("anvil_dropAllTransactions")
    node.request("evm_setAutomine", True)
    node.request("anvil_impersonateAccount", sender)
    node.send(sender, scene.people[0], "0x")
    keeper.round()
    assert keeper.journal.get(1).status == Status.DISPLACED
    scene.await_blocks(keeper)
    assert len(scene.events("PositionLiquidated")) == 1
    assert keeper.chain.nonce() == 2


# ---- blocks that are taken back ----


def test_reconcile__block_taken_back__is_done_again(scene: Scene):
    scene.open_many(3)
    keeper = scene.keeper()
    keeper.round()
    scene.push(1_845)
    keeper.round()
    scene.await_blocks(keeper)
    keeper.round()
    assert keeper.journal.totals().won == 3

    scene.node.request("anvil_rollback", 1)  # the liquidation, not the price
    mine(scene)
    keeper.round()
    scene.await_blocks(keeper)
    mine(scene)
    keeper.round()

    assert len(scene.events("PositionLiquidated")) == 3
    totals = keeper.journal.totals()
    assert (totals.won, totals.items) == (3, 3)
    assert scene.index(keeper).verify() == []
    assert len(keeper.memory.untold()) == 3


def test_reconcile__price_taken_back_too__is_dropped(scene: Scene):
    scene.open(1, 10)
    keeper = scene.keeper(unpaid=False)
    keeper.round()
    scene.push(1_845)
    keeper.round()
    scene.await_blocks(keeper)
    keeper.round()

    scene.node.request("anvil_rollback", 2)
    mine(scene)
    keeper.round()

    assert keeper.journal.open() == []
    assert keeper.journal.totals().mined == 0
    assert scene.events("PositionLiquidated") == []
    assert keeper.chain.nonce() == 0


# ---- nodes ----


def test_run__node_away_for_a_while__catches_up_and_stops_cleanly(scene: Scene):
    scene.open_many(4)
    node = Switch(scene.node.uri)
    keeper = scene.keeper(node=node)

    def story() -> None:
        scene.until(lambda: keeper.health.block > 0)
        node.is_off = True
        scene.push(1_845)
        scene.until(lambda: keeper.health.problem != "")
        node.is_off = False
        scene.until(lambda: len(scene.events("PositionLiquidated")) == 4)
        scene.until(lambda: not keeper.health.problem)

    scene.run(keeper, story)
    again = scene.keeper()
    again.round()
    assert again.journal.totals().won == 4


def test_run__downtime__what_fell_meanwhile_is_found(scene: Scene):
    scene.open_many(2)
    keeper = scene.keeper(unpaid=False)
    keeper.round()
    scene.kill(keeper)
    scene.push(1_885)
    call = scene.pair.abi.encode("call_margin", scene.trader, 1)
    scene.node.send(scene.people[5], scene.vault, call)
    scene.push(1_845)
    keeper = scene.keeper(unpaid=False)
    keeper.round()
    scene.await_blocks(keeper)
    assert len(scene.events("PositionLiquidated")) == 2
    assert [one.title for one in keeper.memory.untold()] == ["ETH/USDC, position 1: margin call"]


def test_nodes__first_one_dead__the_next_is_asked(scene: Scene):
    dead = f"http://127.0.0.1:{free_port()}"
    nodes = Nodes([dead, scene.node.uri], wait_seconds=0.01)
    nodes.check_same_chain()
    assert nodes.chain_id == 1337
    assert nodes.uri == scene.node.uri
    alone = Nodes([dead], wait_seconds=0.01)
    with pytest.raises(NodeUnreachable):
        alone.request("eth_chainId")
    with pytest.raises(InvalidInput, match="no node"):
        Nodes([])


def test_run__node_stands_still__another_is_asked(scene: Scene):
    keeper = scene.keeper(node=Nodes([scene.node.uri, scene.node.uri]), stale_seconds=1)
    now = 100.0
    keeper.clock = lambda: now
    keeper.round()
    keeper._leave_stale_node()
    assert keeper.chain.node._at == 0
    now = 102.0
    keeper._leave_stale_node()
    assert keeper.chain.node._at == 1


def test_heads__websocket__wakes_at_once(scene: Scene):
    heads = Heads(scene.node.uri.replace("http", "ws"), poll_seconds=20)
    heads.start()
    try:
        scene.until(lambda: heads.is_subscribed)
        heads.wait()
        started = time.monotonic()
        mine(scene)
        heads.wait()
        assert time.monotonic() - started < 5
    finally:
        heads.stop()


def test_heads__no_websocket__polls(scene: Scene):
    heads = Heads(f"ws://127.0.0.1:{free_port()}", poll_seconds=0.02)
    heads.start()
    heads.wait()
    assert not heads.is_subscribed
    heads.stop()
    heads.wait()  # returns at once
