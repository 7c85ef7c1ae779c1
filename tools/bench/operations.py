"""One scene for every operation: what happens before, and the one transaction that is measured.

Every scene is played on the same market by a user who has never used it, and then undone.
"""

from __future__ import annotations

from collections.abc import Callable

from bulkhead.model.types import WAD
from tools.bench import orders, periphery
from tools.bench.market import BUY_BOUND, PRICE, SELL_BOUND, USDC, Market, person
from tools.bench.node import NodeError, Transaction

Scene = Callable[[Market], Transaction]

SCENES: dict[str, Scene] = {}
BLOCK = 12  # seconds


def scene(play: Scene) -> Scene:
    """Register under the function's name; `open_` is not called `open` for Python's sake."""
    SCENES[play.__name__.rstrip("_")] = play
    return play


def _trader(market: Market) -> str:
    return market.fund(person("trader"))


def _position(market: Market, *, size: int = 10 * WAD, margin: int = 2_000 * USDC) -> str:
    """A fresh trader's position; returns the trader. Some time and one round of the feed pass."""
    trader = _trader(market)
    market.open(trader, 1, size, margin)
    market.go_to(PRICE * 1.001)
    return trader


def _send(market: Market, sender: str, function: str, *arguments: object) -> Transaction:
    return market.vault.send(sender, function, *arguments, elapsed=BLOCK)


# ---- traders ----


@scene
def open_(market: Market) -> Transaction:
    return market.open(_trader(market), 1, 10 * WAD, 2_000 * USDC)


@scene
def open_another(market: Market) -> Transaction:
    """A second position of the same owner."""
    trader = _position(market)
    return market.open(trader, 2, 10 * WAD, 2_000 * USDC)


@scene
def increase(market: Market) -> Transaction:
    trader = _position(market)
    return market.open(trader, 1, 5 * WAD, 1_000 * USDC)


@scene
def add_margin(market: Market) -> Transaction:
    trader = _position(market)
    return _send(market, trader, "add_margin", 1, 100 * USDC)


@scene
def remove_margin(market: Market) -> Transaction:
    trader = _position(market)
    return _send(market, trader, "adjust_position", 1, 0, -100 * USDC, 0)


@scene
def partial_decrease(market: Market) -> Transaction:
    trader = _position(market)
    return _send(market, trader, "adjust_position", 1, -5 * WAD, 0, SELL_BOUND)


@scene
def close(market: Market) -> Transaction:
    trader = _position(market)
    return _send(market, trader, "close_position", 1, SELL_BOUND)


@scene
def close_short(market: Market) -> Transaction:
    trader = _position(market, size=-10 * WAD)
    return _send(market, trader, "close_position", 1, BUY_BOUND)


@scene
def claim(market: Market) -> Transaction:
    """What a liquidation has left."""
    trader = _small_position(market)
    market.go_to(PRICE * 0.965)
    _liquidate(market, trader)
    return _send(market, trader, "claim")


# ---- signed orders, executed by a keeper for a fee ----

for play in orders.SCENES:
    scene(play)


# ---- keepers ----


def _small_position(market: Market) -> str:
    """So small that what a partial liquidation leaves would be under the minimum margin."""
    trader = _trader(market)
    market.open(trader, 1, WAD // 5, 27 * USDC)
    return trader


def _liquidate(market: Market, trader: str) -> Transaction:
    return _send(market, person("keeper"), "liquidate", trader, 1)


@scene
def liquidate(market: Market) -> Transaction:
    """All of it, after a jump of the price through the margin: nothing is left for the owner."""
    trader = _position(market, margin=1_230 * USDC)
    market.go_to(PRICE * 0.9)
    done = _liquidate(market, trader)
    if market.vault.view("get_position", trader, 1)[0] != 0:
        raise NodeError("liquidate: was not closed")
    return done


@scene
def liquidate_credited(market: Market) -> Transaction:
    """All of it, with something left for an owner who has never had anything to claim."""
    trader = _small_position(market)
    market.go_to(PRICE * 0.965)
    done = _liquidate(market, trader)
    if market.vault.view("claimable", trader) == 0:
        raise NodeError("liquidate_credited: nothing was left")
    return done


@scene
def liquidate_part(market: Market) -> Transaction:
    trader = _position(market, margin=1_230 * USDC)
    market.go_to(PRICE * 0.972)
    done = _liquidate(market, trader)
    if market.vault.view("get_position", trader, 1)[0] == 0:
        raise NodeError("liquidate_part: all was closed")
    return done


scene(periphery.liquidate_in_batch)
scene(periphery.open_by_router)


@scene
def call_margin(market: Market) -> Transaction:
    trader = _position(market, margin=1_230 * USDC)
    market.go_to(PRICE * 0.98)
    return _send(market, person("keeper"), "call_margin", trader, 1)


@scene
def settle(market: Market) -> Transaction:
    """A long whose price has doubled: its gain is at its reserve."""
    trader = _position(market)
    market.go_to(PRICE * 2.2)
    return _send(market, person("keeper"), "settle_position", trader, 1)


@scene
def accrue(market: Market) -> Transaction:
    return _send(market, person("keeper"), "accrue")


# ---- liquidity providers ----


@scene
def lp_deposit(market: Market) -> Transaction:
    """By an LP with shares that are not locked."""
    return _send(market, person("lp"), "deposit", 10_000 * USDC)


@scene
def lp_deposit_first(market: Market) -> Transaction:
    return _send(market, _trader(market), "deposit", 10_000 * USDC)


@scene
def lp_redeem(market: Market) -> Transaction:
    """A part of an LP's shares."""
    return _send(market, person("lp"), "redeem", 10_000 * USDC * 1_000)


@scene
def lp_transfer(market: Market) -> Transaction:
    """Shares to another LP."""
    return _send(market, person("lp"), "transfer", person("lp", 1), 10_000 * USDC * 1_000)


# ---- creator ----


@scene
def create_vault(market: Market) -> Transaction:
    """Blueprint to a seeded vault; the first one of its factory."""
    return market.creation


def measure(market: Market, names: list[str] | None = None) -> dict[str, Transaction]:
    """Play the scenes, all by default, each on the market as it is now."""
    done = {}
    for name, play in SCENES.items():
        if names is None or name in names:
            with market.node.scratch():
                done[name] = play(market)
    return done
