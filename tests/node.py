"""The local node without Ape in between: a transaction in three requests instead of some thirty.

Ape still starts the node, knows the contracts, and takes the chain back after every test.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import requests
from ape.api import AccountAPI
from ape.contracts import ContractInstance
from ape.managers.chain import ChainManager
from eth_abi import decode
from eth_abi import encode as codec_encode
from ethpm_types.abi import MethodABI

GAS_LIMIT = 10_000_000
_ETHER = 10**18
_ERROR = bytes.fromhex("08c379a0")  # Error(string)


class NodeError(AssertionError):
    """The node refused a request, or a transaction reverted that should not have."""


@dataclass(frozen=True)
class Receipt:
    """Of a transaction. `output` is what its call returned, or reverted with."""

    txn_hash: str
    is_success: bool
    gas_used: int
    timestamp: int
    output: bytes
    logs: list[dict[str, Any]]


def plain(value: Any) -> Any:
    """What a contract answers or takes, as integers, checksum addresses and tuples of them."""
    if isinstance(value, (AccountAPI, ContractInstance)):
        return str(value.address)
    if isinstance(value, (list, tuple)):
        return tuple(plain(item) for item in value)
    return value


def encode(contract: ContractInstance, function: str, *arguments: Any) -> str:
    """Call data, hex. An overload is found by the number of arguments."""
    return str(getattr(contract, function).encode_input(*arguments).to_0x_hex())


def method(contract: ContractInstance, function: str, count: int) -> MethodABI:
    """The overload that takes `count` arguments."""
    found = [abi for abi in contract.contract_type.methods if abi.name == function]
    return next(abi for abi in found if len(abi.inputs) == count)


def decode_output(abi: MethodABI, output: bytes) -> Any:
    """None, the only value, or a tuple. Addresses are lower case as the codec has them."""
    values = decode([item.canonical_type for item in abi.outputs], output)
    return values[0] if len(values) == 1 else (values or None)


def revert_reason(output: bytes) -> str | None:
    """The text of `Error(string)`, encoded as Solidity and Vyper do; None for anything else."""
    if output[:4] != _ERROR:
        return None
    (reason,) = decode(["string"], output[4:])
    return str(reason) if output[4:] == codec_encode(["string"], [reason]) else None


class Node:
    """JSON-RPC of the Anvil that Ape runs."""

    def __init__(self, chain: ChainManager) -> None:
        self._uri = str(chain.provider.http_uri)
        self._session = requests.Session()
        self._session.trust_env = False  # no proxies on the way to this machine
        self._ids = itertools.count(1)

    def __deepcopy__(self, memo: Any) -> Node:
        return self

    # ---- requests ----

    def request(self, name: str, *parameters: Any) -> Any:
        return self.batch([(name, parameters)])[0]

    def batch(self, calls: list[tuple[str, Any]]) -> list[Any]:
        """Results in the order of the calls. Not for transactions: they need a request each."""
        payload = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": name, "params": list(parameters)}
            for name, parameters in calls
        ]
        answers = self._session.post(self._uri, json=payload, timeout=60).json()
        by_id = {answer["id"]: answer for answer in answers}
        results = []
        for call in payload:
            answer = by_id[call["id"]]
            if "error" in answer:
                raise NodeError(f"{call['method']}: {answer['error']}")
            results.append(answer["result"])
        return results

    # ---- time ----

    @property
    def now(self) -> int:
        """Unix seconds of the last block."""
        return int(self.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def set_next(self, timestamp: int) -> None:
        self.request("evm_setNextBlockTimestamp", timestamp)

    def mine(self, timestamp: int) -> None:
        self.set_next(timestamp)
        self.request("evm_mine")

    # ---- calls ----

    def send(
        self, sender: Any, contract: ContractInstance, function: str, *arguments: Any
    ) -> Receipt:
        """Make a transaction, which must succeed. A contract may be the sender, too."""
        receipt = self.attempt(sender, contract, function, *arguments)
        if not receipt.is_success:
            raise NodeError(f"{function} reverted: {revert_reason(receipt.output)!r}")
        return receipt

    def attempt(
        self, sender: Any, contract: ContractInstance, function: str, *arguments: Any
    ) -> Receipt:
        """Make a transaction that may revert; it is mined all the same."""
        origin = plain(sender)
        if not isinstance(sender, AccountAPI):
            self.request("anvil_setBalance", origin, hex(_ETHER))
            self.request("anvil_impersonateAccount", origin)
        transaction = {
            "from": origin,
            "to": contract.address,
            "data": encode(contract, function, *arguments),
            "gas": hex(GAS_LIMIT),
        }
        receipt = self.request("eth_sendTransactionSync", transaction)
        options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        top, block = self.batch(
            [
                ("debug_traceTransaction", [receipt["transactionHash"], options]),
                ("eth_getBlockByNumber", [receipt["blockNumber"], False]),
            ]
        )
        return Receipt(
            receipt["transactionHash"],
            int(receipt["status"], 16) == 1,
            int(receipt["gasUsed"], 16),
            int(block["timestamp"], 16),
            bytes.fromhex(top.get("output", "0x")[2:]),
            receipt["logs"],
        )

    def view(self, contract: ContractInstance, function: str, *arguments: Any) -> Any:
        return self.views([(contract, function, *arguments)])[0]

    def views(self, calls: list[tuple[Any, ...]]) -> list[Any]:
        """Many views at once, each (contract, function, arguments...)."""
        outputs = self.batch(
            [
                ("eth_call", [{"to": contract.address, "data": encode(contract, *call)}, "latest"])
                for contract, *call in calls
            ]
        )
        return [
            decode_output(method(contract, call[0], len(call) - 1), bytes.fromhex(output[2:]))
            for (contract, *call), output in zip(calls, outputs, strict=True)
        ]
