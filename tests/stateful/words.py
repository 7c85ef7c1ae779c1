"""Names, words and call data: what the model says in names and integers, as the chain says it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import cache
from typing import Any

from eth_keys.main import KeyAPI
from eth_utils import keccak

from bulkhead.model import EMPTY
from bulkhead.model import events as model_events

_UINT256 = 2**256 - 1

TRADERS = ("ann", "bob", "cid", "dan")
OPERATORS = ("olga", "otto")
LPS = ("lena", "luis", "lara")
KEEPERS = ("kim", "kai")
GUARDIANS = ("gus", "gwen")
TREASURY, STRANGER, DEPLOYER = "treasury", "sam", "deployer"
PEOPLE = (*TRADERS, *OPERATORS, *LPS, *KEEPERS, *GUARDIANS, STRANGER)
POSITION_IDS = (0, 1, 2)

KEYS = {name: KeyAPI.PrivateKey(keccak(text=name)) for name in (*PEOPLE, DEPLOYER, TREASURY)}


def word(value: int | str | bool) -> bytes:
    """A static ABI value. Accounts by name are looked up by `Names`, not here."""
    return (int(value) & _UINT256).to_bytes(32, "big")


@cache
def address_number(name: str) -> int:
    """Of a person, or of nobody: the same on every chain."""
    return (
        0 if name == EMPTY else int.from_bytes(KEYS[name].public_key.to_canonical_address(), "big")
    )


class Names:
    """Who is who on one chain: people have fixed keys, contracts are where they were deployed."""

    def __init__(self) -> None:
        self.addresses = {name: key.public_key.to_canonical_address() for name, key in KEYS.items()}
        self.addresses[EMPTY] = bytes(20)
        self.addresses["seed"] = bytes.fromhex("000000000000000000000000000000000000dead")
        self.words: dict[str, bytes] = {}
        self._texts: dict[str, str] = {}
        for name, address in list(self.addresses.items()):
            self.add(name, address)

    def add(self, name: str, address: bytes) -> None:
        self.addresses[name] = address
        self.words[name] = bytes(12) + address
        self._texts[name] = "0x" + address.hex()

    def hex(self, name: str) -> str:
        return self._texts[name]

    def word(self, value: int | str | bool) -> bytes:
        return self.words[value] if isinstance(value, str) else word(value)

    def encode(self, values: Iterable[int | str | bool]) -> bytes:
        return b"".join(map(self.word, values))


# ---- calls ----

_SELECTORS: dict[str, bytes] = {}


def selector(signature: str) -> bytes:
    found = _SELECTORS.get(signature)
    if found is None:
        found = _SELECTORS[signature] = keccak(text=signature)[:4]
    return found


def error(reason: str) -> bytes:
    """Revert data with a reason; none at all where the reason is empty."""
    if not reason:
        return b""
    text = reason.encode()
    padded = text + bytes(-len(text) % 32)
    return b"\x08\xc3\x79\xa0" + word(32) + word(len(text)) + padded


def reason_of(data: bytes) -> str:
    """The text of `Error(string)`; whatever else it is, in hexadecimal."""
    if data[:4] != b"\x08\xc3\x79\xa0":
        return data.hex()
    return data[68 : 68 + int.from_bytes(data[36:68], "big")].decode(errors="replace")


# ---- events ----

Log = tuple[tuple[bytes, ...], bytes]  # topics, data


class EventCodec:
    """Topics and data of the model's events, by the vault's own ABI."""

    def __init__(self, abi: list[dict[str, Any]], names: Names) -> None:
        self._names = names
        self._shapes: dict[type, tuple[bytes, list[str], list[str]]] = {}
        by_name = {entry["name"]: entry for entry in abi if entry["type"] == "event"}
        for kind in vars(model_events).values():
            if isinstance(kind, type) and dataclasses.is_dataclass(kind):
                self._shapes[kind] = self._shape(kind, by_name[kind.__name__])

    @staticmethod
    def _shape(kind: type, entry: dict[str, Any]) -> tuple[bytes, list[str], list[str]]:
        fields = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
        inputs = entry["inputs"]
        assert len(fields) == len(inputs), kind
        topic = keccak(text=f"{entry['name']}({','.join(item['type'] for item in inputs)})")
        pairs = list(zip(fields, inputs, strict=True))
        return (
            topic,
            [field for field, item in pairs if item["indexed"]],
            [field for field, item in pairs if not item["indexed"]],
        )

    def encode(self, event: Any) -> Log:
        topic, indexed, plain = self._shapes[type(event)]
        to_word = self._names.word
        topics = (topic, *[to_word(getattr(event, field)) for field in indexed])
        return topics, b"".join([to_word(getattr(event, field)) for field in plain])

    def name_of(self, log: Log) -> str:
        for kind, (topic, _, _) in self._shapes.items():
            if log[0][0] == topic:
                return kind.__name__
        return log[0][0].hex()
