"""The market of the order tests: deployed once, put back after every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.client.local import anvil
from scripts import create_pair, deploy, lp
from tests.integration.market import Market

START = 1_800_000_000


@pytest.fixture(scope="session")
def deployed_market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    with anvil(START, 10) as node:
        market = Market(node, tmp_path_factory.mktemp("deployments"))
        for command, *arguments in (
            (deploy.cli,),
            (create_pair.cli, "pairs/eth-usdc.toml", "--mock"),
            (lp.cli, "deposit", "100000", "--yes"),
        ):
            result = market.run(command, *arguments, "--account", "TEST::0")
            assert result.exit_code == 0, result.output
        yield market


@pytest.fixture
def market(deployed_market: Market, tmp_path: Path) -> Iterator[Market]:
    """As deployed, with an empty folder; the chain is put back after the test."""
    state = deployed_market.node.request("evm_snapshot")
    yield Market(deployed_market.node, deployed_market.folder, tmp_path / "orders")
    assert deployed_market.node.request("evm_revert", state)
