"""Traders' calls: results by hand, and every refusal in the order of its check."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bulkhead.model import EMPTY, MAX_UINT256, Market, Position, check_refused, snapshot
from bulkhead.model.events import (
    MarginAdded,
    MarginRemoved,
    OperatorSet,
    PositionAdjusted,
    PositionClosed,
)
from tests.unit.model.support import ATTACKER, FREE, GUARDIAN, LP, TRADER, Stage, refusal, wad

DECIMALS = pytest.mark.parametrize("decimals", [6, 8, 18])
SIDES = pytest.mark.parametrize("side", [1, -1])


# ---- open and increase ----


@DECIMALS
@SIDES
def test_adjust_position__open__books_position_market_and_tokens(decimals: int, side: int) -> None:
    stage = Stage(decimals, bid=1999, ask=2001, protocol_fee_share=wad("0.1"))
    got = stage.adjust(10 * side, 1500)
    # impact: 10 / (2 * 1,000,000) of the price; 0.06 % fee, a tenth of it to the protocol
    price = (2001 if side > 0 else 1999) * (1 + side * Fraction(10, 2 * 10**6))
    value = 10 * price
    fee = value * Fraction(6, 10_000)
    units = stage.unit
    assert wad(price) == price * 10**18
    expected = Position(
        size=wad(10) * side,
        margin=1500 * units - -(-fee * units // 1),
        basis=int(value * units),
        reserve=int(value * units),
        opened_at=stage.now,
        increased_at=stage.now,
    )
    assert (value * units).denominator == 1
    assert stage.position() == expected
    assert got == (expected.size, expected.margin)

    fee_units = 1500 * units - expected.margin
    cut = fee_units // 10
    market = stage.vault.market
    assert market.pool == 1_000_000 * units + fee_units - cut
    assert market.reserved == expected.reserve
    assert (market.long_size, market.short_size) == ((wad(10), 0) if side > 0 else (0, wad(10)))
    assert stage.vault.protocol_fees() == cut
    assert stage.vault.flows[TRADER] == -1500 * units
    assert stage.vault.take_events() == [
        PositionAdjusted(
            TRADER,
            1,
            TRADER,
            expected.size,
            wad(price),
            fee_units,
            0,
            0,
            expected.size,
            expected.margin,
            expected.basis,
            expected.reserve,
            market.pool,
            market.carry_long,
            market.carry_short,
        )
    ]
    stage.vault.check_invariants()


def test_adjust_position__after_time__accrues_first() -> None:
    stage = Stage()
    stage.wait(3600)
    stage.adjust(1, 200)
    (event,) = stage.vault.take_events()
    carry = -(-wad("0.02") * wad(2000) * 3600 // (31_536_000 * 10**18))
    assert isinstance(event, PositionAdjusted)
    assert (event.carry_long, event.carry_short) == (carry, carry)


def test_adjust_position__increase__leaves_unrealised_gain_as_it_is() -> None:
    stage = Stage(**FREE)
    stage.adjust(10, 2000)
    stage.set_price(2100)
    before = stage.health().gain
    stage.wait()
    stage.adjust(5, 2000)
    # the increase itself starts with its impact as a loss, and rounding
    impact = 5 * 2100 * Fraction(10 + 15, 2 * 10**6)
    assert 0 <= before - impact * stage.unit - stage.health().gain <= 2
    assert stage.position().opened_at + 1 == stage.position().increased_at == stage.now


@SIDES
def test_adjust_position__towards_zero_skew__has_no_impact(side: int) -> None:
    stage = Stage()
    stage.adjust(20 * side, 5000, who="other")
    stage.vault.take_events()
    stage.adjust(-5 * side, 2000)
    assert stage.vault.take_events()[0].price == wad(2000)  # type: ignore[union-attr]


# ---- decrease and close ----


@SIDES
def test_adjust_position__part__realises_its_share_and_frees_reserve(side: int) -> None:
    stage = Stage(**FREE)
    stage.adjust(10 * side, 2000)
    before, pool = stage.position(), stage.vault.market.pool
    stage.wait()
    stage.set_price(2000 + 50 * side)
    stage.vault.take_events()
    size, margin = stage.adjust(-4 * side)
    after = stage.position()
    event = stage.vault.take_events()[-1]
    assert isinstance(event, PositionAdjusted)
    assert after.size == size == wad(6) * side
    assert after.reserve == before.reserve - before.reserve * 4 // 10
    fee = Fraction(4 * (2000 + 50 * side) * 6, 10_000) * stage.unit
    gain = (
        4 * 50 * stage.unit - Fraction(4 * 2000 * 10, 2 * 10**6) * stage.unit
    )  # less the impact paid
    assert 0 <= gain - event.realised <= 1
    assert event.fee == fee
    assert margin == after.margin == before.margin + event.realised - event.fee
    assert stage.vault.market.pool == pool - event.realised + event.fee
    assert event.paid_out == 0


@SIDES
def test_close_position__with_gain__pays_everything_to_the_receiver(side: int) -> None:
    stage = Stage(**FREE)
    stage.adjust(10 * side, 2000)
    margin = stage.position().margin
    stage.wait()
    stage.set_price(2000 + 50 * side)
    paid = stage.close(receiver="wallet")
    event = stage.vault.take_events()[-1]
    assert isinstance(event, PositionClosed)
    assert paid == margin + event.realised - event.fee == stage.vault.flows["wallet"]
    assert stage.vault.positions == {}
    market = stage.vault.market
    expected = Market(pool=market.pool, accrued_at=market.accrued_at)
    assert market == expected
    assert stage.position() == Position()


def test_close_position__gain_beyond_reserve__pays_the_reserve() -> None:
    stage = Stage(**FREE)
    stage.adjust(10, 2000)
    before = stage.position()
    stage.wait()
    stage.set_price(9000)
    paid = stage.close()
    assert paid == before.margin + before.reserve - 10 * 9000 * stage.unit * 6 // 10_000


def test_close_position__loss_beyond_margin__pays_nothing_and_keeps_the_pool_whole() -> None:
    stage = Stage(**FREE)
    stage.adjust(10, 2000)
    margin, pool = stage.position().margin, stage.vault.market.pool
    stage.wait()
    stage.set_price(1000)
    assert stage.close() == 0
    event = stage.vault.take_events()[-1]
    assert isinstance(event, PositionClosed)
    assert (event.realised, event.fee, event.paid_out) == (-margin, 0, 0)
    assert stage.vault.market.pool == pool + margin
    stage.vault.check_invariants()


def test_adjust_position__close_with_margin_delta__counts_only_an_addition() -> None:
    paid = []
    for delta in (-500, 0, 700):
        stage = Stage(**FREE)
        stage.adjust(10, 2000)
        stage.wait()
        assert stage.adjust(-10, delta) == (0, 0)
        event = stage.vault.take_events()[-1]
        assert isinstance(event, PositionClosed)
        paid.append(event.paid_out)
        stage.vault.check_invariants()
    assert paid[0] == paid[1] == paid[2] - 700 * 10**6


# ---- margin ----


def test_add_margin__anyone__needs_no_price_and_accrues_nothing() -> None:
    stage = Stage()
    stage.adjust(10, 2000)
    stage.vault.take_events()
    stage.wait(86_400)
    stage.lose_oracle()
    market = stage.vault.market
    stage.vault.add_margin(stage.env, ATTACKER, 1, 5, TRADER)
    assert stage.vault.market is market
    margin = stage.position().margin
    assert stage.vault.take_events() == [MarginAdded(TRADER, 1, ATTACKER, 5, margin)]
    assert stage.vault.flows[ATTACKER] == -5


def test_adjust_position__margin_only__is_add_margin() -> None:
    stage = Stage()
    _, margin = stage.adjust(10, 2000)
    stage.lose_oracle()
    assert stage.adjust(0, 7) == (wad(10), margin + 7 * stage.unit)
    assert isinstance(stage.vault.take_events()[-1], MarginAdded)


def test_adjust_position__withdraw_margin__pays_the_receiver() -> None:
    stage = Stage()
    _, margin = stage.adjust(10, 2000)
    stage.vault.take_events()
    assert stage.adjust(0, -500, receiver="wallet") == (wad(10), margin - 500 * stage.unit)
    amount = 500 * stage.unit
    removed = MarginRemoved("trader", 1, "trader", amount, margin - amount)
    assert stage.vault.take_events() == [removed]
    assert stage.vault.flows["wallet"] == amount


def test_adjust_position__withdraw_margin__leaves_the_accrual_to_others() -> None:
    """Carry counts in the check, and is charged as if there had been no withdrawal."""
    stages = [Stage(), Stage()]
    for stage in stages:
        stage.adjust(10, 2000)
        stage.wait(86_400)
    withdrawing, other = stages
    before = withdrawing.vault.market.copy()
    withdrawing.adjust(0, -500)
    assert withdrawing.vault.market == before
    for stage in stages:
        stage.wait(86_400)
        stage.vault.accrue(stage.env, "keeper")
    assert withdrawing.vault.market == other.vault.market


def test_move_margin__between_two_positions__no_token_moves() -> None:
    stage = Stage()
    _, first = stage.adjust(10, 2000)
    _, second = stage.adjust(-10, 2000, position_id=2)
    amount, balance = 500 * stage.unit, stage.vault.token_balance
    stage.vault.take_events()
    stage.vault.move_margin(stage.env, "trader", 1, 2, amount)
    assert stage.vault.take_events() == [
        MarginRemoved("trader", 1, "trader", amount, first - amount),
        MarginAdded("trader", 2, "trader", amount, second + amount),
    ]
    assert stage.vault.token_balance == balance
    stage.vault.check_invariants()


def test_move_margin__refusals__change_nothing() -> None:
    stage = Stage()
    stage.adjust(10, 2000)
    stage.adjust(-10, 2000, position_id=2)
    for ids, amount, sender, reason in (
        ((1, 2), 1, ATTACKER, "not owner or operator"),
        ((1, 1), 1, "trader", "same position"),
        ((3, 1), 1, "trader", "unknown position"),
        ((1, 2), 2000 * stage.unit, "trader", "below min margin"),
        ((1, 2), 1500 * stage.unit, "trader", "below initial ratio"),
        ((1, 2), 0, "trader", "zero amount"),
        ((1, 3), 1, "trader", "unknown position"),
    ):
        before = snapshot(stage.vault)
        move = stage.vault.move_margin
        assert refusal(move, stage.env, sender, *ids, amount, "trader") == f"vault: {reason}"
        assert snapshot(stage.vault) == before


def test_adjust_position__unrealised_gain__is_no_reason_to_let_margin_out() -> None:
    # SECURITY L10
    stage = Stage(**FREE)
    stage.adjust(10, 1100)
    stage.set_price(3000)
    assert refusal(stage.adjust, 0, -100) == "vault: below initial ratio"
    assert refusal(stage.adjust, 10) == "vault: below initial ratio"


# ---- refusals, in order ----


def test_adjust_position__stranger__is_refused_before_anything_else() -> None:
    stage = Stage()
    stage.lose_oracle()
    call = stage.vault.adjust_position
    assert refusal(call, stage.env, ATTACKER, 1, 0, 0, 0, TRADER) == "vault: not owner or operator"
    assert (
        refusal(stage.vault.close_position, stage.env, ATTACKER, 1, 0, TRADER)
        == "vault: not owner or operator"
    )


def test_adjust_position__operator__acts_until_revoked() -> None:
    stage = Stage()
    stage.vault.set_operator(stage.env, TRADER, "bot", True)
    assert stage.vault.take_events() == [OperatorSet(TRADER, "bot", True)]
    stage.adjust(10, 2000, who="bot", owner=TRADER)
    assert stage.position().size == wad(10)
    assert stage.vault.flows["bot"] == -2000 * stage.unit  # the sender pays
    stage.vault.set_operator(stage.env, TRADER, "bot", False)
    assert refusal(stage.adjust, 1, who="bot", owner=TRADER) == "vault: not owner or operator"


def test_permit_operator__signature__decides() -> None:
    stage = Stage()
    permit = stage.vault.permit_operator
    arguments = (stage.env, ATTACKER, TRADER, "bot", True)
    assert refusal(permit, *arguments, stage.now - 1) == "vault: signature expired"
    assert refusal(permit, *arguments, stage.now, False) == "vault: signature invalid"
    permit(*arguments, stage.now)
    assert stage.vault.is_operator(TRADER, "bot")


def test_adjust_position__nothing_asked_or_no_position__reverts() -> None:
    stage = Stage()
    stage.lose_oracle()
    assert refusal(stage.adjust, 0, 0) == "vault: zero amount"
    assert refusal(stage.adjust, 0, 5) == "vault: unknown position"
    assert refusal(stage.adjust, 0, -5) == "vault: unknown position"
    assert refusal(stage.close) == "vault: unknown position"
    assert refusal(stage.vault.add_margin, stage.env, TRADER, 1, 0) == "vault: zero amount"
    assert refusal(stage.vault.add_margin, stage.env, TRADER, 1, 1) == "vault: unknown position"


def test_adjust_position__no_live_price__reverts() -> None:
    stage = Stage()
    stage.adjust(10, 2000)
    stage.wait()
    for lose in (stage.lose_price, stage.lose_oracle):
        lose()
        assert refusal(stage.adjust, 1, 500) == "vault: no live price"
        assert refusal(stage.adjust, -1) == "vault: no live price"
        assert refusal(stage.adjust, 0, -1) == "vault: no live price"


@pytest.mark.parametrize(("bid", "ask"), [(0, 1), (2, 1), (1, 2**104 + 1)])
def test_adjust_position__band_out_of_bounds__is_no_price(bid: int, ask: int) -> None:
    stage = Stage()
    stage.bid, stage.ask = bid, ask
    assert refusal(stage.adjust, 1, 500) == "vault: no live price"


def test_adjust_position__reduce_only__refuses_increases_alone() -> None:
    stage = Stage()
    stage.adjust(10, 2000)
    stage.wait()
    stage.vault.tighten_limits(stage.env, GUARDIAN, 0, wad("0.05"), True)
    assert refusal(stage.adjust, 1) == "vault: reduce only"
    assert refusal(stage.adjust, 1, who="other") == "vault: reduce only"
    stage.adjust(-1)
    stage.adjust(0, -1)


def test_adjust_position__gain_at_reserve__cannot_grow() -> None:
    stage = Stage(reserve_ratio=wad("0.01"), **FREE)
    stage.adjust(10, 2000)
    stage.set_price(2100)
    assert refusal(stage.adjust, 1, 5000) == "vault: gain at reserve"
    stage.wait()
    stage.adjust(-1)


@SIDES
def test_adjust_position__acceptable_price__is_exact(side: int) -> None:
    stage = Stage()
    price = wad(2000 * (1 + side * Fraction(10, 2 * 10**6)))
    assert refusal(stage.adjust, 10 * side, 2000, acceptable_price=price - side) == (
        "vault: price beyond acceptable"
    )
    stage.adjust(10 * side, 2000, acceptable_price=price)


def test_adjust_position__open_interest_beyond_depth__reverts() -> None:
    stage = Stage(skew_scale=wad(100), reserve_ratio=wad("0.01"))
    assert refusal(stage.adjust, 101, 400_000) == "vault: open interest full"
    stage.adjust(100, 400_000)
    stage.adjust(-100, 400_000, position_id=2)
    assert refusal(stage.adjust, -1, 400_000, position_id=2) == "vault: open interest full"


def test_adjust_position__utilisation__counts_the_fee_just_paid() -> None:
    # 85 % of 1,000,000 and of the fee of 0.06 % on x: x = 850,000 / (1 - 0.85 * 0.0006)
    stage = Stage(skew_scale=10**36)
    limit = Fraction(850_000) / (1 - Fraction(85, 100) * Fraction(6, 10_000)) / 2000
    size = int(limit * 10**6) * 10**12
    call = stage.vault.adjust_position
    margin = 100_000 * stage.unit
    assert (
        refusal(call, stage.env, TRADER, 1, size + 10**12, margin, MAX_UINT256)
        == "vault: pool full"
    )
    call(stage.env, TRADER, 1, size, margin, MAX_UINT256)


def test_adjust_position__flip__reverts() -> None:
    stage = Stage()
    stage.adjust(10, 2000)
    assert refusal(stage.adjust, -11) == "vault: flip through zero"


def test_adjust_position__reduce_in_the_same_moment__reverts() -> None:
    stage = Stage()
    stage.adjust(10, 2000)
    assert refusal(stage.adjust, -1) == "vault: increased in this block"
    assert refusal(stage.close) == "vault: increased in this block"
    stage.wait()
    stage.adjust(1)
    assert refusal(stage.close) == "vault: increased in this block"
    stage.wait()
    stage.close()


def test_adjust_position__min_margin__holds_after_every_change() -> None:
    stage = Stage(skew_scale=10**36)
    assert refusal(stage.adjust, "0.01", "20.011") == "vault: below min margin"
    stage.adjust("0.01", "20.0121")  # the fee is 0.0120 and one unit of rounding
    assert refusal(stage.adjust, 0, "-0.0001") == "vault: below min margin"
    assert refusal(stage.adjust, 0, -100) == "vault: below min margin"  # negative sums too
    stage.wait()
    assert refusal(stage.adjust, "-0.001") == "vault: below min margin"


def test_adjust_position__initial_ratio__by_the_limits_or_as_born() -> None:
    stage = Stage(skew_scale=10**36, **FREE)
    assert refusal(stage.adjust, 10, 1011) == "vault: below initial ratio"
    stage.adjust(10, 1013)  # 5 % of 20,000 and the fee of 12
    stage.adjust(0, 1000)
    stage.vault.tighten_limits(stage.env, GUARDIAN, wad("0.85"), wad("0.2"), False)
    assert refusal(stage.adjust, "0.001") == "vault: below initial ratio"
    stage.adjust(0, -1000)  # nothing retroactive: a withdrawal is held against the ratio at birth
    assert refusal(stage.adjust, 0, -5) == "vault: below initial ratio"
    stage.adjust(1, 4000)
    assert refusal(stage.adjust, "0.001", -1000) == "vault: below initial ratio"


def test_adjust_position__reduce__must_not_stay_liquidatable() -> None:
    stage = Stage(skew_scale=10**36, **FREE)
    stage.adjust(10, 1100)
    stage.wait()
    stage.set_price(1930)
    assert refusal(stage.adjust, "-0.1") == "vault: liquidatable"
    stage.adjust(-5)
    stage.adjust(0, 1)


def test_adjust_position__margin_beyond_its_word__reverts() -> None:
    stage = Stage()
    stage.adjust(1, 2000)
    room = 2**96 - stage.position().margin
    assert (
        refusal(stage.vault.add_margin, stage.env, TRADER, 1, room) == "vault: amount out of range"
    )
    assert refusal(stage.vault.add_margin, stage.env, TRADER, 1, MAX_UINT256) == ""
    stage.vault.add_margin(stage.env, TRADER, 1, room - 1)


@pytest.mark.parametrize("size", [-(2**255), 2**255 - 1, 2**200, -(2**200)])
@pytest.mark.parametrize("margin", [-(2**255), 0, 2**255 - 1])
def test_adjust_position__extreme_integers__change_nothing(size: int, margin: int) -> None:
    # SECURITY A14
    stage = Stage()
    stage.adjust(10, 2000)
    before = snapshot(stage.vault)
    for position_id in (1, 2):
        refusal(
            stage.vault.adjust_position, stage.env, TRADER, position_id, size, margin, MAX_UINT256
        )
        check_refused(before, stage.vault)


def test_claim__nothing_there__reverts() -> None:
    stage = Stage()
    assert refusal(stage.vault.claim, stage.env, LP) == "vault: zero amount"
    assert stage.vault.claimable(EMPTY) == 0
