"""Where the gas of one transaction goes: by contract, by kind of opcode, by function, by line.

The node's step trace gives the cost of every opcode; the compiler's source map tells whose it is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.bench.node import Node
from tools.compiler import Compiler

_KINDS = {
    "storage": ("SLOAD", "SSTORE"),
    "transient": ("TLOAD", "TSTORE"),
    "log": ("LOG0", "LOG1", "LOG2", "LOG3", "LOG4"),
    "hash": ("KECCAK256",),
    "memory": ("MLOAD", "MSTORE", "MSTORE8", "MCOPY"),
    "immutables": ("CODECOPY",),
    "call data": ("CALLDATALOAD", "CALLDATACOPY", "CALLDATASIZE"),
    "jump": ("JUMP", "JUMPI", "JUMPDEST"),
    "call": ("CALL", "STATICCALL", "DELEGATECALL"),
    "return data": ("RETURNDATACOPY", "RETURNDATASIZE", "RETURN", "REVERT"),
}
_KIND_OF = {opcode: kind for kind, opcodes in _KINDS.items() for opcode in opcodes}

Place = tuple[str, int]  # "module.function", line


@dataclass
class Profile:
    """Gas by several keys; each sums to the execution's gas, call overhead included."""

    contract: str  # the profiled one
    contracts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(
        default_factory=Counter
    )  # of the profiled contract alone, as all below
    functions: Counter[str] = field(default_factory=Counter)
    lines: Counter[Place] = field(default_factory=Counter)
    memory: int = 0  # bytes at the end


@dataclass(frozen=True)
class SourceMap:
    """Program counter to function and line, of one contract's runtime code."""

    places: Mapping[int, Place]

    @classmethod
    def of(cls, compiler: Compiler, contract: str) -> SourceMap:
        path = next(file for file in compiler.sources.deployables if file.stem == contract)
        maps = json.loads(compiler.run("source_map_runtime", [path])[0])
        tree = json.loads(compiler.run("annotated_ast", [path])[0])
        modules = {tree["ast"]["source_id"]: tree["ast"]}
        modules |= {module["source_id"]: module for module in tree["imports"]}
        names = {
            source: dict(_lines(str(module["path"]).rsplit("/", 1)[-1].split(".")[0], module))
            for source, module in modules.items()
        }
        places = {}
        for counter, position in maps["pc_pos_map"].items():
            node = maps["pc_ast_map"].get(counter)
            if node is not None:
                name = names.get(node[0], {}).get(position[0])
                if name is not None:
                    places[int(counter)] = (name, position[0])
        return cls(places)


def _lines(stem: str, module: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for item in module["body"]:
        if item["ast_type"] == "FunctionDef":
            for line in range(item["lineno"], item["end_lineno"] + 1):
                yield line, f"{stem}.{item['name']}"


def trace(node: Node, txn_hash: str) -> list[dict[str, Any]]:
    """Steps of a mined transaction. The node must have been started with tracing."""
    options = {"disableStorage": True, "disableMemory": True}
    answer = node.request("debug_traceTransaction", txn_hash, options)
    steps: list[dict[str, Any]] = answer["structLogs"]
    return steps


def profile(
    steps: list[dict[str, Any]], to: str, names: Mapping[str, str], source_map: SourceMap
) -> Profile:
    """Sum up `steps` of a call of `to`. `names`: what to call contracts, by lower-case address."""
    found = Profile(names[to.lower()])
    callees = [to.lower()]
    place: Place = ("entry", 0)
    for step, following in zip(steps, [*steps[1:], {"depth": 0}], strict=True):
        depth, cost = step["depth"], step["gasCost"]
        del callees[depth:]
        address = callees[-1]
        if following["depth"] > depth:
            callees.append(f"0x{int(step['stack'][-2], 16):040x}")
            cost -= following["gas"]  # what the callee was given
        elif following["depth"] == depth:  # a precompile has no steps, and gives back what is left
            cost = step["gas"] - following["gas"]
        found.contracts[names.get(address, address)] += cost
        if depth == 1:
            place = source_map.places.get(step["pc"], place)
            found.kinds[_KIND_OF.get(step["op"], "stack and arithmetic")] += cost
            found.functions[place[0]] += cost
            found.lines[place] += cost
            found.memory = max(found.memory, _reach(step))
    return found


def _reach(step: dict[str, Any]) -> int:
    """The end of the memory that a step touches, as far as memory opcodes tell; bytes."""
    stack = step["stack"]
    if step["op"] in ("MLOAD", "MSTORE"):
        return int(stack[-1], 16) + 32
    if step["op"] == "MCOPY":
        return max(int(stack[-1], 16), int(stack[-2], 16)) + int(stack[-3], 16)
    return 0
