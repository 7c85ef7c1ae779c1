"""Where every unit of an asset came from and went to, from the chain's logs alone.

What the logs say that each account must have is held against the balance that the token reports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bulkhead.client.codec import Event, package_abi
from bulkhead.client.node import View
from bulkhead.exceptions import InvariantBroken
from bulkhead.model.types import EMPTY
from bulkhead.replay.desk import SEED_HOLDER, Desk

CATEGORIES = (
    "minted", "seed", "LP in", "LP out", "margin in", "paid out", "claimed", "rewards", "fees",
)  # fmt: skip
VAULT = "Vault"


@dataclass
class Row:
    """One account: flows by category (negative: given away), and its balance on the chain."""

    name: str
    flows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CATEGORIES, 0))
    balance: int = 0

    @property
    def expected(self) -> int:
        return sum(self.flows.values())

    @property
    def difference(self) -> int:
        return self.balance - self.expected

    @property
    def result(self) -> int:
        """What was won or lost, apart from what was minted."""
        return self.expected - self.flows["minted"]


@dataclass
class Ledger:
    """Of one asset. `residue` is what is left in the vault, `seed_value` what the seed's shares
    are worth of it; the rest is rounding and the virtual shares'."""

    symbol: str
    decimals: int
    rows: list[Row]
    supply: int
    residue: int
    seed: int
    seed_value: int

    @property
    def difference(self) -> int:
        """Of all accounts together, and of the supply that nobody was seen to hold."""
        unseen = self.supply - sum(row.balance for row in self.rows)
        return sum(abs(row.difference) for row in self.rows) + abs(unseen)

    def results(self, groups: dict[str, tuple[str, ...]]) -> dict[str, int]:
        """Won or lost by groups of accounts; they add up to nothing."""
        by_name = {row.name: row for row in self.rows}
        return {
            group: sum(by_name[name].result for name in names if name in by_name)
            for group, names in groups.items()
        }

    def check(self) -> None:
        if self.difference != 0:
            raise InvariantBroken(
                f"3. the {self.symbol} of all accounts do not reconcile: {self.difference} units"
            )


def reconcile(desk: Desk, name: Callable[[str], str]) -> Ledger:
    """The ledger of a pair's asset, from the token's first log to the last block."""
    pair, node = desk.pair, desk.node
    rows: dict[str, Row] = {}

    def book(account: str, category: str, amount: int) -> None:
        rows.setdefault(account, Row(name(account))).flows[category] += amount

    def move(account: str, category: str, amount: int) -> None:
        """From the vault (positive) or into it (negative)."""
        book(account, category, amount)
        book(pair.vault, category, -amount)

    rows[pair.vault] = Row(VAULT)
    for event in package_abi("IERC20").decode_logs(node.logs([pair.asset], 0)):
        if event.name == "Transfer" and event["sender"] == EMPTY:
            book(event["receiver"], "minted", event["value"])
    seed = _seed(desk)
    move(seed["creator"], "seed", -seed["seed_assets"])
    margins: dict[tuple[str, int], int] = {}
    for event in pair.events():
        _book_event(event, desk, margins, move)

    accounts = list(rows)
    balances = node.views([pair.balance_view(account) for account in accounts])
    for account, balance in zip(accounts, balances, strict=True):
        rows[account].balance = balance
    shares = node.view(pair.vault, pair.abi, "balanceOf", SEED_HOLDER)
    supply, seed_value = node.views(
        [
            View(pair.asset, package_abi("IERC20"), "totalSupply"),
            View(pair.vault, pair.abi, "convertToAssets", (shares,)),
        ]
    )
    return Ledger(
        pair.quote,
        pair.decimals,
        list(rows.values()),
        supply,
        rows[pair.vault].balance,
        seed["seed_assets"],
        seed_value,
    )


def margin_in(event: Event, before: int) -> int:
    """What a trade took from its sender: what explains the margin afterwards."""
    gone = event["fee"] - event["realised"] + event["paid_out"]
    return int(event.values.get("margin", 0)) - before + int(gone)


def _book_event(
    event: Event,
    desk: Desk,
    margins: dict[tuple[str, int], int],
    move: Callable[[str, str, int], None],
) -> None:
    """One event of the vault as movements of the asset."""
    key = event.values.get("owner", ""), event.values.get("position_id", -1)
    if event.name == "Deposit" and event["sender"] != desk.factory:
        move(event["sender"], "LP in", -event["assets"])
    elif event.name == "Withdraw":
        move(event["receiver"], "LP out", event["assets"])
    elif event.name in ("PositionAdjusted", "PositionClosed"):
        move(event["sender"], "margin in", -margin_in(event, margins.get(key, 0)))
        move(event["sender"], "paid out", event["paid_out"])
        margins[key] = event.values.get("margin", 0)
    elif event.name == "MarginAdded":
        move(event["sender"], "margin in", -event["amount"])
        margins[key] = event["margin"]
    elif event.name == "MarginRemoved":
        move(event["sender"], "paid out", event["amount"])
        margins[key] = event["margin"]
    elif event.name == "PositionLiquidated":
        move(event["keeper"], "rewards", event["reward"])
        margins[key] = event["margin"]
    elif event.name == "PositionSettled":
        margins[key] = 0
    elif event.name == "Claimed":
        move(event["receiver"], "claimed", event["amount"])
    elif event.name == "ProtocolFeesCollected":
        move(event["recipient"], "fees", event["amount"])


def _seed(desk: Desk) -> Event:
    logs = desk.node.logs([desk.factory], desk.pair.entry.block, desk.pair.entry.block)
    created = package_abi("VaultFactory").decode_logs(logs)
    return next(event for event in created if event.values.get("vault") == desk.pair.vault)
