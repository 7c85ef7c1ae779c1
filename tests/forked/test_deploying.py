"""docs/deploying.md, command by command, in a fresh clone, on a chain that plays Sepolia."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from bulkhead.client.codec import call_data, package_abi
from tests.forked.conftest import Fork
from tests.forked.safe import deploy_safe
from tests.forked.testnet import OWNER, ROOT


@pytest.mark.skipif(os.environ.get("FORKED") != "all", reason="a minute; `make forked` runs it")
def test_deploying__as_it_stands__works_in_a_fresh_clone(forked: Fork, tmp_path: Path):
    if forked.network.chain_id != 11155111:
        pytest.skip("its commands are for Sepolia")
    state, clone = forked.node.request("evm_snapshot"), tmp_path / "bulkhead"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    for name in (".venv", "node_modules"):
        (clone / name).symlink_to((ROOT / name).resolve())
    usdc = forked.network.assets["USDC"].address
    forked.node.send(OWNER, usdc, call_data("mint(address,uint256)", OWNER, 10**12))
    feed = forked.network.feeds["ETH / USD"].address
    answer = forked.node.view(feed, package_abi("IAggregatorV3"), "latestRoundData")[1]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BULKHEAD_", "APE_", "PYTEST_"))
    }
    environment |= {
        "SEPOLIA_RPC": forked.node.uri,
        "PRICE": f"{answer / 10**8:.2f}",
        "GUARDIAN": OWNER,
        "OWNER": deploy_safe(forked.node, "safe-1.4.1").address,
    }
    blocks = re.findall(r"```sh\n(.*?)```", (clone / "docs/deploying.md").read_text(), re.DOTALL)
    script = "\n".join(["set -euo pipefail", *blocks])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=clone, env=environment, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert forked.node.request("evm_revert", state)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in (
        "3 feeds: as said",
        "transactions to send; none was sent",
        "ownership are as the sources and the file say",
        "now has to send to",
        "nothing is scheduled",
        "0 rows of ETH/USDC",
    ):
        assert words in done.stdout
    assert (clone / "deployments" / "11155111-fork.json").is_file()
    assert (clone / "out/explorer/11155111/ETH-USDC vault.json").is_file()
