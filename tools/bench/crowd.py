"""A crowd of random traders on the measured market, and as much bustle as is asked for."""

from __future__ import annotations

import random
from pathlib import Path

from bulkhead.client.deployments import Deployments, PairEntry
from bulkhead.client.node import Node as Reader
from tools.bench.market import (
    BUY_BOUND,
    INFINITE,
    PRICE,
    SELL_BOUND,
    USDC,
    Options,
    build,
    person,
)
from tools.bench.node import BATCH, Node

LABEL = "ETH/USDC"
_PURSE = 100_000 * USDC

Call = tuple[str, str, bytes]


class Crowd:
    """Positions of one user each, long and short, of random size and leverage."""

    def __init__(self, node: Node, positions: int, seed: int = 1) -> None:
        self._rng = random.Random(seed)
        self.market = build(node, Options())
        self._sizes = {person("trader", n): self._size() for n in range(positions)}
        self._give_money()
        node.send_all([self._opening(user, size) for user, size in self._sizes.items()])

    def deployments(self, reader: Reader) -> Deployments:
        """As a file would have it."""
        market = self.market
        receipt = reader.request("eth_getTransactionReceipt", market.creation.txn_hash)
        block = int(receipt["blockNumber"], 16)
        entry = PairEntry(market.vault.address, market.oracle.address, market.token.address, block)
        genesis = str(reader.block(0)["hash"])
        return Deployments(Path(), reader.chain_id, genesis, block, pairs={LABEL: entry})

    def bustle(self, calls: int) -> None:
        """Increases, decreases, margin in and out, deposits, by everybody in random turns."""
        while calls > 0:
            # nobody twice in a block: what has just grown cannot be reduced in the same second
            users = self._rng.sample(list(self._sizes), min(len(self._sizes), BATCH, calls))
            self.market.node.send_all([self._something(user) for user in users])
            calls -= len(users)

    # ---- calls ----

    def _size(self) -> int:
        """200 to 4,000 dollars' worth, either way."""
        dollars = self._rng.randint(200 * 10**18, 4_000 * 10**18)
        return self._rng.choice((1, -1)) * dollars // PRICE

    def _opening(self, user: str, size: int) -> Call:
        value = abs(size) * PRICE // 10**12
        margin = value * self._rng.randint(8, 40) // 100 + 25 * USDC
        return self._adjusting(user, size, margin)

    def _something(self, user: str) -> Call:
        size = self._sizes[user]
        changes = [(size // 50, 10 * USDC), (-size // 100, 0), (0, 3 * USDC), (0, -USDC), None]
        chosen = self._rng.choice(changes)
        if chosen is not None:
            return self._adjusting(user, *chosen)
        vault = self.market.vault
        return user, vault.address, vault.encode("deposit", 10 * USDC)

    def _adjusting(self, user: str, size: int, margin: int) -> Call:
        vault, bound = self.market.vault, BUY_BOUND if size > 0 else SELL_BOUND
        return user, vault.address, vault.encode("adjust_position", 1, size, margin, bound)

    def _give_money(self) -> None:
        node, token, vault = self.market.node, self.market.token, self.market.vault
        approval = token.encode("approve", vault.address, INFINITE)
        node.send_all(
            [(user, token.address, token.encode("mint", user, _PURSE)) for user in self._sizes]
        )
        node.send_all([(user, token.address, approval) for user in self._sizes])
