"""Prices that bring a position exactly where a test wants it, found with the model."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from bulkhead.model import MAX_PRICE, WAD, Environment, Health, PriceBand
from tests.kit import World
from tests.node import plain

SPREAD = WAD // 500  # of the band, WAD of the closing price


def band_at(closing_price: int, side: int) -> tuple[int, int]:
    """A band whose side that a long (1) or short (-1) closes at is `closing_price`."""
    width = closing_price * SPREAD // WAD
    if side > 0:
        return closing_price, closing_price + width
    return max(closing_price - width, 1), closing_price


def move_to(world: World, owner: Any, closing_price: int, position_id: int = 1) -> None:
    """Set the band so that this position closes at that price."""
    side = 1 if world.position(owner, position_id).size > 0 else -1
    world.set_band(*band_at(closing_price, side))


def health_at(
    world: World, owner: Any, closing_price: int, position_id: int = 1, *, now: int | None = None
) -> Health:
    """What the model says of a position; by default in two seconds: after a move of the price."""
    key = plain(owner), position_id
    side = 1 if world.model.get_position(*key).size > 0 else -1
    now = world.now + 2 if now is None else now
    band = PriceBand(*band_at(closing_price, side), now)
    return world.model.get_health(Environment(now, band), *key)


def last_price(
    world: World,
    owner: Any,
    is_it: Callable[[Health], bool],
    position_id: int = 1,
    *,
    towards_loss: bool = True,
) -> int:
    """The closing price nearest to the present at which a position `is_it`, on the losing side (or
    the winning one); a WAD's last digit before it is not. Meant for a call in two seconds."""
    now = world.now + 2
    size = world.model.get_position(plain(owner), position_id).size
    falling = (size > 0) == towards_loss
    is_there = 1 if falling else MAX_PRICE * WAD // (WAD + SPREAD)
    is_not = world.band.bid if size > 0 else world.band.ask
    assert not is_it(health_at(world, owner, is_not, position_id, now=now)), "it is already"
    assert is_it(health_at(world, owner, is_there, position_id, now=now)), "no price does it"
    while abs(is_there - is_not) > 1:
        middle = (is_there + is_not) // 2
        if is_it(health_at(world, owner, middle, position_id, now=now)):
            is_there = middle
        else:
            is_not = middle
    return is_there


def sink(world: World, owner: Any, share: Fraction | int, position_id: int = 1) -> Health:
    """Move the price until the position's equity is `share` of its maintenance requirement, or the
    least bit below; its health a second later, when a keeper comes."""

    def is_deep(health: Health) -> bool:
        return health.equity < share * health.maintenance

    price = last_price(world, owner, is_deep, position_id)
    health = health_at(world, owner, price, position_id)
    move_to(world, owner, price, position_id)
    return health
