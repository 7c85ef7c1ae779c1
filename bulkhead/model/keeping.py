"""Status of a position and the keepers' calls: mechanics, sections 7 and 8."""

# ruff: noqa: ARG002 - every call takes the environment and the sender

from __future__ import annotations

from typing import NamedTuple

from bulkhead.exceptions import Refused
from bulkhead.model import rules
from bulkhead.model.events import (
    MarginCalled,
    PositionLiquidated,
    PositionSettled,
    ProtocolFeesCollected,
)
from bulkhead.model.state import VaultState, closing_price, move_side
from bulkhead.model.types import WAD, Environment, Market, Position, PriceBand, Status


class Assessment(NamedTuple):
    """A position at its closing price. `gain` is cut off at the reserve."""

    status: Status
    price: int
    value: int
    gain: int
    equity: int
    maintenance: int
    margin_call: int


class _Cut(NamedTuple):
    """A liquidation: what closes, and who gets what. `cut` is the protocol's share of the fee."""

    closed: int
    fee: int
    cut: int
    realised: int
    reward: int
    credited: int = 0
    bad_debt: int = 0


class KeeperCalls(VaultState):
    __slots__ = ()

    def liquidate(
        self,
        env: Environment,
        sender: str,
        owner: str,
        position_id: int,
        receiver: str | None = None,
        is_reward_refused: bool = False,
    ) -> tuple[int, int]:
        """Close what restores the initial requirement. Returns size closed (unsigned) and reward.

        `is_reward_refused`: the token refuses to pay the receiver, who is credited instead.
        """
        market, before, found = self._judge(env, owner, position_id)
        if found.status != Status.LIQUIDATABLE:
            raise Refused("vault: still healthy")
        receiver = receiver or sender
        partial = self._liquidate_part(market, before, found)
        if partial is None:
            after = before.copy()
            cut = self._liquidate_all(market, after, found)
        else:
            market, after, cut = partial

        self._store(market, (owner, position_id), after)
        self.uncollected_fees += cut.cut
        self._credit(owner, cut.credited)
        self.events.append(
            PositionLiquidated(
                owner,
                position_id,
                sender,
                after.size - before.size,
                found.price,
                cut.fee,
                cut.realised,
                cut.reward,
                cut.credited,
                cut.bad_debt,
                after.size,
                after.margin,
                after.basis,
                after.reserve,
                market.pool,
                market.carry_long,
                market.carry_short,
            )
        )
        if is_reward_refused:
            self._credit(receiver, cut.reward)
        elif cut.reward:
            self._push(receiver, cut.reward)
        return cut.closed, cut.reward

    def settle_position(self, env: Environment, sender: str, owner: str, position_id: int) -> int:
        """Close a position that can win no more, or any in wind-down. Returns what is credited."""
        market, before, found = self._judge(env, owner, position_id)
        if found.status != Status.SETTLEABLE:
            raise Refused("vault: not settleable")
        after = before.copy()
        move_side(market, after, -before.size, -before.basis, -before.reserve)
        close = rules.full_close(before.margin, found.gain, self._fee(found.value))
        market.pool -= close.moved
        cut = self._take_fee(market, close.fee)

        self._store(market, (owner, position_id), after)
        self.uncollected_fees += cut
        self._credit(owner, close.paid_out)
        self.events.append(
            PositionSettled(
                owner,
                position_id,
                sender,
                -before.size,
                found.price,
                close.fee,
                close.moved,
                close.paid_out,
                close.bad_debt,
                market.pool,
                market.carry_long,
                market.carry_short,
            )
        )
        return close.paid_out

    def call_margin(self, env: Environment, sender: str, owner: str, position_id: int) -> None:
        """Warn the owner of a position under the margin-call line."""
        _, _, found = self._judge(env, owner, position_id)
        if found.status != Status.MARGIN_CALL:
            raise Refused("vault: no margin call")
        self.events.append(
            MarginCalled(owner, position_id, found.equity, found.margin_call, found.price)
        )

    def collect_protocol_fees(self, env: Environment, sender: str, recipient: str) -> int:
        """Pay the protocol's share to the recipient that the factory names. Anyone may call."""
        amount = self.uncollected_fees
        if amount == 0:
            raise Refused("vault: zero amount")
        self.uncollected_fees = 0
        self.events.append(ProtocolFeesCollected(recipient, amount))
        self._push(recipient, amount)
        return amount

    # ---- internal ----

    def _assess(
        self, env: Environment, band: PriceBand, market: Market, position: Position
    ) -> Assessment:
        """The first status that fits (table of section 7), for the view and for the calls."""
        params, size = self.params, position.size
        price = closing_price(band, size)
        value = rules.notional(size, price, self.scale)
        raw_gain = rules.raw_gain(size, position.basis, price, market, self.scale)
        gain = min(raw_gain, position.reserve)
        equity = position.margin + gain
        maintenance = rules.requirement(value, params.maintenance_ratio, size, params.skew_scale)
        margin_call = rules.requirement(value, params.margin_call_ratio, size, params.skew_scale)
        is_at_reserve = raw_gain >= position.reserve
        if not band.live:
            status = Status.NO_PRICE
        elif self.is_winding_down or (is_at_reserve and position.increased_at != env.now):
            status = Status.SETTLEABLE
        elif not is_at_reserve and equity < maintenance:
            status = Status.LIQUIDATABLE
        elif not is_at_reserve and equity < margin_call:
            status = Status.MARGIN_CALL
        else:
            status = Status.HEALTHY
        return Assessment(status, price, value, gain, equity, maintenance, margin_call)

    def _judge(
        self, env: Environment, owner: str, position_id: int
    ) -> tuple[Market, Position, Assessment]:
        position = self.positions.get((owner, position_id))
        if position is None:
            raise Refused("vault: unknown position")
        band = self._live_band(env)
        market = self._accrued_market(env, band)
        return market, position, self._assess(env, band, market, position)

    def _liquidate_part(
        self, before_market: Market, before: Position, found: Assessment
    ) -> tuple[Market, Position, _Cut] | None:
        """What a partial liquidation leads to; None where the rest would not be fit to stay."""
        params, scale = self.params, self.scale
        if found.equity <= params.keeper_min_reward:
            return None
        penalty = rules.liquidation_penalty(found.equity, found.maintenance, params)
        closed = rules.liquidation_size(
            before.size, found.price, found.equity, penalty, params, scale
        )
        if closed >= abs(before.size):
            return None
        market, after = before_market.copy(), before.copy()
        share = rules.closed_share(before, closed, found.price, market, scale)
        value = rules.notional(closed, found.price, scale)
        fee = rules.div_up(value * params.trading_fee, WAD)
        reward = params.keeper_min_reward + penalty * value // WAD
        move_side(
            market, after, -closed if before.size > 0 else closed, -share.basis, -share.reserve
        )
        after.margin += share.realised - fee - reward
        if after.margin < params.min_margin:
            return None
        gain = rules.raw_gain(after.size, after.basis, found.price, market, scale)
        equity = after.margin + min(gain, after.reserve)
        rest = rules.notional(after.size, found.price, scale)
        maintenance = rules.requirement(
            rest, params.maintenance_ratio, after.size, params.skew_scale
        )
        if equity < maintenance:
            return None
        market.pool -= share.realised
        return market, after, _Cut(closed, fee, self._take_fee(market, fee), share.realised, reward)

    def _liquidate_all(self, market: Market, position: Position, found: Assessment) -> _Cut:
        """Keeper first, then the pool's fee, then the owner. Changes `market` and `position`."""
        params, equity, closed = self.params, found.equity, abs(position.size)
        minimum = params.keeper_min_reward
        penalty = rules.liquidation_penalty(equity, found.maintenance, params)
        reward = max(min(minimum + penalty * found.value // WAD, equity), minimum)
        top_up = max(minimum - max(equity, 0), 0)
        fee = min(rules.div_up(found.value * params.trading_fee, WAD), max(equity - reward, 0))
        moved = max(found.gain, -position.margin)

        move_side(market, position, -position.size, -position.basis, -position.reserve)
        position.margin = 0
        market.pool -= moved + top_up
        cut = self._take_fee(market, fee)
        return _Cut(closed, fee, cut, moved, reward, max(equity - reward - fee, 0), max(-equity, 0))
