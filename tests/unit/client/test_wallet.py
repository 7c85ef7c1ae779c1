"""Sending with a plain key, on a chain that is found through a deployments file."""

from __future__ import annotations

import pytest

from bulkhead.client import Wallet, connect
from bulkhead.client.signing import ApeSigner, KeySigner
from bulkhead.exceptions import (
    InvalidInput,
    NodeError,
    NodeUnreachable,
    NotDeployed,
    Refused,
    Unconfirmed,
)
from bulkhead.model import MAX_UINT256, WAD, Position, Status
from tests.unit.client.support import KEY


def test_wallet__a_life_of_a_position__as_the_vault_answers(wallet, world):
    key = wallet.address, 7
    opened = wallet.adjust(7, 10 * WAD, world.units(2_000))
    (position,) = wallet.pair.positions([key])
    assert opened.result == (position.size, position.margin) == (10 * WAD, position.margin)
    assert opened.event("PositionAdjusted")["margin"] == position.margin
    assert opened.gas_used > 100_000 and opened.block == wallet.node.head

    wallet.add_margin(7, world.units(100))
    assert wallet.pair.positions([key])[0].margin == position.margin + world.units(100)
    world.advance(1)
    reduced = wallet.adjust(7, -4 * WAD, -world.units(50), acceptable_price=0)
    assert reduced.result[0] == 6 * WAD
    before = world.balance(wallet.address)
    closed = wallet.close(7)
    paid = closed.event("PositionClosed")["paid_out"]
    assert world.balance(wallet.address) == before + paid > before
    # what the call answered just before it was sent: seconds of carry more, on a busy machine
    assert paid == pytest.approx(closed.result, abs=100)
    assert wallet.pair.positions([key]) == [Position()]


def test_wallet__without_an_acceptable_price__slippage_bounds_it(wallet, world):
    with pytest.raises(Refused, match="price beyond acceptable"):
        wallet.adjust(7, 10 * WAD, world.units(2_000), acceptable_price=1)
    wallet.adjust(7, 10 * WAD, world.units(2_000), slippage=0)
    assert wallet.pair.positions([(wallet.address, 7)])[0].size == 10 * WAD


def test_wallet__keeper__liquidates_settles_and_claims(wallet, world, trader):
    world.send("adjust_position", 1, 100 * WAD, world.units(12_000), MAX_UINT256, sender=trader)
    key = str(trader.address), 1
    with pytest.raises(Refused, match="still healthy") as caught:
        wallet.liquidate(key)
    assert "above its maintenance line" in caught.value.advice
    with pytest.raises(Refused, match="not settleable"):
        wallet.settle(key)

    world.set_price(1_945 * WAD)
    assert wallet.pair.healths([key])[0].status == Status.MARGIN_CALL
    assert wallet.call_margin(key).event("MarginCalled")["owner"] == key[0]

    world.set_price(1_928 * WAD)
    before = world.balance(wallet.address)
    done = wallet.liquidate(key)
    closed, reward = done.result
    assert done.event("PositionLiquidated")["size_delta"] == -closed < 0
    assert world.balance(wallet.address) == before + reward > before

    world.set_price(5_000 * WAD)
    credited = wallet.settle(key).result
    assert world.view("claimable", trader) == credited
    claimed = Wallet(wallet.pair, ApeSigner(trader)).claim()
    assert claimed.result == credited
    assert claimed.event("Claimed")["amount"] == credited


def test_wallet__lp__deposits_and_leaves(wallet, world):
    shares = wallet.deposit(world.units(10_000)).result
    assert world.view("balanceOf", wallet.address) == shares > 0
    with pytest.raises(Refused, match="shares locked"):
        wallet.redeem(shares)
    world.advance(3_601)
    assets = wallet.redeem(shares // 2, min_assets=1).result
    assert assets == pytest.approx(world.units(5_000), abs=2)
    wallet.withdraw(world.units(1_000))
    with pytest.raises(Refused, match="bound missed"):
        wallet.withdraw(world.units(1_000), max_shares=1)


def test_wallet__operator__acts_for_the_owner(wallet, world, trader):
    world.send("adjust_position", 1, WAD, world.units(1_000), MAX_UINT256, sender=trader)
    with pytest.raises(Refused, match="not owner or operator"):
        wallet.close(1, owner=str(trader.address))
    Wallet(wallet.pair, ApeSigner(trader)).set_operator(wallet.address, True)
    world.advance(1)
    before = world.balance(trader)
    paid = wallet.close(1, owner=str(trader.address), receiver=str(trader.address)).result
    assert world.balance(trader) == before + paid


def test_wallet__refused__nothing_is_sent(wallet):
    nonce = wallet.node.request("eth_getTransactionCount", wallet.address, "pending")
    with pytest.raises(Refused, match="unknown position"):
        wallet.add_margin(3, 5)
    with pytest.raises(Refused, match="unknown position"):
        wallet.close(3)
    with pytest.raises(Refused, match="zero amount"):
        wallet.claim()
    assert wallet.node.request("eth_getTransactionCount", wallet.address, "pending") == nonce


def test_wallet__not_in_a_block_in_time__says_which_transaction(wallet, world):
    slow = Wallet(wallet.pair, KeySigner(KEY), timeout_seconds=0)
    world.node.request("evm_setAutomine", False)
    try:
        with pytest.raises(Unconfirmed) as caught:
            slow.set_operator(slow.address, True)
    finally:
        world.node.request("evm_mine")
        world.node.request("evm_setAutomine", True)
    receipt = wallet.node.request("eth_getTransactionReceipt", caught.value.transaction)
    assert int(receipt["status"], 16) == 1


def test_wallet__connection_lost_while_sending__may_have_arrived(wallet, monkeypatch):
    request = wallet.node.request

    def lose(name, *parameters):
        answer = request(name, *parameters)
        if name == "eth_sendRawTransaction":
            raise NodeUnreachable("gone")
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(wallet.node, "request", lose)
        with pytest.raises(Unconfirmed) as caught:
            wallet.set_operator(wallet.address, True)
    assert wallet._await(caught.value.transaction)["status"] == "0x1"


def test_connect__file_of_another_chain__one_error(client, uri, tmp_path):
    other = tmp_path / "1.json"
    client.deployments.path.rename(other)
    for path in (other, tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotDeployed, match="has no pairs of chain"):
            connect(uri, path)


def test_connect__damaged_file__one_error(client, uri):
    client.deployments.path.write_text("{")
    with pytest.raises(InvalidInput, match="cannot be read"):
        connect(uri, client.deployments.path)


def test_connect__nobody_there__one_error():
    with pytest.raises(NodeUnreachable):
        connect("http://127.0.0.1:1")


def test_pair__unknown_label__says_what_there_is(client):
    with pytest.raises(NotDeployed, match="there are: ETH/USDC"):
        client.pair("DOGE/USDC")
    assert client.labels == ["ETH/USDC"]
    assert client.pair().label == "ETH/USDC"


def test_key_signer__no_key__one_error_without_the_key():
    with pytest.raises(InvalidInput) as caught:
        KeySigner("0x1234secret")
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value.__cause__, type(None))


def test_node_error__reverted__carries_why(client):
    pair = client.pair()
    with pytest.raises(NodeError) as caught:
        client.node.view(pair.vault, pair.abi, "claim")
    assert caught.value.revert is not None
