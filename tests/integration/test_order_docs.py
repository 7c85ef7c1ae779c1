"""What docs/orders.md shows: its file, its web wallet and its keeper, run as they stand there."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from bulkhead.model import MAX_UINT256
from bulkhead.orders import Order, Trigger, parse_order, recover
from bulkhead.orders.tables import kind_of
from bulkhead.orders.types import ORDER_FIELDS
from tests.integration.market import TRADER, Market

DOCS = Path("docs/orders.md").read_text("utf-8")
# A browser's wallet, played by the node, which has the key.
BROWSER = """
const [uri, chainId, book, text] = process.argv.slice(1);
const message = JSON.parse(text, (key, value) => /^-?[0-9]+$/.test(value) ? BigInt(value) : value);
const provider = {
  async request({ method, params }) {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    const answer = await (await fetch(uri, { method: "POST", headers, body })).json();
    if (method !== "eth_signTypedData_v4") throw new Error(method);
    return answer.result;
  },
};
console.log(await signOrder(provider, Number(chainId), book, message));
"""


def block(language: str) -> str:
    """The only block in that language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    return str(found)


def test_example__file__is_a_signed_order():
    signed = parse_order(block("json"))
    assert kind_of(signed.order) == "top-up"
    assert recover(signed) == signed.order.signer == TRADER


def test_web_wallet__signs_with_viem__keeper_executes(market: Market, tmp_path: Path):
    market.trade("limit", "long", "--price", "1950", "--margin", "100", "--size", "0.1")
    (mine,) = market.store.load()
    market.store.remove(mine.digest)
    order = replace(
        mine.order, nonce=1, acceptable_price=MAX_UINT256, trigger=int(Trigger.PRICE_AT_OR_ABOVE)
    )

    file = tmp_path / "signed.json"
    file.write_text(signed_in_browser(market, order))
    market.trade("submit", str(file))

    (signed,) = market.store.load()
    assert signed.order == order
    assert recover(signed) == TRADER
    assert market.keep() == ["stop entry"]


def signed_in_browser(market: Market, order: Order) -> str:
    """What the page makes of the order."""
    fields = zip(ORDER_FIELDS.items(), order.words, strict=True)
    message = {
        name: str(value) if kind.endswith("int256") else value for (name, kind), value in fields
    }
    domain = market.book.domain
    page = ["node", "--input-type=module", "--eval", block("js") + BROWSER]
    arguments = [market.node.uri, str(domain.chain_id), domain.book, json.dumps(message)]
    done = subprocess.run(
        [*page, *arguments], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_keeper__python__prints_orders_and_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    signed = parse_order(block("json"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / f"0x{signed.digest.hex()}.json").write_text(block("json"))
    (tmp_path / "orders" / "bad.json").touch()

    exec(compile(block("python"), "docs/orders.md", "exec"), {})

    said = capsys.readouterr().out
    assert signed.digest.hex() in said
    assert "bad.json: no JSON" in said
