"""A local Anvil with Prague rules, and the few requests that measuring needs.

Everything that gas depends on is fixed: accounts, block times, order of transactions. Gas is free
and any sender is taken, so that ten thousand users need no ether.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

BIRTH = 1_900_000_000  # unix seconds of the first block
GAS_LIMIT = 16_000_000  # of a transaction: below the cap of EIP-7825
BATCH = 500  # transactions in one request
_BINARIES = Path(__file__).resolve().parents[2] / "node_modules" / ".bin"
_NO_OLD_STATE = ["--prune-history", "50"]
_NO_OLD_LOGS = ["--transaction-block-keeper", "50"]


class NodeError(Exception):
    """The node could not be started, refused a request, or a call reverted."""


@dataclass(frozen=True)
class Transaction:
    """A call that has been mined."""

    txn_hash: str
    gas_used: int
    calldata: bytes
    logs: list[dict[str, Any]]
    contract_address: str


class Node:
    """JSON-RPC of one node whose clock is in our hands."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy on the way to this machine
        self.now = BIRTH

    def request(self, method: str, *parameters: Any) -> Any:
        return self.batch([(method, parameters)])[0]

    def batch(self, calls: list[tuple[str, Any]]) -> list[Any]:
        """Answers in the order of `calls`."""
        payload = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": list(parameters)}
            for index, (method, parameters) in enumerate(calls)
        ]
        answers = self._session.post(self.uri, json=payload, timeout=120).json()
        for answer in answers:
            if "error" in answer:
                method, _ = calls[answer["id"]]
                raise NodeError(f"{method}: {answer['error'].get('message', answer['error'])}")
        return [answer["result"] for answer in sorted(answers, key=lambda answer: answer["id"])]

    # ---- transactions ----

    def send(self, sender: str, to: str | None, data: bytes, *, elapsed: int = 1) -> Transaction:
        """Mine one transaction, `elapsed` seconds after the last block. It must succeed."""
        call = self._call(sender, to, data)
        (receipt,) = self._mine([call], elapsed)
        if int(receipt["status"], 16) != 1:
            self.request("eth_call", call, hex(int(receipt["blockNumber"], 16) - 1))
            raise NodeError(f"a transaction to {to} reverted")
        return Transaction(
            receipt["transactionHash"],
            int(receipt["gasUsed"], 16),
            data,
            receipt["logs"],
            receipt["contractAddress"] or "",
        )

    def send_all(self, calls: list[tuple[str, str, bytes]]) -> None:
        """Mine many, each (sender, to, data), as fast as the node can; each must succeed."""
        for start in range(0, len(calls), BATCH):
            part = [self._call(*call) for call in calls[start : start + BATCH]]
            if not all(int(receipt["status"], 16) == 1 for receipt in self._mine(part, 1)):
                raise NodeError("a transaction of a batch reverted")

    def _mine(self, calls: list[dict[str, str]], elapsed: int) -> list[dict[str, Any]]:
        """One block with these transactions; their receipts."""
        hashes = self.batch([("eth_sendTransaction", [call]) for call in calls])
        self.now += elapsed
        self.request("evm_setNextBlockTimestamp", self.now)
        self.request("evm_mine")
        receipts = self.batch([("eth_getTransactionReceipt", [each]) for each in hashes])
        if not all(receipts):
            raise NodeError("a transaction was not mined")
        return receipts

    def _call(self, sender: str, to: str | None, data: bytes) -> dict[str, str]:
        call = {"from": sender, "data": "0x" + data.hex(), "gas": hex(GAS_LIMIT), "gasPrice": "0x0"}
        return call if to is None else {**call, "to": to}

    # ---- state ----

    def call(self, to: str, data: bytes) -> bytes:
        answer: str = self.request("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")
        return bytes.fromhex(answer[2:])

    @contextlib.contextmanager
    def scratch(self) -> Iterator[None]:
        """What happens inside is undone afterwards, time included."""
        snapshot, now = self.request("evm_snapshot"), self.now
        try:
            yield
        finally:
            self.request("evm_revert", snapshot)
            self.now = now


@contextlib.contextmanager
def anvil(*, is_tracing: bool = False, has_old_logs: bool = False) -> Iterator[Node]:
    """A fresh node on a free port, gone afterwards. Tracing keeps every step: slow, much memory.

    Logs and receipts of more than fifty blocks are there if they are asked for.
    """
    binary = _BINARIES / "anvil"
    command = str(binary) if binary.exists() else shutil.which("anvil")
    if command is None:
        raise NodeError("no Anvil found: run `make setup`")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--silent", "--host", "127.0.0.1", "--port", str(port), "--hardfork", "prague"]
    options += ["--timestamp", str(BIRTH), "--order", "fifo", "--auto-impersonate", "--no-mining"]
    options += ["--gas-price", "0", "--block-base-fee-per-gas", "0", "--no-request-size-limit"]
    options += ["--disable-pool-balance-checks", "--disable-min-priority-fee"]
    options += ["--gas-limit", str(BATCH * GAS_LIMIT)]
    options += ["--steps-tracing"] if is_tracing else _NO_OLD_STATE
    options += [] if is_tracing or has_old_logs else _NO_OLD_LOGS
    process = subprocess.Popen(
        [command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        node = Node(f"http://127.0.0.1:{port}")
        _wait(node, process)
        yield node
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(node: Node, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while not _answers(node):
        if process.poll() is not None or time.monotonic() > deadline:
            raise NodeError("Anvil did not start: is it 1.7 or newer?")
        time.sleep(0.05)


def _answers(node: Node) -> bool:
    try:
        node.request("eth_chainId")
    except requests.ConnectionError:
        return False
    return True
