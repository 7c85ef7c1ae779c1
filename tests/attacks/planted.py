"""The model with one defence taken out at a time: what the search has to find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from bulkhead.exceptions import Refused
from bulkhead.model import WAD, Environment, Market, Position, PriceBand, VaultParams, rules, state
from bulkhead.model.sizing import SizeChanges
from bulkhead.model.state import VaultState, closing_price
from bulkhead.model.trading import TradingCalls
from bulkhead.model.types import Account


class Weakness(NamedTuple):
    """A defence that is off, the game that shows it, and a budget with room to spare."""

    name: str
    game: str
    budget: int
    patches: tuple[tuple[Any, str, Any], ...]


@contextmanager
def planted(weakness: Weakness) -> Iterator[None]:
    patches = [patch.object(target, name, value) for target, name, value in weakness.patches]
    for change in patches:
        change.start()
    try:
        yield
    finally:
        for change in patches:
            change.stop()


# ---- prudence and locks of the pool ----


def _unlocked(account: Account, now: int) -> int:
    return account.balance


def _netted_high(market: Market, bid: int, ask: int, scale: int) -> int:
    return market.pool + max(-sum(rules.gains(market, bid, ask, scale)), 0)


def _netted_low(market: Market, bid: int, ask: int, scale: int) -> int:
    return market.pool - min(max(sum(rules.gains(market, ask, bid, scale)), 0), market.reserved)


def _assets_up(shares: int, supply: int, nav: int) -> int:
    return rules.assets_up(shares, supply, nav)


# ---- price ----

_BAND = VaultState._band


def _without_width(vault: VaultState, env: Environment) -> PriceBand:
    band = _BAND(vault, env)
    mid = (band.bid + band.ask) // 2
    return PriceBand(mid, mid, band.updated_at, band.live)


def _with_rebate(size_delta: int, skew: int, bid: int, ask: int, skew_scale: int) -> int:
    """Impact by the integral of the signed skew: towards zero it pays the trader."""
    side = ask if size_delta > 0 else bid
    after = skew + size_delta
    impact = side * (skew + after) // (2 * skew_scale)
    return max(side + impact, 1)


# ---- positions ----

_DECREASE, _INCREASE = SizeChanges._decrease, SizeChanges._increase
_MOVE_MARGIN = TradingCalls.move_margin


def _decrease_at_once(
    vault: SizeChanges, env: Environment, band: PriceBand, market: Market, position: Position,
    size_delta: int, acceptable_price: int,
) -> Any:  # fmt: skip
    position.increased_at = 0
    return _DECREASE(vault, env, band, market, position, size_delta, acceptable_price)


def _increase_at_reserve(
    vault: SizeChanges, env: Environment, band: PriceBand, market: Market, position: Position,
    size_delta: int, acceptable_price: int,
) -> Any:  # fmt: skip
    with patch.object(VaultState, "_raw_gain", lambda *_: -1):
        return _INCREASE(vault, env, band, market, position, size_delta, acceptable_price)


def _health_with_profit(
    vault: SizeChanges, band: PriceBand, market: Market, position: Position,
    is_increase: bool, is_withdrawal: bool,
) -> None:  # fmt: skip
    """Unrealised profit counts as margin, for whoever withdraws or increases."""
    params = vault.params
    gain = min(vault._raw_gain(band, market, position), position.reserve)
    value = rules.notional(position.size, closing_price(band, position.size), vault.scale)
    is_opening = is_increase or is_withdrawal
    ratio = params.initial_ratio if is_opening else params.maintenance_ratio
    needed = rules.requirement(value, ratio, position.size, params.skew_scale)
    if position.margin + gain < needed and gain < position.reserve:
        raise Refused("vault: below initial ratio")


def _move_unchecked(vault: TradingCalls, *arguments: Any) -> None:
    with patch.object(SizeChanges, "_check_health", lambda *_: None):
        _MOVE_MARGIN(vault, *arguments)


def _gain_up(size: int, basis: int, price: int, market: Market, scale: int) -> int:
    if price == 0:
        return 0
    if size > 0:
        return rules.div_up(size * (price - market.carry_long), scale) - basis
    return basis - -size * (price + market.carry_short) // scale


# ---- carry ----


def _funded_by_the_pool(
    market: Market, mid: int, seconds: int, params: VaultParams, scale: int
) -> tuple[int, int]:
    """The smaller side receives funding ten times over; the larger pays it once."""
    borrow = rules.borrow_rate(market.reserved, market.pool, params)
    funding = rules.funding_rate(market.skew, market.pool, mid, params, scale)
    longs, shorts = (1, 10) if funding > 0 else (10, 1)
    weight = mid * seconds
    return (
        market.carry_long + rules.div_up((borrow + longs * funding) * weight, rules.YEAR * WAD),
        market.carry_short + rules.div_up((borrow - shorts * funding) * weight, rules.YEAR * WAD),
    )


WEAKNESSES = (
    Weakness(
        "LPs enter and leave at mid", "latency", 5_000,
        ((rules, "nav_high", rules.nav_mid), (rules, "nav_low", rules.nav_mid)),
    ),
    Weakness("no lock-up of fresh shares", "moment", 20_000, ((Account, "movable", _unlocked),)),
    Weakness(
        "no band: bid = ask = mid", "latency", 5_000,
        ((VaultState, "_band", _without_width),),
    ),
    Weakness(
        "reduce in the timestamp of an increase", "moment", 5_000,
        ((SizeChanges, "_decrease", _decrease_at_once),),
    ),
    Weakness(
        "unrealised profit lets margin out", "spike", 5_000,
        ((SizeChanges, "_check_health", _health_with_profit),),
    ),
    Weakness(
        "margin moves whatever it leaves behind", "spike", 5_000,
        ((TradingCalls, "move_margin", _move_unchecked),),
    ),
    Weakness("gain rounded up", "still", 5_000, ((rules, "raw_gain", _gain_up),)),
    Weakness("redeem rounded up", "still", 5_000, ((rules, "assets_down", _assets_up),)),
    Weakness(
        "impact is a rebate towards zero", "still", 5_000,
        ((rules, "execution_price", _with_rebate),),
    ),
    Weakness(
        "increase with the gain at the reserve", "capped", 10_000,
        ((SizeChanges, "_increase", _increase_at_reserve),),
    ),
    Weakness(
        "NAV netted across the sides", "run", 5_000,
        ((rules, "nav_high", _netted_high), (rules, "nav_low", _netted_low)),
    ),
    Weakness(
        "the pool tops funding up", "drift", 20_000,
        ((state, "accrued_carry", _funded_by_the_pool),),
    ),
)  # fmt: skip
