"""Contracts without Ape's provider: code and ABI in, call data out.

Our own come from what `ape compile` has built, third parties' from `.artifacts`.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, is_dataclass
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from tools.bench.node import Node, NodeError, Transaction

ROOT = Path(__file__).resolve().parents[2]
CHAINLINK = "chainlink-0.0.12"
# ERC-5202: code that deploys what follows it; the preamble of a blueprint, version 0, no data.
_DEPLOYER = bytes.fromhex("3d81600a3d39f3")
_PREAMBLE = bytes.fromhex("fe7100")

ContractAbi = list[dict[str, Any]]


@dataclass(frozen=True)
class Code:
    """A contract that can be deployed."""

    name: str
    abi: ContractAbi
    initcode: bytes
    runtime: bytes = b""  # without immutables; of our own contracts

    def deploy(self, node: Node, sender: str, *arguments: Any) -> Contract:
        constructor = next((item for item in self.abi if item["type"] == "constructor"), {})
        data = self.initcode + _encoded(constructor.get("inputs", []), arguments)
        return Contract(node, node.send(sender, None, data).contract_address, self.abi)

    def deploy_blueprint(self, node: Node, sender: str) -> tuple[str, int]:
        """Address and gas."""
        code = _PREAMBLE + self.initcode
        data = bytes([0x61]) + len(code).to_bytes(2, "big") + _DEPLOYER + code
        deployed = node.send(sender, None, data)
        return deployed.contract_address, deployed.gas_used


@dataclass(frozen=True)
class Contract:
    """A deployed one. Overloads are told apart by the number of arguments."""

    node: Node
    address: str
    abi: ContractAbi

    def encode(self, function: str, *arguments: Any) -> bytes:
        item = self._function(function, len(arguments))
        signature = f"{function}({','.join(_type(part) for part in item['inputs'])})"
        return keccak(text=signature)[:4] + _encoded(item["inputs"], arguments)

    def send(self, sender: str, function: str, *arguments: Any, elapsed: int = 1) -> Transaction:
        data = self.encode(function, *arguments)
        return self.node.send(sender, self.address, data, elapsed=elapsed)

    def view(self, function: str, *arguments: Any) -> Any:
        """The only value, or all of them as a tuple; a struct is a tuple."""
        outputs = self._function(function, len(arguments))["outputs"]
        answer = self.node.call(self.address, self.encode(function, *arguments))
        values = decode([_type(part) for part in outputs], answer)
        return values[0] if len(values) == 1 else values

    def _function(self, name: str, count: int) -> dict[str, Any]:
        for item in self.abi:
            if item.get("name") == name and len(item.get("inputs", [])) == count:
                return item
        raise NodeError(f"no function {name} with {count} arguments")


def compiled(name: str) -> Code:
    """One of our contracts, as `ape compile` left it."""
    path = ROOT / ".build" / "__local__.json"
    if not path.is_file():
        raise NodeError("nothing is compiled: run `make compile`")
    found = json.loads(path.read_text("utf-8"))["contractTypes"].get(name)
    if found is None:
        raise NodeError(f"{name} is not compiled: run `make compile`")
    initcode, runtime = (
        bytes.fromhex(found[f"{kind}Bytecode"]["bytecode"].removeprefix("0x"))
        for kind in ("deployment", "runtime")
    )
    return Code(name, found["abi"], initcode, runtime)


def third_party(package: str, name: str) -> Code:
    """Someone else's published bytecode."""
    path = ROOT / ".artifacts" / package / f"{name}.json"
    if not path.is_file():
        raise NodeError(f"{path.name} is missing: run `python scripts/fetch_artifacts.py`")
    found = json.loads(path.read_text("utf-8"))
    return Code(name, found["abi"], bytes.fromhex(found["bytecode"].removeprefix("0x")))


def _type(part: dict[str, Any]) -> str:
    kind: str = part["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(inner) for inner in part['components'])}){kind[5:]}"


def _encoded(inputs: list[dict[str, Any]], arguments: tuple[Any, ...]) -> bytes:
    values = [
        astuple(value) if is_dataclass(value) and not isinstance(value, type) else value
        for value in arguments
    ]
    return encode([_type(part) for part in inputs], values)
