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


def some_arguments(
    abi: MethodABI, account: str, number: int = 1, named: dict[str, Any] | None = None
) -> tuple[Any, ...]:
    """One value for each input: `account` for every address, `number` for every number, a deadline
    long past; `named`: other values by the input's name."""
    fixed = {"deadline": 0} | (named or {})
    return tuple(fixed.get(item.name, _some(item, account, number)) for item in abi.inputs)


def _some(item: Any, account: str, number: int) -> Any:
    if item.components:
        return tuple(_some(part, account, number) for part in item.components)
    kind = str(item.canonical_type)
    values = {"address": account, "bool": True, "string": "a", "uint8": 27}
    if kind.startswith("bytes"):
        return bytes(int(kind[5:] or 65))
    return values.get(kind, number)


def all_calls(
    contract: ContractInstance, account: str, given: dict[str, tuple[Any, ...]] | None = None
) -> Iterator[tuple[MethodABI, bytes]]:
    """Each selector with its call data; `given`: arguments by name where made-up ones do not do."""
    for abi in methods(contract):
        arguments = (given or {}).get(abi.name) or some_arguments(abi, account)
        yield abi, payload(abi, arguments)
