"""Traders' calls: mechanics, section 6. The order of the statements is the order of the checks."""

# ruff: noqa: ARG002 - every call takes the environment and the sender

from __future__ import annotations

from bulkhead.exceptions import Refused
from bulkhead.model import rules
from bulkhead.model.events import Claimed, MarginAdded, OperatorSet, PositionAdjusted
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
        position = self.positions.get((owner, position_id))
        if size_delta == 0:
            if margin_delta == 0:
                raise Refused("vault: zero amount")
            if position is None:
                raise Refused("vault: unknown position")
            if margin_delta > 0:
                self._add_margin(sender, owner, position_id, position, margin_delta)
                return position.size, position.margin + margin_delta
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
        owner = sender if owner is None else owner
        if amount == 0:
            raise Refused("vault: zero amount")
        position = self.positions.get((owner, position_id))
        if position is None:
            raise Refused("vault: unknown position")
        self._add_margin(sender, owner, position_id, position, amount)

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

    def _add_margin(
        self, sender: str, owner: str, position_id: int, position: Position, amount: int
    ) -> None:
        after = position.copy()
        after.margin = rules.fits_word(position.margin + amount)
        self._store(self.market, (owner, position_id), after)
        self.events.append(MarginAdded(owner, position_id, sender, amount, after.margin))
        self._pull(sender, amount)

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
        is_increase = size_delta != 0 and after.size * size_delta >= 0
        fill = Fill()
        if is_increase:
            fill = self._increase(env, band, market, after, size_delta, acceptable_price)
        elif size_delta != 0:
            fill = self._decrease(env, band, market, after, size_delta, acceptable_price)

        if after.size != 0:
            fill.paid_out = max(-margin_delta, 0)
            after.margin -= fill.paid_out
            if after.margin < self.params.min_margin:
                raise Refused("vault: below min margin")
            self._check_health(band, market, after, is_increase, margin_delta < 0)

        self._store(market, (owner, position_id), after)
        self.uncollected_fees += fill.cut
        self.events.append(
            PositionAdjusted(
                owner,
                position_id,
                sender,
                size_delta,
                fill.price,
                fill.fee,
                fill.realised,
                fill.paid_out,
                after.size,
                after.margin,
                after.basis,
                after.reserve,
                market.pool,
            )
        )
        if margin_delta > 0:
            self._pull(sender, margin_delta)
        if fill.paid_out:
            self._push(receiver, fill.paid_out)
        return after, fill
