"""The guardian's calls: mechanics, section 11."""

# ruff: noqa: ARG002 - every call takes the environment and the sender

from __future__ import annotations

from bulkhead.exceptions import Refused
from bulkhead.model.events import (
    GuardianTransferred,
    GuardianTransferStarted,
    LimitsScheduled,
    LimitsSet,
)
from bulkhead.model.state import VaultState
from bulkhead.model.types import EMPTY, LIMITS_DELAY, WAD, Environment, Limits


class GuardianCalls(VaultState):
    __slots__ = ()

    def tighten_limits(
        self,
        env: Environment,
        sender: str,
        max_utilisation: int,
        initial_ratio: int,
        reduce_only: bool,
    ) -> None:
        """Tighter or equal in every part, at once. Drops whatever was scheduled."""
        now = self.limits
        is_tighter = (
            max_utilisation <= now.max_utilisation
            and initial_ratio >= now.initial_ratio
            and (reduce_only or not now.reduce_only)
        )
        if not is_tighter:
            raise Refused("vault: limits not tighter")
        self._check_guardian(sender)
        self._check_bounds(max_utilisation, initial_ratio)
        self.scheduled = None
        self._set_limits(Limits(max_utilisation, initial_ratio, reduce_only))

    def schedule_limits(
        self,
        env: Environment,
        sender: str,
        max_utilisation: int,
        initial_ratio: int,
        reduce_only: bool,
    ) -> None:
        """Any limits in bounds, to be applied after the delay. Replaces what was scheduled."""
        self._check_guardian(sender)
        self._check_bounds(max_utilisation, initial_ratio)
        applies_at = env.now + LIMITS_DELAY
        self.scheduled = Limits(max_utilisation, initial_ratio, reduce_only), applies_at
        self.events.append(LimitsScheduled(max_utilisation, initial_ratio, reduce_only, applies_at))

    def apply_limits(self, env: Environment, sender: str) -> None:
        self._check_guardian(sender)
        if self.scheduled is None:
            raise Refused("vault: nothing scheduled")
        limits, applies_at = self.scheduled
        if env.now < applies_at:
            raise Refused("vault: limits too early")
        self.scheduled = None
        self._set_limits(limits)

    def transfer_guardian(self, env: Environment, sender: str, guardian: str) -> None:
        """Offer the role; it moves when the other accepts."""
        self._check_guardian(sender)
        self.pending_guardian = guardian
        self.events.append(GuardianTransferStarted(sender, guardian))

    def accept_guardian(self, env: Environment, sender: str) -> None:
        if sender != self.pending_guardian:
            raise Refused("vault: not pending guardian")
        self._set_guardian(sender)

    def renounce_guardian(self, env: Environment, sender: str) -> None:
        """For ever: the limits stay as they are, and what was scheduled is void."""
        self._check_guardian(sender)
        self.scheduled = None
        self._set_guardian(EMPTY)

    # ---- internal ----

    def _check_guardian(self, sender: str) -> None:
        if sender != self.guardian:
            raise Refused("vault: not guardian")

    def _check_bounds(self, max_utilisation: int, initial_ratio: int) -> None:
        if not (self.params.margin_call_ratio <= initial_ratio <= WAD and max_utilisation <= WAD):
            raise Refused("vault: limits out of bounds")

    def _set_limits(self, limits: Limits) -> None:
        self.limits = limits
        self.events.append(
            LimitsSet(limits.max_utilisation, limits.initial_ratio, limits.reduce_only)
        )

    def _set_guardian(self, guardian: str) -> None:
        self.events.append(GuardianTransferred(self.guardian, guardian))
        self.guardian = guardian
        self.pending_guardian = EMPTY
