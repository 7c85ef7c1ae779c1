"""Orders as in `contracts/interfaces/IOrderBook.vyi`: what is signed, and what becomes of it.

Units: sizes are base units with 18 decimals, positive buys; `margin_delta`, `keeper_fee` and a
permit's `value` are the asset's own units; prices and health are WAD; times are unix seconds.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import IntEnum, IntFlag
from typing import Any, Final

from bulkhead.client.codec import parse_address
from bulkhead.exceptions import InvalidInput, InvalidOrder

EPOCH: Final = 2**64  # nonce = epoch * EPOCH + number

ORDER_FIELDS: Final = {
    "owner": "address",
    "signer": "address",
    "vault": "address",
    "position_id": "uint256",
    "opened_at": "uint256",
    "size_delta": "int256",
    "margin_delta": "int256",
    "reduce_only": "bool",
    "acceptable_price": "uint256",
    "trigger": "uint8",
    "trigger_value": "uint256",
    "keeper_fee": "uint256",
    "nonce": "uint256",
    "valid_from": "uint256",
    "deadline": "uint256",
}
PERMIT_FIELDS: Final = {
    "value": "uint256",
    "deadline": "uint256",
    "v": "uint8",
    "r": "bytes32",
    "s": "bytes32",
}
DOMAIN_FIELDS: Final = {"chainId": "uint256", "verifyingContract": "address"}


class Trigger(IntEnum):
    """When an order may execute. A price is the side of the band at which it would."""

    NONE = 0
    PRICE_AT_OR_ABOVE = 1
    PRICE_AT_OR_BELOW = 2
    HEALTH_BELOW = 3  # equity / maintenance requirement


class OrderStatus(IntFlag):
    """The flag of IOrderBook: what has happened to a nonce."""

    OPEN = 1
    EXECUTED = 2
    CANCELLED = 4


@dataclass(frozen=True)
class Order:
    """Fields in the order in which they are signed. Raises InvalidOrder for one out of range."""

    owner: str  # of the position
    signer: str  # the owner, or an operator of the owner's in the vault; pays, and cancels
    vault: str
    position_id: int
    opened_at: int  # the life of the position: 0 for none yet, else when it began
    size_delta: int
    margin_delta: int  # positive is pulled from the signer, negative goes to the owner
    reduce_only: bool  # clamp `size_delta` to the size that is there
    acceptable_price: int  # the highest to buy at, the lowest to sell at
    trigger: int
    trigger_value: int
    keeper_fee: int
    nonce: int
    valid_from: int  # a life that begins after it and not after `opened_at` is meant, too
    deadline: int  # the last second at which it may execute

    def __post_init__(self) -> None:
        for name, kind in ORDER_FIELDS.items():
            check_value(name, kind, getattr(self, name))
        if self.trigger > max(Trigger):
            raise InvalidOrder(f"trigger: {self.trigger} is none of 0 to {max(Trigger):d}")

    @property
    def words(self) -> tuple[Any, ...]:
        """As the contract takes it."""
        return astuple(self)


@dataclass(frozen=True)
class Permit:
    """EIP-2612 allowance that the signer gives the order book."""

    value: int
    deadline: int
    v: int
    r: bytes
    s: bytes

    def __post_init__(self) -> None:
        for name, kind in PERMIT_FIELDS.items():
            check_value(f"permit.{name}", kind, getattr(self, name))

    @property
    def words(self) -> tuple[Any, ...]:
        """As the contract takes it."""
        return astuple(self)


@dataclass(frozen=True)
class Domain:
    """The order book that an order is for."""

    chain_id: int
    book: str

    def __post_init__(self) -> None:
        check_value("domain.chainId", "uint256", self.chain_id)
        check_value("domain.verifyingContract", "address", self.book)


def check_value(what: str, kind: str, value: Any) -> None:
    """Raises InvalidOrder unless `value` is one of the Solidity type `kind`."""
    if kind == "address":
        is_good = read_address(value, what) == value
    elif kind == "bool":
        is_good = isinstance(value, bool)
    elif kind.startswith("bytes"):
        is_good = isinstance(value, bytes) and len(value) == int(kind.removeprefix("bytes"))
    else:
        low, high = _range(kind)
        is_good = isinstance(value, int) and not isinstance(value, bool) and low <= value < high
    if not is_good:
        raise InvalidOrder(f"{what}: {value!r:.80} is no {kind}")


def read_address(value: Any, what: str) -> str:
    """With its checksum. Raises InvalidOrder."""
    try:
        return parse_address(value, what)
    except InvalidInput as error:
        raise InvalidOrder(str(error), error.advice) from None


def _range(kind: str) -> tuple[int, int]:
    if kind.startswith("uint"):
        return 0, 2 ** int(kind.removeprefix("uint"))
    half: int = 2 ** (int(kind.removeprefix("int")) - 1)
    return -half, half


NO_PERMIT: Final = Permit(0, 0, 0, bytes(32), bytes(32))
