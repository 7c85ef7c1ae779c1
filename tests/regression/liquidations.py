"""A liquidation as a trial: what it would do at some price, and what is left, without doing it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

from ape.api import AccountAPI

from bulkhead.model import MAX_UINT256, WAD, Health, Market, Position, PriceBand, Status
from tests.kit import World
from tests.simulation import Call, Outcome, simulate

ID = 1
DAY = 86_400
WIND_DOWN_DELAY = 7 * DAY


@dataclass(frozen=True)
class Trial:
    """A position at a price, before and after a call of `liquidate`, and a second call at once."""

    price: int
    before: Health
    position: Position
    call: Outcome
    after: Health
    rest: Position
    again: Outcome
    assets_before: int  # totalAssets
    assets_after: int
    market: Market  # afterwards
    event: dict[str, Any] | None

    @property
    def closed(self) -> int:
        return int(self.call.result[0])

    @property
    def reward(self) -> int:
        return int(self.call.result[1])

    @property
    def is_partial(self) -> bool:
        return self.rest.size != 0


def set_band(world: World, price: int, at: int, is_live: bool = True) -> Call:
    """A band without width."""
    band = astuple(PriceBand(price, price, at, is_live))
    return Call(world.owner, world.oracle, "set_band", (band,))


def trade(
    world: World, sender: Any, position_id: int, size_delta: int, margin_delta: int = 0
) -> Call:
    """`adjust_position` at any price."""
    bound = MAX_UINT256 if size_delta > 0 else 0
    arguments = (position_id, size_delta, margin_delta, bound)
    return Call(sender, world.vault, "adjust_position", arguments)


def begin_wind_down(world: World, caller: Any) -> None:
    """The feed has been silent for a week."""
    world.set_live(False)
    world.send("wind_down", sender=caller, at=world.band.updated_at + WIND_DOWN_DELAY)


def try_liquidation(
    world: World,
    owner: Any,
    price: int,
    keeper: AccountAPI,
    *,
    at: int | None = None,
    position_id: int = ID,
) -> Trial:
    """At a band without width, one second from now or `at` a time."""
    at = world.now + 1 if at is None else at
    vault, key = world.vault, (owner, position_id)
    calls = [
        set_band(world, price, at),
        Call(keeper, vault, "get_health", key),
        Call(keeper, vault, "get_position", key),
        Call(keeper, vault, "totalAssets"),
        Call(keeper, vault, "liquidate", key),
        Call(keeper, vault, "get_health", key),
        Call(keeper, vault, "get_position", key),
        Call(keeper, vault, "totalAssets"),
        Call(keeper, vault, "get_market"),
        Call(keeper, vault, "liquidate", key),
    ]
    ((_, before, found, assets, call, after, rest, assets_after, market, again),) = simulate(
        world.node, (at, calls)
    )
    events = [values for name, values in world.events_of(call) if name == "PositionLiquidated"]
    return Trial(
        price,
        _health(before),
        Position(*found.result),
        call,
        _health(after),
        Position(*rest.result),
        again,
        assets.result,
        assets_after.result,
        Market(*market.result),
        events[0] if events else None,
    )


def _health(outcome: Outcome) -> Health:
    status, *rest = outcome.result
    return Health(Status(status), *rest)


def sweep(world: World, owner: Any, keeper: AccountAPI, side: int) -> Iterator[Trial]:
    """From the liquidation line to far beyond the end of the margin, and to the ends of all
    prices."""
    line = world.health(owner, ID).liquidation_price
    assert line > 0
    steps = [0, 1, 3, 10, 20, 30, 50, 70, 100, 200, 900]  # thousandths against the position
    prices = [line - side * line * step // 1_000 for step in steps]
    prices += [1, WAD // 10**6] if side > 0 else [10 * line, 1_000 * line, 2**104]
    for price in prices:
        trial = try_liquidation(world, owner, price, keeper)
        if trial.before.status == Status.LIQUIDATABLE:
            yield trial
