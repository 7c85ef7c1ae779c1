"""What Bulkhead consists of, and at which address each part of it belongs.

Every part goes through the keyless CREATE2 deployer, which is at one address on nearly every chain.
So an address follows from code, constructor arguments and salt, and from nothing else: not from who
sends, when, or in which order. A dry run can name every address beforehand, an interrupted run asks
the chain how far it came, and an address that fits its code proves that the code came from these
sources. (Addresses from a nonce would give the first of the three only, and one stray transaction
of the account would move them all.) The price is that the sender of a creation is nobody: the
factory is told its owner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak

from bulkhead.client.codec import canonical, checksum, package_abi
from bulkhead.client.deployments import (
    ADAPTER_BLUEPRINT,
    FACTORY,
    LENS,
    ORDER_BOOK,
    REHEARSAL_BLUEPRINT,
    ROUTER,
    VAULT_BLUEPRINT,
)

# Takes salt and creation code; github.com/Arachnid/deterministic-deployment-proxy
CREATE2_DEPLOYER: Final = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
DEFAULT_SALT: Final = "bulkhead"
OWNER: Final = "owner"
FEE_RECIPIENT: Final = "fee recipient"
PREAMBLE: Final = bytes.fromhex("fe7100")  # ERC-5202: version 0, no data
_RETURN_THE_REST = bytes.fromhex(
    "3d81600a3d39f3"
)  # ERC-5202's creation code, after a PUSH2 of the length


@dataclass(frozen=True)
class Part:
    """One contract: the name it is recorded under, its source, and its constructor's arguments, all
    addresses, by name: earlier parts, or roles."""

    name: str
    contract: str
    arguments: tuple[str, ...] = ()
    is_blueprint: bool = False


PARTS: Final = (
    Part(VAULT_BLUEPRINT, "PairVault", is_blueprint=True),
    Part(ADAPTER_BLUEPRINT, "ChainlinkOracle", is_blueprint=True),
    Part(FACTORY, "VaultFactory", (VAULT_BLUEPRINT, FEE_RECIPIENT, OWNER)),
    Part(ORDER_BOOK, "OrderBook", (FACTORY,)),
    Part(REHEARSAL_BLUEPRINT, "Rehearsal", is_blueprint=True),
    Part(LENS, "VaultLens", (FACTORY, ORDER_BOOK, REHEARSAL_BLUEPRINT)),
    Part(ROUTER, "Router", (FACTORY,)),
)


@dataclass(frozen=True)
class Placed:
    """A part with everything that decides its address. `arguments` by name, in their order."""

    part: Part
    init_code: bytes
    arguments: dict[str, str]
    address: str


def place(
    creation_codes: Mapping[str, bytes], roles: Mapping[str, str], salt: str = DEFAULT_SALT
) -> list[Placed]:
    """Every part in the order of creation: `creation_codes` by contract, `roles` the owner and the
    fee recipient."""
    known = dict(roles)
    placed = []
    for part in PARTS:
        code = creation_codes[part.contract]
        arguments = {name: known[name] for name in part.arguments}
        init_code = blueprint_init_code(code) if part.is_blueprint else code
        init_code += abi_encode(["address"] * len(arguments), list(arguments.values()))
        known[part.name] = create2_address(CREATE2_DEPLOYER, salt_word(salt), init_code)
        placed.append(Placed(part, init_code, arguments, known[part.name]))
    return placed


def salt_word(salt: str) -> bytes:
    return bytes(keccak(text=salt))


def blueprint_init_code(creation_code: bytes) -> bytes:
    """Creates the ERC-5202 blueprint of a contract."""
    code = PREAMBLE + creation_code
    return b"\x61" + len(code).to_bytes(2, "big") + _RETURN_THE_REST + code


def create2_address(creator: str, salt: bytes, init_code: bytes) -> str:
    """Of what `creator` makes; EIP-1014."""
    origin = bytes.fromhex(creator[2:])
    return checksum("0x" + keccak(b"\xff" + origin + salt + keccak(init_code))[-20:].hex())


@dataclass(frozen=True)
class Made:
    """What the factory makes of a blueprint: the code that creates it, and where that puts it."""

    init_code: bytes
    address: str


def oracle_of(factory: str, adapter: str, creation_code: bytes, config: Sequence[Any]) -> Made:
    """The factory's oracle of `config`, a `ChainlinkConfig`; `adapter` is the blueprint."""
    arguments = package_abi("ChainlinkOracle").encode_constructor(config)
    salt = keccak(abi_encode(["address", "bytes"], [adapter, arguments]))
    init_code = creation_code + arguments
    return Made(init_code, create2_address(factory, salt, init_code))


def vault_of(
    factory: str, creator: str, creation_code: bytes, params: Sequence[Any], fee_share: int
) -> Made:
    """The factory's vault of `params`, made by `creator` at the protocol's share of then."""
    abi = package_abi("PairVault")
    init_code = creation_code + abi.encode_constructor(params, fee_share)
    constructor = next(item for item in abi.entries if item["type"] == "constructor")
    struct = canonical(constructor["inputs"][0])
    salt = keccak(abi_encode(["address", struct], [creator, params]))
    return Made(init_code, create2_address(factory, salt, init_code))
