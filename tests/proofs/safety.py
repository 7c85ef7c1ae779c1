"""One call of any kind keeps `pool >= reserved`, pays nobody else's money, and leaves no debt.

The model's own calls, on a position and a market of unknown numbers: the market is the position and
whatever else there may be. Storing checks the widths of words; here they are left unbounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from bulkhead.exceptions import Refused
from bulkhead.model import (
    NEVER,
    WAD,
    Account,
    Environment,
    Limits,
    Position,
    PriceBand,
    Vault,
    keeping,
    liquidity,
    rules,
    sizing,
    state,
    trading,
)
from bulkhead.profiles import reference_profile
from tests.proofs.stage import MAX_PRICE, any_market, any_params, price, size
from tests.proofs.symbolic import Run, larger, lifted

NOW = 2_000_000_000
OWNER, KEY = "owner", ("owner", 1)
AMOUNT = 2**96


@contextmanager
def symbolic_vault() -> Iterator[None]:
    with (
        lifted(rules, keeping, sizing, state, trading, liquidity),
        patch.object(state, "check_market_packing", lambda _: None),
        patch.object(state, "check_position_packing", lambda _: None),
        patch.object(liquidity, "check_market_packing", lambda _: None),
        patch.object(trading, "check_position_packing", lambda _: None),
    ):
        yield


def any_vault(run: Run, sign: int, *, is_open: bool) -> Vault:
    """Accrued to now, so that carry is any number; a position of one side, and all the others."""
    vault = Vault(reference_profile(6), 0, 6, NOW)
    params, market = any_params(run), any_market(run)
    market.accrued_at = NOW
    vault.params, vault.market = params, market
    vault.protocol_fee_share = run.integer("protocol_fee_share", 0, WAD // 5)
    vault.limits = Limits(run.integer("limit", 0, WAD), run.integer("initial", 0, WAD), False)
    if is_open:
        position = Position(
            size=sign * size(run),
            margin=run.integer("margin", 0, AMOUNT),
            basis=run.integer("basis", -(2**127), 2**127),
            reserve=run.integer("reserve", 1, AMOUNT),
            opened_at=1,
            increased_at=1,
        )
        run.assume(position.margin >= params.min_margin, position.reserve <= market.reserved)
        vault.positions[KEY] = position
    return vault


def any_band(run: Run) -> Environment:
    bid, ask = price(run), price(run)
    run.assume(bid <= ask)
    return Environment(NOW, PriceBand(bid, ask, NOW))


class Books:
    """Tokens before and after: nothing comes from nowhere."""

    def __init__(self, vault: Vault) -> None:
        self.vault, self.held = vault, self._owed(vault)

    @staticmethod
    def _owed(vault: Vault) -> Any:
        margins = sum((p.margin for p in vault.positions.values()), 0)
        return vault.market.pool + margins + sum(vault.claims.values()) + vault.uncollected_fees

    def prove(self, run: Run) -> None:
        vault = self.vault
        run.prove(vault.market.pool >= vault.market.reserved, "pool >= reserved")
        run.prove(vault.market.reserved >= 0, "reserved >= 0")
        paid_in = -sum(vault.flows.values()) if vault.flows else 0
        run.prove(self._owed(vault) == self.held + paid_in, "what is owed moves by what is paid")
        for amount in vault.claims.values():
            run.prove(amount >= 0, "claims are not negative")
        for position in vault.positions.values():
            run.prove(position.margin >= vault.params.min_margin, "min_margin stays")
            run.prove(position.reserve >= 0, "reserve is not negative")


def increase(run: Run, sign: int, is_open: bool) -> None:
    """Opening (or increasing)."""
    vault, env = any_vault(run, sign, is_open=is_open), any_band(run)
    books, delta, margin = Books(vault), size(run), run.integer("margin_delta", 0, AMOUNT)
    bound = 0 if sign < 0 else 2**256 - 1
    with symbolic_vault():
        if not is_open:
            run.assume(margin >= 1)
        vault.adjust_position(env, OWNER, 1, sign * delta, margin, bound)
    books.prove(run)


def reduce(run: Run, sign: int) -> None:
    """Closing a part."""
    vault, env = any_vault(run, sign, is_open=True), any_band(run)
    books, part = Books(vault), size(run)
    run.assume(part < vault.positions[KEY].size * sign)
    bound = 0 if sign > 0 else 2**256 - 1
    with symbolic_vault():
        vault.adjust_position(env, OWNER, 1, -sign * part, 0, bound)
    books.prove(run)


def close(run: Run, sign: int) -> None:
    """Closing all, however far under water."""
    vault, env = any_vault(run, sign, is_open=True), any_band(run)
    _close(run, vault, env)


def close_in_wind_down(run: Run, sign: int) -> None:
    """The same at a settlement price, which may be unknown: 0."""
    vault, env = any_vault(run, sign, is_open=True), any_band(run)
    vault.market.accrued_at = NEVER
    vault.settlement_price = run.integer("settlement_price", 0, MAX_PRICE)
    _close(run, vault, env)


def _close(run: Run, vault: Vault, env: Environment) -> None:
    books, bound = Books(vault), 0 if vault.positions[KEY].size > 0 else 2**256 - 1
    with symbolic_vault():
        vault.close_position(env, OWNER, 1, bound)
    books.prove(run)
    if vault.flows:
        run.prove(vault.flows[OWNER] >= 0, "nobody pays for leaving")


def withdraw_margin(run: Run, sign: int) -> None:
    """Letting margin out."""
    vault, env = any_vault(run, sign, is_open=True), any_band(run)
    books, amount = Books(vault), run.integer("amount", 1, AMOUNT)
    with symbolic_vault():
        vault.adjust_position(env, OWNER, 1, 0, -amount, 0)
    books.prove(run)


def move_margin(run: Run, sign: int) -> None:
    """Moving margin to another position of the same owner."""
    vault, env = any_vault(run, sign, is_open=True), any_band(run)
    other = Position(
        size=-sign * size(run),
        margin=run.integer("other", 0, AMOUNT),
        reserve=run.integer("r", 1, AMOUNT),
    )
    run.assume(other.margin >= vault.params.min_margin)
    vault.positions[OWNER, 2] = other
    books, amount = Books(vault), run.integer("amount", 1, AMOUNT)
    with symbolic_vault():
        vault.move_margin(env, OWNER, 1, 2, amount)
    books.prove(run)
    run.prove(not vault.flows, "no token moves")


def settle(run: Run, sign: int) -> None:
    """Settling at the reserve."""
    vault, env = any_vault(run, sign, is_open=True), any_band(run)
    books = Books(vault)
    with symbolic_vault():
        vault.settle_position(env, "keeper", OWNER, 1)
    books.prove(run)


def liquidate_all(run: Run, sign: int) -> None:
    """Liquidating the whole, top-up from the pool included."""
    vault, env = any_vault(run, sign, is_open=True), any_band(run)
    books, position = Books(vault), vault.positions[KEY]
    most = position.margin + position.reserve
    with symbolic_vault(), patch.object(Vault, "_liquidate_part", lambda *_: None):
        _, reward = vault.liquidate(env, "keeper", OWNER, 1)
    books.prove(run)
    least = vault.params.keeper_min_reward
    run.prove(reward >= least, "worth a keeper's while")
    run.prove(reward <= larger(most, least), "no more than there was, or the minimum")


def liquidate_part(run: Run, sign: int) -> None:
    """Liquidating a part, of whatever size the formula says."""
    vault, env = any_vault(run, sign, is_open=True), any_band(run)
    books, closed = Books(vault), size(run)
    penalty = run.integer("penalty", 0, WAD)
    with (
        symbolic_vault(),
        patch.object(rules, "liquidation_size", lambda *_: closed),
        patch.object(rules, "liquidation_penalty", lambda *_: penalty),
        patch.object(Vault, "_liquidate_all", _not_all),
    ):
        vault.liquidate(env, "keeper", OWNER, 1)
    books.prove(run)


def _not_all(*_: Any) -> Any:
    raise Refused("all of it is another claim")


def leave(run: Run) -> None:
    """An LP withdraws any amount."""
    vault, env = any_vault(run, 1, is_open=False), any_band(run)
    vault.supply = run.integer("supply", 1, 2**112)
    vault.accounts["lp"] = Account(balance=vault.supply)
    books, assets = Books(vault), run.integer("assets", 1, 2**112)
    with symbolic_vault():
        vault.withdraw(env, "lp", assets)
    books.prove(run)
