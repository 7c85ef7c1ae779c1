"""Signed permits of a vault, field by field, so that a test can get each of them wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_abi import encode
from eth_keys.datatypes import PrivateKey
from eth_utils import keccak

from bulkhead.model import MAX_UINT256
from tests.kit import World
from tests.node import Receipt

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141  # of the curve
_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_PERMIT = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
_PERMIT_OPERATOR = (
    "PermitOperator(address owner,address operator,bool approved,uint256 nonce,uint256 deadline)"
)
_TYPES = {"permit": (_PERMIT, "uint256"), "permit_operator": (_PERMIT_OPERATOR, "bool")}


@dataclass(frozen=True)
class Key:
    """A private key, and the account of it."""

    number: int

    @property
    def private(self) -> PrivateKey:
        return PrivateKey(self.number.to_bytes(32, "big"))

    @property
    def address(self) -> str:
        return str(self.private.public_key.to_checksum_address())

    def sign(self, digest: bytes) -> bytes:
        """r, s, v: 65 bytes."""
        signature = self.private.sign_msg_hash(digest)
        words = [signature.r.to_bytes(32, "big"), signature.s.to_bytes(32, "big")]
        return b"".join([*words, bytes([27 + signature.v])])


@dataclass(frozen=True)
class Permit:
    """What is signed: `function` is `permit` (LP shares) or `permit_operator`."""

    function: str
    owner: str
    permitted: str
    number: int  # shares, or 1 for an approval
    name: str
    chain_id: int
    vault: str
    nonce: int = 0
    deadline: int = MAX_UINT256
    version: str = "1"

    @property
    def digest(self) -> bytes:
        text, number_type = _TYPES[self.function]
        struct = keccak(
            encode(
                ["bytes32", "address", "address", number_type, "uint256", "uint256"],
                [
                    keccak(text=text),
                    self.owner,
                    self.permitted,
                    bool(self.number) if number_type == "bool" else self.number,
                    self.nonce,
                    self.deadline,
                ],
            )
        )
        domain = keccak(
            encode(
                ["bytes32", "bytes32", "bytes32", "uint256", "address"],
                [
                    keccak(text=_DOMAIN),
                    keccak(text=self.name),
                    keccak(text=self.version),
                    self.chain_id,
                    self.vault,
                ],
            )
        )
        return keccak(b"\x19\x01" + domain + struct)

    def arguments(self, signature: bytes) -> tuple[Any, ...]:
        """Of the call; it names neither nonce nor domain."""
        if self.function == "permit_operator":
            approved = bool(self.number)
            return self.owner, self.permitted, approved, self.deadline, signature
        v, r, s = signature[64], signature[:32], signature[32:64]
        return self.owner, self.permitted, self.number, self.deadline, v, r, s


def make_permit(world: World, function: str, owner: str, permitted: Any) -> Permit:
    """Of the world's vault, with the owner's next nonce."""
    return Permit(
        function,
        owner,
        permitted.address,
        1 if function == "permit_operator" else 10**9,
        world.params.name,
        int(world.node.request("eth_chainId"), 16),
        world.vault.address,
        nonce=world.view("nonces", owner),
    )


def submit(world: World, permit: Permit, signature: bytes, sender: Any) -> Receipt:
    """Whoever hands a permit in gains nothing by it; it may be refused."""
    arguments = permit.arguments(signature)
    return world.node.attempt(sender, world.vault, permit.function, *arguments)


def is_granted(world: World, permit: Permit) -> bool:
    view = "is_operator" if permit.function == "permit_operator" else "allowance"
    return bool(world.view(view, permit.owner, permit.permitted))
