"""Keepers' calls: liquidation, settlement, margin calls; and the status that decides."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bulkhead.model import Health, Position, Status, check_refused, rules, snapshot
from bulkhead.model.events import MarginCalled, PositionLiquidated, PositionSettled
from tests.unit.model.support import ATTACKER, FREE, KEEPER, TRADER, Stage, refusal, wad

DEEP = {"skew_scale": 10**36, **FREE}
"""No impact worth the name, and time costs nothing."""


def opened(side: int = 1, margin: int = 1100, **changes: object) -> Stage:
    """10 at 2000, 1,088 of margin after the fee: liquidatable under 1939 or over 2057."""
    stage = Stage(**{**DEEP, **changes})  # type: ignore[arg-type]
    stage.adjust(10 * side, margin)
    stage.vault.take_events()
    stage.wait()
    return stage


# ---- status ----


def test_get_health__every_status__is_what_the_calls_say() -> None:
    # SECURITY L15: 5 % / 3.75 % / 2.5 % of 10 at the price, against 1088 - loss
    stage = opened()
    seen = {}
    for price in (2000, 1960, 1950, 1939, 1930, 1500, 4100):
        stage.set_price(price)
        seen[price] = stage.health().status
        for call, status in (
            (stage.vault.liquidate, Status.LIQUIDATABLE),
            (stage.vault.settle_position, Status.SETTLEABLE),
            (stage.vault.call_margin, Status.MARGIN_CALL),
        ):
            before = snapshot(stage.vault)
            if stage.health().status != status:
                assert (
                    refusal(call, stage.env, KEEPER, TRADER, 1)
                    == {
                        Status.LIQUIDATABLE: "vault: still healthy",
                        Status.SETTLEABLE: "vault: not settleable",
                        Status.MARGIN_CALL: "vault: no margin call",
                    }[status]
                )
                check_refused(before, stage.vault)
    assert seen == {
        2000: Status.HEALTHY,
        1960: Status.MARGIN_CALL,  # 688 < 735
        1950: Status.MARGIN_CALL,
        1939: Status.LIQUIDATABLE,  # 478 < 484.75
        1930: Status.LIQUIDATABLE,
        1500: Status.LIQUIDATABLE,
        4100: Status.SETTLEABLE,
    }


def test_get_health__no_position_or_no_price__says_so() -> None:
    stage = opened()
    assert stage.health(ATTACKER).status == Status.EMPTY
    stage.lose_price()
    health = stage.health()
    assert health == Health(Status.NO_PRICE)
    stage.lose_oracle()
    assert stage.health() == Health(Status.NO_PRICE)
    for call in (stage.vault.liquidate, stage.vault.settle_position, stage.vault.call_margin):
        assert refusal(call, stage.env, KEEPER, ATTACKER, 1) == "vault: unknown position"
        assert refusal(call, stage.env, KEEPER, TRADER, 1) == "vault: no live price"


@pytest.mark.parametrize("side", [1, -1])
def test_get_health__liquidation_price__is_where_the_status_changes(side: int) -> None:
    stage = opened(side, 1500, skew_scale=wad(1000))
    at = Fraction(stage.health().liquidation_price, 10**18)
    for inside, status in ((side, Status.MARGIN_CALL), (-side, Status.LIQUIDATABLE)):
        stage.set_price(Fraction(round(at * 10**6) + inside * 10, 10**6))
        assert stage.health().status == status


# ---- liquidation ----


@pytest.mark.parametrize("side", [1, -1])
def test_liquidate__part__restores_the_initial_ratio(side: int) -> None:
    stage = opened(side)
    stage.set_price(1937 if side > 0 else 2060)
    before, market = stage.position(), stage.vault.market
    health = stage.health()
    value = rules.notional(before.size, health.closing_price, stage.vault.scale)
    closed, reward = stage.vault.liquidate(stage.env, KEEPER, TRADER, 1)
    after = stage.position()
    event = stage.vault.take_events()[-1]
    assert isinstance(event, PositionLiquidated)

    assert after.size * side == before.size * side - closed > 0
    # penalty: 0.5 % of what closes, at the share of the requirement that is missing
    shortfall = Fraction(health.maintenance - health.equity, health.maintenance)
    closed_value = Fraction(closed * health.closing_price, stage.vault.scale)
    expected_reward = 2 * stage.unit + Fraction(5, 1000) * shortfall * closed_value
    assert abs(reward - expected_reward) <= 1
    assert 0 <= event.fee - closed_value * Fraction(6, 10_000) <= 1
    now = stage.health()
    assert now.status == Status.HEALTHY
    assert -2 <= now.equity - now.initial <= value // 10**6 + 50
    assert now.equity * health.maintenance > health.equity * now.maintenance

    assert stage.vault.flows[KEEPER] == reward
    assert after.margin == before.margin + event.realised - event.fee - reward
    assert stage.vault.market.pool == market.pool - event.realised + event.fee == event.pool
    assert (event.credited, event.bad_debt) == (0, 0)
    assert event.size_delta == -closed * side
    stage.vault.check_invariants()
    # SECURITY L7: a second call earns nothing
    assert refusal(stage.vault.liquidate, stage.env, KEEPER, TRADER, 1) == "vault: still healthy"


@pytest.mark.parametrize(
    ("price", "reward", "fee", "credited", "bad_debt"),
    [
        # equity 93: 2 + 0.5 % * (1 - 93/475) * 19,005, then the fee of 11.403, the rest is credited
        ("1900.5", None, "11.403", None, 0),
        # equity 8: the reward takes it all, no fee
        ("1892", 8, 0, 0, 0),
        # equity -2: the pool tops the reward up to the minimum
        ("1891", 2, 0, 0, 2),
        ("1500", 2, 0, 0, 3912),
    ],
)
def test_liquidate__full__pays_keeper_then_pool_then_owner(
    price: str, reward: int | None, fee: str, credited: int | None, bad_debt: int
) -> None:
    stage = opened()  # its impact is a unit or two
    pool, margin = stage.vault.market.pool, stage.position().margin
    stage.set_price(price)
    health, unit = stage.health(), stage.unit
    got = stage.vault.liquidate(stage.env, KEEPER, TRADER, 1)
    event = stage.vault.take_events()[-1]
    assert isinstance(event, PositionLiquidated)
    assert got == (wad(10), event.reward)
    if reward is None:
        rate = Fraction(5, 1000) * Fraction(health.maintenance - health.equity, health.maintenance)
        exact = 2 * unit + rate * 10 * Fraction(price) * unit
        assert abs(event.reward - exact) <= 1
    else:
        assert abs(event.reward - reward * unit) <= 2
    assert event.fee == Fraction(fee) * unit
    if credited is not None:
        assert event.credited == credited * unit
    assert abs(event.bad_debt - bad_debt * unit) <= 2
    assert event.realised == max(health.gain, -margin)
    top_up = event.reward - max(min(health.equity, event.reward), 0)
    assert stage.vault.market.pool == pool - event.realised + event.fee - top_up
    assert event.credited == max(health.equity - event.reward - event.fee, 0)
    assert stage.vault.claimable(TRADER) == event.credited
    assert stage.position() == Position()
    stage.vault.check_invariants()


def test_liquidate__rest_under_min_margin__closes_all_and_credits_the_owner() -> None:
    # SECURITY L8
    stage = Stage(**DEEP)
    stage.adjust("0.2", 25)
    stage.wait()
    stage.set_price(1920)
    closed, _ = stage.vault.liquidate(stage.env, KEEPER, TRADER, 1)
    assert closed == wad("0.2")
    credited = stage.vault.claimable(TRADER)
    assert credited > 0
    assert stage.vault.claim(stage.env, TRADER, "wallet") == credited == stage.vault.flows["wallet"]
    assert stage.vault.claimable(TRADER) == 0
    stage.vault.check_invariants()


def test_liquidate__in_the_moment_of_an_increase__is_not_held_up() -> None:
    stage = opened()
    stage.adjust("0.1", 500)
    stage.set_price(1500)
    stage.vault.liquidate(stage.env, KEEPER, TRADER, 1)


def test_liquidate__token_refuses_the_keeper__credits_the_receiver() -> None:
    # SECURITY L12
    stage = opened()
    stage.set_price(1500)
    held = stage.vault.token_balance
    stage.vault.liquidate(stage.env, KEEPER, TRADER, 1, "blocked", is_reward_refused=True)
    assert stage.vault.claimable("blocked") == 2 * stage.unit
    assert stage.vault.token_balance == held
    stage.vault.check_invariants()


def test_liquidate__raw_price__has_no_impact() -> None:
    stage = opened(margin=5000, skew_scale=wad(100))
    stage.set_price(1500)
    stage.vault.liquidate(stage.env, KEEPER, TRADER, 1)
    assert stage.vault.take_events()[-1].price == wad(1500)  # type: ignore[union-attr]


@pytest.mark.parametrize(("side", "price"), [(1, Fraction(1, 10**18)), (-1, 2**104 // 10**18)])
def test_liquidate__price_at_its_bounds__collects_the_margin(
    side: int, price: Fraction | int
) -> None:
    # SECURITY L5
    stage = opened(side)
    margin, pool = stage.position().margin, stage.vault.market.pool
    stage.set_price(price)
    assert stage.vault.liquidate(stage.env, KEEPER, TRADER, 1) == (wad(10), 2 * stage.unit)
    assert stage.vault.market.pool == pool + margin - 2 * stage.unit
    stage.vault.check_invariants()


# ---- settlement ----


def test_settle_position__gain_at_reserve__credits_margin_and_reserve_less_the_fee() -> None:
    stage = opened()
    stage.set_price("4000.5")
    before = stage.position()
    credited = stage.vault.settle_position(stage.env, KEEPER, TRADER, 1)
    fee = 24_003_000
    assert credited == before.margin + before.reserve - fee == stage.vault.claimable(TRADER)
    assert stage.vault.take_events() == [
        PositionSettled(
            TRADER,
            1,
            KEEPER,
            -before.size,
            wad("4000.5"),
            fee,
            before.reserve,
            credited,
            0,
            stage.vault.market.pool,
            stage.vault.market.carry_long,
            stage.vault.market.carry_short,
        )
    ]
    stage.vault.check_invariants()


def test_settle_position__in_the_moment_of_an_increase__is_refused() -> None:
    stage = opened()
    stage.adjust("0.1", 500)
    stage.set_price(9000)
    assert stage.health().status == Status.HEALTHY
    assert (
        refusal(stage.vault.settle_position, stage.env, KEEPER, TRADER, 1)
        == "vault: not settleable"
    )
    stage.wait()
    stage.vault.settle_position(stage.env, KEEPER, TRADER, 1)


def test_settle_position__requirement_outgrown_by_the_price__winner_is_not_liquidated() -> None:
    # 40 % of the depth: at six times the price the requirement exceeds margin and reserve
    stage = Stage(pool=10**7, skew_scale=wad(1000), **FREE)
    stage.adjust(400, 700_000)
    stage.wait()
    stage.set_price(12_000)
    health = stage.health()
    assert health.equity < health.maintenance
    assert health.status == Status.SETTLEABLE
    assert refusal(stage.vault.liquidate, stage.env, KEEPER, TRADER, 1) == "vault: still healthy"


# ---- margin call, fees ----


def test_call_margin__under_the_line__emits_and_changes_nothing_else() -> None:
    stage = opened()
    stage.set_price(1950)
    before = stage.position()
    stage.vault.call_margin(stage.env, KEEPER, TRADER, 1)
    equity, requirement = 588 * stage.unit, Fraction(19_500) * Fraction(375, 10_000) * stage.unit
    event = stage.vault.take_events()[-1]
    assert isinstance(event, MarginCalled)
    assert (event.owner, event.position_id, event.price) == (TRADER, 1, wad(1950))
    assert abs(event.equity - equity) <= 2
    assert abs(event.requirement - requirement) <= 2
    assert stage.position() is before


def test_collect_protocol_fees__anyone__pays_the_recipient_once() -> None:
    stage = opened(protocol_fee_share=wad("0.2"))
    fees = stage.vault.protocol_fees()
    assert fees == 12 * stage.unit // 5
    assert stage.vault.collect_protocol_fees(stage.env, ATTACKER, "recipient") == fees
    assert stage.vault.flows["recipient"] == fees
    assert (
        refusal(stage.vault.collect_protocol_fees, stage.env, ATTACKER, "recipient")
        == "vault: zero amount"
    )
    stage.vault.check_invariants()
