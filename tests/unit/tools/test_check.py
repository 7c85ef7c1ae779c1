"""The command line on compiled contracts: sizes, layouts, ABIs."""

from __future__ import annotations

import json

import pytest

from tools.check import main
from tools.sizes import CODE_LIMIT, INITCODE_LIMIT, violations

VAULT = """
from .modules import limits

initializes: limits

event Opened:
    owner: indexed(address)

ASSET: immutable(address)
SCALES: immutable(uint256[3])
size: public(uint256)
seen: transient(bool)


@deploy
def __init__(asset: address):
    ASSET = asset
    SCALES = [1, 2, 3]


@external
def open(size: uint256) -> address:
    self.size = size
    self.seen = True
    limits._check(size)
    log Opened(owner=msg.sender)
    return ASSET
"""
LIMITS = """
highest: uint256
names: String[64]


@internal
def _check(size: uint256):
    assert size > self.highest, "vault: too small"
    self.highest = size
"""


@pytest.fixture
def built(sample):
    sample.write_contract("Vault.vy", VAULT)
    sample.write_contract("modules/limits.vy", LIMITS)
    sample.write_contract("mocks/MockVault.vy", "")
    return sample


def run(sample, *arguments):
    return main([*arguments, "--root", str(sample.root)])


def test_sizes__write__counts_immutables_and_the_blueprint_preamble(built):
    assert run(built, "sizes", "--write") == 0
    snapshot = json.loads((built.root / "snapshots/size.json").read_text())
    assert list(snapshot["contracts"]) == ["Vault"]
    size = snapshot["contracts"]["Vault"]
    assert size["runtime_with_immutables"] == size["runtime"] + 4 * 32
    assert size["blueprint"] == size["initcode"] + 3
    assert snapshot["evm_version"] == "cancun"


def test_layout__write__names_every_variable_with_its_module(built):
    assert run(built, "layout", "--write") == 0
    layout = json.loads((built.root / "snapshots/layout.json").read_text())["contracts"]["Vault"]
    assert {name: entry["slot"] for name, entry in layout["storage"].items()} == {
        "limits.highest": 0,
        "limits.names": 1,
        "size": 4,
    }
    assert {name: entry["offset"] for name, entry in layout["immutables"].items()} == {
        "ASSET": 0,
        "SCALES": 32,
    }
    assert "seen" in layout["transient"]


def test_abi__write__exports_deployables_and_the_token(built):
    built.write("bulkhead/abi/Gone.json", "[]")
    assert run(built, "abi") == 1
    assert run(built, "abi", "--write") == 0
    exported = {path.name for path in (built.root / "bulkhead/abi").iterdir()}
    assert exported == {"Vault.json", "IERC20.json"}
    abi = json.loads((built.root / "bulkhead/abi/Vault.json").read_text())
    assert {entry.get("name") for entry in abi} == {"Opened", "open", "size", None}
    token = json.loads((built.root / "bulkhead/abi/IERC20.json").read_text())
    assert {"transfer", "decimals"} <= {entry["name"] for entry in token}


def test_check__changed_module__makes_everything_stale(built, capsys):
    assert run(built, "sizes", "layout", "abi", "--write") == 0
    assert run(built, "sizes", "layout", "abi") == 0
    built.write_contract("modules/limits.vy", LIMITS.replace("highest: uint256", "highest: int256"))
    built.write_contract("Vault.vy", VAULT.replace("limits._check(size)", "pass"))
    capsys.readouterr()
    assert run(built, "sizes", "layout", "abi") == 2  # does not compile
    built.write_contract("modules/limits.vy", "highest: public(int256)\n")
    assert run(built, "sizes", "layout", "abi") == 1
    errors = capsys.readouterr().err
    assert "sizes: snapshots/size.json: not what" in errors
    assert "layout: snapshots/layout.json: not what" in errors


def test_check__no_contracts_yet__passes(sample):
    assert run(sample, "sizes", "layout", "abi", "style", "--write") == 0


def test_violations__at_each_limit__only_beyond_is_reported():
    at_limit = {
        "runtime": 0,
        "runtime_with_immutables": 24_000,
        "initcode": INITCODE_LIMIT,
        "blueprint": CODE_LIMIT,
    }
    assert violations({"PairVault": at_limit}) == []
    beyond = {what: size + 1 for what, size in at_limit.items()}
    assert len(violations({"PairVault": beyond})) == 3
    assert violations({"OrderBook": beyond | {"initcode": 0}}) == []
