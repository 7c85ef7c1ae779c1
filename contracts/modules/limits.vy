# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Limits
@notice What bounds the opening of risk, and the guardian, who may tighten it at once and loosen it after a delay. Only
        this module writes them.
@dev Nothing here enters accrual, a maintenance requirement or an exit, so no accrual is needed before a
     change and no change can make a healthy position liquidatable or hold an exit up. A guardian needs no live
     price either: openings can be stopped while the oracle is down.
"""
from ..interfaces import IPairVault
from . import market_state
from . import parameters
from . import refusal

uses: parameters
uses: market_state

WAD: constant(uint256) = 10**18
DELAY: constant(uint256) = 2 * 86_400  # seconds between scheduling and applying looser limits
_RATIO: constant(uint256) = 2**64 - 1
_TIME: constant(uint256) = 160  # bits below the time in a word

guardian: public(address)
pending_guardian: public(address)
# of no meaning before the first change, see `market_state`
_limits: uint256  # [ applies_at uint32 | reduce_only uint32 | max_utilisation uint64 | initial_ratio uint64 ]
_scheduled: uint256  # the same; 0: nothing scheduled


@deploy
def __init__(first_guardian: address):
    self.guardian = first_guardian


# ---- guardian ----


@external
def tighten_limits(max_utilisation: uint256, initial_ratio: uint256, reduce_only: bool):
    """
    @dev Drops what is scheduled: it was looser than what is wanted now.
    """
    old: IPairVault.Limits = self._load()
    is_tighter: bool = max_utilisation <= old.max_utilisation and initial_ratio >= old.initial_ratio
    if not is_tighter or (old.reduce_only and not reduce_only):
        refusal._because(refusal.LIMITS_NOT_TIGHTER)
    self._scheduled = 0
    self._set(self._checked(max_utilisation, initial_ratio, reduce_only))


@external
def schedule_limits(max_utilisation: uint256, initial_ratio: uint256, reduce_only: bool):
    applies_at: uint256 = unsafe_add(block.timestamp, DELAY)
    word: uint256 = self._checked(max_utilisation, initial_ratio, reduce_only)
    self._scheduled = word | (applies_at << _TIME)
    log IPairVault.LimitsScheduled(
        max_utilisation=max_utilisation,
        initial_ratio=initial_ratio,
        reduce_only=reduce_only,
        applies_at=applies_at,
    )


@external
def apply_limits():
    self._check_guardian()
    word: uint256 = self._scheduled
    if word == 0:
        refusal._because(refusal.NOTHING_SCHEDULED)
    if block.timestamp < word >> _TIME:
        refusal._because(refusal.LIMITS_TOO_EARLY)
    self._scheduled = 0
    self._set(word)  # its time stays in it: nothing reads it there


@external
def transfer_guardian(new_guardian: address):
    self._check_guardian()
    self.pending_guardian = new_guardian
    log IPairVault.GuardianTransferStarted(guardian=msg.sender, pending_guardian=new_guardian)


@external
def accept_guardian():
    if msg.sender != self.pending_guardian:
        refusal._because(refusal.NOT_PENDING_GUARDIAN)
    self._set_guardian(msg.sender)


@external
def renounce_guardian():
    """
    @dev What is scheduled goes too: nobody could apply it.
    """
    self._check_guardian()
    self._scheduled = 0
    self._set_guardian(empty(address))


# ---- views ----


@external
@view
def get_limits() -> IPairVault.Limits:
    return self._load()


@external
@view
def get_scheduled_limits() -> (IPairVault.Limits, uint256):
    """
    @return The limits, and the unix time from which they can be applied; zeros if none are scheduled
    """
    word: uint256 = self._scheduled
    return self._unpack(word), word >> _TIME


# ---- internal ----


@internal
@view
def _load() -> IPairVault.Limits:
    if market_state._has_first_limits():
        return IPairVault.Limits(
            max_utilisation=parameters.PARAMS.max_utilisation,
            initial_ratio=parameters.PARAMS.initial_ratio,
            reduce_only=False,
        )
    return self._unpack(self._limits)


@internal
@view
def _check_guardian():
    if msg.sender != self.guardian:
        refusal._because(refusal.NOT_GUARDIAN)


@internal
def _set(word: uint256):
    self._limits = word
    market_state._mark_limits_changed()
    limits: IPairVault.Limits = self._unpack(word)
    log IPairVault.LimitsSet(
        max_utilisation=limits.max_utilisation,
        initial_ratio=limits.initial_ratio,
        reduce_only=limits.reduce_only,
    )


@internal
def _set_guardian(new_guardian: address):
    log IPairVault.GuardianTransferred(old_guardian=self.guardian, new_guardian=new_guardian)
    self.guardian = new_guardian
    self.pending_guardian = empty(address)


@internal
@view
def _checked(max_utilisation: uint256, initial_ratio: uint256, reduce_only: bool) -> uint256:
    """
    @notice What the guardian wants, packed, if it is within the bounds of a vault's birth.
    """
    self._check_guardian()
    lowest: uint256 = parameters.PARAMS.margin_call_ratio
    if max(max_utilisation, initial_ratio) > WAD or initial_ratio < lowest:
        refusal._because(refusal.LIMITS_OUT_OF_BOUNDS)
    return self._pack(max_utilisation, initial_ratio, reduce_only)


@internal
@pure
def _pack(max_utilisation: uint256, initial_ratio: uint256, reduce_only: bool) -> uint256:
    # ratios are at most WAD, 60 bits
    return (convert(reduce_only, uint256) << 128) | (max_utilisation << 64) | initial_ratio


@internal
@pure
def _unpack(word: uint256) -> IPairVault.Limits:
    return IPairVault.Limits(
        max_utilisation=(word >> 64) & _RATIO,
        initial_ratio=word & _RATIO,
        reduce_only=convert((word >> 128) & 1, bool),
    )
