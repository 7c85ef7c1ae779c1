"""A keeper from its settings, a key and a file of deployments."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import structlog

from bulkhead.client.codec import checksum
from bulkhead.client.deployments import LENS, ORDER_BOOK, Deployments, PairEntry
from bulkhead.client.node import Node
from bulkhead.client.pair import Pair
from bulkhead.exceptions import NotDeployed
from bulkhead.index import Index
from bulkhead.keeper.chain import Chain, Nodes
from bulkhead.keeper.database import Database
from bulkhead.keeper.follow import Follower
from bulkhead.keeper.heads import Heads
from bulkhead.keeper.journal import Journal
from bulkhead.keeper.loop import Keeper
from bulkhead.keeper.memory import Memory
from bulkhead.keeper.metrics import Endpoint, Health, Metrics
from bulkhead.keeper.money import Prices
from bulkhead.keeper.notify import Notifier, read_directory
from bulkhead.keeper.orders import FolderOrders
from bulkhead.keeper.plan import Planner
from bulkhead.keeper.positions import IndexedPositions
from bulkhead.keeper.reconcile import Reconciler
from bulkhead.keeper.scout import Scout
from bulkhead.keeper.send import Sender
from bulkhead.keeper.signing import Signer
from bulkhead.orders import OrderStore
from bulkhead.orders.book import OrderBook
from bulkhead.settings import KeeperSettings


def build(settings: KeeperSettings, signer: Signer, node: Node | None = None) -> Keeper:
    """Opens the journal, reads the pairs; `node` in place of `rpc_urls`. Raises BulkheadError."""
    if node is None:
        node = Nodes(settings.rpc_urls)
        node.check_same_chain()
    deployments = Deployments.open(node, settings.deployments)
    pairs = _pairs(settings, node, deployments)
    lens = deployments.contract(LENS)
    relay = Node(settings.relay_url) if settings.relay_url else None
    prices = Prices(settings.native, settings.native_prices, pairs)
    directory = read_directory(settings.notify) if settings.notify else None
    metrics, health = Metrics(), Health(settings.stale_seconds)
    endpoint = None
    if settings.metrics_port is not None:
        endpoint = Endpoint(metrics, health, settings.metrics_host, settings.metrics_port)

    chain = Chain(node, signer.address, relay)
    path = journal_path(settings, deployments, signer.address)
    database = Database(path)
    journal = Journal(database)
    index = Index(node, deployments, path.with_suffix(".index.sqlite"))
    positions = IndexedPositions(index, [pair.label for pair in pairs])
    memory = Memory(database, settings.cooldown_seconds)
    assets = {pair.vault: pair.asset for pair in pairs}
    orders = None
    if settings.orders is not None:
        book = OrderBook(node, deployments.contract(ORDER_BOOK))
        orders = FolderOrders(OrderStore(settings.orders), book, pairs, prices)
    return Keeper(
        settings=settings,
        database=database,
        chain=chain,
        journal=journal,
        memory=memory,
        follower=Follower(chain, pairs, memory, settings.confirmations),
        scout=Scout(pairs, positions, prices, orders),
        planner=Planner(chain, lens, prices, settings, assets),
        sender=Sender(chain, journal, signer, settings, deployments.chain_id),
        reconciler=Reconciler(chain, journal, memory, prices, settings, assets),
        heads=Heads(settings.ws_url, settings.poll_seconds),
        metrics=metrics,
        health=health,
        notifier=Notifier(directory) if directory else None,
        endpoint=endpoint,
    )


def journal_path(settings: KeeperSettings, deployments: Deployments, sender: str) -> Path:
    """One for each chain (by its first block, too: a local one begins anew) and key."""
    name = f"{deployments.chain_id}-{deployments.genesis[2:10]}-{sender}.sqlite"
    return settings.state / name


def configure_log(settings: KeeperSettings) -> None:
    """Lines for people, or JSON for a collector, to standard output."""
    level = logging.getLevelName(settings.log_level.upper())
    is_json = settings.log_format == "json"
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if is_json
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


def _pairs(settings: KeeperSettings, node: Node, deployments: Deployments) -> list[Pair]:
    names = settings.pairs or list(deployments.pairs)
    if not names:
        raise NotDeployed(
            f"there is no pair on chain {deployments.chain_id} in {deployments.path}",
            "Create one: `ape run create_pair pairs/…toml`.",
        )
    found = [deployments.pair(name) for name in names]
    return [Pair(node, label, _with_checksums(entry)) for label, entry in found]


def _with_checksums(entry: PairEntry) -> PairEntry:
    """A file written by hand may lack them; events do not, and items are named by both."""
    return PairEntry(
        checksum(entry.vault), checksum(entry.oracle), checksum(entry.asset), entry.block
    )
