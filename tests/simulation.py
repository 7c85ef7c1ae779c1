"""Calls that leave no trace: whole blocks of them, at any time and gas limit, in one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ape.contracts import ContractInstance

from tests.node import GAS_LIMIT, Node, decode_output, encode, method, plain, revert_reason

_BLOCK_GAS = 10**10


@dataclass(frozen=True)
class Call:
    """One transaction of a simulated block."""

    sender: Any
    contract: ContractInstance
    function: str
    arguments: tuple[Any, ...] = ()
    gas: int = GAS_LIMIT


@dataclass(frozen=True)
class Outcome:
    """What came of a call. `output` is what it returned, or reverted with."""

    call: Call
    is_success: bool
    output: bytes
    gas_used: int
    logs: list[dict[str, Any]]

    @property
    def reason(self) -> str | None:
        """Of a revert; empty without one, None for something that is not `Error(string)`."""
        assert not self.is_success, f"{self.call.function} succeeded"
        return revert_reason(self.output) if self.output else ""

    @property
    def result(self) -> Any:
        """What a call returned that succeeded."""
        assert self.is_success, f"{self.call.function}: {self.reason!r}"
        abi = method(self.call.contract, self.call.function, len(self.call.arguments))
        return decode_output(abi, self.output)


def simulate(node: Node, *blocks: tuple[int, list[Call]]) -> list[list[Outcome]]:
    """Outcomes by block; each block is (unix seconds, calls), on top of the last one.

    What the calls change is forgotten afterwards.
    """
    request = [
        {
            "blockOverrides": {"time": hex(time), "gasLimit": hex(_BLOCK_GAS)},
            "calls": [
                {
                    "from": plain(call.sender),
                    "to": call.contract.address,
                    "data": encode(call.contract, call.function, *call.arguments),
                    "gas": hex(call.gas),
                }
                for call in calls
            ],
        }
        for time, calls in blocks
    ]
    answers = node.request("eth_simulateV1", {"blockStateCalls": request}, "latest")
    return [
        [
            Outcome(
                call,
                int(answer["status"], 16) == 1,
                bytes.fromhex(answer["returnData"][2:]),
                int(answer["gasUsed"], 16),
                answer["logs"],
            )
            for call, answer in zip(calls, block["calls"], strict=True)
        ]
        for (_, calls), block in zip(blocks, answers, strict=True)
    ]
