"""From a price on chain to liquidations on their way: the keeper's loop, watched from outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from bulkhead.client.deployments import LENS, ContractEntry
from bulkhead.client.node import Node as Reader
from bulkhead.keeper.build import build
from bulkhead.keeper.signing import KeySigner
from bulkhead.settings import load_settings
from tools.bench.contracts import compiled
from tools.bench.crowd import Crowd
from tools.bench.market import PRICE, USDC, person
from tools.bench.node import Node

_KEY = "0x" + "0b" * 32
_SIZE = 10**18 // 2  # base units: a thousand dollars
_MARGIN = 67 * USDC  # 6.7 %: due after a fall by 4.5 %, unlike those of the crowd
_FALLEN = PRICE * 955 // 1000
_BATCH = 64
_PATIENCE_SECONDS = 30


def block_to_sent(chain: Node, positions: int, due: int, folder: Path) -> tuple[int, float]:
    """Positions watched, and seconds from before the block with the price is mined until the
    node's pool has the liquidations of all `due`."""
    crowd = Crowd(chain, positions)
    market = crowd.market
    factory, owner = market.factory.address, person("owner")
    rehearsal, _ = compiled("Rehearsal").deploy_blueprint(chain, owner)
    lens = compiled("VaultLens").deploy(chain, owner, factory, factory, rehearsal)
    for number in range(due):
        market.open(market.fund(person("due", number)), 1, _SIZE, _MARGIN)
    deployments = crowd.deployments(Reader(chain.uri))
    deployments.path = folder / f"{deployments.chain_id}.json"
    deployments.contracts[LENS] = ContractEntry(lens.address, 0, "", {}, "", "")
    deployments.save()
    settings = load_settings(
        rpc_urls=[chain.uri],
        ws_url=chain.uri.replace("http", "ws", 1),
        deployments=folder,
        state=folder,
        batch_size=_BATCH,
        unpaid=False,
        log_level="error",
    )
    keeper = build(settings, KeySigner(_KEY))
    seconds: list[float] = []

    def fall() -> None:
        try:
            _await(lambda: keeper.health.block > 0 and keeper.heads.is_subscribed)
            start = time.perf_counter()
            market.go_to(_FALLEN)
            _await(lambda: _waiting(chain) == -(-due // _BATCH))
            seconds.append(time.perf_counter() - start)
        finally:
            keeper.stop()

    story = threading.Thread(target=fall, daemon=True)
    story.start()
    keeper.run()
    story.join()
    keeper.close()
    return positions + due, seconds[0]


def _waiting(chain: Node) -> int:
    return int(chain.request("txpool_status")["pending"], 16)


def _await(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the keeper does not act")
        time.sleep(0.002)
