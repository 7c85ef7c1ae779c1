"""When a band is live: every leg fresh, complete and inside its bounds."""

from __future__ import annotations

import ape
import pytest
from ape.exceptions import ApeException

from tests.mocks import FeedFault
from tests.unit.oracles.reference import MAX_INT, MAX_UINT, exact_band

DEVIATIONS = {"base": 5 * 10**15, "quote": 25 * 10**14}


def expected(feeds):
    """The sides for the last answers, live or not."""
    return exact_band(
        feeds.base.round().answer,
        8,
        DEVIATIONS["base"],
        feeds.quote.round().answer,
        8,
        DEVIATIONS["quote"],
    )


# ---- age ----


def test_price_band__both_legs_fresh__live(oracle, feeds, clock, owner):
    now = feeds.refresh(clock, owner)
    band = oracle.price_band()
    assert band.live
    assert band.updated_at == now
    assert (band.bid, band.ask) == expected(feeds)


@pytest.mark.parametrize(("late", "is_live"), [(-1, True), (0, True), (1, False), (10**6, False)])
def test_price_band__leg_at_heartbeat__live_and_not_after(
    oracle, feeds, clock, owner, side, late, is_live
):
    """O1: each leg has its own heartbeat, and is not live one second after it."""
    now = feeds.refresh(clock, owner)
    age = getattr(feeds, f"{side}_leg")["heartbeat"] + late
    clock.set_next(now + 10)
    getattr(feeds, side).set_updated_at(now + 10 - age, sender=owner)
    band = oracle.price_band()
    assert band.live is is_live
    assert band.updated_at == now + 10 - age
    assert (band.bid, band.ask) == expected(feeds)


def test_price_band__single_leg_late__not_live(single, feeds, clock, owner):
    now = feeds.refresh(clock, owner)
    clock.set_time(now + 3_600)
    assert single.price_band().live
    clock.set_time(now + 3_601)
    assert not single.price_band().live


def test_price_band__single_leg__ignores_other_feed(single, feeds, owner):
    feeds.quote.set_fault(FeedFault.REVERT, sender=owner)
    assert single.price_band().live


@pytest.mark.parametrize("ahead", [1, 3_600, 10**9, None])
def test_price_band__leg_from_the_future__not_live(oracle, feeds, clock, owner, side, ahead):
    now = feeds.refresh(clock, owner)
    updated_at = MAX_UINT if ahead is None else now + 10 + ahead
    clock.set_next(now + 10)
    getattr(feeds, side).set_updated_at(updated_at, sender=owner)
    band = oracle.price_band()
    assert not band.live
    assert band.updated_at == now
    assert (band.bid, band.ask) == expected(feeds)


@pytest.mark.parametrize("age", [0, 1, 600])
def test_price_band__legs_of_different_age__reports_older(oracle, feeds, clock, owner, side, age):
    now = feeds.refresh(clock, owner)
    getattr(feeds, side).set_updated_at(now - age, sender=owner)
    band = oracle.price_band()
    assert band.live
    assert band.updated_at == now - age


# ---- answers ----


@pytest.mark.parametrize("answer", [0, -1, -(2**255)])
def test_price_band__leg_not_positive__no_price(oracle, feeds, owner, side, answer):
    """O5: zero and negative answers are no price."""
    getattr(feeds, side).set_answer(answer, sender=owner)
    band = oracle.price_band()
    assert (band.bid, band.ask, band.live) == (0, 0, False)
    assert band.updated_at > 0


def test_price_band__leg_incomplete__no_price(oracle, feeds, owner, side):
    getattr(feeds, side).set_updated_at(0, sender=owner)
    assert tuple(oracle.price_band()) == (0, 0, 0, False)


@pytest.mark.parametrize(
    ("bound", "beyond", "is_live"),
    [
        ("min_answer", 0, False),
        ("min_answer", -1, False),
        ("min_answer", 1, True),
        ("max_answer", 0, False),
        ("max_answer", 1, False),
        ("max_answer", -1, True),
    ],
)
def test_price_band__leg_at_bound__not_live(oracle, feeds, owner, side, bound, beyond, is_live):
    """O2: a feed stuck at its minimum (Venus and LUNA, 2022) is reported, but not live."""
    answer = getattr(feeds, f"{side}_leg")[bound] + beyond
    getattr(feeds, side).set_answer(answer, sender=owner)
    band = oracle.price_band()
    assert band.live is is_live
    assert (band.bid, band.ask) == expected(feeds)


def test_price_band__both_legs_late__reports_last_answers(oracle, feeds, clock, owner):
    now = feeds.refresh(clock, owner)
    clock.set_time(now + 30 * 86_400)
    band = oracle.price_band()
    assert (band.live, band.updated_at) == (False, now)
    assert (band.bid, band.ask) == expected(feeds)


def test_price_band__largest_answer_within_256_bits__reported(oracle, feeds, owner):
    answer = MAX_UINT // (1_005 * 10**15 * 10**18)
    feeds.base.set_answer(answer, sender=owner)
    band = oracle.price_band()
    assert not band.live
    assert (band.bid, band.ask) == expected(feeds)


def test_price_band__base_answer_beyond_256_bits__no_price(oracle, feeds, owner):
    """It must not revert either: an unreadable oracle is worse than one without a price."""
    for answer in (MAX_UINT // (1_005 * 10**15 * 10**18) + 1, MAX_INT):
        feeds.base.set_answer(answer, sender=owner)
        band = oracle.price_band()
        assert (band.bid, band.ask, band.live) == (0, 0, False)


def test_price_band__quote_answer_beyond_256_bits__no_price(oracle, feeds, owner):
    limit = MAX_UINT // (10**18 + 25 * 10**14)
    feeds.quote.set_answer(limit, sender=owner)
    band = oracle.price_band()
    assert (band.bid, band.ask) == expected(feeds) == (0, 1)
    assert not band.live
    for answer in (limit + 1, MAX_INT):
        feeds.quote.set_answer(answer, sender=owner)
        band = oracle.price_band()
        assert (band.bid, band.ask, band.live) == (0, 0, False)


# ---- rounds ----


@pytest.mark.parametrize(
    ("round_id", "answered_in_round"),
    [
        (2 * 2**64 + 1, 2 * 2**64 + 1),  # a new phase starts at round 1
        (2**64, 2**64),  # back in an earlier phase
        (1, 1),  # an aggregator without a proxy
        (0, 0),
        (2**64 + 9, 2**64 + 3),  # answered in an earlier round
        (2**64 + 3, 2**64 + 9),
        (2**80 - 1, 2**80 - 1),
    ],
)
def test_price_band__any_round_id__changes_nothing(
    oracle, feeds, owner, side, round_id, answered_in_round
):
    """O4: nothing is derived from round ids, so a change of phase cannot break anything."""
    before = oracle.price_band()
    getattr(feeds, side).set_round_id(round_id, answered_in_round, sender=owner)
    assert before.live
    assert oracle.price_band() == before


def test_price_band__round_started_late__changes_nothing(oracle, feeds, owner, side):
    before = oracle.price_band()
    getattr(feeds, side).set_started_at(0, sender=owner)
    assert oracle.price_band() == before


# ---- feeds that cannot be read ----


def test_price_band__leg_reverts__reverts(oracle, feeds, owner, side):
    getattr(feeds, side).set_fault(FeedFault.REVERT, sender=owner)
    with ape.reverts("feed: fault"):
        oracle.price_band()


@pytest.mark.parametrize("fault", [FeedFault.BURN_GAS, FeedFault.SHORT_RETURN])
def test_price_band__leg_unreadable__reverts(oracle, feeds, owner, side, fault):
    getattr(feeds, side).set_fault(fault, sender=owner)
    with ape.reverts():
        oracle.price_band()


def test_price_band__leg_answers_too_much__reads_first_words(oracle, feeds, owner, side):
    before = oracle.price_band()
    getattr(feeds, side).set_fault(FeedFault.LONG_RETURN, sender=owner)
    assert oracle.price_band() == before


def test_price_band__leg_loses_its_code__reverts(oracle, feeds, chain, side):
    chain.provider.set_code(getattr(feeds, side).address, "0x")
    with ape.reverts():
        oracle.price_band()


def test_price_band__feed_recovers__live_again(oracle, feeds, owner, side):
    feed = getattr(feeds, side)
    feed.set_fault(FeedFault.REVERT, sender=owner)
    feed.set_fault(FeedFault.NONE, sender=owner)
    assert oracle.price_band().live


def test_price_band__any_gas__whole_answer_or_none(oracle, chain):
    """A caller who starves the feeds of gas gets no other band: the call fails as a whole."""
    call = {"to": oracle.address, "data": oracle.price_band.encode_input().to_0x_hex()}
    full = chain.provider.make_request("eth_call", [call, "latest"])
    answered = 0
    for gas in range(21_500, 120_000, 500):
        try:
            answer = chain.provider.make_request("eth_call", [call | {"gas": hex(gas)}, "latest"])
        except ApeException:
            assert answered == 0, "more gas must not make it fail"
            continue
        assert answer == full
        answered += 1
    assert answered > 0
