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


Block = tuple[int, list[Call]]  # unix seconds, and what happens then


def simulate(node: Node, *blocks: Block) -> list[list[Outcome]]:
    """Outcomes by block, each on top of the last one. What they change is forgotten afterwards."""
    [outcomes] = simulate_each(node, [list(blocks)])
    return outcomes


def simulate_each(node: Node, chains: list[list[Block]]) -> list[list[list[Outcome]]]:
    """Several chains of blocks that know nothing of one another, in one request."""
    answers = node.batch(
        [("eth_simulateV1", [{"blockStateCalls": _encoded(chain)}, "latest"]) for chain in chains]
    )
    return [
        [
            [_outcome(call, answer) for call, answer in zip(calls, block["calls"], strict=True)]
            for (_, calls), block in zip(chain, blocks, strict=True)
        ]
        for chain, blocks in zip(chains, answers, strict=True)
    ]


def _encoded(blocks: list[Block]) -> list[dict[str, Any]]:
    return [
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


def _outcome(call: Call, answer: dict[str, Any]) -> Outcome:
    return Outcome(
        call,
        int(answer["status"], 16) == 1,
        bytes.fromhex(answer["returnData"][2:]),
        int(answer["gasUsed"], 16),
        answer["logs"],
    )
