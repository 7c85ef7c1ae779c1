"""What the pool is worth, from the market's aggregates alone (mechanics, section 10)."""

from __future__ import annotations

from dataclasses import dataclass

from ape.api import AccountAPI

from bulkhead.model import WAD
from tests.kit import World

VIRTUAL_SHARES = 1_000


@dataclass(frozen=True)
class Worth:
    """Asset units, at the last stored carry: read it in the second of an accrual."""

    high: int
    low: int
    mid: int
    supply: int

    def to_shares(self, assets: int, nav: int) -> tuple[int, int]:
        """Rounded down and up."""
        return _both(assets * (self.supply + VIRTUAL_SHARES), nav + 1)

    def to_assets(self, shares: int, nav: int) -> tuple[int, int]:
        """Rounded down and up."""
        return _both(shares * (nav + 1), self.supply + VIRTUAL_SHARES)


def _both(numerator: int, denominator: int) -> tuple[int, int]:
    return numerator // denominator, -(-numerator // denominator)


def worth(world: World) -> Worth:
    market = world.market()

    def longs(price: int) -> int:
        return market.long_size * (price - market.carry_long) // world.scale - market.long_basis

    def shorts(price: int) -> int:
        cost = -(-market.short_size * (price + market.carry_short) // world.scale)
        return market.short_basis - cost

    bid, ask = world.band.bid, world.band.ask
    mid = (bid + ask) // 2
    owed = max(longs(ask), 0) + max(shorts(bid), 0)
    return Worth(
        high=market.pool + max(-longs(bid), 0) + max(-shorts(ask), 0),
        low=market.pool - min(owed, market.reserved),
        mid=market.pool - min(longs(mid) + shorts(mid), market.reserved),
        supply=world.view("totalSupply"),
    )


def open_both(world: World, trader: AccountAPI, other: AccountAPI, side: int) -> None:
    """Two positions, the larger one of `side`, with margin enough for any test here."""
    world.adjust(trader, 1, side * 900 * WAD, world.units(900_000))
    world.adjust(other, 1, -side * 400 * WAD, world.units(400_000))


def settle_down(world: World, sender: AccountAPI) -> int:
    """Accrue, so that `worth` is what a call in the same second acts on; returns the second."""
    world.send("accrue", sender=sender)
    return world.now
