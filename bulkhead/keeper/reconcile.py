"""What became of the transactions: in a block, displaced, or taken back by a reorganisation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from bulkhead.client.codec import Event, package_abi
from bulkhead.keeper.chain import Chain
from bulkhead.keeper.journal import Batch, Journal, Status
from bulkhead.keeper.memory import Memory
from bulkhead.keeper.money import Prices
from bulkhead.keeper.types import Head, Item, Kind
from bulkhead.settings import KeeperSettings

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Settled:
    """A transaction that is in a block: items by id, amounts in wei."""

    batch: Batch
    won: tuple[str, ...]
    lost: tuple[str, ...]
    gas_used: int
    cost: int
    earned: int


@dataclass
class Reconciler:
    """`assets` of each vault: what its rewards are paid in."""

    chain: Chain
    journal: Journal
    memory: Memory
    prices: Prices
    settings: KeeperSettings
    assets: dict[str, str]

    def reconcile(self, head: Head) -> list[Settled]:
        """Look at all that is open, and at what is in blocks that may still be taken back."""
        self._take_back(head)
        batches = self.journal.open()
        # what was dropped may still get into a block: some other node, or the relay, had it
        looked_at = batches + self.journal.dropped_since(head.number - self.settings.confirmations)
        if not looked_at:
            return []
        count = self.chain.nonce()  # before the receipts: what it counts has one by then
        owners = self.journal.hashes(sorted({batch.nonce for batch in looked_at}))
        receipts = self.chain.receipts(list(owners))
        settled = []
        done = set()
        for transaction, receipt in receipts.items():
            batch = self.journal.get(owners[transaction])
            settled.append(self._settle(batch, receipt, head))
            done.add(batch.nonce)
        gone = [one for one in batches if one.nonce < count and one.nonce not in done]
        if gone:  # by a transaction that this journal knows nothing of
            self.journal.close(gone, Status.DISPLACED)
            log.warning("another program sends with this key", nonces=[one.nonce for one in gone])
        return settled

    def _take_back(self, head: Head) -> None:
        recent = self.journal.mined_since(head.number - self.settings.confirmations)
        if not recent:
            return
        owners = self.journal.hashes([batch.nonce for batch in recent])
        receipts = self.chain.receipts(list(owners))
        where = {owners[one]: receipt["blockHash"] for one, receipt in receipts.items()}
        for batch in recent:
            if where.get(batch.id) != batch.mined_hash:
                self.journal.reopen(batch)
                log.warning("its block is no more", nonce=batch.nonce, block=batch.mined_block)

    def _settle(self, batch: Batch, receipt: dict[str, Any], head: Head) -> Settled:
        used = int(receipt["gasUsed"], 16)
        cost = used * int(receipt["effectiveGasPrice"], 16) + int(receipt.get("l1Fee", "0x0"), 16)
        earned, won = 0, []
        for item, amount in outcomes(receipt["logs"], batch.call.kind):
            if item.id in batch.call.items:
                won.append(item.id)
                asset = self.assets.get(item.vault)
                earned += self.prices.wei(asset, amount) if asset and item.kind.is_paid else 0
        lost = tuple(item for item in batch.call.items if item not in won)
        block, block_hash = int(receipt["blockNumber"], 16), receipt["blockHash"]
        self.journal.mine(batch, block, block_hash, cost, earned, len(won))
        self.memory.wake(won)
        self.memory.rest(lost, head.timestamp)
        log.info(
            "mined",
            kind=batch.call.kind.name, nonce=batch.nonce, block=block, won=len(won),
            lost=len(lost), gas=used, cost=cost, earned=earned,
        )  # fmt: skip
        return Settled(batch, tuple(won), lost, used, cost, earned)


def outcomes(logs: Iterable[dict[str, Any]], kind: Kind) -> list[tuple[Item, int]]:
    """What the logs of a transaction of that kind say was done, and what it paid (asset units)."""
    vaults = package_abi("PairVault").decode_logs(logs)
    orders = package_abi("OrderBook").decode_logs(logs)
    found = [_OUTCOMES[event.name](event) for event in vaults if event.name in _OUTCOMES]
    for event in orders:
        if event.name == "OrderExecuted":
            number = int.from_bytes(event["digest"], "big")
            found.append((Item(kind, event["vault"], event["owner"], number), event["keeper_fee"]))
    return found


def _outcome(kind: Kind, event: Event, amount: int) -> tuple[Item, int]:
    return Item(kind, event.address, event["owner"], event["position_id"]), amount


_OUTCOMES = {
    "PositionLiquidated": lambda event: _outcome(Kind.LIQUIDATE, event, event["reward"]),
    "PositionSettled": lambda event: _outcome(Kind.SETTLE, event, 0),
    "MarginCalled": lambda event: _outcome(Kind.CALL_MARGIN, event, 0),
}
