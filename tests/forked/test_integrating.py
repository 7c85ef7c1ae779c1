"""The examples of docs/integrating.md, run as they stand there."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from bulkhead.client.codec import package_abi
from bulkhead.client.node import Node
from scripts import lp
from tests.forked.conftest import ACCOUNT, PAIR, Fork, ok
from tests.forked.testnet import OWNER, ROOT

KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"  # of TEST::0


def example(language: str) -> str:
    text = (ROOT / "docs" / "integrating.md").read_text()
    (code,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return code


def run(fork: Fork, command: list[str]) -> str:
    environment = os.environ | {
        "RPC_URL": fork.node.uri,
        "PRIVATE_KEY": KEY,
        "BULKHEAD_DEPLOYMENTS": str(fork.folder),
        "DEPLOYMENTS": str(fork.deployments.path),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextlib.contextmanager
def blocks_going_on(fork: Fork) -> Iterator[None]:
    """A block now and then, as on a public network."""
    done = threading.Event()

    def mine() -> None:
        node = Node(fork.node.uri)
        while not done.wait(0.5):
            node.request("evm_mine")

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        yield
    finally:
        done.set()
        miner.join()


def test_python__opens_a_long(fork: Fork):
    ok(fork.run(lp.cli, "deposit", "100000", *ACCOUNT))
    said = run(fork, [sys.executable, "-c", example("python")])
    vault = fork.deployments.pairs[PAIR].vault
    size = fork.node.view(vault, package_abi("PairVault"), "get_position", OWNER, 11)[0]
    assert size > 0
    assert f"position 11: {size / 10**18:.4f} ETH" in said
    assert "HEALTHY, liquidation at" in said


def test_typescript__opens_a_short_is_refused_and_closes(fork: Fork, tmp_path: Path):
    ok(fork.run(lp.cli, "deposit", "100000", *ACCOUNT))
    file = ROOT / ".cache" / "example.mts"  # below node_modules, where viem is looked for
    file.parent.mkdir(exist_ok=True)
    file.write_text(example("ts"))
    with blocks_going_on(fork):
        said = run(fork, [str(ROOT / "node_modules" / ".bin" / "tsx"), str(file)])
    assert "sold 1 ETH at" in said
    assert "refused: vault: unknown position" in said
    assert re.search(r"paid out 5\d\d\.", said)
