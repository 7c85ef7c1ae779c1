"""The sides of the band are exact to the last digit, whatever the decimals of the feeds."""

from __future__ import annotations

import random

import pytest

from tests.unit.oracles.reference import EMPTY_LEG, MAX_PRICE, MAX_UINT, WAD, exact_band, leg

DECIMALS = [0, 1, 6, 8, 17, 18]


def sides(oracle):
    band = oracle.price_band()
    assert band.live
    return band.bid, band.ask


def test_price_band__two_legs__is_widened_by_both(oracle):
    # 2000 * 0.995 / 1.0025 and 2000 * 1.005 / 0.9975, rounded outwards.
    assert sides(oracle) == (1_985_037_406_483_790_523_690, 2_015_037_593_984_962_406_016)


def test_price_band__one_leg__is_widened_by_its_deviation(single):
    assert sides(single) == (1_990 * WAD, 2_010 * WAD)


def test_price_band__no_deviation__sides_meet(deploy, feeds):
    base = feeds.base_leg | {"deviation": 0}
    assert sides(deploy(feeds.config(base=base, quote=EMPTY_LEG))) == (2_000 * WAD, 2_000 * WAD)


def test_price_band__quote_depegs__price_follows(oracle, feeds, owner):
    """O18: at a quote of 0.70 the base costs more of it."""
    feeds.quote.set_answer(70_000_000, sender=owner)
    bid, ask = sides(oracle)
    assert bid < 2_000 * WAD * 10 // 7 < ask
    assert (bid, ask) == exact_band(2_000, 0, 5 * 10**15, 7, 1, 25 * 10**14)


@pytest.mark.parametrize("decimals", range(19))
def test_price_band__base_decimals__normalised(deploy, feeds, owner, decimals):
    answer = 1_234 * 10**decimals + 10**decimals // 3
    feeds.base.set_decimals(decimals, sender=owner)
    feeds.base.set_answer(answer, sender=owner)
    base = leg(feeds.base, heartbeat=3_600, deviation=10**15, low=1, high=10**4 * 10**decimals)
    if decimals == 18:
        base["min_answer"] = 10
    oracle = deploy(feeds.config(base=base, quote=EMPTY_LEG))
    assert sides(oracle) == exact_band(answer, decimals, 10**15)


@pytest.mark.parametrize("base_decimals", DECIMALS)
@pytest.mark.parametrize("quote_decimals", DECIMALS)
def test_price_band__decimals_of_both__normalised(
    deploy, feeds, owner, base_decimals, quote_decimals
):
    base_answer = 3_456 * 10**base_decimals + 10**base_decimals // 7
    quote_answer = 2 * 10**quote_decimals + 10**quote_decimals // 9
    feeds.base.set_decimals(base_decimals, sender=owner)
    feeds.quote.set_decimals(quote_decimals, sender=owner)
    feeds.base.set_answer(base_answer, sender=owner)
    feeds.quote.set_answer(quote_answer, sender=owner)
    base = leg(
        feeds.base,
        heartbeat=3_600,
        deviation=5 * 10**15,
        low=10**base_decimals,
        high=10**6 * 10**base_decimals,
    )
    quote = leg(
        feeds.quote,
        heartbeat=3_600,
        deviation=3 * 10**15 + 1,
        low=10**quote_decimals,
        high=10 * 10**quote_decimals,
    )
    oracle = deploy(feeds.config(base=base, quote=quote))
    assert sides(oracle) == exact_band(
        base_answer, base_decimals, 5 * 10**15, quote_answer, quote_decimals, 3 * 10**15 + 1
    )


def test_price_band__random_answers__exact(oracle, feeds, owner):
    source = random.Random(20_260_101)
    for _ in range(60):
        base = source.randrange(10**8 + 1, 10**13)
        quote = source.randrange(10**6 + 1, 2 * 10**8)
        feeds.base.set_answer(base, sender=owner)
        feeds.quote.set_answer(quote, sender=owner)
        assert sides(oracle) == exact_band(base, 8, 5 * 10**15, quote, 8, 25 * 10**14)


def test_price_band__products_at_256_bits__exact(deploy, feeds, owner):
    """The largest answers that the constructor allows: a base of 0 decimals over a quote of 18."""
    deviation = WAD // 10 - 1
    largest = MAX_UINT // ((WAD + deviation) * 10**36)
    lowest_quote = largest * 10**36 // MAX_PRICE * 3 // 2  # keeps the price within MAX_PRICE
    highest_quote = largest * 10**36 // 4  # keeps it from 0
    feeds.base.set_decimals(0, sender=owner)
    feeds.quote.set_decimals(18, sender=owner)
    base = leg(feeds.base, heartbeat=3_600, deviation=deviation, low=largest // 2, high=largest + 1)
    quote = leg(
        feeds.quote, heartbeat=3_600, deviation=deviation, low=lowest_quote, high=highest_quote
    )
    oracle = deploy(feeds.config(base=base, quote=quote))
    feeds.base.set_answer(largest, sender=owner)
    for answer in (lowest_quote + 1, highest_quote - 1):
        feeds.quote.set_answer(answer, sender=owner)
        assert sides(oracle) == exact_band(largest, 0, deviation, answer, 18, deviation)


@pytest.mark.parametrize("answer", [2, 3, 7, 10**6])
def test_price_band__tiny_prices__rounded_outwards(deploy, feeds, owner, answer):
    """With 18 decimals an answer is a WAD price: of the width only the rounding is left."""
    feeds.base.set_decimals(18, sender=owner)
    feeds.base.set_answer(answer, sender=owner)
    base = feeds.base_leg | {"min_answer": 1}
    bid, ask = sides(deploy(feeds.config(base=base, quote=EMPTY_LEG)))
    assert (bid, ask) == exact_band(answer, 18, 5 * 10**15)
    assert bid < answer < ask
