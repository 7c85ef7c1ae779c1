"""Mock feeds and oracles answer, and fail, as they are told."""

from __future__ import annotations

import pytest
from ape.exceptions import ApeException

from tests.mocks import FeedFault, OracleFault

WAD = 10**18


@pytest.fixture
def feed(project, owner):
    return owner.deploy(project.MockFeed, 8, 2_000 * 10**8)


@pytest.fixture
def oracle(project, owner):
    return owner.deploy(project.MockOracle, 2_000 * WAD)


@pytest.fixture
def words(chain):
    """The answer of a view as whole numbers, word by word, and its length in bytes."""

    def read(method, gas=3_000_000):
        call = {
            "to": method.contract.address,
            "data": method.encode_input().to_0x_hex(),
            "gas": hex(gas),
        }
        raw = bytes.fromhex(chain.provider.make_request("eth_call", [call, "latest"])[2:])
        chunks = [raw[start : start + 32] for start in range(0, len(raw), 32)]
        return [int.from_bytes(chunk, "big") for chunk in chunks], len(raw)

    return read


# ---- MockFeed ----


def test_feed__new__answers_five_words(feed, words):
    first = 2**64 + 1
    answer, length = words(feed.latestRoundData)
    made_at = feed.round().updated_at
    assert (answer, length) == ([first, 2_000 * 10**8, made_at, made_at, first], 160)
    assert feed.decimals() == 8


def test_feed__set_answer__starts_next_round(feed, words, clock, owner):
    clock.set_next(clock.now + 1_000)
    receipt = feed.set_answer(-5, sender=owner)
    answer, _ = words(feed.latestRoundData)
    round_id = 2**64 + 2
    assert answer == [round_id, 2**256 - 5, receipt.timestamp, receipt.timestamp, round_id]


def test_feed__set_everything__answers_it(feed, words, owner):
    feed.set_round([1, 2, 3, 4, 5], sender=owner)
    assert words(feed.latestRoundData)[0] == [1, 2, 3, 4, 5]
    feed.set_round_id(6, 7, sender=owner)
    feed.set_started_at(8, sender=owner)
    feed.set_updated_at(9, sender=owner)
    feed.set_decimals(18, sender=owner)
    assert words(feed.latestRoundData)[0] == [6, 2, 8, 9, 7]
    assert feed.decimals() == 18


@pytest.mark.parametrize(
    ("fault", "length"), [(FeedFault.SHORT_RETURN, 159), (FeedFault.LONG_RETURN, 192)]
)
def test_feed__wrong_length__answers_it(feed, words, owner, fault, length):
    feed.set_fault(fault, sender=owner)
    assert words(feed.latestRoundData)[1] == length


def test_feed__revert__gives_reason(feed, words, owner):
    feed.set_fault(FeedFault.REVERT, sender=owner)
    with pytest.raises(ApeException, match="feed: fault"):
        words(feed.latestRoundData)


def test_feed__burn_gas__takes_all(feed, words, owner):
    feed.set_fault(FeedFault.BURN_GAS, sender=owner)
    with pytest.raises(ApeException):
        words(feed.latestRoundData)


# ---- MockOracle ----


def test_oracle__new__answers_live_band(oracle, words):
    answer, length = words(oracle.price_band)
    assert answer[:2] == [2_000 * WAD, 2_000 * WAD]
    assert (answer[2], answer[3], length) == (oracle.band().updated_at, 1, 128)


def test_oracle__setters__answer_what_is_set(oracle, words, clock, owner):
    clock.set_next(clock.now + 1_000)
    at = oracle.set_sides(5, 7, sender=owner).timestamp
    assert words(oracle.price_band)[0] == [5, 7, at, 1]
    oracle.set_live(False, sender=owner)
    assert words(oracle.price_band)[0] == [5, 7, at, 0]
    at = oracle.set_price(9, sender=owner).timestamp
    assert words(oracle.price_band)[0] == [9, 9, at, 0]
    oracle.set_band([4, 3, 2, True], sender=owner)
    assert words(oracle.price_band)[0] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("fault", "length"),
    [
        (OracleFault.SHORT_RETURN, 127),
        (OracleFault.EMPTY_RETURN, 0),
        (OracleFault.LONG_RETURN, 128 + 8_192),
    ],
)
def test_oracle__wrong_length__answers_it(oracle, words, owner, fault, length):
    oracle.set_fault(fault, sender=owner)
    assert words(oracle.price_band)[1] == length


def test_oracle__garbage_bool__answers_two(oracle, words, owner):
    oracle.set_fault(OracleFault.GARBAGE_BOOL, sender=owner)
    answer, length = words(oracle.price_band)
    assert (answer[0], answer[3], length) == (2_000 * WAD, 2, 128)


@pytest.mark.parametrize(
    "fault", [OracleFault.REVERT, OracleFault.BURN_GAS, OracleFault.LONG_REVERT]
)
def test_oracle__refusing__reverts(oracle, words, owner, fault):
    oracle.set_fault(fault, sender=owner)
    with pytest.raises(ApeException):
        words(oracle.price_band)


def test_oracle__gas_to_burn__needs_that_much(oracle, words, owner):
    oracle.set_gas_to_burn(500_000, sender=owner)
    assert words(oracle.price_band, gas=700_000)[1] == 128
    with pytest.raises(ApeException):
        words(oracle.price_band, gas=500_000)
