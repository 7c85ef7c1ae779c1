"""The file `deployments/<chain id>.json`: what of Bulkhead is where on a network.

Written anew, whole, after every step, so that an interrupted command can be repeated.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bulkhead.client.node import Node
from bulkhead.exceptions import InvalidInput, NotDeployed
from bulkhead.model.types import EMPTY

FOLDER = Path("deployments")
VAULT_BLUEPRINT = "PairVault blueprint"
ADAPTER_BLUEPRINT = "ChainlinkOracle blueprint"
FACTORY = "VaultFactory"
ORDER_BOOK = "OrderBook"
REHEARSAL_BLUEPRINT = "Rehearsal blueprint"
LENS = "VaultLens"
ROUTER = "Router"


@dataclass(frozen=True)
class ContractEntry:
    """One contract: where it is, since when, and what it was made of."""

    address: str
    block: int
    transaction: str  # that created it; empty if it was there before
    arguments: dict[str, str]  # of the constructor, addresses by what they are, in their order
    init_code_hash: (
        str  # keccak of creation code and arguments: with salt and deployer, the address
    )
    code_hash: str  # keccak of the code on chain


@dataclass(frozen=True)
class PairEntry:
    """One pair: addresses, and the block from which on its events are to be read.

    The rest is for `verify_deployment`; numbers are texts, since JSON's are not exact everywhere.
    """

    vault: str
    oracle: str
    asset: str
    block: int
    creator: str = EMPTY
    protocol_fee_share: str = "0"  # WAD
    params: dict[str, str] = field(default_factory=dict)
    config: list[Any] = field(default_factory=list)  # of the oracle
    guardian: str = EMPTY  # now; that of birth is in `params`


@dataclass
class Deployments:
    """What is known of one network. `contracts` by name, `pairs` by label."""

    path: Path
    chain_id: int
    genesis: str  # hash of block 0: tells two local chains with the same id apart
    block: int = 0  # in which the factory was deployed, or before
    salt: str = ""  # of the contracts' addresses
    compiler: dict[str, str] = field(default_factory=dict)  # version and settings
    settings: dict[str, str] = field(default_factory=dict)  # of the factory: owner, fees
    contracts: dict[str, ContractEntry] = field(default_factory=dict)
    mocks: dict[str, str] = field(default_factory=dict)
    pairs: dict[str, PairEntry] = field(default_factory=dict)

    @classmethod
    def open(cls, node: Node, folder: Path = FOLDER) -> Deployments:
        """Of the network that `node` is on; empty where there is no file, or one of another
        chain that had the same id. A fork has a file of its own, lest it overwrites the network's.
        """
        chain_id, genesis = node.chain_id, str(node.block(0)["hash"])
        path = folder / f"{chain_id}{'-fork' if node.is_fork else ''}.json"
        found = cls(path, chain_id, genesis)
        if not path.is_file():
            return found
        content = _read(path)
        if content.get("genesis") != genesis:
            return found
        try:
            found.block = int(content["block"])
            found.salt = str(content["salt"])
            found.compiler = dict(content["compiler"])
            found.settings = dict(content["settings"])
            found.contracts = {
                name: ContractEntry(**entry) for name, entry in content["contracts"].items()
            }
            found.mocks = dict(content.get("mocks", {}))
            found.pairs = {label: PairEntry(**entry) for label, entry in content["pairs"].items()}
        except (KeyError, TypeError, AttributeError) as error:
            raise _damaged(path, str(error)) from error
        return found

    def save(self) -> None:
        """Whole or not at all: written beside, then moved into place."""
        content: dict[str, Any] = {
            "chain_id": self.chain_id,
            "genesis": self.genesis,
            "block": self.block,
            "salt": self.salt,
            "compiler": self.compiler,
            "settings": self.settings,
            "contracts": {name: asdict(entry) for name, entry in self.contracts.items()},
            "mocks": self.mocks,
            "pairs": {label: asdict(entry) for label, entry in self.pairs.items()},
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".", suffix=".partial")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps(content, indent=2) + "\n")
            Path(name).chmod(0o644)
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def contract(self, name: str) -> str:
        """The address of what `deploy` has put there, such as FACTORY or ORDER_BOOK."""
        if name not in self.contracts:
            raise NotDeployed(
                f"{name} is not deployed on chain {self.chain_id}",
                "Run `ape run deploy` with the same --network first.",
            )
        return self.contracts[name].address

    def pair(self, label: str | None) -> tuple[str, PairEntry]:
        """The pair of that label (any case); without a label the only one there is."""
        if label is None and len(self.pairs) == 1:
            ((only, entry),) = self.pairs.items()
            return only, entry
        for known, entry in self.pairs.items():
            if label is not None and known.lower() == label.lower():
                return known, entry
        known_labels = ", ".join(self.pairs) or "none"
        problem = "say which pair" if label is None else f"unknown pair {label!r}"
        raise NotDeployed(
            f"{problem}; on chain {self.chain_id} there are: {known_labels}",
            "Name one with --pair, or create it: `ape run create_pair pairs/…toml`.",
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(content, dict):
        raise _damaged(path, "no JSON object")
    return content


def _damaged(path: Path, what: str) -> InvalidInput:
    return InvalidInput(
        f"{path} cannot be read: {what}", "Repair it, or move it away and deploy again."
    )
