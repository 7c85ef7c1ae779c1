"""One chain for all tests of the keeper; each begins where the pair has just been funded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.client.local import anvil
from tests.keeping import START, Scene, build_scene


@pytest.fixture(scope="module")
def built(networks, accounts, project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with anvil(START, 10) as node:
        settings = {"host": node.uri}
        with networks.ethereum.local.use_provider("foundry", provider_settings=settings):
            yield build_scene(node, accounts, project, tmp_path_factory.mktemp("deployments"))


@pytest.fixture
def scene(built: Scene, tmp_path: Path) -> Iterator[Scene]:
    node = built.node
    state = node.request("evm_snapshot")
    built.folder = tmp_path
    yield built
    built.close()
    node.request("evm_setAutomine", True)
    assert node.request("evm_revert", state)
