"""The switches of the contracts in `contracts/mocks`, as their setters take them."""

from __future__ import annotations

from enum import IntEnum


class FeedFault(IntEnum):
    """`MockFeed.set_fault`."""

    NONE = 0
    REVERT = 1
    BURN_GAS = 2
    SHORT_RETURN = 4
    LONG_RETURN = 8


class OracleFault(IntEnum):
    """`MockOracle.set_fault`."""

    NONE = 0
    REVERT = 1
    BURN_GAS = 2
    SHORT_RETURN = 4
    EMPTY_RETURN = 8
    GARBAGE_BOOL = 16
    LONG_RETURN = 32
    LONG_REVERT = 64


class FalseMode(IntEnum):
    """`MockTokenFalse.set_mode`."""

    WORKING = 0
    REFUSING = 1
    LYING = 2


class WalletFault(IntEnum):
    """`MockWallet.set_fault`."""

    NONE = 0
    WRONG_MAGIC = 1
    LONG_RETURN = 2
    SHORT_RETURN = 4
    REVERT = 8
    BURN_GAS = 16
    DIRTY_MAGIC = 32
    ALWAYS_VALID = 64
