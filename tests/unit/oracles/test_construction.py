"""What an adapter takes for a configuration, and what it refuses."""

from __future__ import annotations

import ape
import pytest

from tests.mocks import FeedFault
from tests.unit.oracles.reference import EMPTY_LEG, MAX_PRICE, MAX_UINT, WAD, ZERO_ADDRESS

LEGS = ["base", "quote"]
WEEK = 7 * 86_400
GOOD_EDGES = {
    "heartbeat": [1, WEEK - 1],
    "deviation": [0, WAD // 10 - 1],
    "min_answer": [1],
}
BAD_EDGES = [
    ("heartbeat", 0, "chainlink: zero heartbeat"),
    ("heartbeat", WEEK, "chainlink: heartbeat too long"),
    ("heartbeat", MAX_UINT, "chainlink: heartbeat too long"),
    ("deviation", WAD // 10, "chainlink: deviation too high"),
    ("deviation", MAX_UINT, "chainlink: deviation too high"),
    ("min_answer", 0, "chainlink: min answer below 1"),
    ("min_answer", -1, "chainlink: min answer below 1"),
]


def with_leg(feeds, side, **changes):
    """A config with some fields of one leg replaced."""
    return feeds.config(**{side: getattr(feeds, f"{side}_leg") | changes})


def as_dict(config):
    """A returned config in the form in which it was given."""
    flat = config._asdict() if hasattr(config, "_asdict") else dict(config.items())
    for side in LEGS:
        value = flat[side]
        flat[side] = value._asdict() if hasattr(value, "_asdict") else dict(value.items())
    return flat


def test_init__two_legs__config_reads_back(deploy, feeds):
    assert as_dict(deploy(feeds.config()).get_config()) == feeds.config()


def test_init__one_leg_and_sequencer__config_reads_back(deploy, feeds, owner, project):
    sequencer = owner.deploy(project.MockFeed, 0, 0)
    config = feeds.config(quote=EMPTY_LEG, sequencer_feed=sequencer.address, grace_period=3_600)
    assert as_dict(deploy(config).get_config()) == config


@pytest.mark.parametrize("side", LEGS)
@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in GOOD_EDGES.items() for value in values]
)
def test_init__leg_value_at_edge__accepted(deploy, feeds, side, name, value):
    oracle = deploy(with_leg(feeds, side, **{name: value}))
    assert as_dict(oracle.get_config())[side][name] == value
    assert oracle.price_band().live


@pytest.mark.parametrize("side", LEGS)
@pytest.mark.parametrize(("name", "value", "reason"), BAD_EDGES)
def test_init__leg_value_out_of_bounds__reverts(deploy, feeds, side, name, value, reason):
    with ape.reverts(reason):
        deploy(with_leg(feeds, side, **{name: value}))


@pytest.mark.parametrize("side", LEGS)
@pytest.mark.parametrize("gap", [0, -1])
def test_init__max_not_above_min__reverts(deploy, feeds, side, gap):
    config = with_leg(feeds, side, min_answer=10**8, max_answer=10**8 + gap)
    with ape.reverts("chainlink: min not below max"):
        deploy(config)


def test_init__zero_base_feed__reverts(deploy, feeds):
    with ape.reverts("chainlink: zero base feed"):
        deploy(with_leg(feeds, "base", feed=ZERO_ADDRESS))


def test_init__same_feed_in_both_legs__reverts(deploy, feeds):
    with ape.reverts("chainlink: one feed twice"):
        deploy(with_leg(feeds, "quote", feed=feeds.base.address))


@pytest.mark.parametrize("name", ["heartbeat", "deviation", "min_answer", "max_answer"])
def test_init__quote_set_without_feed__reverts(deploy, feeds, name):
    with ape.reverts("chainlink: quote without feed"):
        deploy(feeds.config(quote=EMPTY_LEG | {name: 1}))


@pytest.mark.parametrize("side", LEGS)
def test_init__feed_without_code__reverts(deploy, feeds, side, attacker):
    with ape.reverts():
        deploy(with_leg(feeds, side, feed=attacker.address))


@pytest.mark.parametrize("side", LEGS)
def test_init__18_decimals__accepted(deploy, feeds, owner, side):
    getattr(feeds, side).set_decimals(18, sender=owner)
    bounds = getattr(feeds, f"{side}_leg")
    config = with_leg(
        feeds,
        side,
        min_answer=bounds["min_answer"] * 10**10,
        max_answer=bounds["max_answer"] * 10**10,
    )
    assert as_dict(deploy(config).get_config()) == config


@pytest.mark.parametrize("side", LEGS)
@pytest.mark.parametrize("decimals", [19, 255])
def test_init__more_than_18_decimals__reverts(deploy, feeds, owner, side, decimals):
    getattr(feeds, side).set_decimals(decimals, sender=owner)
    with ape.reverts("chainlink: too many decimals"):
        deploy(feeds.config())


def test_init__decimals_change_later__price_stays(oracle, feeds, owner):
    before = oracle.price_band()
    feeds.base.set_decimals(18, sender=owner)
    feeds.quote.set_decimals(0, sender=owner)
    assert oracle.price_band() == before


# ---- bounds of answers: a live band is one that a vault can take ----


def test_init__largest_price_at_limit__accepted(deploy, feeds, owner):
    oracle = deploy(largest_config(feeds, owner))
    feeds.base.set_answer(MAX_PRICE, sender=owner)
    band = oracle.price_band()
    assert (band.bid, band.ask, band.live) == (MAX_PRICE, MAX_PRICE, True)


def test_init__largest_price_over_limit__reverts(deploy, feeds, owner):
    config = largest_config(feeds, owner)
    config["base"]["max_answer"] += 1
    with ape.reverts("chainlink: price too large"):
        deploy(config)


def largest_config(feeds, owner):
    """An 18-decimals base feed without deviation, whose answers are prices, up to the largest."""
    feeds.base.set_decimals(18, sender=owner)
    base = feeds.base_leg | {"deviation": 0, "max_answer": MAX_PRICE + 1}
    return feeds.config(base=base, quote=EMPTY_LEG)


def test_init__smallest_price_rounds_to_one__accepted(deploy, feeds, owner):
    feeds.base.set_decimals(18, sender=owner)
    config = feeds.config(base=feeds.base_leg | {"min_answer": 1}, quote=EMPTY_LEG)
    oracle = deploy(config)
    feeds.base.set_answer(2, sender=owner)
    band = oracle.price_band()
    assert (band.bid, band.ask, band.live) == (1, 3, True)


def test_init__smallest_price_rounds_to_zero__reverts(deploy, feeds, owner):
    feeds.base.set_decimals(18, sender=owner)
    base = feeds.base_leg | {"min_answer": 10**6, "max_answer": 10**12}
    with ape.reverts("chainlink: price may be zero"):
        deploy(feeds.config(base=base, quote=feeds.quote_leg | {"max_answer": 10**20 + 1}))


def test_init__base_bound_beyond_256_bits__reverts(deploy, feeds):
    # 8-decimals legs: `max_answer * 1.005e18 * 1e18` must fit.
    limit = MAX_UINT // (1_005 * 10**15 * 10**18)
    with ape.reverts("chainlink: base bound too large"):
        deploy(with_leg(feeds, "base", max_answer=limit + 2))
    # One less fits; the price that it allows is refused.
    with ape.reverts("chainlink: price too large"):
        deploy(with_leg(feeds, "base", max_answer=limit + 1))


def test_init__quote_bound_beyond_256_bits__reverts(deploy, feeds):
    limit = MAX_UINT // (WAD + 25 * 10**14)
    with ape.reverts("chainlink: quote bound too large"):
        deploy(with_leg(feeds, "quote", max_answer=limit + 2))
    with ape.reverts("chainlink: price may be zero"):
        deploy(with_leg(feeds, "quote", max_answer=limit + 1))


# ---- sequencer ----


@pytest.mark.parametrize("grace_period", [1, 86_400])
def test_init__grace_period_at_edge__accepted(deploy, feeds, owner, project, grace_period):
    sequencer = owner.deploy(project.MockFeed, 0, 0)
    config = feeds.config(sequencer_feed=sequencer.address, grace_period=grace_period)
    assert deploy(config).get_config().grace_period == grace_period


@pytest.mark.parametrize(
    ("grace_period", "reason"),
    [
        (0, "chainlink: zero grace period"),
        (86_401, "chainlink: grace period too long"),
        (MAX_UINT, "chainlink: grace period too long"),
    ],
)
def test_init__grace_period_out_of_bounds__reverts(
    deploy, feeds, owner, project, grace_period, reason
):
    sequencer = owner.deploy(project.MockFeed, 0, 0)
    with ape.reverts(reason):
        deploy(feeds.config(sequencer_feed=sequencer.address, grace_period=grace_period))


def test_init__grace_period_without_sequencer__reverts(deploy, feeds):
    with ape.reverts("chainlink: grace without feed"):
        deploy(feeds.config(grace_period=1))


@pytest.mark.parametrize("answer", [-1, 2, 2_000 * 10**8])
def test_init__price_feed_as_sequencer__reverts(deploy, feeds, owner, project, answer):
    sequencer = owner.deploy(project.MockFeed, 0, answer)
    with ape.reverts("chainlink: not a sequencer feed"):
        deploy(feeds.config(sequencer_feed=sequencer.address, grace_period=3_600))


def test_init__sequencer_down__accepted_not_live(deploy, feeds, owner, project):
    sequencer = owner.deploy(project.MockFeed, 0, 1)
    config = feeds.config(sequencer_feed=sequencer.address, grace_period=3_600)
    assert not deploy(config).price_band().live


def test_init__unreadable_sequencer__reverts(deploy, feeds, owner, project):
    sequencer = owner.deploy(project.MockFeed, 0, 0)
    sequencer.set_fault(FeedFault.REVERT, sender=owner)
    with ape.reverts("feed: fault"):
        deploy(feeds.config(sequencer_feed=sequencer.address, grace_period=3_600))
