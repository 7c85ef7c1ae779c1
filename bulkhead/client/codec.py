"""Calls, answers and logs of the package's contracts, in bytes and in Python values.

ABIs are those in `bulkhead/abi`. Addresses come out with their checksum, structs as tuples.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from bulkhead.exceptions import InvalidInput

_ERROR = bytes.fromhex("08c379a0")  # Error(string)
_PANIC = bytes.fromhex("4e487b71")  # Panic(uint256)


@dataclass(frozen=True)
class Event:
    """A decoded log: `values` by field name, in the order of the ABI."""

    name: str
    values: dict[str, Any]
    address: str
    block: int
    transaction: str
    index: int  # of the log in its block

    def __getitem__(self, field: str) -> Any:
        return self.values[field]


def canonical(entry: dict[str, Any]) -> str:
    """The type of an ABI parameter as signatures have it: structs as tuples."""
    kind = str(entry["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(canonical, entry['components']))}){kind.removeprefix('tuple')}"


@cache
def checksum(address: str) -> str:
    return str(to_checksum_address(address))


def parse_address(value: Any, what: str = "address") -> str:
    """The address with its checksum, from one with it or in lower case. Raises InvalidInput."""
    try:
        address = checksum(value)
    except (ValueError, TypeError):
        raise InvalidInput(f"{what}: {value!r} is not an address") from None
    if value not in (address, address.lower()):
        raise InvalidInput(f"{what}: {value} has a wrong checksum", f"Did you mean {address}?")
    return address


@cache
def selector(signature: str) -> bytes:
    return bytes(keccak(text=signature)[:4])


def call_data(signature: str, *arguments: Any) -> str:
    """Call data, hex, of a function without structs: `call_data("mint(address,uint256)", ...)`."""
    inner = signature[signature.index("(") + 1 : -1]
    types = inner.split(",") if inner else []
    return "0x" + (selector(signature) + abi_encode(types, arguments)).hex()


def revert_reason(output: bytes) -> str:
    """The text of `Error(string)`; empty where there is none."""
    if output[:4] == _ERROR:
        return str(abi_decode(["string"], output[4:])[0])
    return "checked arithmetic" if output[:4] == _PANIC else ""


class Abi:
    """One contract's interface. Overloads are told apart by their number of arguments."""

    def __init__(self, entries: Iterable[dict[str, Any]]) -> None:
        self.entries = list(entries)
        self._functions: dict[tuple[str, int], _Function] = {}
        self._events: dict[str, _EventType] = {}
        for entry in self.entries:
            if entry["type"] == "function":
                function = _Function(entry)
                self._functions[entry["name"], len(function.inputs)] = function
            elif entry["type"] == "event":
                event = _EventType(entry)
                self._events[event.topic] = event

    def encode(self, name: str, *arguments: Any) -> str:
        """Call data, hex."""
        function = self._function(name, len(arguments))
        return "0x" + (function.selector + abi_encode(function.inputs, arguments)).hex()

    def decode(self, name: str, count: int, output: bytes) -> Any:
        """None, the only value, or a tuple of what a function with `count` arguments answers."""
        function = self._function(name, count)
        values = _clean(abi_decode(function.outputs, output), function.outputs)
        return values[0] if len(values) == 1 else (values or None)

    def encode_constructor(self, *arguments: Any) -> bytes:
        """What follows the creation code; nothing where there is no constructor."""
        found = (entry for entry in self.entries if entry["type"] == "constructor")
        inputs: list[dict[str, Any]] = next(found, {"inputs": []})["inputs"]
        return bytes(abi_encode(list(map(canonical, inputs)), arguments))

    def topic(self, name: str) -> str:
        return next(topic for topic, event in self._events.items() if event.name == name)

    def decode_logs(self, logs: Iterable[dict[str, Any]]) -> list[Event]:
        """Those that are events of this contract, in their order."""
        found = []
        for log in logs:
            event = self._events.get(log["topics"][0]) if log["topics"] else None
            if event is not None:
                found.append(event.decode(log))
        return found

    def _function(self, name: str, count: int) -> _Function:
        try:
            return self._functions[name, count]
        except KeyError:
            raise TypeError(f"no function {name} with {count} arguments") from None


@cache
def package_abi(name: str) -> Abi:
    """The ABI that the package ships for a contract, such as `PairVault`."""
    return Abi(json.loads((files("bulkhead") / "abi" / f"{name}.json").read_text("utf-8")))


class _Function:
    def __init__(self, entry: dict[str, Any]) -> None:
        self.inputs = [canonical(item) for item in entry["inputs"]]
        self.outputs = [canonical(item) for item in entry["outputs"]]
        self.selector = selector(f"{entry['name']}({','.join(self.inputs)})")


class _EventType:
    def __init__(self, entry: dict[str, Any]) -> None:
        self.name: str = entry["name"]
        self.fields = [
            (item["name"], canonical(item), bool(item["indexed"])) for item in entry["inputs"]
        ]
        signature = f"{self.name}({','.join(kind for _, kind, _ in self.fields)})"
        self.topic = "0x" + keccak(text=signature).hex()
        self._plain = [kind for _, kind, is_indexed in self.fields if not is_indexed]

    def decode(self, log: dict[str, Any]) -> Event:
        indexed = (bytes.fromhex(topic[2:]) for topic in log["topics"][1:])
        plain = self._plain_values(bytes.fromhex(log["data"][2:]))
        values = {
            name: _from_word(kind, next(indexed)) if is_indexed else next(plain)
            for name, kind, is_indexed in self.fields
        }
        return Event(
            self.name,
            values,
            checksum(log["address"]),
            int(log["blockNumber"], 16),
            log["transactionHash"],
            int(log["logIndex"], 16),
        )

    def _plain_values(self, data: bytes) -> Iterator[Any]:
        if not all(map(_is_word, self._plain)):
            return iter(_clean(abi_decode(self._plain, data), self._plain))
        # many times as fast, where an index reads a hundred thousand
        words = (data[i : i + 32] for i in range(0, len(data), 32))
        return map(_from_word, self._plain, words)


@cache
def _is_word(kind: str) -> bool:
    """Whether values of a type take one word, whatever they are."""
    return kind in ("address", "bool", "bytes32") or (
        kind.startswith(("uint", "int")) and "[" not in kind
    )


def _from_word(kind: str, word: bytes) -> Any:
    if len(word) != 32:
        raise ValueError("a log is shorter than its event")
    if kind == "address":
        return checksum("0x" + word[12:].hex())
    if kind == "bool":
        return word[-1] != 0
    if kind.startswith(("uint", "int")):
        return int.from_bytes(word, "big", signed=kind.startswith("int"))
    return word


def _clean(values: Iterable[Any], types: list[str]) -> tuple[Any, ...]:
    """Addresses with their checksum; inside structs too, recognised by their form."""
    return tuple(
        checksum(value)
        if kind == "address"
        else tuple(_clean_nested(item) for item in value)
        if isinstance(value, (tuple, list))
        else value
        for value, kind in zip(values, types, strict=True)
    )


def _clean_nested(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return tuple(_clean_nested(item) for item in value)
    is_address = isinstance(value, str) and value.startswith("0x") and len(value) == 42
    return checksum(value) if is_address else value
