"""The examples of docs/sdk.md and of the README, run as they stand but for addresses and paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bulkhead.model import MAX_UINT256, WAD, Status
from tests.unit.client.support import KEY

DOCS = Path("docs/sdk.md").read_text("utf-8")
README = Path("README.md").read_text("utf-8")


def test_sdk_docs__every_example__does_what_it_says(
    client, wallet, world, trader, uri, tmp_path, monkeypatch, capsys
):
    world.send("adjust_position", 1, 100 * WAD, world.units(12_000), MAX_UINT256, sender=trader)
    monkeypatch.setenv("TRADER_KEY", KEY)
    places = {
        "http://127.0.0.1:8545": uri,
        "deployments/1337.json": str(client.deployments.path),
        "index.sqlite": str(tmp_path / "index.sqlite"),
    }
    connect, send, permit, close, index, due = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    names: dict[str, Any] = {}

    def run(example: str) -> str:
        for shown, real in places.items():
            example = example.replace(shown, real)
        exec(example, names)
        return str(capsys.readouterr().out)

    assert run(connect).split()[-1] == "1"
    said = run(send)
    assert "vault: below initial ratio\nAdd margin or choose a smaller size." in said
    assert names["size"] == 5 * WAD
    run(permit)
    assert names["router"].is_operator
    assert world.view("balanceOf", wallet.address) == names["shares"] > 0
    world.advance(1)
    run(close)
    assert len(names["paid"]) == 2
    run(index)
    assert names["differences"] == []
    assert names["positions"].keys() == {(str(trader.address), 1), (wallet.address, 1)}
    assert len(names["trades"]) == 4

    world.set_price(1_928 * WAD)
    run(due)
    key = str(trader.address), 1
    assert names["key"] == key
    assert world.health(*key).status == Status.LIQUIDATABLE
    assert wallet.liquidate(key).result[0] == names["closed"] > 0


def test_readme__integrate__does_what_it_says(client, wallet, uri):
    (example,) = re.findall(r"## Integrate.*?```python\n(.*?)```", README, re.DOTALL)
    example = example.replace("http://127.0.0.1:8545", uri)
    exec(example.replace("deployments/1337.json", str(client.deployments.path)), {"key": KEY})
    (position,) = wallet.pair.positions([(wallet.address, 7)])
    assert position.size == WAD
