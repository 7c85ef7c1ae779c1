"""Random sequences of calls: the promises hold after each, a refused call changes nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from bulkhead.model import (
    MAX_UINT256,
    WAD,
    Refused,
    Status,
    check_refused,
    check_transition,
    snapshot,
)
from tests.unit.model.support import GUARDIAN, KEEPER, LP, Stage, wad

TRADERS, LPS = ("ann", "bob", "eve"), (LP, "lp2")


class Random:
    """Draws calls that mostly make sense; counts what succeeded."""

    def __init__(self, seed: int, decimals: int) -> None:
        self.random = random.Random(seed)
        self.stage = Stage(
            decimals,
            pool=5_000_000,
            lp_lockup=60,
            skew_scale=wad(20_000),
            reserve_ratio=self.random.choice([wad("0.05"), wad(1)]),
            protocol_fee_share=wad("0.2"),
        )
        self.mid = wad(2000)
        self.successes: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.touched: tuple[tuple[str, int], ...] = ()

    def step(self) -> None:
        self.move()
        action = self.random.choices(*zip(*ACTIONS, strict=True))[0]
        vault = self.stage.vault
        before, self.touched = snapshot(vault), ()
        try:
            action(self)
        except Refused as refused:
            self.refusals[refused.reason] += 1
            check_refused(before, vault)
        else:
            self.successes[action.__name__] += 1
            vault.check_invariants()
            check_transition(before, vault, *self.touched)

    def move(self) -> None:
        draw = self.random
        if draw.random() < 0.6:
            self.stage.wait(draw.choice([1, 12, 600, 30_000]))
        if draw.random() < 0.4:
            factor = draw.gauss(1, 0.012) if draw.random() < 0.97 else draw.choice([0.7, 1.5])
            self.mid = max(min(int(self.mid * factor), wad(20_000)), wad(200))
        half = self.mid // 1000
        bid, ask = Fraction(self.mid - half, WAD), Fraction(self.mid + half, WAD)
        self.stage.set_price(bid, ask, live=draw.random() < 0.97)
        if draw.random() < 0.01:
            self.stage.lose_oracle()

    # ---- actions ----

    def _pick(self) -> tuple[str, int]:
        key = self.random.choice(TRADERS), self.random.randrange(3)
        self.touched = (key,)
        return key

    def adjust(self) -> None:
        owner, position_id = self._pick()
        stage, draw = self.stage, self.random
        position = stage.position(owner, position_id)
        size = draw.choice([1, -1]) * draw.randrange(1, wad(200))
        if position.size and draw.random() < 0.6:
            size = -position.size * draw.randrange(1, 101) // 100
        margin = draw.randrange(-2_000, 2_000) * stage.unit
        if not position.size or draw.random() < 0.2:
            value = abs(size + position.size) * self.mid // stage.vault.scale
            margin = value * draw.randrange(6, 20) // 100 + 100 * stage.unit
        limit = MAX_UINT256 if size > 0 else 0
        stage.vault.adjust_position(stage.env, owner, position_id, size, margin, limit)

    def withdraw_margin(self) -> None:
        owner, position_id = self._pick()
        amount = -self.random.randrange(1, 3_000 * self.stage.unit)
        self.stage.vault.adjust_position(self.stage.env, owner, position_id, 0, amount, 0)

    def close(self) -> None:
        owner, position_id = self._pick()
        self.stage.close(who=owner, position_id=position_id)

    def add_margin(self) -> None:
        owner, position_id = self._pick()
        amount = self.random.randrange(1, 1_000 * self.stage.unit)
        self.stage.vault.add_margin(self.stage.env, "friend", position_id, amount, owner)

    def keep(self) -> None:
        """What the view says is what the calls do (SECURITY L15)."""
        owner, position_id = self._pick()
        vault, env = self.stage.vault, self.stage.env
        status = vault.get_health(env, owner, position_id).status
        calls: dict[Status, Callable[..., Any]] = {
            Status.LIQUIDATABLE: vault.liquidate,
            Status.SETTLEABLE: vault.settle_position,
            Status.MARGIN_CALL: vault.call_margin,
        }
        for other in calls.keys() - {status}:
            with pytest.raises(Refused):
                calls[other](env, KEEPER, owner, position_id)
        if status in calls:
            calls[status](env, KEEPER, owner, position_id)
            self.successes[status.name or ""] += 1

    def deposit(self) -> None:
        amount = self.random.randrange(1, 300_000 * self.stage.unit)
        self.stage.vault.deposit(self.stage.env, self.random.choice(LPS), amount)

    def redeem(self) -> None:
        vault, env, lp = self.stage.vault, self.stage.env, self.random.choice(LPS)
        vault.redeem(env, lp, vault.maxRedeem(env, lp) * self.random.randrange(101) // 100)

    def withdraw(self) -> None:
        vault, env, lp = self.stage.vault, self.stage.env, self.random.choice(LPS)
        vault.withdraw(env, lp, vault.maxWithdraw(env, lp) * self.random.randrange(60) // 100)

    def transfer(self) -> None:
        vault = self.stage.vault
        amount = self.random.randrange(vault.balance_of(LP) // 50 + 1)
        vault.transfer(self.stage.env, LP, "lp2", amount)

    def accrue(self) -> None:
        self.stage.vault.accrue(self.stage.env, KEEPER)

    def claim(self) -> None:
        self.stage.vault.claim(self.stage.env, self.random.choice(TRADERS))

    def collect(self) -> None:
        self.stage.vault.collect_protocol_fees(self.stage.env, KEEPER, "treasury")

    def limits(self) -> None:
        vault, env = self.stage.vault, self.stage.env
        vault.tighten_limits(env, GUARDIAN, wad("0.85"), vault.limits.initial_ratio, False)

    def donate(self) -> None:
        self.stage.vault.donate("friend", self.random.randrange(1, 100))


ACTIONS = [
    (Random.adjust, 30),
    (Random.withdraw_margin, 4),
    (Random.close, 8),
    (Random.add_margin, 4),
    (Random.keep, 30),
    (Random.deposit, 5),
    (Random.redeem, 3),
    (Random.withdraw, 3),
    (Random.transfer, 2),
    (Random.accrue, 2),
    (Random.claim, 3),
    (Random.collect, 1),
    (Random.limits, 1),
    (Random.donate, 1),
]


@pytest.mark.parametrize("decimals", [0, 6, 8, 18])
def test_vault__random_calls__keep_every_promise(decimals: int) -> None:
    total: Counter[str] = Counter()
    for seed in range(4):
        run = Random(seed, decimals)
        for _ in range(4000):
            run.step()
        total += run.successes
        wind_down_and_leave(run)
    print(dict(total))
    names = {action.__name__ for action, _ in ACTIONS} | {
        "LIQUIDATABLE",
        "SETTLEABLE",
        "MARGIN_CALL",
    }
    assert all(total[name] >= 5 for name in names), total


def wind_down_and_leave(run: Random) -> None:
    """The exit is never locked: everyone gets out, and nothing is left reserved."""
    stage, vault = run.stage, run.stage.vault
    stage.set_price(Fraction(run.mid, WAD))
    stage.lose_price()
    stage.wait(7 * 86_400)
    vault.wind_down(stage.env, KEEPER)
    for owner, position_id in list(vault.positions):
        vault.settle_position(stage.env, KEEPER, owner, position_id)
    for owner in list(vault.claims):
        vault.claim(stage.env, owner)
    for lp in list(vault.accounts):
        if vault.maxRedeem(stage.env, lp):
            vault.redeem(stage.env, lp, vault.balance_of(lp))
    vault.check_invariants()
    assert vault.positions == {}
    assert vault.market.reserved == vault.market.long_size == vault.market.short_size == 0
    assert vault.market.long_basis == vault.market.short_basis == 0
