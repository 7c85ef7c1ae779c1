"""What is deployed was compiled from the sources as they are."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bulkhead.exceptions import InvalidInput
from tools.build import check_fresh
from tools.sources import Sources


def test_check_fresh__compiled_from_these_sources__tells_the_settings(project):
    assert check_fresh(project) == {
        "vyper": "0.4.3",
        "evm_version": "cancun",
        "optimize": "gas",
    }


def test_check_fresh__one_contract_of_other_sources__refused(project):
    contracts = {path.stem: getattr(project, path.stem) for path in Sources.here().deployables}
    code = contracts["PairVault"].contract_type.deployment_bytecode.to_bytes()
    older = SimpleNamespace(to_bytes=lambda: code[:-200] + bytes(200))
    stale = SimpleNamespace(contract_type=SimpleNamespace(deployment_bytecode=older))
    with pytest.raises(InvalidInput, match="PairVault is compiled from other sources") as raised:
        check_fresh(SimpleNamespace(**contracts | {"PairVault": stale}))
    assert "make compile" in raised.value.advice
