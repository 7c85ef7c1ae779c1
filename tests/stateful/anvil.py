"""A node of our own: whole sequences as one `eth_simulateV1`, or mined block by block."""

from __future__ import annotations

import itertools
import socket
import subprocess
import time
from collections.abc import Iterable, Sequence
from typing import Any

import requests

from tests.stateful.words import DEPLOYER, KEYS, Log, Names
from tests.stateful.world import BIRTH, Answer, Call

_BLOCK_GAS = 2**50
_BLOCKS_AT_ONCE = 200  # the node takes no more in one request


class NodeError(AssertionError):
    """The node did not take a request."""


Block = tuple[int, Sequence[Call]]  # unix seconds, calls in order


class Anvil:
    chain_id = 31_337

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        options = {
            "--port": self.port,
            "--timestamp": BIRTH,
            "--gas-limit": _BLOCK_GAS,
            "--base-fee": 0,
            "--gas-price": 0,
            "--hardfork": "prague",
            "--order": "fifo",
            "--transaction-block-keeper": 50,
        }
        arguments = [str(item) for pair in options.items() for item in pair]
        self._process = subprocess.Popen(
            ["anvil", "--silent", "--no-mining", "--auto-impersonate", *arguments],
            stdout=subprocess.DEVNULL,
        )
        self._session = requests.Session()
        self._ids = itertools.count(1)
        self._owner = KEYS[DEPLOYER].public_key.to_address()
        self.now = BIRTH
        self._wait()

    def close(self) -> None:
        self._session.close()
        self._process.terminate()
        self._process.wait(10)

    def _wait(self) -> None:
        for _ in range(200):
            try:
                self.rpc("eth_chainId")
            except requests.ConnectionError:  # noqa: PERF203 - it is still starting
                time.sleep(0.05)
            else:
                break
        else:
            raise NodeError("anvil did not start")
        # zero prices do not save a sender from being asked for the means
        self.batch(
            "anvil_setBalance",
            [(key.public_key.to_address(), hex(10**30)) for key in KEYS.values()],
        )

    # ---- requests ----

    def rpc(self, method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        answer = self._session.post(self.url, json=body, timeout=300).json()
        if "error" in answer:
            raise NodeError(f"{method}: {answer['error']}")
        return answer["result"]

    def batch(self, method: str, params: Iterable[Sequence[Any]]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": item}
            for index, item in enumerate(params)
        ]
        if not body:
            return []
        answers = self._session.post(self.url, json=body, timeout=300).json()
        for answer in answers:
            if "error" in answer:
                raise NodeError(f"{method}: {answer['error']}")
        return [answer["result"] for answer in sorted(answers, key=lambda item: item["id"])]

    # ---- building ----

    def deploy(self, code: bytes) -> bytes:
        receipt = self._mine_one({"from": self._owner, "data": "0x" + code.hex()})
        return bytes.fromhex(receipt["contractAddress"][2:])

    def transact(self, sender: bytes, target: bytes, data: bytes) -> None:
        self._mine_one(
            {"from": "0x" + sender.hex(), "to": "0x" + target.hex(), "data": "0x" + data.hex()}
        )

    def read(self, target: bytes, data: bytes) -> bytes:
        call = {"to": "0x" + target.hex(), "data": "0x" + data.hex()}
        return bytes.fromhex(self.rpc("eth_call", call, "latest")[2:])

    def _mine_one(self, transaction: dict[str, Any]) -> Any:
        name = self.rpc("eth_sendTransaction", {**transaction, "gas": hex(16_000_000)})
        self.mine(self.now + 1)
        receipt = self.rpc("eth_getTransactionReceipt", name)
        if receipt["status"] != "0x1":
            raise NodeError(f"set-up reverted: {transaction['from']}")
        return receipt

    def mine(self, now: int) -> None:
        self.now = now
        self.rpc("evm_setNextBlockTimestamp", now)
        self.rpc("evm_mine")

    # ---- running ----

    def simulate(self, names: Names, blocks: Sequence[Block]) -> list[Answer]:
        """On top of the last block, keeping nothing. A block per moment, moments ascending."""
        state = [
            {
                "blockOverrides": {"time": hex(now), "gasLimit": hex(_BLOCK_GAS)},
                "calls": [_request(names, call) for call in calls],
            }
            for now, calls in blocks
        ]
        found = self.rpc(
            "eth_simulateV1", {"blockStateCalls": state, "validation": False}, "latest"
        )
        targets = [names.hex(call.target) for _, calls in blocks for call in calls]
        answers = [answer for block in found for answer in block["calls"]]
        return [_answer(answer, target) for answer, target in zip(answers, targets, strict=True)]

    def mine_calls(self, names: Names, now: int, calls: Sequence[Call]) -> list[Answer]:
        """One block, with all of `calls` in their order."""
        hashes = self.batch("eth_sendTransaction", [(_request(names, call),) for call in calls])
        self.mine(now)
        receipts = self.batch("eth_getTransactionReceipt", [(name,) for name in hashes])
        return [
            Answer(
                receipt["status"] == "0x1", None, logs_of(receipt["logs"], names.hex(call.target))
            )
            for receipt, call in zip(receipts, calls, strict=True)
        ]

    def call(self, names: Names, call: Call) -> bytes:
        """A view, at the time of the last block."""
        overrides = {"time": hex(self.now)}
        answer = self.rpc("eth_call", _request(names, call), "latest", {}, overrides)
        return bytes.fromhex(answer[2:])


def _request(names: Names, call: Call) -> dict[str, str]:
    return {
        "from": names.hex(call.sender),
        "to": names.hex(call.target),
        "data": "0x" + call.data.hex(),
        "gas": hex(call.gas),
    }


def _answer(answer: dict[str, Any], target: str) -> Answer:
    is_success = answer["status"] == "0x1"
    if is_success:
        output = answer["returnData"]
    else:
        output = (answer.get("error") or {}).get("data") or answer["returnData"]
    return Answer(
        is_success,
        bytes.fromhex(output[2:]),
        logs_of(answer["logs"], target),
    )


def logs_of(logs: list[dict[str, Any]], target: str) -> list[Log]:
    """Those of one contract."""
    return [
        (tuple(bytes.fromhex(t[2:]) for t in log["topics"]), bytes.fromhex(log["data"][2:]))
        for log in logs
        if log["address"] == target
    ]
