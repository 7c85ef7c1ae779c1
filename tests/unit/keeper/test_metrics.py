"""The endpoint: metrics, and a health check that turns red."""

from __future__ import annotations

import json

import pytest
import requests

from bulkhead.exceptions import InvalidInput
from bulkhead.keeper.metrics import Endpoint, Health, Metrics


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_endpoint__metrics_and_health__answer_on_this_machine():
    clock = Clock()
    metrics, health = Metrics(), Health(60, clock)
    endpoint = Endpoint(metrics, health, "127.0.0.1", 0)
    endpoint.start()
    uri = f"http://127.0.0.1:{endpoint.port}"
    session = requests.Session()
    session.trust_env = False
    try:
        metrics.watched.set(7)
        metrics.won.labels("LIQUIDATE").inc(3)
        text = session.get(f"{uri}/metrics", timeout=5).text
        assert "bulkhead_positions_watched 7.0" in text
        assert 'bulkhead_items_won_total{kind="LIQUIDATE"} 3.0' in text

        health.worked(12)
        answer = session.get(f"{uri}/health", timeout=5)
        assert answer.status_code == 200
        assert json.loads(answer.text)["block"] == 12
        clock.now += 60
        health.problem = "the node does not answer"
        answer = session.get(f"{uri}/health", timeout=5)
        assert answer.status_code == 503
        assert json.loads(answer.text)["problem"] == "the node does not answer"
        assert session.get(f"{uri}/", timeout=5).status_code == 404

        with pytest.raises(InvalidInput, match="metrics cannot be served"):
            Endpoint(metrics, health, "127.0.0.1", endpoint.port)
    finally:
        endpoint.stop()
