"""Every external function of a contract, from its ABI, with arguments that get past its door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ape.contracts import ContractInstance
from eth_abi import encode
from eth_utils import keccak
from ethpm_types.abi import MethodABI


def methods(contract: ContractInstance, *, is_view: bool | None = None) -> list[MethodABI]:
    """All selectors, overloads too; `is_view` picks those that cannot or can change state."""
    found = list(contract.contract_type.methods)
    return [abi for abi in found if is_view is None or is_view == (not abi.is_stateful)]


def payload(abi: MethodABI, arguments: tuple[Any, ...]) -> bytes:
    """Call data; structs as tuples."""
    types = [item.canonical_type for item in abi.inputs]
    return keccak(text=abi.selector)[:4] + encode(types, arguments)


def some_arguments(abi: MethodABI, account: str) -> tuple[Any, ...]:
    """One value for each input: `account` for every address, 1 for every number."""
    return tuple(_some(item, account) for item in abi.inputs)


def _some(item: Any, account: str) -> Any:
    if item.components:
        return tuple(_some(part, account) for part in item.components)
    if item.name == "deadline":
        return 0  # long past: a signature is not even looked at
    kind = str(item.canonical_type)
    if kind == "address":
        return account
    if kind == "bool":
        return True
    if kind == "string":
        return "a"
    if kind.startswith("bytes"):
        return bytes(int(kind[5:] or 65))
    return 1


def all_calls(
    contract: ContractInstance, account: str, given: dict[str, tuple[Any, ...]] | None = None
) -> Iterator[tuple[MethodABI, bytes]]:
    """Each selector with its call data; `given`: arguments by name where those made up do not do."""
    for abi in methods(contract):
        arguments = (given or {}).get(abi.name) or some_arguments(abi, account)
        yield abi, payload(abi, arguments)
