"""natrix's findings reach us, from modules too; its false alarms do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import vyper_lint

LIMITS = """
from . import other

uses: other

highest: uint256


@internal
def _double(size: uint256, unused: uint256) -> uint256:
    return 2 * size + other.lowest


@internal
def _announce(target: address):
    raw_call(target, b"", value=self.highest)
"""
SETTINGS = Path(__file__).parents[3] / "pyproject.toml"
VAULT = """
from .modules import limits
from .modules import other

initializes: other
initializes: limits[other := other]


@external
@view
def maxDeposit(receiver: address) -> uint256:
    return limits.highest


@external
def open(size: uint256) -> uint256:
    limits._announce(self)
    return limits._double(size, 1)
"""


@pytest.fixture
def linted(sample, monkeypatch):
    sample.write_contract("Vault.vy", VAULT)
    sample.write_contract("modules/limits.vy", LIMITS)
    sample.write_contract("modules/other.vy", "lowest: uint256\n")
    sample.write_contract("mocks/MockVault.vy", "@external\ndef f(_a: uint256):\n    pass\n")
    sample.write("pyproject.toml", SETTINGS.read_text("utf-8"))
    monkeypatch.chdir(sample.root)
    return sample


def test_main__unused_argument_in_a_module__is_the_only_finding(linted, capsys):
    assert vyper_lint.main() == 1
    findings = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in findings] == ["contracts/modules/limits.vy"] * 2
    assert "NTX4 Function '_double'" in findings[0]
    assert "NTX10 Function '_double' argument 'unused'" in findings[1]


def test_main__contract_that_does_not_compile__is_an_error(linted, capsys):
    linted.write_contract("Vault.vy", "x: unknown\n")
    assert vyper_lint.main() == 2
    assert "UnknownType" in capsys.readouterr().err
