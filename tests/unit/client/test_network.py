"""Network files: their form, and their facts against a chain that differs in each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bulkhead.client.network import FOLDER, network_of, problems, read_network
from bulkhead.exceptions import InvalidInput
from bulkhead.model import WAD

FILES = sorted(FOLDER.glob("*.toml"))
NOW = 1_000_000_000
PHASE = 5 * 2**64


class FakeNode:
    """A chain on which everything is as the file says; `rounds` are seconds before now."""

    def __init__(self, network: Any) -> None:
        self.chain_id, self.now = network.chain_id, NOW
        self.empty: set[str] = set()
        self.answers = {
            asset.address: {"symbol": symbol, "decimals": asset.decimals}
            for symbol, asset in network.assets.items()
        }
        self.rounds = {feed.address: [3_000, 2_000, 1_000] for feed in network.feeds.values()}
        for name, feed in network.feeds.items():
            answer = 2_000 * 10**feed.decimals
            if name.startswith("USDC"):
                answer = 10**feed.decimals
            self.answers[feed.address] = {
                "description": name,
                "decimals": feed.decimals,
                "answer": answer,
            }

    def has_code(self, address: str) -> bool:
        return address not in self.empty

    def try_views(self, views: list[Any]) -> list[Any]:
        return [self.view(view.address, view.function, view.arguments) for view in views]

    def view(self, address: str, function: str, arguments: tuple[Any, ...]) -> Any:
        if function not in ("latestRoundData", "getRoundData"):
            return self.answers[address][function]
        ages = self.rounds[address]
        number = arguments[0] if arguments else PHASE + len(ages)
        updated_at = NOW - ages[number - PHASE - 1]
        return number, self.answers[address]["answer"], updated_at, updated_at, number


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_read_network__files__are_good(path: Path):
    network = read_network(path)
    assert list(problems(network, FakeNode(network))) == []
    for label in network.pairs:
        terms = network.pair(label, "2000", None)
        params = terms.vault_params(6, terms.asset, terms.base.feed)
        assert params.maintenance_ratio == WAD // 40
        assert terms.expected_price == 2_000 * WAD
        assert terms.quote is not None and terms.quote.feed != terms.base.feed


def test_network_of__chains__are_three():
    assert [network_of(chain).name for chain in (11155111, 421614, 84532)] == [
        "Ethereum Sepolia",
        "Arbitrum Sepolia",
        "Base Sepolia",
    ]
    with pytest.raises(InvalidInput, match="no file in networks/ is for chain 5"):
        network_of(5)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0x1c7D4B", "0x1c7d4B", "did you mean 0x1c7D4B"),
        ("heartbeat = 3900", "heartbeat = 604800", "less than 604800"),
        ('deviation = "1 %"', "deviation = 0.01", "binary fraction"),
        ('deviation = "1 %"', 'deviation = "10 %"', "below 10 %"),
        ('min_answer = "1"', 'min_answer = "1000000"', "min_answer < max_answer"),
        ('base = "ETH / USD"', 'base = "ETH/USD"', "unknown feed 'ETH/USD'"),
        ('seed = "20"', 'seeds = "20"', "seed: Field required"),
        ("chain_id", "chainid", "chain_id: Field required"),
    ],
)
def test_read_network__one_thing_wrong__says_where(tmp_path: Path, old, new, words):
    text = (FOLDER / "sepolia.toml").read_text()
    assert old in text
    (tmp_path / "bad.toml").write_text(text.replace(old, new))
    with pytest.raises(InvalidInput, match=r"bad\.toml: ") as raised:
        read_network(tmp_path / "bad.toml")
    assert words in str(raised.value)


def test_pair__unknown_label__lists_the_known():
    with pytest.raises(InvalidInput, match="no pair 'DOGE/USDC'") as raised:
        network_of(84532).pair("DOGE/USDC", "1", None)
    assert "ETH/USDC" in raised.value.advice


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda node, feed: setattr(node, "chain_id", 1), "the node is on chain 1"),
        (lambda node, feed: node.empty.add(feed), "no contract"),
        (lambda node, feed: node.answers[feed].update(description="BTC / USD"), "says 'BTC / USD'"),
        (lambda node, feed: node.answers[feed].update(decimals=18), "with 18 decimals"),
        (lambda node, feed: node.answers[feed].update(answer=10**8), "out of bounds"),
        (lambda node, feed: node.rounds.update({feed: [9_000, 2_000]}), "was silent for 7000 s"),
        (lambda node, feed: node.rounds.update({feed: [5_000, 4_000]}), "was silent for 4000 s"),
    ],
)
def test_problems__chain_differs__one_line_for_it(change, words):
    network = network_of(11155111)
    node = FakeNode(network)
    change(node, network.feeds["ETH / USD"].address)
    (problem,) = problems(network, node)
    assert words in problem
