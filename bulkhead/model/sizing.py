"""How a trade changes a position and the market: mechanics, section 6, steps 4, 5 and 7.

The order of the statements is the order of the checks.
"""

from __future__ import annotations

from dataclasses import dataclass

from bulkhead.exceptions import Refused
from bulkhead.model import rules
from bulkhead.model.state import VaultState, closing_price, move_side
from bulkhead.model.types import WAD, Environment, Market, Position, PriceBand


@dataclass(slots=True)
class Fill:
    """What a change of size did. `cut` is the protocol's share of the fee."""

    price: int = 0
    fee: int = 0
    cut: int = 0
    realised: int = 0
    paid_out: int = 0


class SizeChanges(VaultState):
    __slots__ = ()

    def _increase(
        self,
        env: Environment,
        band: PriceBand,
        market: Market,
        position: Position,
        size_delta: int,
        acceptable_price: int,
    ) -> Fill:
        """Step 4. Changes `market` and `position`."""
        params, scale = self.params, self.scale
        if self.is_winding_down:
            raise Refused("vault: winding down")
        if self.limits.reduce_only:
            raise Refused("vault: reduce only")
        is_new = position.size == 0
        if not is_new and self._raw_gain(band, market, position) >= position.reserve:
            raise Refused("vault: gain at reserve")
        open_size = market.long_size if size_delta > 0 else market.short_size
        if abs(size_delta) > params.skew_scale - open_size:
            raise Refused("vault: open interest full")
        price = self._execution_price(band, market, size_delta, acceptable_price)
        value = rules.notional(size_delta, price, scale)
        # a margin under the fee is refused later, as under min_margin
        fee = min(rules.div_up(value * params.trading_fee, WAD), position.margin)
        reserve = rules.div_up(value * params.reserve_ratio, WAD)
        basis = rules.basis_of_increase(size_delta, price, market, scale)

        move_side(market, position, size_delta, basis, reserve)
        position.margin -= fee
        position.increased_at = env.now
        if is_new:
            position.opened_at = env.now
        cut = self._take_fee(market, fee)
        if market.reserved > self.limits.max_utilisation * market.pool // WAD:
            raise Refused("vault: pool full")
        return Fill(price, fee, cut)

    def _decrease(
        self,
        env: Environment,
        band: PriceBand,
        market: Market,
        position: Position,
        size_delta: int,
        acceptable_price: int,
    ) -> Fill:
        """Step 5. Changes `market` and `position`."""
        closed = abs(size_delta)
        if closed > abs(position.size):
            raise Refused("vault: flip through zero")
        if position.increased_at == env.now:
            raise Refused("vault: increased in this block")
        price = self._execution_price(band, market, size_delta, acceptable_price)
        fee = self._fee(rules.notional(size_delta, price, self.scale))
        share = rules.closed_share(position, closed, price, market, self.scale)
        move_side(market, position, size_delta, -share.basis, -share.reserve)
        if position.size != 0:
            position.margin += share.realised - fee
            market.pool -= share.realised
            return Fill(price, fee, self._take_fee(market, fee), share.realised)
        close = rules.full_close(position.margin, share.realised, fee)
        position.margin = 0
        market.pool -= close.moved
        return Fill(
            price, close.fee, self._take_fee(market, close.fee), close.moved, close.paid_out
        )

    def _check_health(
        self,
        band: PriceBand,
        market: Market,
        position: Position,
        is_increase: bool,
        is_withdrawal: bool,
    ) -> None:
        """Step 7: what a position that stays must have."""
        params = self.params
        gain = min(self._raw_gain(band, market, position), position.reserve)
        value = rules.notional(position.size, closing_price(band, position.size), self.scale)
        if not (is_increase or is_withdrawal):
            if self.is_winding_down:  # where nothing is liquidated
                return
            needed = rules.requirement(
                value, params.maintenance_ratio, position.size, params.skew_scale
            )
            if gain < position.reserve and position.margin + gain < needed:
                raise Refused("vault: liquidatable")
            return
        ratio = max(
            self.limits.initial_ratio if is_increase else 0,
            params.initial_ratio if is_withdrawal else 0,
        )
        if position.margin + min(gain, 0) < rules.requirement(
            value, ratio, position.size, params.skew_scale
        ):
            raise Refused("vault: below initial ratio")

    def _execution_price(
        self, band: PriceBand, market: Market, size_delta: int, acceptable_price: int
    ) -> int:
        if self.is_winding_down:
            price = self.settlement_price
        else:
            price = rules.execution_price(
                size_delta, market.skew, band.bid, band.ask, self.params.skew_scale
            )
        if price > acceptable_price if size_delta > 0 else price < acceptable_price:
            raise Refused("vault: price beyond acceptable")
        return price
