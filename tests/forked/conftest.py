"""A testnet played by one Anvil, forked by another; the commands of the project run on the fork.

`make test` forks Base Sepolia, `make forked` all three (FORKED=all).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from ape.managers.project import ProjectManager
from click.testing import CliRunner, Result

from bulkhead.client.codec import call_data, package_abi
from bulkhead.client.deployments import FACTORY, Deployments
from bulkhead.client.network import FOLDER, Network, read_network
from bulkhead.client.node import Node
from scripts import check_network, create_pair, deploy
from tests.forked import testnet
from tests.forked.testnet import OWNER

NAMES = ("sepolia", "arbitrum-sepolia", "base-sepolia")
CHOSEN = NAMES if os.environ.get("FORKED") == "all" else ("base-sepolia",)
GENESIS = 1_700_000_000
ACCOUNT = ("--account", "TEST::0", "--yes")
PAIR = "ETH/USDC"


@dataclass
class Fork:
    """The fork, its testnet's file, and the feeds behind the proxies."""

    node: Node
    network: Network
    feeds: dict[str, testnet.Feed]
    folder: Path  # of deployments
    networks: Path

    def run(self, command: click.Command, *arguments: str, answer: str | None = None) -> Result:
        """A command, as an operator types it."""
        network = "--network", f"{self.network.ape}:{self.node.uri}"
        environment = {
            "BULKHEAD_DEPLOYMENTS": str(self.folder),
            "BULKHEAD_NETWORKS": str(self.networks),
        }
        return CliRunner().invoke(command, [*arguments, *network], input=answer, env=environment)

    @property
    def deployments(self) -> Deployments:
        return Deployments.open(self.node, self.folder)


@pytest.fixture(scope="package", params=CHOSEN)
def forked(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    project: ProjectManager,
) -> Iterator[Fork]:
    networks = tmp_path_factory.mktemp("networks")
    path = Path(shutil.copy(FOLDER / f"{request.param}.toml", networks))
    is_rollup = request.param != "sepolia"
    if is_rollup:  # what such a file has on a mainnet
        sequencer = f'\n[sequencer]\nfeed = "{testnet.SEQUENCER}"\ngrace_period = 3600\n'
        path.write_text(path.read_text() + sequencer)
    network = read_network(path)
    options = "--chain-id", str(network.chain_id), "--timestamp", str(GENESIS)
    token = project.MockToken
    creation = bytes(token.contract_type.deployment_bytecode.to_bytes())
    arguments = token.constructor.encode_input("USD Coin", "USDC", 6)
    with testnet.chain(*options) as upstream:
        if is_rollup:
            testnet.place_sequencer_feed(upstream)
        feeds = testnet.build(upstream, network, creation + bytes(arguments))
        with testnet.chain("--fork-url", upstream.uri) as node:
            folder = tmp_path_factory.mktemp("deployments")
            yield Fork(node, network, feeds, folder, networks)


def ok(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="package")
def deployed(forked: Fork) -> Fork:
    """Bulkhead and one pair, from the network's file."""
    ok(forked.run(check_network.cli))
    before = forked.node.block()["number"]
    plan = ok(forked.run(deploy.cli, "--dry-run", *ACCOUNT))
    assert forked.node.block()["number"] == before
    ok(forked.run(deploy.cli, *ACCOUNT))
    assert forked.deployments.contract(FACTORY) in plan
    usdc = forked.network.assets["USDC"].address
    forked.node.send(OWNER, usdc, call_data("mint(address,uint256)", OWNER, 10**12))
    answer = forked.node.view(
        forked.network.feeds["ETH / USD"].address, package_abi("IAggregatorV3"), "latestRoundData"
    )[1]
    price = f"{answer / 10**8:.2f}"
    ok(forked.run(create_pair.cli, PAIR, "--expected-price", price, "--guardian", OWNER, *ACCOUNT))
    return forked


@pytest.fixture
def fork(deployed: Fork) -> Iterator[Fork]:
    """As deployed; chain and manifest are put back afterwards."""
    state, path = deployed.node.request("evm_snapshot"), deployed.deployments.path
    manifest = path.read_text()
    yield deployed
    path.write_text(manifest)
    assert deployed.node.request("evm_revert", state)
