"""O3: on an L2 nothing is live while the sequencer is down, or has only just come back."""

from __future__ import annotations

import ape
import pytest

from tests.mocks import FeedFault
from tests.unit.oracles.reference import EMPTY_LEG, MAX_INT, MAX_UINT

GRACE_PERIOD = 3_600


@pytest.fixture
def sequencer(project, owner):
    return owner.deploy(project.MockFeed, 0, 0)


@pytest.fixture(params=[True, False], ids=["two_legs", "one_leg"])
def guarded(request, deploy, feeds, sequencer):
    """An adapter on an L2."""
    config = feeds.config(sequencer_feed=sequencer.address, grace_period=GRACE_PERIOD)
    if not request.param:
        config["quote"] = EMPTY_LEG
    return deploy(config)


@pytest.fixture
def now(feeds, clock, owner):
    """A second in which both price feeds have just answered."""
    return feeds.refresh(clock, owner)


def test_price_band__sequencer_up_for_long__live(guarded, sequencer, now):
    band = guarded.price_band()
    assert band.live
    assert band.updated_at == now


@pytest.mark.parametrize(
    ("up_for", "is_live"),
    [(GRACE_PERIOD + 1, True), (GRACE_PERIOD, False), (1, False), (0, False)],
)
def test_price_band__sequencer_just_back__not_live_in_grace_period(
    guarded, sequencer, owner, clock, now, up_for, is_live
):
    clock.set_next(now + 10)
    sequencer.set_started_at(now + 10 - up_for, sender=owner)
    assert guarded.price_band().live is is_live


@pytest.mark.parametrize("answer", [1, -1, 2, MAX_INT])
def test_price_band__sequencer_not_up__not_live(guarded, sequencer, owner, now, answer):
    started_at = now - 10 * GRACE_PERIOD
    sequencer.set_round([1, answer, started_at, started_at, 1], sender=owner)
    before = guarded.price_band()
    assert not before.live
    assert 0 < before.bid < before.ask


def test_price_band__sequencer_never_started__not_live(guarded, sequencer, owner, now):
    """Zaros s/609: a feed that has never been told anything answers 0, `started_at` 0."""
    sequencer.set_started_at(0, sender=owner)
    assert not guarded.price_band().live


@pytest.mark.parametrize("ahead", [1, 10**6, MAX_UINT])
def test_price_band__sequencer_from_the_future__not_live(
    guarded, sequencer, owner, clock, now, ahead
):
    clock.set_next(now + 10)
    sequencer.set_started_at(min(now + 10 + ahead, MAX_UINT), sender=owner)
    assert not guarded.price_band().live


def test_price_band__sequencer_feed_updated_long_ago__live(guarded, sequencer, owner, now):
    """It answers only when the state changes, so it has no heartbeat."""
    sequencer.set_updated_at(1, sender=owner)
    assert guarded.price_band().live


def test_price_band__sequencer_down__sides_as_when_up(guarded, sequencer, owner, now):
    up = guarded.price_band()
    sequencer.set_answer(1, sender=owner)
    down = guarded.price_band()
    assert (up.live, down.live) == (True, False)
    assert (down.bid, down.ask, down.updated_at) == (up.bid, up.ask, up.updated_at)


def test_price_band__sequencer_up_but_leg_late__not_live(guarded, feeds, clock, now):
    clock.set_time(now + 3_601)
    assert not guarded.price_band().live


@pytest.mark.parametrize("fault", [FeedFault.REVERT, FeedFault.BURN_GAS, FeedFault.SHORT_RETURN])
def test_price_band__sequencer_unreadable__reverts(guarded, sequencer, owner, fault):
    sequencer.set_fault(fault, sender=owner)
    with ape.reverts():
        guarded.price_band()


def test_price_band__leg_without_price__no_price(guarded, feeds, owner, now):
    feeds.base.set_answer(0, sender=owner)
    band = guarded.price_band()
    assert (band.bid, band.ask, band.live) == (0, 0, False)
