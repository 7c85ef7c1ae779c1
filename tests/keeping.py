"""A pair on a chain of its own, with crowds of positions and keepers that can be started again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bulkhead.client.codec import Event, call_data
from bulkhead.client.creation import PairCreator
from bulkhead.client.deployments import Deployments
from bulkhead.client.node import Node
from bulkhead.client.pair import Pair
from bulkhead.client.pair_file import read_pair_file
from bulkhead.client.setup import Deployer, Terms
from bulkhead.index import Index
from bulkhead.keeper.build import build
from bulkhead.keeper.loop import Keeper
from bulkhead.keeper.positions import IndexedPositions
from bulkhead.keeper.signing import KeySigner
from bulkhead.model.types import MAX_UINT256, WAD
from bulkhead.settings import KeeperSettings

START = 1_800_000_000
PRICE = 2_000
KEYS = (  # of Anvil's accounts 7 and 8
    "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
)


@dataclass
class Scene:
    """ETH/USDC on mocks, and people with unlocked accounts."""

    node: Node
    pair: Pair
    deployments: Deployments
    feed: str
    people: list[str]
    folder: Path
    keepers: list[Keeper] = field(default_factory=list)

    @property
    def trader(self) -> str:
        return self.people[1]

    @property
    def vault(self) -> str:
        return self.pair.vault

    # ---- the market ----

    def push(self, price: int) -> None:
        """The feed answers a whole number of USDC."""
        self.node.send(self.people[0], self.feed, call_data("set_answer(int256)", price * 10**8))

    def feed_answers(self, price: int) -> None:
        """The same whether or not blocks are mined at once."""
        data = call_data("set_answer(int256)", price * 10**8)
        transaction = {"from": self.people[0], "to": self.feed, "data": data, "gas": hex(10**6)}
        self.node.request("eth_sendTransaction", transaction)
        self.node.mine(self.node.now + 1)

    def open(self, position_id: int, leverage: int, *, side: int = 1, margin: int = 100) -> None:
        """Margin in whole USDC; at leverage 10 a fall by 8 % makes it liquidatable."""
        size = side * margin * leverage * WAD // PRICE
        bound = MAX_UINT256 if side > 0 else 0
        data = self.pair.abi.encode("adjust_position", position_id, size, margin * 10**6, bound)
        self.node.send(self.trader, self.vault, data)

    def open_many(self, count: int, leverage: int = 10, first: int = 1) -> list[int]:
        numbers = list(range(first, first + count))
        for number in numbers:
            self.open(number, leverage)
        return numbers

    def statuses(self) -> list[int]:
        return [health.status for health in self.pair.healths(self.pair.open_keys())]

    def events(self, name: str) -> list[Event]:
        return [event for event in self.pair.events() if event.name == name]

    # ---- keepers ----

    def keeper(self, number: int = 0, node: Node | None = None, **settings: Any) -> Keeper:
        """A keeper with the key and the journal of that number."""
        given = {"poll_seconds": 0.05, "min_profit": "-1", **settings}
        found = KeeperSettings(
            rpc_urls=[self.node.uri],
            deployments=self.deployments.path.parent,
            state=self.folder,
            **given,
        )
        keeper = build(found, KeySigner(KEYS[number]), node)
        self.keepers.append(keeper)
        return keeper

    def await_blocks(self, keeper: Keeper) -> None:
        """Until all that the keeper has sent is in blocks: Anvil answers before it mines."""
        self.until(keeper.is_settled)

    def run(self, keeper: Keeper, story: Callable[[], None]) -> None:
        """The keeper's loop while the story happens; then it is stopped as by a signal."""
        found: list[BaseException] = []

        def tell() -> None:
            try:
                story()
            except BaseException as error:
                found.append(error)
            finally:
                keeper.stop()

        thread = threading.Thread(target=tell, daemon=True)
        thread.start()
        keeper.run()
        thread.join()
        self.keepers.remove(keeper)
        keeper.close()
        assert found == []

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.01)

    def index(self, keeper: Keeper) -> Index:
        """What the keeper has made of the events."""
        positions = keeper.scout._positions
        assert isinstance(positions, IndexedPositions)
        return positions._index

    def kill(self, keeper: Keeper) -> None:
        """As SIGKILL leaves it: what is not committed is gone, and so are its locks."""
        self.keepers.remove(keeper)
        keeper.scout.close()
        keeper.database.close()

    def close(self) -> None:
        for keeper in self.keepers:
            keeper.close()
        self.keepers.clear()


def build_scene(node: Node, accounts: Any, project: Any, folder: Path) -> Scene:
    """Factory, lens, the pair and its liquidity. Ape is connected to `node`."""
    deployments = Deployments.open(node, folder)
    hands = node, accounts[0], project, deployments, lambda _: None
    owner = str(accounts[0].address)
    Deployer(*hands).deploy(Terms(owner, owner, WAD // 10))
    terms = read_pair_file(Path("pairs/eth-usdc.toml"))
    entry = PairCreator(*hands).create(terms, is_mock=True)
    deployments.save()
    people = [str(accounts[i].address) for i in range(10)]
    pair = Pair(node, terms.label, entry)
    for one in people[:3]:
        mint = call_data("mint(address,uint256)", one, 10**7 * 10**6)
        node.send(one, entry.asset, mint)
        node.send(one, entry.asset, call_data("approve(address,uint256)", entry.vault, MAX_UINT256))
    node.send(people[2], entry.vault, pair.abi.encode("deposit", 5 * 10**6 * 10**6))
    feed = deployments.mocks[f"{terms.label} base feed"]
    return Scene(node, pair, deployments, feed, people, folder)
