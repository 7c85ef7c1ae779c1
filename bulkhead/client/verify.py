"""Holding a deployment against its sources: what is on the chain, and what the manifest says of it.

Nothing is believed. Addresses are derived from the code that the compiler makes now; the code on
chain, immutables included, is compared with what that code returns when it runs as a constructor at
its address on the same chain; every parameter is read back. So whoever has changed a line of the
manifest, a byte of code or a setting is found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from bulkhead.client.codec import package_abi
from bulkhead.client.creation import as_texts
from bulkhead.client.deployments import (
    ADAPTER_BLUEPRINT,
    FACTORY,
    VAULT_BLUEPRINT,
    ContractEntry,
    Deployments,
    PairEntry,
)
from bulkhead.client.node import Node, View
from bulkhead.client.parts import (
    CREATE2_DEPLOYER,
    FEE_RECIPIENT,
    OWNER,
    Placed,
    oracle_of,
    place,
    salt_word,
    vault_of,
)
from bulkhead.client.record import SETTINGS
from bulkhead.exceptions import NodeError
from bulkhead.model.params import VaultParams

_TEXTS = ("asset", "oracle", "guardian", "name", "symbol")


@dataclass(frozen=True)
class Verifier:
    """`creation_codes` by contract and `compiler` are of the sources as they are now."""

    node: Node
    deployments: Deployments
    creation_codes: Mapping[str, bytes]
    compiler: Mapping[str, str]

    def findings(self) -> Iterator[str]:
        """One line for everything that does not hold; none where all is as the sources say."""
        record = self.deployments
        if record.compiler != self.compiler:
            yield f"compiler: the manifest says {record.compiler}, it is {dict(self.compiler)}"
        if FACTORY not in record.contracts:
            yield f"{FACTORY}: not in the manifest"
            return
        roles = record.contracts[FACTORY].arguments
        if set(roles) != {VAULT_BLUEPRINT, FEE_RECIPIENT, OWNER}:
            yield f"{FACTORY}: the manifest names other arguments"
            return
        placed = place(self.creation_codes, roles, record.salt)
        for item in placed:
            entry = record.contracts.get(item.part.name)
            if entry is None:
                yield f"{item.part.name}: not in the manifest"
            else:
                yield from self._contract(item, entry)
        known = {name: entry.address for name, entry in record.contracts.items()}
        if known != {item.part.name: item.address for item in placed}:
            return  # nothing of what follows would be where it is looked for
        yield from self._factory()
        for label, pair in record.pairs.items():
            for finding in self._pair(pair):
                yield f"{label}: {finding}"

    # ---- contracts ----

    def _contract(self, item: Placed, entry: ContractEntry) -> Iterator[str]:
        name = item.part.name
        if entry.address != item.address:
            yield f"{name}: the sources belong at {item.address}, the manifest says {entry.address}"
        if entry.arguments != item.arguments:
            yield f"{name}: the manifest says {entry.arguments}, it was made with {item.arguments}"
        if entry.init_code_hash != _hash(item.init_code):
            yield f"{name}: the manifest has another hash of the creation code"
        code = self.node.code(item.address)
        if entry.code_hash != _hash(code):
            yield f"{name}: the manifest has another hash of the code"
        if code != self._run(item.address, CREATE2_DEPLOYER, item.init_code):
            yield f"{name}: the code at {item.address} is not what the sources make"
        if entry.transaction:
            yield from self._transaction(item, entry)

    def _transaction(self, item: Placed, entry: ContractEntry) -> Iterator[str]:
        found = self.node.request("eth_getTransactionByHash", entry.transaction)
        data = "0x" + (salt_word(self.deployments.salt) + item.init_code).hex()
        if found is None or found["input"] != data or int(found["blockNumber"], 16) != entry.block:
            yield f"{item.part.name}: not created by {entry.transaction} in block {entry.block}"

    def _run(self, address: str, sender: str, init_code: bytes) -> bytes:
        """What a constructor returns where its contract stands: the code with its immutables."""
        override = {address: {"code": "0x" + init_code.hex()}}
        call = {"from": sender, "to": address, "data": "0x"}
        try:
            return bytes.fromhex(self.node.request("eth_call", call, "latest", override)[2:])
        except NodeError:  # a constructor that refuses makes no code
            return b""

    # ---- the factory ----

    def _factory(self) -> Iterator[str]:
        record, abi = self.deployments, package_abi("VaultFactory")
        factory, adapter = record.contract(FACTORY), record.contract(ADAPTER_BLUEPRINT)
        if not self.node.has_code(factory):
            return
        values = self.node.views([View(factory, abi, name) for name in SETTINGS])
        for name, value in zip(SETTINGS, map(str, values), strict=True):
            if record.settings.get(name) != value:
                said = record.settings.get(name)
                yield f"{FACTORY}: {name} is {value}, the manifest says {said}"
        if not self.node.view(factory, abi, "is_known_adapter", adapter):
            yield f"{FACTORY}: the Chainlink adapter is not registered"

    # ---- pairs ----

    def _pair(self, pair: PairEntry) -> Iterator[str]:
        factory = self.deployments.contract(FACTORY)
        share = int(pair.protocol_fee_share)
        try:
            params, config = params_of(pair.params), config_of(pair.config)
        except (KeyError, ValueError, IndexError) as error:
            yield f"the manifest's parameters cannot be read: {error}"
            return
        code = self.creation_codes["PairVault"]
        vault = vault_of(factory, pair.creator, code, params, share)
        adapter = self.deployments.contract(ADAPTER_BLUEPRINT)
        oracle = oracle_of(factory, adapter, self.creation_codes["ChainlinkOracle"], config)
        for what, said, made in (("vault", pair.vault, vault), ("oracle", pair.oracle, oracle)):
            if said != made.address:
                yield f"sources and parameters put the {what} at {made.address}, not at {said}"
                return
            if self.node.code(said) != self._run(said, factory, made.init_code):
                yield f"the code of the {what} at {said} is not what the sources make"
        yield from self._read_back(pair, params, config)

    def _read_back(
        self, pair: PairEntry, params: tuple[Any, ...], config: tuple[Any, ...]
    ) -> Iterator[str]:
        factory, of_factory = self.deployments.contract(FACTORY), package_abi("VaultFactory")
        own = package_abi("PairVault")
        found = self.node.try_views(
            [
                View(pair.vault, own, "get_params"),
                View(pair.oracle, package_abi("ChainlinkOracle"), "get_config"),
                View(factory, of_factory, "is_vault", (pair.vault,)),
                View(factory, of_factory, "is_verified", (pair.vault,)),
                View(pair.vault, own, "guardian"),
                View(pair.vault, own, "protocol_fee_share"),
            ]
        )
        expected = (params, config, True, True, pair.guardian, int(pair.protocol_fee_share))
        names = ("parameters", "oracle's configuration", "is_vault", "is_verified", "guardian",
                 "protocol's share of fees")  # fmt: skip
        for name, value, said in zip(names, found, expected, strict=True):
            if as_texts(value) != as_texts(said):
                yield f"{name}: the chain says {value}, the manifest {said}"
        if pair.asset != params[0]:
            yield f"asset: the vault's is {params[0]}, the manifest says {pair.asset}"


def params_of(texts: Mapping[str, str]) -> tuple[Any, ...]:
    """`VaultParams` of the manifest's texts."""
    return tuple(
        texts[name] if name in _TEXTS else int(texts[name])
        for name in VaultParams.__dataclass_fields__
    )


def config_of(texts: list[Any]) -> tuple[Any, ...]:
    """A `ChainlinkConfig` of the manifest's texts."""
    base, quote, sequencer_feed, grace_period = texts
    legs = ((leg[0], *map(int, leg[1:])) for leg in (base, quote))
    return (*legs, sequencer_feed, int(grace_period))


def _hash(code: bytes) -> str:
    return "0x" + keccak(code).hex()
