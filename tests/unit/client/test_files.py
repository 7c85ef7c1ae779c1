"""Parameter files and deployment files: what is wrong in them is said, with what to do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bulkhead.client.deployments import ContractEntry, Deployments, PairEntry
from bulkhead.client.pair_file import read_pair_file
from bulkhead.exceptions import InvalidInput, NotDeployed
from bulkhead.model import WAD
from bulkhead.profiles import reference_profile

ADDRESS = "0x" + "11" * 20
CONTRACT = ContractEntry(ADDRESS, 7, "0xaa", {"owner": ADDRESS}, "0xbb", "0xcc")
MINIMAL = """
label = "A/B"
expected_price = "2"
seed = "100"
[oracle.base]
heartbeat = 60
deviation = "1 %"
min_answer = "0.1"
max_answer = "10"
"""


class FakeNode:
    """Answers what a deployments file asks of a chain."""

    def __init__(self, chain_id: int = 1, genesis: str = "0xaa") -> None:
        self.chain_id, self.genesis, self.is_fork = chain_id, genesis, False

    def block(self, number: int) -> dict[str, Any]:
        assert number == 0
        return {"hash": self.genesis}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pair.toml"
    path.write_text(MINIMAL)
    return path


# ---- pair files ----


@pytest.mark.parametrize("name", ["eth-usdc", "btc-dai"])
def test_read_pair_file__examples__are_good(name: str):
    terms = read_pair_file(Path("pairs") / f"{name}.toml")
    params = terms.vault_params(6, ADDRESS, ADDRESS)
    assert params.maintenance_ratio == WAD // 40
    assert terms.base.feed != terms.asset


def test_vault_params__nothing_said__is_the_reference_profile(file: Path):
    terms = read_pair_file(file)
    found = asdict(terms.vault_params(18, ADDRESS, ADDRESS))
    expected = asdict(
        reference_profile(18, asset=ADDRESS, oracle=ADDRESS, name="Bulkhead A/B", symbol="bhA-B")
    )
    assert found == expected


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('label = "A/B"', "", "label is missing"),
        ('seed = "100"', "seed = 1.5", 'seed = "1.5"'),
        ("heartbeat = 60", 'heartbeat = "1 h"', "whole number"),
        ("[oracle.base]", "[oracle]", "unknown entry 'deviation'"),
        ('deviation = "1 %"', 'deviation = "wide"', "not a number"),
        ('seed = "100"', 'seed = "100"\nasset = "0x12"', "not an address"),
        (
            'seed = "100"',
            'seed = "100"\nasset = "0xa0B86991c6218b36c1d19D4a2e9Eb0cE3606eB48"',
            "wrong checksum",
        ),
        ('label = "A/B"', "label = ", "not valid"),
        ('max_answer = "10"', 'max_answer = "10"\nmax = 1', "unknown entry 'max'"),
    ],
)
def test_read_pair_file__mistake__is_named(file: Path, old: str, new: str, words: str):
    file.write_text(MINIMAL.replace(old, new))
    with pytest.raises(InvalidInput) as raised:
        read_pair_file(file)
    assert words in f"{raised.value} {raised.value.advice}"
    assert str(file) in str(raised.value)


def test_vault_params__unknown_parameter__lists_the_known(file: Path):
    file.write_text(MINIMAL + "[parameters]\nfee = 1\n")
    with pytest.raises(InvalidInput, match="unknown parameter 'fee'") as raised:
        read_pair_file(file).vault_params(6, ADDRESS, ADDRESS)
    assert "trading_fee" in raised.value.advice


# ---- deployments ----


def test_deployments__saved_and_opened__is_the_same(tmp_path: Path):
    node = FakeNode()
    made = Deployments.open(node, tmp_path)
    made.contracts["VaultFactory"] = CONTRACT
    made.pairs["A/B"] = PairEntry(ADDRESS, ADDRESS, ADDRESS, 7)
    made.save()
    assert Deployments.open(node, tmp_path) == made
    assert [path.name for path in tmp_path.iterdir()] == ["1.json"]


def test_deployments__another_chain_with_the_id__starts_empty(tmp_path: Path):
    made = Deployments.open(FakeNode(), tmp_path)
    made.contracts["VaultFactory"] = CONTRACT
    made.save()
    assert Deployments.open(FakeNode(genesis="0xbb"), tmp_path).contracts == {}


def test_deployments__fork__has_a_file_of_its_own(tmp_path: Path):
    fork = FakeNode()
    fork.is_fork = True
    Deployments.open(fork, tmp_path).save()
    assert [path.name for path in tmp_path.iterdir()] == ["1-fork.json"]


@pytest.mark.parametrize("text", ["", "[]", '{"genesis": "0xaa"}'])
def test_deployments__damaged_file__says_which(tmp_path: Path, text: str):
    (tmp_path / "1.json").write_text(text)
    with pytest.raises(InvalidInput, match=r"1\.json cannot be read"):
        Deployments.open(FakeNode(), tmp_path)


def test_pair__label__is_found_in_any_case(tmp_path: Path):
    made = Deployments.open(FakeNode(), tmp_path)
    with pytest.raises(NotDeployed, match="there are: none"):
        made.pair(None)
    entry = made.pairs["A/B"] = PairEntry(ADDRESS, ADDRESS, ADDRESS, 7)
    assert made.pair(None) == made.pair("a/b") == ("A/B", entry)
    made.pairs["C/D"] = entry
    with pytest.raises(NotDeployed, match=r"say which pair.*A/B, C/D"):
        made.pair(None)
