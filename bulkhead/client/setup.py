"""Deploying Bulkhead: blueprints, factory, periphery. Every step is skipped where it is done."""

from __future__ import annotations

from collections.abc import Iterator
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
from bulkhead.client.sending import Sender, Transaction
from bulkhead.exceptions import InvalidInput, NotDeployed


@dataclass(frozen=True)
class Terms:
    """What a deployment is to be: addresses, and the protocol's share of fees (WAD)."""

    owner: str
    fee_recipient: str
    fee_share: int = 0
    salt: str = DEFAULT_SALT


@dataclass(frozen=True)
class Deployer(Sender):
    """Puts the parts of Bulkhead where they belong."""

    def deploy(self, terms: Terms, *, is_redeploy: bool = False) -> str:
        """Every part that is not there, then the factory's settings. Returns the factory."""
        placed = self.place(terms)
        self._open_record(placed, terms, is_redeploy=is_redeploy)
        for item in placed:
            if not self._is_there(item):
                self._create(item)
        for transaction in self._settings(placed, terms):
            self.send(transaction)
            self.say(transaction.what)
        return self.deployments.contract(FACTORY)

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

    def _open_record(self, placed: list[Placed], terms: Terms, *, is_redeploy: bool) -> None:
        """A record stands for one deployment: of these sources, with these arguments."""
        record = self.deployments
        for item in placed:
            name = item.part.name
            entry = record.contracts.get(name)
            if (
                entry is None
                or entry.address == item.address
                or not self.node.has_code(entry.address)
            ):
                continue
            if not is_redeploy:
                raise InvalidInput(
                    f"{name} at {entry.address} has other sources or arguments than these",
                    "Check out the sources it was made from, or deploy anew with --redeploy.",
                )
            record.contracts.clear()
            record.pairs.clear()
            break
        if not record.contracts:
            record.block, record.salt = int(self.node.block()["number"], 16), terms.salt
            record.save()

    def _is_there(self, item: Placed) -> bool:
        code = self.node.code(item.address)
        if code:
            self._record(item, code, self.deployments.block, "")
            self.say(f"{item.part.name} is at {item.address}")
        return bool(code)

    def _create(self, item: Placed) -> None:
        if not self.node.has_code(CREATE2_DEPLOYER):
            raise NotDeployed(
                f"there is no CREATE2 deployer at {CREATE2_DEPLOYER}",
                "See docs/deploying.md for the one transaction that puts it there.",
            )
        data = salt_word(self.deployments.salt) + item.init_code
        creation = Transaction(
            f"deploy {item.part.name}", CREATE2_DEPLOYER, "0x" + data.hex(), item.address
        )
        receipt = self.send(creation)
        code = self.node.code(item.address)
        if not code:
            raise NotDeployed(f"{item.part.name} is not there after {receipt.txn_hash}")
        self._record(item, code, int(receipt.block_number), str(receipt.txn_hash))
        self.say(f"deployed {item.part.name} at {item.address}")

    def _record(self, item: Placed, code: bytes, block: int, transaction: str) -> None:
        name, record = item.part.name, self.deployments
        if name in record.contracts and record.contracts[name].address == item.address:
            return
        hashes = ("0x" + keccak(part).hex() for part in (item.init_code, code))
        record.contracts[name] = ContractEntry(
            item.address, block, transaction, item.arguments, *hashes
        )
        record.save()

    def _settings(self, placed: list[Placed], terms: Terms) -> Iterator[Transaction]:
        """What the factory's owner has still to say."""
        where = {item.part.name: item.address for item in placed}
        factory, adapter = where[FACTORY], where[ADAPTER_BLUEPRINT]
        abi = package_abi("VaultFactory")
        is_known, share, recipient = self.node.views(
            [
                View(factory, abi, "is_known_adapter", (adapter,)),
                View(factory, abi, "protocol_fee_share"),
                View(factory, abi, "fee_recipient"),
            ]
        )
        if not is_known:
            data = abi.encode("set_adapter", adapter, True)
            yield Transaction("register the Chainlink adapter", factory, data)
        if (share, recipient) != (terms.fee_share, terms.fee_recipient):
            data = abi.encode("set_protocol_fee", terms.fee_share, terms.fee_recipient)
            yield Transaction("set the protocol's share of fees", factory, data)
