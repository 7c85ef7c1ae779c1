"""Accrual on its own, and the end of a vault."""

from __future__ import annotations

from bulkhead.model import NEVER, Status
from bulkhead.model.events import Accrued, OracleReportedDead, WoundDown
from tests.unit.model.support import ATTACKER, KEEPER, LP, TRADER, Stage, refusal, wad

WEEK = 7 * 86_400


def stage_with_positions() -> Stage:
    stage = Stage(bid=1999, ask=2001)
    stage.adjust(10, 2000)
    stage.adjust(-10, 2000, who="short")
    stage.vault.take_events()
    return stage


def wound_down(price: int | None = None) -> Stage:
    """Seven days after the feed stopped at `price`, or died where it is None."""
    stage = stage_with_positions()
    if price is None:
        stage.lose_oracle()
        stage.vault.report_dead_oracle(stage.env, ATTACKER)
    else:
        stage.set_price(price - 2, price + 2)
        stage.lose_price()
    stage.wait(WEEK)
    stage.vault.wind_down(stage.env, ATTACKER)
    return stage


def test_accrue__any_time__moves_carry_once_per_moment() -> None:
    # SECURITY A1
    stage = stage_with_positions()
    stage.wait(10)
    stage.vault.accrue(stage.env, KEEPER)
    market = stage.vault.market
    assert stage.vault.take_events() == [Accrued(market.carry_long, market.carry_short)]
    assert min(market.carry_long, market.carry_short) > 0
    stage.vault.accrue(stage.env, KEEPER)
    assert stage.vault.take_events() == []
    stage.lose_price()
    assert refusal(stage.vault.accrue, stage.env, KEEPER) == "vault: no live price"


def test_wind_down__feed_silent_for_seven_days__settles_at_the_last_mid() -> None:
    stage = stage_with_positions()
    stage.lose_price()
    stage.wait(WEEK - 1)
    assert refusal(stage.vault.wind_down, stage.env, ATTACKER) == "vault: too early"
    stage.wait()
    stage.vault.wind_down(stage.env, ATTACKER)
    assert stage.vault.take_events() == [WoundDown(ATTACKER, wad(2000))]
    assert stage.vault.market.accrued_at == NEVER
    for call in (stage.vault.wind_down, stage.vault.report_dead_oracle):
        assert refusal(call, stage.env, ATTACKER) == "vault: winding down"


def test_wind_down__live_oracle__reverts() -> None:
    stage = stage_with_positions()
    for call in (stage.vault.wind_down, stage.vault.report_dead_oracle):
        assert refusal(call, stage.env, ATTACKER) == "vault: oracle is live"


def test_wind_down__answer_from_the_future__is_not_stale() -> None:
    stage = stage_with_positions()
    stage.set_price(2000, live=False)
    stage.updated_at = stage.now + WEEK
    assert refusal(stage.vault.wind_down, stage.env, ATTACKER) == "vault: too early"


def test_wind_down__dead_oracle__needs_a_report_of_seven_days() -> None:
    stage = stage_with_positions()
    stage.lose_oracle()
    stage.wait(WEEK)
    assert refusal(stage.vault.wind_down, stage.env, ATTACKER) == "vault: too early"
    stage.vault.report_dead_oracle(stage.env, ATTACKER)
    assert stage.vault.take_events() == [OracleReportedDead(ATTACKER)]
    stage.wait(WEEK - 1)
    assert refusal(stage.vault.wind_down, stage.env, ATTACKER) == "vault: too early"
    stage.wait()
    stage.vault.wind_down(stage.env, ATTACKER)
    assert stage.vault.take_events()[-1] == WoundDown(ATTACKER, 0)


def test_report_dead_oracle__again_and_again__does_not_move_the_clock() -> None:
    stage = stage_with_positions()
    stage.lose_oracle()
    stage.vault.report_dead_oracle(stage.env, KEEPER)
    for _ in range(7):
        again = refusal(stage.vault.report_dead_oracle, stage.env, ATTACKER)
        assert again == "vault: already reported"
        stage.wait(86_400)
    stage.vault.wind_down(stage.env, KEEPER)


def test_report_dead_oracle__contested_by_an_accrual__counts_no_more() -> None:
    stage = stage_with_positions()
    stage.lose_oracle()
    stage.vault.report_dead_oracle(stage.env, ATTACKER)
    stage.wait(WEEK)
    stage.set_price(2000)
    stage.vault.accrue(stage.env, KEEPER)
    stage.lose_oracle()
    stage.wait()
    assert refusal(stage.vault.wind_down, stage.env, ATTACKER) == "vault: too early"
    stage.vault.report_dead_oracle(stage.env, ATTACKER)
    stage.wait(WEEK)
    stage.vault.wind_down(stage.env, ATTACKER)


def test_wind_down__settlement__has_no_fee_no_impact_and_no_carry() -> None:
    stage = wound_down(2100)
    long, short = stage.position(), stage.position("short")
    stage.lose_oracle()
    assert stage.health().status == Status.SETTLEABLE
    stage.wait(10**8)
    assert stage.vault.settle_position(stage.env, KEEPER, TRADER, 1) == (
        long.margin + 10 * 2100 * stage.unit - long.basis
    )
    # the short reduces by hand, then closes
    _, margin = stage.adjust(5, who="short", acceptable_price=wad(2100))
    assert margin == short.margin + short.basis // 2 - 5 * 2100 * stage.unit
    stage.adjust(0, -1, who="short")
    assert stage.close(who="short") > 0
    stage.vault.claim(stage.env, TRADER)
    stage.vault.redeem(stage.env, LP, stage.vault.balance_of(LP))
    stage.vault.check_invariants()


def test_wind_down__nothing_that_adds_risk__works() -> None:
    stage = wound_down(2100)
    assert refusal(stage.adjust, 1, 500) == "vault: winding down"
    assert refusal(stage.adjust, 1, 500, who="new") == "vault: winding down"
    assert refusal(stage.vault.deposit, stage.env, LP, 5) == "vault: winding down"
    assert refusal(stage.vault.mint, stage.env, LP, 5) == "vault: winding down"
    assert refusal(stage.vault.liquidate, stage.env, KEEPER, TRADER, 1) == "vault: still healthy"
    assert refusal(stage.vault.call_margin, stage.env, KEEPER, TRADER, 1) == "vault: no margin call"
    assert stage.vault.maxDeposit(stage.env, LP) == stage.vault.maxMint(stage.env, LP) == 0
    assert stage.vault.maxWithdraw(stage.env, LP) > 0
    stage.vault.accrue(stage.env, KEEPER)
    assert stage.vault.market.accrued_at == NEVER


def test_wind_down__dead_oracle__settles_at_zero_gain() -> None:
    stage = wound_down()
    margin = stage.position().margin
    assert stage.vault.totalAssets(stage.env) == stage.vault.market.pool
    stage.adjust(-4)
    assert stage.position().margin == margin
    assert stage.close() == margin == stage.vault.flows[TRADER] + 2000 * stage.unit
    short = stage.position("short").margin
    assert stage.vault.settle_position(stage.env, KEEPER, "short", 1) == short
    assert stage.vault.market.reserved == 0
    stage.vault.check_invariants()


def test_wind_down__insolvent_position__settles_with_bad_debt() -> None:
    stage = wound_down(1500)
    margin = stage.position().margin
    assert stage.vault.settle_position(stage.env, KEEPER, TRADER, 1) == 0
    event = stage.vault.take_events()[-1]
    assert event.realised == -margin  # type: ignore[union-attr]
    assert event.bad_debt > 0  # type: ignore[union-attr]
    stage.vault.check_invariants()
