"""Prometheus metrics and a health check over HTTP, on this machine alone unless told otherwise."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, make_wsgi_app

from bulkhead.exceptions import InvalidInput

_ETHER = 10**18
_LATENCIES = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60)


class Metrics:
    """Money is in native coins, as the floats of Prometheus; nothing is reckoned with them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.watched = self._gauge("positions_watched", "Open positions in the pairs kept")
        self.due = self._gauge("items_due", "Due at the last block", "kind")
        self.waiting = self._gauge("transactions_waiting", "Sent and not in a block yet")
        self.behind = self._gauge("blocks_behind", "Blocks since the last one worked on")
        self.balance = self._gauge("balance_native", "Of the sender, for gas")
        self.silent = self._gauge("pairs_without_price", "Pairs whose oracle is not live")
        self.notices = self._gauge("notices_waiting", "Written down and not told yet")
        self.sent = self._counter("items_sent", "In transactions sent", "kind")
        self.won = self._counter("items_won", "Done by this keeper", "kind")
        self.lost = self._counter(
            "items_lost", "Sent, and done by somebody else or not at all", "kind"
        )
        self.failed = self._counter("items_failed", "Not sent, for the simulation failed", "kind")
        self.unprofitable = self._counter("items_unprofitable", "Not worth their gas", "kind")
        self.gas = self._counter("gas_used", "In transactions of this keeper")
        self.cost = self._counter("gas_cost_native", "Paid for them")
        self.earned = self._counter("earned_native", "Rewards and fees, at the price of the moment")
        self.errors = self._counter("errors", "Rounds that failed", "error")
        self.latency = Histogram(
            "bulkhead_block_to_sent_seconds",
            "From hearing of a block to the last transaction for it",
            buckets=_LATENCIES,
            registry=self.registry,
        )

    def add_money(self, cost: int, earned: int) -> None:
        """Wei."""
        self.cost.inc(cost / _ETHER)
        self.earned.inc(earned / _ETHER)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"bulkhead_{name}", text, labels, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"bulkhead_{name}", text, labels, registry=self.registry)


@dataclass
class Health:
    """Whether blocks are still worked on. `seconds`: without one for so long is not healthy."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    block: int = 0
    problem: str = ""
    _at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._at = self.clock()

    def worked(self, block: int) -> None:
        self.block, self.problem, self._at = block, "", self.clock()

    def report(self) -> tuple[bool, dict[str, Any]]:
        silent = self.clock() - self._at
        is_healthy = silent < self.seconds
        return is_healthy, {
            "healthy": is_healthy,
            "block": self.block,
            "seconds_ago": round(silent, 1),
            "problem": self.problem,
        }


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing: each scrape would be a line."""


class Endpoint:
    """`/metrics` and `/health`; 503 where the keeper is not healthy."""

    def __init__(self, metrics: Metrics, health: Health, host: str, port: int) -> None:
        metrics_app = make_wsgi_app(metrics.registry)

        def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            if environ["PATH_INFO"] == "/metrics":
                body: Iterable[bytes] = metrics_app(environ, start)
                return body
            if environ["PATH_INFO"] != "/health":
                start("404 Not Found", [])
                return [b"/metrics and /health are here\n"]
            is_healthy, report = health.report()
            status = "200 OK" if is_healthy else "503 Service Unavailable"
            start(status, [("Content-Type", "application/json")])
            return [json.dumps(report).encode() + b"\n"]

        try:
            self._server: WSGIServer = make_server(host, port, app, handler_class=_Quiet)
        except OSError as error:
            raise InvalidInput(
                f"metrics cannot be served at {host}:{port}: {error.strerror}",
                "Choose another metrics_port.",
            ) from None
        self.port = int(self._server.server_port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
