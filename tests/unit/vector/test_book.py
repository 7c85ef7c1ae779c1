"""The twin decides as the model does, for everything that a vault can hold."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from bulkhead.exceptions import Refused
from bulkhead.model import NEVER, WAD, Market, Position, PriceBand, Status
from bulkhead.model.rules import notional, raw_gain
from bulkhead.model.state import closing_price
from bulkhead.profiles import reference_profile
from bulkhead.vector import Book, Moment
from tests.unit.model.support import KEEPER, TRADER, Stage
from tests.unit.vector.cases import NOW, at_the_lines, moment_of, params_of, position_of

DECIMALS = [0, 6, 8, 18]


def book_of(positions: list[Position], moment: Moment) -> Book:
    book = Book(moment.params, moment.decimals)
    book.update({("0x", number): position for number, position in enumerate(positions)})
    return book


def check_equal(book: Book, moment: Moment) -> Counter[Status]:
    """Every status is the model's, and every estimate as near as it says; returns how many."""
    judgement = book.judge(moment)
    healths = [moment.health(position) for _, position in book.items()]
    assert judgement.status.tolist() == [int(health.status) for health in healths]
    for slot, (_, position) in enumerate(book.items()):
        health = healths[slot]
        if health.closing_price == 0:
            continue
        price = health.closing_price
        parts = (
            raw_gain(position.size, 0, price, moment.market, moment.scale),
            notional(position.size, price, moment.scale) * 3,
            position.basis,
            position.margin,
            position.reserve,
        )
        bound = 8 + Fraction(16, 2**53) * sum(map(abs, parts))
        assert abs(Fraction(judgement.equity[slot]) - health.equity) <= bound
        spare = health.equity - health.maintenance
        assert abs(Fraction(judgement.spare[slot]) - spare) <= bound
    return Counter(health.status for health in healths)


@pytest.mark.parametrize("decimals", DECIMALS)
def test_judge__random_positions__as_the_model(decimals):
    rng, seen = random.Random(decimals), Counter()
    for _ in range(12):
        params = params_of(rng, decimals)
        moment = moment_of(rng, params, decimals)
        seen += check_equal(book_of([position_of(rng, moment) for _ in range(200)], moment), moment)
    kinds = Status.HEALTHY, Status.MARGIN_CALL, Status.LIQUIDATABLE, Status.SETTLEABLE
    assert all(seen[kind] > 20 for kind in kinds), seen


@pytest.mark.parametrize("decimals", DECIMALS)
def test_judge__one_unit_beside_a_line__as_the_model(decimals):
    rng, undecided = random.Random(decimals), 0
    for _ in range(40):
        params = params_of(rng, decimals)
        moment = moment_of(rng, params, decimals)
        near = [
            position
            for _ in range(8)
            for position in at_the_lines(position_of(rng, moment), moment)
        ]
        book = book_of(near, moment)
        check_equal(book, moment)
        undecided += len(book.judge(moment).undecided)
    assert undecided > 500  # the screen alone could not tell


def test_judge__far_from_a_line__needs_no_model():
    """Of an ordinary market nothing is left to the slow way."""
    rng = random.Random(1)
    params = reference_profile(6)
    market = Market(10**24, 10**24, 0, 0, 3 * WAD, 2 * WAD, 10**13, 10**12, NOW)
    moment = Moment(params, 6, market, now=NOW, band=PriceBand(1900 * WAD, 1902 * WAD, NOW))
    positions = []
    for _ in range(3000):
        size = rng.choice((1, -1)) * rng.randint(10**16, 10**20)
        value = abs(size) * rng.randint(1800, 2000) // 10**12
        positions.append(Position(size, value // rng.randint(3, 20), value, value, NOW, NOW))
    assert len(book_of(positions, moment).judge(moment).undecided) == 0


def test_judge__without_a_live_price__no_price():
    rng = random.Random(2)
    params = reference_profile(6)
    market = Market(pool=10**12, accrued_at=NOW)
    stale = moment_of(rng, params, 6, is_live=False)
    unread = Moment(params, 6, market, now=NOW, band=None)
    for moment in (stale, unread):
        book = book_of([position_of(rng, stale) for _ in range(20)], moment)
        assert check_equal(book, moment) == {Status.NO_PRICE: 20}


@pytest.mark.parametrize("settlement_price", [0, 1500 * WAD])
def test_judge__winding_down__all_settleable(settlement_price):
    rng = random.Random(3)
    params = reference_profile(6)
    market = Market(pool=10**12, accrued_at=NEVER)
    moment = Moment(params, 6, market, now=NOW, band=None, settlement_price=settlement_price)
    book = book_of([position_of(rng, moment_of(rng, params, 6)) for _ in range(20)], moment)
    assert check_equal(book, moment) == {Status.SETTLEABLE: 20}
    assert np.isfinite(book.liquidation_prices(moment)).all()


def test_update__any_order__as_if_new():
    rng = random.Random(4)
    params = reference_profile(6)
    moment = moment_of(rng, params, 6)
    book, held = Book(params, 6), {}
    for _ in range(500):
        changes = {}
        for _ in range(rng.randint(1, 12)):
            key = ("0x", rng.randint(0, 4000))
            gone = rng.choice((None, Position()))
            changes[key] = gone if rng.random() < 0.3 else position_of(rng, moment)
        book.update(changes)
        held = {k: p for k, p in (held | changes).items() if p is not None and p.size != 0}
        assert dict(book.items()) == held
    assert len(book) == len(held) > 1024  # it has grown on the way
    assert all(book[key] == held[key] and key in book for key in book.keys)
    fresh = Book(params, 6)
    fresh.update(held)
    due = [{k: set(v) for k, v in one.due(moment).items()} for one in (book, fresh)]
    assert due[0] == due[1]
    assert sum(map(len, due[0].values())) > 0
    check_equal(book, moment)


# ---- liquidation ----


@pytest.mark.parametrize("side", [1, -1])
def test_liquidation__as_the_call(side):
    """Size and reward are what the model's call returns, from the line to far below it."""
    wholes = 0
    for step in range(40):
        stage = Stage(6)
        stage.adjust(side * 50, 6_000)
        stage.wait(3_600)
        price = Fraction(2000) - side * (Fraction(60) + step * Fraction(3, 2))
        stage.set_price(price)
        vault, env = stage.vault, stage.env
        moment = Moment(vault.params, 6, vault.market, now=env.now, band=env.band)
        position = stage.position()
        assert moment.health(position) == stage.health()
        if stage.health().status != Status.LIQUIDATABLE:
            with pytest.raises(Refused, match="still healthy"):
                moment.liquidation(position)
            continue
        book = book_of([position], moment)
        (estimate,) = book.rewards(moment, book.judge(moment))
        found = moment.liquidation(position)
        assert moment.liquidation(position) == found  # asking changes nothing
        assert vault.liquidate(env, KEEPER, TRADER, 1) == found
        assert abs(estimate - found.reward) <= 2
        wholes += found.closed == abs(position.size)
    assert 0 < wholes < 35


def test_rewards__many__near_the_exact():
    rng = random.Random(5)
    params = reference_profile(6)
    market = Market(10**24, 10**24, 0, 0, WAD, 2 * WAD, 10**13, 10**12, NOW)
    moment = Moment(params, 6, market, now=NOW, band=PriceBand(1900 * WAD, 1902 * WAD, NOW))
    positions = []
    for _ in range(600):
        size = rng.choice((1, -1)) * rng.randint(10**18, 10**21)
        value = abs(size) * rng.randint(1880, 1920) // 10**12
        positions.append(Position(size, value // rng.randint(20, 60), value, value, NOW, NOW))
    book = book_of(positions, moment)
    judgement = book.judge(moment)
    estimates = book.rewards(moment, judgement)
    prices = book.liquidation_prices(moment)
    due = np.flatnonzero(judgement.status == Status.LIQUIDATABLE)
    assert len(due) > 100
    assert not estimates[judgement.status != Status.LIQUIDATABLE].any()
    for slot in due:
        assert abs(estimates[slot] - moment.liquidation(positions[slot]).reward) <= 2
    for slot, position in enumerate(positions):
        exact = moment.health(position).liquidation_price
        assert prices[slot] == pytest.approx(exact, rel=1e-9)


def test_rewards__nothing_due__all_zero():
    params = reference_profile(6)
    market = Market(pool=10**13, accrued_at=NOW)
    moment = Moment(params, 6, market, now=NOW, band=PriceBand(1900 * WAD, 1902 * WAD, NOW))
    book = book_of([Position(WAD, 10**9, 1900 * 10**6, 10**9, NOW, NOW)], moment)
    assert book.rewards(moment, book.judge(moment)).tolist() == [0]
    assert book.due(moment)[Status.LIQUIDATABLE] == []


def test_drop__unknown__changes_nothing():
    book = Book(reference_profile(6), 6)
    book.drop(("0x", 1))
    assert len(book) == 0
    assert book.judge(Moment(book.params, 6, Market(), now=NOW, band=None)).status.size == 0


def test_closing_price__is_of_the_side():
    """A long is judged at the bid and a short at the ask, however far apart they are."""
    params = reference_profile(6)
    market = Market(pool=10**13, accrued_at=NOW)
    band = PriceBand(1000 * WAD, 3000 * WAD, NOW)
    moment = Moment(params, 6, market, now=NOW, band=band)
    assert (closing_price(band, 1), closing_price(band, -1)) == (band.bid, band.ask)
    held = Position(WAD, 200 * 10**6, 1000 * 10**6, 10**10, NOW, NOW)
    book = book_of([held, replace(held, size=-WAD, basis=3000 * 10**6)], moment)
    assert check_equal(book, moment) == {Status.HEALTHY: 2}
