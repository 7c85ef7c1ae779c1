"""Deploying Bulkhead: blueprints, factory, periphery. Every step is skipped where it is done."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils.crypto import keccak

from bulkhead.client.codec import package_abi
from bulkhead.client.deployments import ADAPTER_BLUEPRINT, FACTORY, ContractEntry
from bulkhead.client.node import View
from bulkhead.client.parts import (
    CREATE2_DEPLOYER,
    DEFAULT_SALT,
    FEE_RECIPIENT,
    OWNER,
    PARTS,
    Placed,
    place,
    salt_word,
)
from bulkhead.client.record import record_settings
from bulkhead.client.sending import Sender, Transaction
from bulkhead.exceptions import InvalidInput, NodeError, NotDeployed


@dataclass(frozen=True)
class Terms:
    """What a deployment is to be: addresses at its birth, and the protocol's share of fees (WAD),
    None for as it is."""

    owner: str
    fee_recipient: str
    fee_share: int | None = None
    salt: str = DEFAULT_SALT


@dataclass(frozen=True)
class Deployer(Sender):
    """Puts the parts of Bulkhead where they belong."""

    def deploy(self, terms: Terms, *, is_redeploy: bool = False) -> str:
        """Every part that is not there, then the factory's settings. Returns the factory."""
        placed = self.place(terms)
        self._open_record(placed, terms, is_redeploy=is_redeploy)
        for item in placed:
            if self._is_there(item):
                self.say(f"{item.part.name} is at {item.address}")
                self._record(item, self.deployments.block, "")
            else:
                self._create(item, terms)
        for transaction in self._settings(placed, terms):
            self.send(transaction)
            self.say(transaction.what)
        record_settings(self.node, self.deployments)
        return self.deployments.contract(FACTORY)

    def plan(self, terms: Terms) -> list[Transaction]:
        """What `deploy` would send."""
        placed = self.place(terms)
        creations = [self._creation(item, terms) for item in placed if not self._is_there(item)]
        return creations + self._settings(placed, terms)

    def place(self, terms: Terms) -> list[Placed]:
        """Parts and addresses under the present sources."""
        codes = {
            part.contract: bytes(
                getattr(self.project, part.contract).contract_type.deployment_bytecode.to_bytes()
            )
            for part in PARTS
        }
        roles = {OWNER: terms.owner, FEE_RECIPIENT: terms.fee_recipient}
        return place(codes, roles, terms.salt)

    # ---- creation ----

    def _open_record(self, placed: list[Placed], terms: Terms, *, is_redeploy: bool) -> None:
        """A record stands for one deployment: of these sources, with these arguments."""
        record = self.deployments
        for item in placed:
            entry = record.contracts.get(item.part.name)
            if entry is None or entry.address == item.address:
                continue
            if not self.node.has_code(entry.address):
                continue
            if not is_redeploy:
                raise InvalidInput(
                    f"{item.part.name} at {entry.address} is of other sources or arguments",
                    "Check out the sources it was made from, or deploy anew with --redeploy.",
                )
            record.contracts.clear()
            record.pairs.clear()
            break
        if not record.contracts:
            record.block, record.salt = self._first_block(placed), terms.salt
            record.save()

    def _first_block(self, placed: list[Placed]) -> int:
        """Before any event: now, or where parts stand of which the record was lost, their birth."""
        there = [item.address for item in placed if self._is_there(item)]
        if not there:
            return int(self.node.block()["number"], 16)
        try:
            return min(map(self.node.birth, there))
        except NodeError as error:
            raise InvalidInput(
                f"parts are there, and the node does not tell since when: {error}",
                f"Restore {self.deployments.path}, or use an archive node.",
            ) from None

    def _is_there(self, item: Placed) -> bool:
        return self.node.has_code(item.address)

    def _creation(self, item: Placed, terms: Terms) -> Transaction:
        data = "0x" + (salt_word(terms.salt) + item.init_code).hex()
        return Transaction(f"deploy {item.part.name}", CREATE2_DEPLOYER, data, item.address)

    def _create(self, item: Placed, terms: Terms) -> None:
        if not self.node.has_code(CREATE2_DEPLOYER):
            raise NotDeployed(
                f"there is no CREATE2 deployer at {CREATE2_DEPLOYER}",
                "See docs/deploying.md for the one transaction that puts it there.",
            )
        receipt = self.send(self._creation(item, terms))
        if not self._is_there(item):
            raise NotDeployed(f"{item.part.name} is not there after {receipt.txn_hash}")
        self._record(item, int(receipt.block_number), str(receipt.txn_hash))
        self.say(f"deployed {item.part.name} at {item.address}")

    def _record(self, item: Placed, block: int, transaction: str) -> None:
        name, record = item.part.name, self.deployments
        if name in record.contracts and record.contracts[name].address == item.address:
            return
        code = self.node.code(item.address)
        hashes = ("0x" + keccak(part).hex() for part in (item.init_code, code))
        record.contracts[name] = ContractEntry(
            item.address, block, transaction, item.arguments, *hashes
        )
        record.save()

    # ---- the factory's settings ----

    def _settings(self, placed: list[Placed], terms: Terms) -> list[Transaction]:
        """What the factory's owner has still to say; of a factory to come, all of it."""
        where = {item.part.name: item.address for item in placed}
        factory, adapter = where[FACTORY], where[ADAPTER_BLUEPRINT]
        abi = package_abi("VaultFactory")
        is_known, share, recipient, owner = False, 0, terms.fee_recipient, terms.owner
        if self.node.has_code(factory):
            is_known, share, recipient, owner = self.node.views(
                [
                    View(factory, abi, "is_known_adapter", (adapter,)),
                    View(factory, abi, "protocol_fee_share"),
                    View(factory, abi, "fee_recipient"),
                    View(factory, abi, "owner"),
                ]
            )
        found = []
        if not is_known:
            data = abi.encode("set_adapter", adapter, True)
            found.append(Transaction("register the Chainlink adapter", factory, data))
        if terms.fee_share not in (None, share):
            data = abi.encode("set_protocol_fee", terms.fee_share, recipient)
            found.append(Transaction("set the protocol's share of fees", factory, data))
        if found and owner != self.address:
            calls = "; ".join(f"{item.what}: to {item.to}, data {item.data}" for item in found)
            raise InvalidInput(
                f"only the factory's owner can go on: {owner}", f"Have it send: {calls}"
            )
        return found
