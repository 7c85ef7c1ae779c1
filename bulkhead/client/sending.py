"""Transactions as they are planned, shown and sent: known in full before the first one leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ape.api import AccountAPI
from rich.table import Table

from bulkhead.client.accounts import transact
from bulkhead.client.codec import package_abi, revert_reason
from bulkhead.client.deployments import Deployments
from bulkhead.client.node import Node
from bulkhead.client.units import show
from bulkhead.exceptions import NodeError, Refused

Say = Callable[[Any], None]


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


def simulate(node: Node, sender: str, transactions: Sequence[Transaction]) -> list[int] | None:
    """Gas of each, one after the other on the latest state; None where the node cannot tell.

    Raises Refused with the reason of the first that would revert.
    """
    # a block for each: together they may be more than one block holds
    try:
        answers = _simulate(node, sender, [[item] for item in transactions])
    except NodeError:
        return None
    return [int(answer["gasUsed"], 16) for answer in answers]


def rehearse(node: Node, sender: str, calls: Sequence[Transaction]) -> list[bytes]:
    """What each answers, one after the other in the next block. Raises Refused as `simulate`, and
    NodeError where the node cannot tell."""
    answers = _simulate(node, sender, [calls])
    return [bytes.fromhex(answer["returnData"][2:]) for answer in answers]


def _simulate(
    node: Node, sender: str, blocks: Sequence[Sequence[Transaction]]
) -> list[dict[str, Any]]:
    states = [
        {"calls": [{"from": sender, "to": item.to, "data": item.data} for item in block]}
        for block in blocks
    ]
    answers = node.request("eth_simulateV1", {"blockStateCalls": states}, "latest")
    found = [call for answer in answers for call in answer["calls"]]
    for item, call in zip([item for block in blocks for item in block], found, strict=True):
        if int(call["status"], 16) != 1:
            data = call.get("error", {}).get("data") or call.get("returnData") or "0x"
            reason = revert_reason(bytes.fromhex(data[2:]))
            raise Refused(reason or f"{item.what} would revert")
    return found


def plan_table(transactions: Sequence[Transaction], gas: list[int] | None, gas_price: int) -> Table:
    """What would be sent, in order, with what it costs."""
    table = Table("", "what", "puts code at, or calls", "bytes", "gas")
    for number, item in enumerate(transactions, 1):
        cost = f"{gas[number - 1]:,}" if gas else "unknown"
        place = f"[bold]{item.creates}[/bold]" if item.creates else item.to
        table.add_row(str(number), item.what, place, f"{len(item.data) // 2 - 1:,}", cost)
    if gas:
        table.add_section()
        price = f"{show(sum(gas) * gas_price, 18, 6)} ETH at {gas_price / 1e9:,.3f} gwei"
        table.add_row("", "together", price, "", f"{sum(gas):,}")
    return table
