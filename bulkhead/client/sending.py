"""Transactions as they are planned, shown and sent: known in full before the first one leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ape.api import AccountAPI

from bulkhead.client.accounts import transact
from bulkhead.client.codec import package_abi
from bulkhead.client.deployments import Deployments
from bulkhead.client.node import Node

Say = Callable[[str], None]


@dataclass(frozen=True)
class Transaction:
    """One transaction: what it is for, to whom, with what, and where it puts code."""

    what: str
    to: str
    data: str
    creates: str | None = None


@dataclass(frozen=True)
class Sender:
    """Who sends what to where. `project` is Ape's, with the compiled contracts."""

    node: Node
    account: AccountAPI
    project: Any
    deployments: Deployments
    say: Say

    @property
    def address(self) -> str:
        return str(self.account.address)

    def send(self, transaction: Transaction) -> Any:
        """Send it and wait. Returns Ape's receipt. Raises Refused with the contract's reason."""
        return transact(self.account.transfer, transaction.to, 0, data=transaction.data)

    def view(self, address: str, contract: str, function: str, *arguments: Any) -> Any:
        return self.node.view(address, package_abi(contract), function, *arguments)
