"""A node's JSON-RPC without anything in between: batches of views, logs, and a local chain's clock.

Ape signs and sends where keys are at stake. This is for reading much at once, and for a local
Anvil, whose accounts are unlocked: a transaction is one request there instead of some thirty.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from bulkhead.client.codec import Abi, revert_reason
from bulkhead.client.logs import LOG_SPAN, LogReader, LogSpan
from bulkhead.exceptions import NodeError, NodeUnreachable, Refused
from bulkhead.model.types import EMPTY

GAS_LIMIT = 10_000_000
LOCAL_CHAIN_IDS = (1337, 31337)
BATCH = 500  # calls per request at most
_TIMEOUT_SECONDS = 60
_REFUSALS = (400, 413)  # by HTTP, of what is too much at once


@dataclass(frozen=True)
class View:
    """A view to be read: contract, ABI, function and its arguments, and who asks if it matters."""

    address: str
    abi: Abi
    function: str
    arguments: tuple[Any, ...] = ()
    sender: str = EMPTY

    def request(self, block: int | str = "latest") -> tuple[str, list[Any]]:
        data = self.abi.encode(self.function, *self.arguments)
        return "eth_call", [{"from": self.sender, "to": self.address, "data": data}, _tag(block)]

    def decode(self, output: str) -> Any:
        raw = bytes.fromhex(output[2:])
        if not raw:
            raise NodeError(
                f"{self.function} at {self.address} answered nothing",
                "There is no contract on this network at that address: check --network.",
            )
        return self.abi.decode(self.function, len(self.arguments), raw)


@dataclass(frozen=True)
class Receipt:
    """Of a transaction that succeeded."""

    transaction: str
    block: int
    gas_used: int
    logs: list[dict[str, Any]]


class Node:
    """One node, by its HTTP address."""

    def __init__(
        self, uri: str, timeout: float = _TIMEOUT_SECONDS, *, log_span: int = LOG_SPAN
    ) -> None:
        """`timeout` in seconds; `log_span` blocks of logs are asked for at once at most."""
        self.uri, self._timeout = uri, timeout
        self._session = requests.Session()
        # no proxies on the way to this machine
        self._session.trust_env = not uri.startswith(("http://127.0.0.1", "http://localhost"))
        self._ids = itertools.count(1)
        self._logs = LogReader(self, log_span)

    # ---- requests ----

    def request(self, name: str, *parameters: Any) -> Any:
        return _result(name, self._post([(name, list(parameters))])[0])

    def batch(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """Results in the order of the calls. Not for transactions: they need a request each."""
        answers = self._post(calls)
        return [_result(name, answer) for (name, _), answer in zip(calls, answers, strict=True)]

    def _post(self, calls: Sequence[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
        parts = [calls[i : i + BATCH] for i in range(0, len(calls), BATCH)]
        return [answer for part in parts for answer in self._post_part(part)]

    def _post_part(self, calls: Sequence[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
        payload = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": name, "params": parameters}
            for name, parameters in calls
        ]
        try:
            response = self._session.post(self.uri, json=payload, timeout=self._timeout)
            response.raise_for_status()
            answers = response.json()
        except requests.HTTPError as error:
            kind = NodeError if error.response.status_code in _REFUSALS else NodeUnreachable
            raise kind(f"the node refuses: {error}", "Check --network.") from error
        except (requests.RequestException, ValueError) as error:
            what = f"the node does not answer: {error}"
            raise NodeUnreachable(what, "Check --network.") from error
        if not isinstance(answers, list):  # an answer to the batch as a whole is a refusal
            raise NodeError(f"the node refused the batch: {answers}", "Use a node with batches.")
        by_id = {answer["id"]: answer for answer in answers}
        return [by_id[call["id"]] for call in payload]

    # ---- reading ----

    def view(self, address: str, abi: Abi, function: str, *arguments: Any) -> Any:
        return self.views([View(address, abi, function, arguments)])[0]

    def views(self, views: Sequence[View], block: int | str = "latest") -> list[Any]:
        """Many views of one block, by default the latest, in as few requests as nodes grant."""
        outputs = self.batch([view.request(block) for view in views])
        return [view.decode(output) for view, output in zip(views, outputs, strict=True)]

    def try_views(self, views: Sequence[View], block: int | str = "latest") -> list[Any]:
        """As `views`, with None where one reverts."""
        answers = self._post([view.request(block) for view in views])
        return [
            None if "error" in answer else view.decode(answer["result"])
            for view, answer in zip(views, answers, strict=True)
        ]

    def has_code(self, address: str) -> bool:
        return len(self.code(address)) > 0

    def code(self, address: str) -> bytes:
        return bytes.fromhex(self.request("eth_getCode", address, "latest")[2:])

    def birth(self, address: str) -> int:
        """The block in which a contract was created; the node must have the state of old blocks."""
        low, high = 0, int(self.block()["number"], 16)
        while low < high:
            middle = (low + high) // 2
            is_there = self.request("eth_getCode", address, hex(middle)) != "0x"
            low, high = (low, middle) if is_there else (middle + 1, high)
        return low

    def block(self, number: int | str = "latest") -> dict[str, Any]:
        found = self.request("eth_getBlockByNumber", _tag(number), False)
        if found is None:
            raise NodeError(f"the node has no block {number}", "Check --network.")
        return dict(found)

    def blocks(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Headers of those that the node has, by number."""
        found = self.batch([("eth_getBlockByNumber", [hex(n), False]) for n in numbers])
        return {n: block for n, block in zip(numbers, found, strict=True) if block is not None}

    @property
    def now(self) -> int:
        """Unix seconds of the last block: what views see."""
        return int(self.block()["timestamp"], 16)

    @property
    def head(self) -> int:
        """Number of the last block."""
        return int(self.request("eth_blockNumber"), 16)

    @property
    def chain_id(self) -> int:
        return int(self.request("eth_chainId"), 16)

    @property
    def is_fork(self) -> bool:
        """Whether this is a local node that plays a public network."""
        is_anvil = "anvil" in str(self.request("web3_clientVersion")).lower()
        return is_anvil and self.chain_id not in LOCAL_CHAIN_IDS

    def logs(self, addresses: Iterable[str], first: int, last: int | None = None) -> list[Any]:
        """Raw logs of contracts, from block `first` on."""
        return self._logs.read(addresses, first, self.head if last is None else last)

    def log_span(
        self, addresses: Iterable[str], first: int, last: int, anchor: int | None = None
    ) -> LogSpan:
        """As far towards `last` as the node grants at once: see `LogReader.span`."""
        return self._logs.span(addresses, first, last, anchor)

    # ---- a local chain ----

    def set_next(self, timestamp: int) -> None:
        """The next block happens then."""
        self.request("evm_setNextBlockTimestamp", timestamp)

    def mine(self, timestamp: int) -> None:
        self.set_next(timestamp)
        self.request("evm_mine")

    def send(self, sender: str, address: str, data: str) -> Receipt:
        """A transaction of an unlocked account. Raises Refused with the reason if it reverts."""
        transaction = {"from": sender, "to": address, "data": data, "gas": hex(GAS_LIMIT)}
        receipt = self.request("eth_sendTransactionSync", transaction)
        if int(receipt["status"], 16) != 1:
            raise Refused(self._why(receipt["transactionHash"]))
        return Receipt(
            receipt["transactionHash"],
            int(receipt["blockNumber"], 16),
            int(receipt["gasUsed"], 16),
            receipt["logs"],
        )

    def _why(self, transaction: str) -> str:
        options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        trace = self.request("debug_traceTransaction", transaction, options)
        return revert_reason(bytes.fromhex(trace.get("output", "0x")[2:]))


def _tag(block: int | str) -> str:
    return hex(block) if isinstance(block, int) else block


def _result(name: str, answer: dict[str, Any]) -> Any:
    if "error" in answer:
        message, data = answer["error"].get("message", answer["error"]), answer["error"].get("data")
        is_hex = isinstance(data, str) and data.startswith("0x")
        raise NodeError(
            f"{name}: {message}",
            "The node refused the request.",
            revert=bytes.fromhex(data[2:]) if is_hex else None,
        )
    return answer["result"]
