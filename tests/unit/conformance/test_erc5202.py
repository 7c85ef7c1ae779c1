"""ERC-5202: the blueprints are what indexers take for blueprints."""

from __future__ import annotations

import pytest

MAGIC = b"\xfe\x71"


def parse_blueprint(code: bytes) -> tuple[int, bytes, bytes]:
    """Version, data and initcode: the reference parser of the EIP."""
    assert code[:2] == MAGIC, "not a blueprint"
    version, size_of_length = (code[2] & 0b11111100) >> 2, code[2] & 0b11
    assert size_of_length != 0b11, "reserved bits are set"
    length = int.from_bytes(code[3 : 3 + size_of_length], "big")
    start = 3 + size_of_length
    data, initcode = code[start : start + length], code[start + length :]
    assert initcode, "empty initcode"
    return version, data, initcode


@pytest.mark.parametrize("name", ["PairVault", "ChainlinkOracle"])
def test_blueprint__must_have_preamble_version_0_and_the_whole_initcode(
    project, owner, chain, name
):
    container = getattr(project, name)
    blueprint = owner.declare(container).contract_address
    version, data, initcode = parse_blueprint(bytes(chain.provider.get_code(blueprint)))
    assert (version, data) == (0, b"")
    assert initcode == bytes(container.contract_type.get_deployment_bytecode())


def test_blueprint__called__must_not_run(project, owner, chain):
    """0xFE is no instruction: whoever calls it loses all gas and changes nothing."""
    blueprint = owner.declare(project.ChainlinkOracle).contract_address
    call = {"to": blueprint, "data": "0x", "gas": hex(100_000)}
    answer = chain.provider.make_request(
        "eth_simulateV1", [{"blockStateCalls": [{"calls": [call]}]}, "latest"]
    )
    ((made,),) = [block["calls"] for block in answer]
    assert made["status"] == "0x0"
    assert int(made["gasUsed"], 16) == 100_000
