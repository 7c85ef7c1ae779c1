"""From a bare testnet to liquidity redeemed: the project's commands, others' real contracts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bulkhead.client.codec import call_data, package_abi
from scripts import keep_once, lp, trade
from tests.forked.conftest import ACCOUNT, PAIR, Fork, ok
from tests.forked.testnet import MULTICALL3, artifact


def test_fork__file_of_its_own__leaves_the_networks_alone(deployed: Fork):
    assert [path.name for path in deployed.folder.iterdir()] == [
        f"{deployed.network.chain_id}-fork.json"
    ]


def test_pair__from_the_file__has_its_feeds_and_sequencer(deployed: Fork):
    oracle = deployed.deployments.pairs[PAIR].oracle
    config = deployed.node.view(oracle, package_abi("ChainlinkOracle"), "get_config")
    network = deployed.network
    assert config[0][0] == network.feeds["ETH / USD"].address
    assert config[1][0] == network.feeds["USDC / USD"].address
    assert (int(config[2], 16) != 0) == (network.sequencer is not None)


@pytest.fixture
def untouched(deployed: Fork) -> Iterator[Fork]:
    """The fork, taken back to where it was."""
    state = deployed.node.request("evm_snapshot")
    yield deployed
    assert deployed.node.request("evm_revert", state)


def test_cycle__trade_liquidate_redeem__on_real_feeds(untouched: Fork):
    deployed, node, feeds = untouched, untouched.node, untouched.feeds
    ok(deployed.run(lp.cli, "deposit", "100000", *ACCOUNT))
    ok(deployed.run(trade.cli, "open", "long", "--margin", "1000", "--leverage", "10", *ACCOUNT))
    ok(deployed.run(trade.cli, "open", "short", "--margin", "1000", "--leverage", "2", *ACCOUNT))
    before = node.view(feeds["ETH / USD"].aggregator, feeds["ETH / USD"].abi, "latestAnswer")
    assert before > 10**11  # a real round of April 2023

    feeds["ETH / USD"].push(node, before * 92 // 100)
    assert "/ 1: done" in ok(deployed.run(keep_once.cli, "--account", "TEST::0"))

    node.mine(node.now + 1)  # what has grown in one second is not reduced in it
    ok(deployed.run(trade.cli, "close", "--id", "2", *ACCOUNT))
    node.mine(node.now + 3_601)
    feeds["ETH / USD"].push(node, before * 92 // 100)
    assert "redeemable now" in ok(deployed.run(lp.cli, "redeem", "50%", *ACCOUNT))


def test_multicall3__real__reads_the_vault(deployed: Fork):
    """What wallets batch their reads with works on the vault: no view of it needs a caller."""
    vault = deployed.deployments.pairs[PAIR].vault
    call = vault, False, bytes.fromhex(call_data("totalSupply()")[2:])
    abi = artifact("chainlink-1.5.0", "Multicall3").abi
    (answer,) = deployed.node.view(MULTICALL3, abi, "aggregate3", [call])
    supply = int.from_bytes(answer[1], "big")
    assert answer[0] and supply == deployed.node.view(
        vault, package_abi("PairVault"), "totalSupply"
    )
