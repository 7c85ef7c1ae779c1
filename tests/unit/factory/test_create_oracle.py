"""`create_oracle`: from known blueprints, once for the same arguments."""

from __future__ import annotations

from eth_abi import encode
from eth_utils import keccak, to_checksum_address

from bulkhead.model import WAD
from tests.factory_kit import PRICE
from tests.node import decode_output, method, revert_reason


def create(yard, args, sender=None, adapter=None):
    """The oracle, and the factory's events."""
    receipt = yard.node.send(
        sender or yard.creator, yard.factory, "create_oracle", adapter or yard.adapter, args
    )
    answer = decode_output(method(yard.factory, "create_oracle", 2), receipt.output)
    return to_checksum_address(answer), yard.events(receipt)


def refuse(yard, args, adapter=None):
    """Why it reverts."""
    receipt = yard.node.attempt(
        yard.creator, yard.factory, "create_oracle", adapter or yard.adapter, args
    )
    assert not receipt.is_success
    return revert_reason(receipt.output)


def test_create_oracle__by_anyone__reads_its_feed(yard, attacker, project):
    oracle, events = create(yard, yard.oracle_args(), sender=attacker)
    made = {"oracle": oracle, "adapter": yard.adapter, "creator": attacker.address}
    assert events == [("OracleCreated", made)]
    assert yard.factory.is_known_oracle(oracle)
    band = project.ChainlinkOracle.at(oracle).price_band()
    assert band.live
    assert band.bid == PRICE - PRICE // 1_000
    assert band.ask == PRICE + PRICE // 1_000


def test_create_oracle__same_again__the_same_one(yard, attacker):
    args = yard.oracle_args()
    oracle, _ = create(yard, args)
    again, events = create(yard, args, sender=attacker)
    assert again == oracle
    assert events == []


def test_create_oracle__other_arguments__another_one(yard):
    args = yard.oracle_args()
    heartbeat = (86_400).to_bytes(32, "big")
    assert heartbeat in args
    other = args.replace(heartbeat, (3_600).to_bytes(32, "big"))
    assert create(yard, args)[0] != create(yard, other)[0]


def test_create_oracle__address__is_bound_to_adapter_and_arguments(yard):
    args = yard.oracle_args()
    salt = keccak(encode(["address", "bytes"], [yard.adapter, args]))
    assert create(yard, args)[0] == yard.create2(yard.adapter, args, salt)


def test_create_oracle__unknown_adapter__refused(yard, project):
    other = yard.owner.declare(project.MockOracle).contract_address
    args = encode(["uint256"], [PRICE])
    assert refuse(yard, args, adapter=other) == "factory: unknown adapter"
    # the blueprint's address is what is known, not its code
    copy = yard.owner.declare(project.ChainlinkOracle).contract_address
    assert refuse(yard, yard.oracle_args(), adapter=copy) == "factory: unknown adapter"


def test_create_oracle__no_adapter_at_all__refused(yard, attacker):
    assert refuse(yard, b"", adapter=attacker.address) == "factory: unknown adapter"


def test_create_oracle__another_known_adapter__works(yard, project):
    other = yard.owner.declare(project.MockOracle).contract_address
    yard.factory.set_adapter(other, True, sender=yard.owner)
    oracle, _ = create(yard, encode(["uint256"], [7 * WAD]), adapter=other)
    assert project.MockOracle.at(oracle).band().bid == 7 * WAD


def test_create_oracle__adapter_no_longer_known__made_ones_stay(yard):
    args = yard.oracle_args()
    oracle, _ = create(yard, args)
    yard.factory.set_adapter(yard.adapter, False, sender=yard.owner)
    assert create(yard, args) == (oracle, [])
    assert yard.factory.is_known_oracle(oracle)
    assert refuse(yard, yard.oracle_args()) == "factory: unknown adapter"


def test_create_oracle__adapter_refuses_its_arguments__its_reason(yard):
    assert refuse(yard, yard.oracle_args(heartbeat=0)) == "chainlink: zero heartbeat"


def test_create_oracle__arguments_too_short__missing_bytes_are_zeros(yard):
    """Code ends in zeros without end; what is made of them the adapter's constructor judges."""
    assert refuse(yard, b"") == "chainlink: zero base feed"
    args = yard.oracle_args()
    assert args[-1] == 0
    assert create(yard, args[:-1])[0] != create(yard, args)[0]


def test_create_oracle__arguments_too_long__refused(yard):
    assert refuse(yard, b"\0" * 2_049) is None
