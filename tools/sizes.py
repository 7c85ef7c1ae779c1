"""Code sizes of every deployable, and the limits that hold for them."""

from __future__ import annotations

from typing import Any

from tools.compiler import Compiler
from tools.layout import immutables_size

CODE_LIMIT = 24_576  # EIP-170, for the code of a contract and of a blueprint
INITCODE_LIMIT = 49_152  # EIP-3860
BLUEPRINT_PREAMBLE = bytes.fromhex("fe7100")  # ERC-5202, version 0, no data
# Our own limit for runtime code with immutables, below EIP-170's.
RUNTIME_LIMITS = {"PairVault": 24_000}
# Contracts that are made from a blueprint, which then is code itself.
BLUEPRINTS = {"PairVault", "ChainlinkOracle", "PythOracle", "Rehearsal"}


def measure(output: dict[str, Any]) -> dict[str, int]:
    """Bytes of a compiled contract; initcode without constructor arguments."""
    runtime = _length(output["bytecode_runtime"])
    initcode = _length(output["bytecode"])
    return {
        "runtime": runtime,
        "runtime_with_immutables": runtime + immutables_size(output["layout"]),
        "initcode": initcode,
        "blueprint": initcode + len(BLUEPRINT_PREAMBLE),
    }


def sizes(compiler: Compiler) -> dict[str, Any]:
    """The snapshot: sizes by contract under the settings that they hold for."""
    return {
        "compiler": compiler.version,
        "evm_version": compiler.evm_version,
        "contracts": {
            contract: measure(output) for contract, output in sorted(compiler.contracts.items())
        },
    }


def violations(contracts: dict[str, dict[str, int]]) -> list[str]:
    """One line for every limit that a contract is over."""
    problems = []
    for contract, size in contracts.items():
        limits = {
            "runtime_with_immutables": RUNTIME_LIMITS.get(contract, CODE_LIMIT),
            "initcode": INITCODE_LIMIT,
        }
        if contract in BLUEPRINTS:
            limits["blueprint"] = CODE_LIMIT
        problems += [
            f"{contract}: {what} of {size[what]:,} bytes is over the limit of {limit:,}"
            for what, limit in limits.items()
            if size[what] > limit
        ]
    return problems


def _length(code: str) -> int:
    return len(bytes.fromhex(code.removeprefix("0x")))
