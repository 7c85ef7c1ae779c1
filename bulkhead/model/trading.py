"""Traders' calls: mechanics, section 6. The order of the statements is the order of the checks."""

# ruff: noqa: ARG002 - every call takes the environment and the sender

from __future__ import annotations

from bulkhead.exceptions import Refused
from bulkhead.model import rules
from bulkhead.model.events import (
    Claimed,
    MarginAdded,
    MarginRemoved,
    OperatorSet,
    PositionAdjusted,
    PositionClosed,
)
from bulkhead.model.packing import check_position_packing
from bulkhead.model.sizing import Fill, SizeChanges
from bulkhead.model.types import Environment, Position


class TradingCalls(SizeChanges):
    __slots__ = ()

    def adjust_position(
        self,
        env: Environment,
        sender: str,
        position_id: int,
        size_delta: int,
        margin_delta: int,
        acceptable_price: int,
        owner: str | None = None,
        receiver: str | None = None,
    ) -> tuple[int, int]:
        """Open, increase, reduce, close, add or withdraw margin. Returns new size and margin."""
        owner = sender if owner is None else owner
        self._check_authorised(sender, owner)
        if size_delta == 0 and margin_delta >= 0:
            margin = self._add_margin(sender, owner, position_id, margin_delta)
            return self.positions[owner, position_id].size, margin
        if size_delta == 0:
            before, amount = self.positions.get((owner, position_id)), -margin_delta
            after = self._without(env, before, amount)
            self.positions[owner, position_id] = after
            self.events.append(MarginRemoved(owner, position_id, sender, amount, after.margin))
            self._push(receiver or sender, amount)
            return after.size, after.margin
        after, _ = self._adjust(
            env,
            sender,
            owner,
            position_id,
            size_delta,
            margin_delta,
            acceptable_price,
            receiver or sender,
        )
        return after.size, after.margin

    def close_position(
        self,
        env: Environment,
        sender: str,
        position_id: int,
        acceptable_price: int,
        owner: str | None = None,
        receiver: str | None = None,
    ) -> int:
        """Close the whole position. Returns what was paid out."""
        owner = sender if owner is None else owner
        self._check_authorised(sender, owner)
        position = self.positions.get((owner, position_id))
        if position is None:
            raise Refused("vault: unknown position")
        _, fill = self._adjust(
            env, sender, owner, position_id, -position.size, 0, acceptable_price, receiver or sender
        )
        return fill.paid_out

    def add_margin(
        self, env: Environment, sender: str, position_id: int, amount: int, owner: str | None = None
    ) -> None:
        """Anyone may, at any time: needs no price, accrues nothing."""
        self._add_margin(sender, sender if owner is None else owner, position_id, amount)

    def move_margin(
        self,
        env: Environment,
        sender: str,
        from_id: int,
        to_id: int,
        amount: int,
        owner: str | None = None,
    ) -> None:
        """Between two positions of one owner: a withdrawal and an addition, without tokens."""
        owner = sender if owner is None else owner
        self._check_authorised(sender, owner)
        if from_id == to_id:
            raise Refused("vault: same position")
        giver = self._without(env, self.positions.get((owner, from_id)), amount)
        taker = self._with(self.positions.get((owner, to_id)), amount)
        self.positions[owner, from_id] = giver
        self.events.append(MarginRemoved(owner, from_id, sender, amount, giver.margin))
        self.positions[owner, to_id] = taker
        self.events.append(MarginAdded(owner, to_id, sender, amount, taker.margin))

    def claim(self, env: Environment, sender: str, receiver: str | None = None) -> int:
        """Pay out what liquidation, settlement or a refused reward has credited to the sender."""
        amount = self.claims.get(sender, 0)
        if amount == 0:
            raise Refused("vault: zero amount")
        receiver = receiver or sender
        del self.claims[sender]
        self.events.append(Claimed(sender, receiver, amount))
        self._push(receiver, amount)
        return amount

    def set_operator(self, env: Environment, sender: str, operator: str, approved: bool) -> None:
        if approved:
            self.operators.add((sender, operator))
        else:
            self.operators.discard((sender, operator))
        self.events.append(OperatorSet(sender, operator, approved))

    def permit_operator(
        self,
        env: Environment,
        sender: str,
        owner: str,
        operator: str,
        approved: bool,
        deadline: int,
        is_signature_valid: bool = True,
    ) -> None:
        """`set_operator` by the owner's signature, checked by the caller of the model."""
        self._use_permit(env, owner, deadline, is_signature_valid)
        self.set_operator(env, owner, operator, approved)

    # ---- internal ----

    def _check_authorised(self, sender: str, owner: str) -> None:
        if sender != owner and (owner, sender) not in self.operators:
            raise Refused("vault: not owner or operator")

    def _add_margin(self, sender: str, owner: str, position_id: int, amount: int) -> int:
        after = self._with(self.positions.get((owner, position_id)), amount)
        self.positions[owner, position_id] = after
        self.events.append(MarginAdded(owner, position_id, sender, amount, after.margin))
        self._pull(sender, amount)
        return after.margin

    def _with(self, position: Position | None, amount: int) -> Position:
        """A position with more margin: no price, no accrual."""
        if amount == 0:
            raise Refused("vault: zero amount")
        rules.fits_word(amount, 255)
        if position is None:
            raise Refused("vault: unknown position")
        after = position.copy()
        after.margin = rules.fits_word(position.margin + amount, 255)
        check_position_packing(after)
        return after

    def _without(self, env: Environment, position: Position | None, amount: int) -> Position:
        """A position with less margin. Carry up to now counts, but nothing accrues."""
        if position is None:
            raise Refused("vault: unknown position")
        band = self._live_band(env)
        after = position.copy()
        after.margin -= amount
        if after.margin < self.params.min_margin:
            rules.fits_word(amount + self.params.min_margin)
            raise Refused("vault: below min margin")
        self._check_health(band, self._accrued_market(env, band), after, False, True)
        return after

    def _adjust(
        self,
        env: Environment,
        sender: str,
        owner: str,
        position_id: int,
        size_delta: int,
        margin_delta: int,
        acceptable_price: int,
        receiver: str,
    ) -> tuple[Position, Fill]:
        band = self._live_band(env)
        market = self._accrued_market(env, band)
        before = self.positions.get((owner, position_id))
        after = Position() if before is None else before.copy()
        after.margin += max(margin_delta, 0)
        is_increase = after.size * size_delta >= 0
        if is_increase:
            fill = self._increase(env, band, market, after, size_delta, acceptable_price)
        else:
            fill = self._decrease(env, band, market, after, size_delta, acceptable_price)

        if after.size != 0:
            fill.paid_out = max(-margin_delta, 0)
            after.margin -= fill.paid_out
            if after.margin < self.params.min_margin:
                raise Refused("vault: below min margin")
            self._check_health(band, market, after, is_increase, margin_delta < 0)

        self._store(market, (owner, position_id), after)
        self.uncollected_fees += fill.cut
        trade = owner, position_id, sender, size_delta, fill.price, fill.fee, fill.realised
        state = market.pool, market.carry_long, market.carry_short
        if after.size == 0:
            self.events.append(PositionClosed(*trade, fill.paid_out, *state))
        else:
            words = after.size, after.margin, after.basis, after.reserve
            self.events.append(PositionAdjusted(*trade, fill.paid_out, *words, *state))
        if margin_delta > 0:
            self._pull(sender, margin_delta)
        if fill.paid_out:
            self._push(receiver, fill.paid_out)
        return after, fill
