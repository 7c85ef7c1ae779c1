"""A pair and a router that are found through a deployments file, and a key to send with."""

from __future__ import annotations

import pytest

from bulkhead.client import connect
from bulkhead.client.deployments import ROUTER, ContractEntry, Deployments, PairEntry
from bulkhead.client.node import Node
from bulkhead.client.signing import KeySigner
from tests.kit import build
from tests.unit.client.support import KEY


@pytest.fixture(scope="module")
def built(chain, project, owner, lp, trader):
    token = owner.deploy(project.MockTokenPermit, "Dollar", "USD", 6)
    return build(chain, project, owner, [lp, trader], lp=lp, token=token)


@pytest.fixture(scope="module")
def router_at(project, owner, built):
    factory = owner.deploy(project.MockFactory)
    factory.set_vault(built.vault, True, sender=owner)
    return str(owner.deploy(project.Router, factory).address)


@pytest.fixture
def world(built, router_at):
    return built.fork()


@pytest.fixture
def uri(chain):
    return str(chain.provider.http_uri)


@pytest.fixture
def client(world, router_at, uri, tmp_path):
    """Connected by the file, as a user would."""
    deployments = Deployments.open(Node(uri), tmp_path)
    entry = PairEntry(world.vault.address, world.oracle.address, world.token.address, 0)
    deployments.pairs["ETH/USDC"] = entry
    deployments.contracts[ROUTER] = ContractEntry(router_at, 0, "", {}, "", "")
    deployments.save()
    return connect(uri, deployments.path)


@pytest.fixture
def wallet(client, world, owner):
    """A key that no node knows, with money, and the vault approved."""
    wallet = client.wallet(KeySigner(KEY), "eth/usdc")
    world.node.request("anvil_setBalance", wallet.address, hex(10**18))
    world.node.send(owner, world.token, "mint", wallet.address, world.units(1_000_000))
    assert wallet.approve(world.units(500_000)) is not None
    assert wallet.approve(world.units(500_000)) is None
    return wallet
