"""What a call would do, from the exact model set to the vault's present state. Sends nothing.

A preview is exact for the block it was read in; carry accrues and prices move until a transaction
is mined, which is what its bounds are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bulkhead.client.pair import Pair, PairState, PositionKey
from bulkhead.exceptions import InvalidInput, NodeError
from bulkhead.model import MAX_UINT256, WAD, Environment, Health, Position, PriceBand, Vault
from bulkhead.model.events import PositionAdjusted, PositionClosed
from bulkhead.model.rules import execution_price

MAX_CLOSES: Final = 16  # of the router


@dataclass(frozen=True)
class TradePreview:
    """An adjustment as it would happen now. `health` is that of the position afterwards."""

    size_delta: int
    margin_delta: int
    price: int  # execution, impact included; 0 where only margin moves
    fee: int
    realised: int
    paid_out: int
    before: Position
    after: Position
    health: Health
    acceptable_price: int
    scale: int  # the vault's

    @property
    def is_full_close(self) -> bool:
        return self.after.size == 0

    @property
    def leverage(self) -> int:
        """WAD: notional over equity, afterwards."""
        if self.health.equity <= 0:
            return 0
        value = abs(self.after.size) * self.health.closing_price * WAD // self.scale
        return value // self.health.equity


def model_of(pair: Pair, state: PairState, *keys: PositionKey) -> tuple[Vault, Environment]:
    """The model of a vault in its present state, with some of its positions."""
    positions, healths = pair.positions(list(keys)), pair.healths(list(keys))
    vault = Vault(pair.params, 0, pair.decimals, state.now, address=pair.vault)
    vault.market, vault.limits = state.market, state.limits
    for key, position in zip(keys, positions, strict=True):
        if position.size != 0:
            vault.positions[key] = position
    if state.is_winding_down:
        vault.settlement_price = healths[0].closing_price
    # a transaction lands in a later block than the last one
    return vault, Environment(state.now + 1, state.band)


def preview_trade(
    pair: Pair,
    key: PositionKey,
    size_delta: int,
    margin_delta: int,
    slippage: int,
    *,
    price: int | None = None,
) -> TradePreview:
    """`adjust_position`; the acceptable price is the expected one and `slippage` (WAD) beyond.

    `price` (WAD): as if the market were there, with both sides of its band.

    Raises Refused with the reason for which the vault would refuse.
    """
    state = pair.state() if price is None else at_price(pair.state(), price)
    vault, env = model_of(pair, state, key)
    return _rehearse(vault, env, key, size_delta, margin_delta, slippage)


def preview_closes(
    pair: Pair, owner: str, position_ids: Sequence[int], slippage: int
) -> list[TradePreview]:
    """Closes of whole positions one after the other in one transaction: each moves the price that
    the next one gets.

    Raises InvalidInput for a position that is not there or is named twice, and for too many.
    """
    keys = [(owner, position_id) for position_id in position_ids]
    if not 1 <= len(keys) <= MAX_CLOSES:
        raise InvalidInput(
            f"{len(keys)} positions to close at once", f"Name between 1 and {MAX_CLOSES}."
        )
    if len(set(keys)) != len(keys):
        raise InvalidInput("a position is named twice", "Give each id once.")
    vault, env = model_of(pair, pair.state(), *keys)
    missing = [str(key[1]) for key in keys if vault.get_position(*key).size == 0]
    if missing:
        raise InvalidInput(
            f"{owner} has no position {', '.join(missing)} in {pair.label}",
            "See `ape run trade show`.",
        )
    return [_rehearse(vault, env, key, -vault.get_position(*key).size, 0, slippage) for key in keys]


def _rehearse(
    vault: Vault,
    env: Environment,
    key: PositionKey,
    size_delta: int,
    margin_delta: int,
    slippage: int,
) -> TradePreview:
    """Adjust in the model, which is left as it is afterwards."""
    if not 0 <= slippage < WAD:
        raise InvalidInput("slippage must be from 0 to below 100 %")
    before = vault.get_position(*key)
    any_price = MAX_UINT256 if size_delta > 0 else 0
    vault.adjust_position(env, key[0], key[1], size_delta, margin_delta, any_price)
    kinds = (PositionAdjusted, PositionClosed)
    traded = [event for event in vault.take_events() if isinstance(event, kinds)]
    event = traded[-1] if traded else None
    executed = event.price if event else 0
    far = executed * slippage // WAD
    return TradePreview(
        size_delta,
        margin_delta,
        executed,
        event.fee if event else 0,
        event.realised if event else 0,
        event.paid_out if event else max(-margin_delta, 0),
        before,
        vault.get_position(*key),
        vault.get_health(env, *key),
        executed + far if size_delta > 0 else executed - far,
        vault.scale,
    )


def at_price(state: PairState, price: int) -> PairState:
    """The same with a live market at `price` (WAD), on both sides of the band."""
    return replace(state, band=PriceBand(price, price, state.now))


def size_of(pair: Pair, side: int, margin: int, leverage: int) -> int:
    """Signed size (WAD base units) whose notional is margin times leverage (WAD) now."""
    state = pair.state()
    if state.band is None or not state.band.live:
        raise NodeError("there is no live price", "Wait for the oracle, or give --size.")
    market, scale = state.market, pair.scale
    quoted = state.band.ask if side > 0 else state.band.bid
    value = margin * leverage // WAD
    guess = side * (value * scale // quoted)
    if guess == 0:
        raise InvalidInput("that is no size at all", "Give more margin or leverage.")
    price = execution_price(
        guess, market.skew, state.band.bid, state.band.ask, pair.params.skew_scale
    )
    return side * (value * scale // price)


def free_id(pair: Pair, owner: str) -> int:
    """The lowest position id that the owner has not in use."""
    used = {position_id for account, position_id in pair.open_keys() if account == owner}
    return next(number for number in range(1, len(used) + 2) if number not in used)
