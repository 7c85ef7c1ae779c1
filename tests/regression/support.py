"""What several stories need: parameters without costs, simulated calls, numbers in whole tokens."""

from __future__ import annotations

from typing import Any

from bulkhead.model import MAX_UINT256
from tests.kit import PRICE, World
from tests.simulation import Call, Outcome, simulate

DAY = 86_400
WIND_DOWN_DELAY = 7 * DAY

TIMELESS: dict[str, int] = {
    "borrow_base": 0,
    "borrow_slope1": 0,
    "borrow_slope2": 0,
    "max_funding": 0,
}
"""Parameters under which time costs nothing."""

FREE: dict[str, int] = TIMELESS | {"trading_fee": 0}
"""Parameters under which nothing costs anything but the spread and the impact."""


def call(world: World, sender: Any, function: str, *arguments: Any) -> Call:
    """Of the vault."""
    return Call(sender, world.vault, function, arguments)


def trade(world: World, sender: Any, position_id: int, size_delta: int, margin: int = 0) -> Call:
    """`adjust_position` at any price."""
    bound = MAX_UINT256 if size_delta > 0 else 0
    return call(world, sender, "adjust_position", position_id, size_delta, margin, bound)


def run(world: World, *blocks: tuple[int, list[Call]]) -> list[list[Outcome]]:
    """Outcomes of the calls in simulated blocks on top of the chain; nothing of it stays.

    `blocks`: (seconds after the last real block, calls).
    """
    now = world.now
    return simulate(world.node, *((now + seconds, calls) for seconds, calls in blocks))


def balance(world: World, account: Any) -> Call:
    return Call(account, world.token, "balanceOf", (account,))


def price_after(percent: int, side: int) -> int:
    """The price after a move of `percent` in favour of `side` (negative: against it)."""
    return PRICE * (100 + side * percent) // 100


def set_price_against(world: World, side: int, percent: int) -> None:
    world.set_price(price_after(-percent, side))


def begin_wind_down(world: World, caller: Any) -> None:
    """The feed has been silent for a week."""
    world.set_live(False)
    world.send("wind_down", sender=caller, at=world.band.updated_at + WIND_DOWN_DELAY)


def size_for(units: int, scale: int, price: int = PRICE) -> int:
    """Base units (WAD) worth that many asset units."""
    return units * scale // price
