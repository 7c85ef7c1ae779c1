"""A chain that plays a testnet: real third-party contracts at the addresses of its file.

Which bytecode is what, by package and version (`scripts/fetch_artifacts.py`):

    feed proxy, aggregator with access control   @chainlink/contracts@0.0.12, as published
    sequencer uptime feed, Multicall3            @chainlink/contracts@1.5.0, solc 0.8.24
    Safe, factory, fallback handler              @safe-global/safe-contracts@1.4.1
    USDC                                         ours, contracts/mocks: no package ships its code

Feeds answer with rounds that Chainlink's mainnet feeds really answered (`data/prices`), at the
seconds at which they did. For USDC there are none: those of USDT stand in.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bulkhead.client.codec import Abi
from bulkhead.client.local import await_node, free_port
from bulkhead.client.network import Network
from bulkhead.client.node import Node

ROOT = Path(__file__).resolve().parents[2]
PRICES = ROOT / "data" / "prices"
ZERO = "0x" + "00" * 20
OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"  # TEST::0
MULTICALL3 = "0xcA11bde05977b3631167028862bE2a173976CA11"  # github.com/mds1/multicall
SEQUENCER = "0x00000000000000000000000000000000005e9001"
MESSENGER = (
    "0x4200000000000000000000000000000000000007"  # L2CrossDomainMessenger, OP Stack predeploy
)
ROUNDS = 30  # of each feed
SERIES = {
    "ETH / USD": "chainlink_eth_usd_rounds_2023-04_2024-01.csv.gz",
    "BTC / USD": "chainlink_btc_usd_rounds_2023-04_2024-01.csv.gz",
    "USDC / USD": "chainlink_usdt_usd_rounds_2021_2022-11.csv",
}


@dataclass(frozen=True)
class Artifact:
    """Code and ABI of a third party's contract."""

    abi: Abi
    code: bytes

    def init_code(self, *arguments: Any) -> bytes:
        return self.code + self.abi.encode_constructor(*arguments)


def artifact(package: str, name: str) -> Artifact:
    content = json.loads((ROOT / ".artifacts" / package / f"{name}.json").read_text())
    return Artifact(Abi(content["abi"]), bytes.fromhex(content["bytecode"][2:]))


def construct_at(node: Node, address: str, init_code: bytes) -> None:
    """Let a constructor run where its contract is to stand: it writes its storage there, and what
    it returns becomes the code."""
    node.request("anvil_setCode", address, "0x" + init_code.hex())
    runtime = node.request("eth_call", {"from": OWNER, "to": address}, "latest")
    node.send(OWNER, address, "0x")
    node.request("anvil_setCode", address, runtime)


def deploy(node: Node, init_code: bytes) -> str:
    transaction = {"from": OWNER, "data": "0x" + init_code.hex(), "gas": hex(8_000_000)}
    receipt = node.request("eth_sendTransactionSync", transaction)
    assert int(receipt["status"], 16) == 1
    return str(receipt["contractAddress"])


def read_rounds(name: str, count: int) -> list[tuple[int, int]]:
    """(seconds, answer) of the first rounds of a feed's file."""
    path = PRICES / name
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = itertools.islice(csv.DictReader(io.StringIO(text.decode())), count)
    return [(int(row["updatedAt"]), int(row["answer"])) for row in rows]


@dataclass(frozen=True)
class Feed:
    """A proxy and the aggregator behind it, which OWNER alone may answer."""

    aggregator: str
    abi: Abi

    def push(self, node: Node, answer: int) -> None:
        number = int(node.view(self.aggregator, self.abi, "latestRound")) + 1
        node.send(OWNER, self.aggregator, self.abi.encode("submit", number, answer))


def place_feed(node: Node, address: str, decimals: int, description: str) -> Feed:
    aggregator = artifact("chainlink-0.0.12", "AccessControlledAggregator")
    bounds = 1, 2**176 - 1
    arguments = ZERO, 0, 600, ZERO, *bounds, decimals, description
    made = deploy(node, aggregator.init_code(*arguments))
    named = [], [OWNER], [OWNER], 1, 1, 0
    node.send(OWNER, made, aggregator.abi.encode("changeOracles", *named))
    node.send(OWNER, made, aggregator.abi.encode("addAccess", address))
    proxy = artifact("chainlink-0.0.12", "EACAggregatorProxy")
    construct_at(node, address, proxy.init_code(made, ZERO))
    return Feed(made, aggregator.abi)


def build(node: Node, network: Network, token: bytes) -> dict[str, Feed]:
    """Everything that the network's file names, and Multicall3. `token`: creation code of USDC."""
    for asset in network.assets.values():
        construct_at(node, asset.address, token)
    construct_at(node, MULTICALL3, artifact("chainlink-1.5.0", "Multicall3").init_code())
    feeds = {
        name: place_feed(node, feed.address, feed.decimals, name)
        for name, feed in network.feeds.items()
    }
    _replay(node, feeds)
    return feeds


def _replay(node: Node, feeds: dict[str, Feed]) -> None:
    """The rounds of all feeds in the order in which they were answered; each series moved in time
    so that all end at once."""
    series = {name: read_rounds(SERIES[name], ROUNDS) for name in feeds}
    end = node.now + 86_400 * 60
    moved = []
    for name, rounds in series.items():
        shift = end - rounds[-1][0]
        moved += [(time + shift, name, answer) for time, answer in rounds]
    for time, name, answer in sorted(moved):
        node.set_next(max(time, node.now + 1))
        feeds[name].push(node, answer)


def place_sequencer_feed(node: Node) -> None:
    """An uptime feed that says the sequencer is up, behind a proxy as on mainnet: the feed itself
    answers no contract that it does not know."""
    feed = artifact("chainlink-1.5.0", "OptimismSequencerUptimeFeed")
    made = deploy(node, feed.init_code(OWNER, MESSENGER, False))
    node.send(OWNER, made, feed.abi.encode("addAccess", SEQUENCER))
    proxy = artifact("chainlink-0.0.12", "EACAggregatorProxy")
    construct_at(node, SEQUENCER, proxy.init_code(made, ZERO))


@contextlib.contextmanager
def chain(*options: str) -> Iterator[Node]:
    """An Anvil of one's own, ended with the block."""
    binary = shutil.which("anvil")
    assert binary is not None, "Anvil is not on PATH: run `make setup`"
    port = free_port()
    command = [binary, "--host", "127.0.0.1", "--port", str(port), "--silent", *options]
    command += ["--hardfork", "prague"]  # by default the one of the block's time
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        node = Node(f"http://127.0.0.1:{port}")
        await_node(node, process)
        yield node
    finally:
        process.terminate()
        process.wait(timeout=10)
