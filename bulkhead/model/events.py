"""Events of IPairVault and of its share token, fields in the order of the interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(slots=True)
class PositionAdjusted:
    owner: str
    position_id: int
    sender: str
    size_delta: int
    price: int
    fee: int
    realised: int
    paid_out: int
    size: int
    margin: int
    basis: int
    reserve: int
    pool: int
    carry_long: int
    carry_short: int


@dataclass(slots=True)
class PositionClosed:
    owner: str
    position_id: int
    sender: str
    size_delta: int
    price: int
    fee: int
    realised: int
    paid_out: int
    pool: int
    carry_long: int
    carry_short: int


@dataclass(slots=True)
class MarginAdded:
    owner: str
    position_id: int
    sender: str
    amount: int
    margin: int


@dataclass(slots=True)
class MarginRemoved:
    owner: str
    position_id: int
    sender: str
    amount: int
    margin: int


@dataclass(slots=True)
class PositionLiquidated:
    owner: str
    position_id: int
    keeper: str
    size_delta: int
    price: int
    fee: int
    realised: int
    reward: int
    credited: int
    bad_debt: int
    size: int
    margin: int
    basis: int
    reserve: int
    pool: int
    carry_long: int
    carry_short: int


@dataclass(slots=True)
class PositionSettled:
    owner: str
    position_id: int
    keeper: str
    size_delta: int
    price: int
    fee: int
    realised: int
    credited: int
    bad_debt: int
    pool: int
    carry_long: int
    carry_short: int


@dataclass(slots=True)
class MarginCalled:
    owner: str
    position_id: int
    equity: int
    requirement: int
    price: int


@dataclass(slots=True)
class Accrued:
    carry_long: int
    carry_short: int


@dataclass(slots=True)
class Claimed:
    owner: str
    receiver: str
    amount: int


@dataclass(slots=True)
class OperatorSet:
    owner: str
    operator: str
    approved: bool


@dataclass(slots=True)
class ProtocolFeesCollected:
    recipient: str
    amount: int


@dataclass(slots=True)
class OracleReportedDead:
    sender: str


@dataclass(slots=True)
class WoundDown:
    sender: str
    settlement_price: int


@dataclass(slots=True)
class Deposit:
    sender: str
    owner: str
    assets: int
    shares: int


@dataclass(slots=True)
class Withdraw:
    sender: str
    receiver: str
    owner: str
    assets: int
    shares: int


@dataclass(slots=True)
class Transfer:
    sender: str
    receiver: str
    amount: int


@dataclass(slots=True)
class Approval:
    owner: str
    spender: str
    amount: int


@dataclass(slots=True)
class LimitsSet:
    max_utilisation: int
    initial_ratio: int
    reduce_only: bool


@dataclass(slots=True)
class LimitsScheduled:
    max_utilisation: int
    initial_ratio: int
    reduce_only: bool
    applies_at: int


@dataclass(slots=True)
class GuardianTransferStarted:
    guardian: str
    pending_guardian: str


@dataclass(slots=True)
class GuardianTransferred:
    old_guardian: str
    new_guardian: str


Event: TypeAlias = (
    PositionAdjusted
    | PositionClosed
    | MarginAdded
    | MarginRemoved
    | PositionLiquidated
    | PositionSettled
    | MarginCalled
    | Accrued
    | Claimed
    | OperatorSet
    | ProtocolFeesCollected
    | OracleReportedDead
    | WoundDown
    | Deposit
    | Withdraw
    | Transfer
    | Approval
    | LimitsSet
    | LimitsScheduled
    | GuardianTransferStarted
    | GuardianTransferred
)
