"""A deployment holds; each thing that is changed on the chain or in its manifest is found."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ape.managers.project import ProjectManager

from bulkhead.client.codec import call_data
from bulkhead.client.deployments import ADAPTER_BLUEPRINT, FACTORY, ORDER_BOOK, Deployments
from bulkhead.client.parts import PARTS
from bulkhead.client.verify import Verifier
from scripts import verify_deployment
from tests.forked.conftest import PAIR, Fork, ok
from tests.forked.testnet import OWNER

OTHER = "0x" + "11" * 20
Check = Callable[[Deployments], list[str]]


@pytest.fixture
def codes(project: ProjectManager) -> dict[str, bytes]:
    """What `make test` has just compiled."""
    kinds = {part.contract: getattr(project, part.contract).contract_type for part in PARTS}
    return {name: bytes(kind.deployment_bytecode.to_bytes()) for name, kind in kinds.items()}


@pytest.fixture
def check(deployed: Fork, codes: dict[str, bytes]) -> Check:
    """Findings of a record."""

    def check(record: Deployments) -> list[str]:
        settings = deployed.deployments.compiler
        return list(Verifier(deployed.node, record, codes, settings).findings())

    return check


def test_findings__as_deployed__none(deployed: Fork, check: Check):
    assert check(deployed.deployments) == []


def _contract(name: str, **changes: Any) -> Callable[[Deployments], None]:
    def change(record: Deployments) -> None:
        record.contracts[name] = replace(record.contracts[name], **changes)

    return change


def _pair(**changes: Any) -> Callable[[Deployments], None]:
    def change(record: Deployments) -> None:
        record.pairs[PAIR] = replace(record.pairs[PAIR], **changes)

    return change


def _param(name: str, value: str) -> Callable[[Deployments], None]:
    return lambda record: record.pairs[PAIR].params.update({name: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_contract(FACTORY, address=OTHER), "the sources belong at"),
        (_contract(FACTORY, arguments={}), "names other arguments"),
        (_contract(ORDER_BOOK, arguments={FACTORY: OTHER}), "it was made with"),
        (_contract(ORDER_BOOK, init_code_hash="0x"), "hash of the creation code"),
        (_contract(ORDER_BOOK, code_hash="0x"), "hash of the code"),
        (_contract(ORDER_BOOK, block=1), "not created by"),
        (lambda record: record.contracts.pop(ADAPTER_BLUEPRINT), "not in the manifest"),
        (lambda record: setattr(record, "salt", "pepper"), "the sources belong at"),
        (lambda record: record.compiler.update(evm_version="prague"), "the manifest says"),
        (lambda record: record.settings.update(owner=OTHER), "owner is"),
        (_pair(vault=OTHER), "put the vault at"),
        (_pair(oracle=OTHER), "put the oracle at"),
        (_pair(asset=OTHER), "asset: the vault's is"),
        (_pair(creator=OTHER), "put the vault at"),
        (_pair(guardian=OTHER), "guardian: the chain says"),
        (_pair(protocol_fee_share="1"), "put the vault at"),
        (_param("maintenance_ratio", "25000000000000001"), "put the vault at"),
        (lambda record: record.pairs[PAIR].config[0].__setitem__(1, "3901"), "put the oracle at"),
        (lambda record: record.pairs[PAIR].params.pop("name"), "cannot be read: 'name'"),
    ],
)
def test_findings__manifest_tampered_with__found(deployed: Fork, check: Check, change, words):
    record = copy.deepcopy(deployed.deployments)
    change(record)
    assert any(words in finding for finding in check(record))


def _other_byte(address: str) -> Callable[[Fork], None]:
    """One byte of code, deep inside: where an immutable may stand."""

    def change(fork: Fork) -> None:
        code = bytearray(fork.node.code(address_of(fork, address)))
        code[-1] ^= 1
        fork.node.request("anvil_setCode", address_of(fork, address), "0x" + code.hex())

    return change


def address_of(fork: Fork, what: str) -> str:
    pair = fork.deployments.pairs[PAIR]
    return {"vault": pair.vault, "oracle": pair.oracle}.get(what) or fork.deployments.contract(what)


def _call(signature: str, *arguments: Any) -> Callable[[Fork], None]:
    def change(fork: Fork) -> None:
        factory = fork.deployments.contract(FACTORY)
        fork.node.send(OWNER, factory, call_data(signature, *arguments))

    return change


def _forget_adapter(fork: Fork) -> None:
    adapter = fork.deployments.contract(ADAPTER_BLUEPRINT)
    _call("set_adapter(address,bool)", adapter, False)(fork)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_other_byte(FACTORY), f"{FACTORY}: the code at"),
        (_other_byte(ORDER_BOOK), f"{ORDER_BOOK}: the code at"),
        (_other_byte(ADAPTER_BLUEPRINT), f"{ADAPTER_BLUEPRINT}: the code at"),
        (_other_byte("vault"), "the code of the vault"),
        (_other_byte("oracle"), "the code of the oracle"),
        (_call("transfer_ownership(address)", OTHER), "pending_owner is"),
        (_call("renounce_ownership()"), "owner is"),
        (_call("set_protocol_fee(uint256,address)", 10**17, OWNER), "protocol_fee_share is"),
        (_call("set_protocol_fee(uint256,address)", 0, OTHER), "fee_recipient is"),
        (_forget_adapter, "adapter is not registered"),
    ],
)
def test_findings__chain_tampered_with__found(deployed: Fork, check: Check, change, words):
    state = deployed.node.request("evm_snapshot")
    change(deployed)
    found = check(deployed.deployments)
    assert deployed.node.request("evm_revert", state)
    assert any(words in finding for finding in found)


def test_verify_deployment__file_edited__ends_with_one(
    deployed: Fork, codes: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
):
    """The command itself; `make forked` has it compile anew, too."""
    monkeypatch.setattr(verify_deployment, "creation_codes", lambda compiler: codes)
    assert "ownership are as" in ok(deployed.run(verify_deployment.cli))
    path = deployed.deployments.path
    kept = path.read_text()
    path.write_text(kept.replace('"maintenance_ratio": "25', '"maintenance_ratio": "15'))
    try:
        result = deployed.run(verify_deployment.cli)
    finally:
        path.write_text(kept)
    assert result.exit_code == 1
    assert "put the vault at" in result.output and "1 things do not hold" in result.output


def test_manifest__numbers__are_exact_in_any_json(deployed: Fork):
    """Nothing beyond 2^53 stands there as a number."""
    content = json.loads(deployed.deployments.path.read_text(), parse_int=int)

    def numbers(value: Any) -> list[int]:
        if isinstance(value, dict):
            return [n for item in value.values() for n in numbers(item)]
        if isinstance(value, list):
            return [n for item in value for n in numbers(item)]
        return [value] if isinstance(value, int) else []

    assert max(numbers(content)) < 2**53
