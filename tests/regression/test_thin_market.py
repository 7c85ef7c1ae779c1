"""O14: whoever pumps the market that a pair is priced by pays more for it than he wins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import pytest

from bulkhead.model import MAX_UINT256, WAD, Environment, PriceBand, Vault
from bulkhead.profiles import REFERENCE_PROFILE
from tests.kit import PRICE, any_price
from tests.regression.support import FREE, call, run, trade
from tests.simulation import Call

DEPTH = 10_000 * WAD  # what moves the reference market by 100 %, and so the pair's skew scale
POOL = 10**8 * 10**6
MOVES = [Fraction(x, 100) for x in (1, 2, 5, 10, 20, 35, 50, 90)]
SIZES = [Fraction(s, 100) for s in (1, 3, 5, 10, 20, 35, 50, 70, 90, 100)]  # of the depth


def cost_of_moving(share: Fraction, price: int, scale: int) -> Fraction:
    """Asset units that it costs to move a linear market of `DEPTH` by a share of its price.

    The way there is paid at the average of both prices; what was bought is given back where the
    price was, since the others sell, and even that without moving it further.
    """
    return share * share * DEPTH * price / (2 * scale)


@dataclass(frozen=True)
class Attack:
    """Position first, then the pump, then out at the pumped price."""

    move: Fraction
    size: Fraction  # of the depth
    side: int
    parts: int = 1  # positions of as many owners

    def gain(self, vault: Vault) -> int:
        """Asset units, on the exact model, before the cost of the pump; nothing else costs."""
        size = self.side * int(self.size * DEPTH) // self.parts
        pumped = PRICE + self.side * int(self.move * PRICE)
        for part in range(self.parts):
            name = f"attacker{part}"
            margin = vault.market.pool  # any that is enough
            vault.adjust_position(env(1, PRICE), name, 1, size, margin, any_price(size))
        for part in range(self.parts):
            vault.close_position(env(2, pumped), f"attacker{part}", 1, any_price(-size))
        return sum(flow for name, flow in vault.flows.items() if name.startswith("attacker"))


def env(now: int, price: int) -> Environment:
    return Environment(now, PriceBand(price, price, now))


def pair(**changes: int) -> Vault:
    """With liquidity for any position that the depth allows; nothing costs but impact."""
    params = replace(REFERENCE_PROFILE, **FREE | {"skew_scale": DEPTH} | changes)
    vault = Vault(params, 0, 6, 0, address="vault")
    vault.deposit(env(0, PRICE), "lp", POOL, "lp")
    return vault


def all_attacks() -> list[Attack]:
    return [
        Attack(move, size, side, parts)
        for move in MOVES
        for size in SIZES
        for side in (1, -1)
        for parts in (1, 4)
    ]


def test_o14__any_pump_of_any_size__costs_more_than_it_wins():
    """GMX AVAX 2022, Mango ($116M), JELLY ($13.5M): a thin market was moved on one exchange, and a
    position that had cost no impact on another was closed at the new price.

    Without fee, band, carry and any risk of the attacker's. He does best with a position as large
    as what he buys of the market, and even then only gets back what the pump has cost him.
    """
    best = Fraction(-1)
    for attack in all_attacks():
        vault = pair()
        won, paid = attack.gain(vault), cost_of_moving(attack.move, PRICE, vault.scale)
        assert won <= paid, attack
        best = max(best, won / paid)
    assert best > Fraction(999, 1_000), "the bound is met: there is nothing to spare in it"


def test_o14__with_fee__the_best_pump_loses():
    """What the attacker would do best above: now it costs him what it wins, and the fee."""
    rate = REFERENCE_PROFILE.trading_fee
    for move in MOVES:
        for side in (1, -1):
            vault = pair(trading_fee=rate)
            fee = move * DEPTH * PRICE * rate / (vault.scale * WAD)  # of the opening alone
            won = Attack(move, move, side).gain(vault)
            assert won < cost_of_moving(move, PRICE, vault.scale) - fee / 2


@pytest.mark.parametrize("pump", [1, 9, 999])
def test_o14__whatever_the_price__the_pair_loses_no_more_than_its_cap(pump):
    """The open-interest cap: reserves are at most `max_utilisation` of the pool, and nobody wins
    more than his reserve."""
    vault = pair(max_utilisation=WAD * 3 // 100, reserve_ratio=WAD // 5)
    cap = vault.market.pool * 3 // 100
    won = Attack(Fraction(pump), Fraction(1, 2), 1, parts=4).gain(vault)
    assert cap * 8 // 10 < won <= cap


def test_o14__scale_far_above_the_true_depth__is_found_out():
    """The search is worth something: with ten times the depth that there is, a pump pays. That is
    why docs/risk.md has the scale taken from the reference market."""
    vault = pair(skew_scale=10 * DEPTH)
    move = Fraction(1, 10)
    won = Attack(move, Fraction(1, 2), 1).gain(vault)
    assert won > 2 * cost_of_moving(move, PRICE, vault.scale)


@pytest.mark.parametrize("move", [MOVES[2], MOVES[-2]])
def test_o14__best_pump_on_chain__costs_what_it_wins(make_world, trader, side, move):
    """The attacker's best, on the contracts."""
    world = make_world(**FREE, skew_scale=DEPTH, pool=POOL // 10**6)
    world.set_price(PRICE)
    size, margin = side * int(move * DEPTH), world.units(20_000_000)
    pumped = PRICE + side * int(move * PRICE)
    bound = MAX_UINT256 if side < 0 else 0
    moved = Call(world.owner, world.oracle, "set_price", (pumped,))
    closing = call(world, trader, "close_position", 1, bound)
    ((opened,), (_, closed)) = run(
        world, (1, [trade(world, trader, 1, size, margin)]), (2, [moved, closing])
    )
    assert opened.is_success
    cost = cost_of_moving(move, PRICE, world.scale)
    assert cost * 999 / 1_000 < closed.result - margin <= cost
