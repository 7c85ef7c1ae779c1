"""O1-O5, O7, O18: a feed that is late, stuck, wrong or dead is no price, and harms nobody."""

from __future__ import annotations

from fractions import Fraction

import ape
import pytest

from bulkhead.model import WAD, Position, Status
from tests.kit import any_price
from tests.real import deploy_feed
from tests.regression.feeds import (
    BASE_ANSWER,
    BASE_HEARTBEAT,
    GRACE,
    QUOTE_ANSWER,
    QUOTE_HEARTBEAT,
    build_feed_world,
)
from tests.regression.support import DAY, WIND_DOWN_DELAY
from tests.unit.oracles.reference import EMPTY_LEG, ZERO_ADDRESS, exact_band, leg

ETH = WAD


@pytest.fixture
def feeds(make_world, project, owner):
    return build_feed_world(make_world, project, owner)


def open_large(world, trader, side=1):
    """A position which a move of 3 % brings under the line."""
    world.adjust(trader, 1, side * 100 * ETH, world.units(11_000))


def refuse_all_risk(world, trader, keeper):
    """Nothing that needs a price happens; adding margin, which needs none, does."""
    opening = (2, ETH, world.units(1_000), any_price(1))
    world.refuse("no live price", "adjust_position", *opening, sender=trader)
    world.refuse("no live price", "adjust_position", 1, 0, -1, 0, sender=trader)
    world.refuse("no live price", "liquidate", trader, 1, sender=keeper)
    world.refuse("no live price", "settle_position", trader, 1, sender=keeper)
    world.send("add_margin", 1, 1, sender=trader)


# ---- O1 ----


@pytest.mark.parametrize(
    ("late", "heartbeat"), [("base", BASE_HEARTBEAT), ("quote", QUOTE_HEARTBEAT)]
)
def test_o1__one_leg_a_second_late__no_risk(feeds, trader, keeper, late, heartbeat):
    """Unstoppable #104, Jojo #449: one threshold for all feeds, so that a day-old price of a feed
    which answers every hour was good enough, or an hour-old one of a daily feed was not."""
    world = feeds.world
    open_large(world, trader)
    due = feeds.refresh() + heartbeat
    fresh = feeds.base if late == "quote" else feeds.quote
    feeds.say(fresh, {"base": BASE_ANSWER, "quote": QUOTE_ANSWER}[_other(late)], at=due - 10)
    world.adjust(trader, 2, ETH, world.units(1_000), at=due)
    world.advance(1)
    assert world.health(trader, 1).status == Status.NO_PRICE
    refuse_all_risk(world, trader, keeper)


def _other(leg_name):
    return "base" if leg_name == "quote" else "quote"


# ---- O2 ----


@pytest.mark.parametrize("bound", ["lowest", "highest"])
def test_o2__feed_stuck_at_its_bound__no_risk(
    make_world, project, owner, accounts, trader, keeper, bound
):
    """Venus and LUNA, 2022 ($11.2M): the price fell through the least answer of the feed, which
    went on to repeat that answer; whoever took it for the price lent against nothing. Hubble #241.

    On Chainlink's own proxy and aggregator, which do refuse what is beyond.
    """
    low, high = 10**8, 10**12
    feed = deploy_feed(owner, accounts[8], BASE_ANSWER, min_answer=low, max_answer=high)
    base = leg(feed.proxy, heartbeat=DAY, deviation=10**15, low=low, high=high)
    config = {"base": base, "quote": EMPTY_LEG, "sequencer_feed": ZERO_ADDRESS, "grace_period": 0}
    adapter = owner.deploy(project.ChainlinkOracle, config)
    world = make_world(oracle=adapter.address)
    feed.push(BASE_ANSWER)
    open_large(world, trader)

    stuck, beyond, inside = (low, -1, 1) if bound == "lowest" else (high, 1, -1)
    with ape.reverts():
        feed.push(stuck + beyond)
    feed.round_id -= 1
    feed.push(stuck)
    refuse_all_risk(world, trader, keeper)
    feed.push(stuck + inside)
    assert world.health(trader, 1).status != Status.NO_PRICE


# ---- O3 ----


def test_o3__sequencer_down_or_just_back__no_risk(feeds, trader, keeper):
    """GMX #151: on an L2 whose sequencer was down, prices of before were traded at, and positions
    liquidated whose owners could not act."""
    world = feeds.world
    open_large(world, trader)
    feeds.say(feeds.uptime, 1)
    feeds.say(feeds.base, BASE_ANSWER * 96 // 100, at=world.now + 2 * GRACE)
    refuse_all_risk(world, trader, keeper)
    back = feeds.say(feeds.uptime, 0)
    refuse_all_risk(world, trader, keeper)
    feeds.say(feeds.base, BASE_ANSWER * 96 // 100, at=back + GRACE - 20)
    world.advance(back + GRACE - world.now)
    assert world.health(trader, 1).status == Status.NO_PRICE, "the last second of grace"
    world.send("liquidate", trader, 1, sender=keeper, at=back + GRACE + 1)


def test_o3__sequencer_feed_never_told_anything__no_risk(feeds, trader, keeper):
    """Zaros s/609: a new uptime feed answers 0, up, with `startedAt` 0, which looks like up since
    1970."""
    world = feeds.world
    open_large(world, trader)
    world.node.send(world.owner, feeds.uptime, "set_started_at", 0)
    refuse_all_risk(world, trader, keeper)


# ---- O4 ----


def test_o4__aggregator_behind_the_proxy_changes__nothing_else_does(
    make_world, project, owner, accounts, trader
):
    """Hubble #177, Perennial #4: the round before, or the next, was found by counting. The ids of a
    proxy jump by 2**64 when it gets a new aggregator, and the price could not be read, or a version
    never came."""
    feed = deploy_feed(owner, accounts[8], BASE_ANSWER)
    base = leg(feed.proxy, heartbeat=DAY, deviation=10**15, low=10**8, high=10**13)
    config = {"base": base, "quote": EMPTY_LEG, "sequencer_feed": ZERO_ADDRESS, "grace_period": 0}
    adapter = owner.deploy(project.ChainlinkOracle, config)
    world = make_world(oracle=adapter.address)
    feed.push(BASE_ANSWER)
    open_large(world, trader)
    before = world.node.view(adapter, "price_band")[:2]
    old_round = feed.proxy.latestRoundData().roundId
    feed.change_phase(owner)
    feed.push(BASE_ANSWER)
    assert feed.proxy.latestRoundData().roundId > old_round + 2**63
    assert world.node.view(adapter, "price_band")[:2] == before
    world.adjust(trader, 2, ETH, world.units(1_000))
    world.advance(1)
    world.close(trader, 1)


# ---- O5 ----


@pytest.mark.parametrize(("leg_name", "answer"), [("base", 0), ("base", -1), ("quote", 0)])
def test_o5__feed_answers_nothing_positive__no_risk_and_a_way_out(
    feeds, trader, keeper, leg_name, answer
):
    """GMX #155, #156, #177: a price of 0 stood for "none yet", and a negative one was cast to a
    large one. Here neither is a price; if it stays so for a week, all leave with what they put in.
    """
    world = feeds.world
    open_large(world, trader)
    feeds.say(getattr(feeds, leg_name), answer)
    refuse_all_risk(world, trader, keeper)
    assert feeds.band()[:2] == (0, 0)
    margin = world.position(trader, 1).margin
    world.send("report_dead_oracle", sender=keeper)
    world.send("wind_down", sender=keeper, at=world.now + WIND_DOWN_DELAY)
    assert world.send("settle_position", trader, 1, sender=keeper).result == margin
    assert world.send("claim", sender=trader).result == margin
    assert world.position(trader, 1) == Position()


@pytest.mark.parametrize(("bid", "ask"), [(0, 0), (0, 2_000 * WAD), (2_001 * WAD, 2_000 * WAD)])
def test_o5__oracle_calls_nonsense_live__no_risk(world, trader, keeper, bid, ask):
    """The vault does not take an adapter's word for it."""
    open_large(world, trader)
    world.set_band(bid, ask)
    refuse_all_risk(world, trader, keeper)


# ---- O7 ----


def make_adapter(project, owner, base, quote=None):
    """An adapter over feeds of any answers, each within a hundred times its own."""

    def of(feed):
        answer = feed.round().answer
        return leg(feed, heartbeat=DAY, deviation=10**14, low=answer // 100 + 1, high=answer * 100)

    config = {
        "base": of(base),
        "quote": of(quote) if quote else EMPTY_LEG,
        "sequencer_feed": ZERO_ADDRESS,
        "grace_period": 0,
    }
    return owner.deploy(project.ChainlinkOracle, config)


def test_o7__wrong_leg_at_set_up__vault_is_not_made(yard, project, owner):
    """Moonwell 2026-02 ($1.78M): the feed of cbETH in ETH was set up as if it were in dollars, and
    cbETH was worth 1.12 dollars for some hours."""
    ratio = owner.deploy(project.MockFeed, 18, 112 * WAD // 100)
    dollar = owner.deploy(project.MockFeed, 8, QUOTE_ANSWER)
    ether = owner.deploy(project.MockFeed, 8, BASE_ANSWER)
    mistakes = {
        "another feed": make_adapter(project, owner, ratio, dollar),
        "the quote for the base": make_adapter(project, owner, dollar),
        "upside down": make_adapter(project, owner, dollar, ether),
    }
    for mistake, adapter in mistakes.items():
        assert adapter.price_band().live, mistake
        yard.refuse("factory: unexpected price", oracle=adapter.address)
    right = make_adapter(project, owner, ether, dollar)
    assert yard.create(oracle=right.address).get_params().oracle == right


@pytest.mark.parametrize(
    ("base_decimals", "quote_decimals"), [(0, 0), (0, 18), (6, 8), (8, 8), (18, 0), (18, 18)]
)
def test_o7__any_decimals_of_a_feed__same_price(project, owner, base_decimals, quote_decimals):
    """Each feed says 2,000 and 4 in its own decimals: 500, to the last digit."""
    base = owner.deploy(project.MockFeed, base_decimals, 2_000 * 10**base_decimals)
    quote = owner.deploy(project.MockFeed, quote_decimals, 4 * 10**quote_decimals)
    band = make_adapter(project, owner, base, quote).price_band()
    assert (band.bid, band.ask) == exact_band(2_000, 0, 10**14, 4, 0, 10**14)


# ---- O18 ----


def test_o18__quote_depegs__margin_is_worth_what_it_is(feeds, trader, trader2, lp, keeper):
    """Velar #52, Hubble #69: the stable coin was taken for a dollar, so a trader could win in one
    that was worth 70 cents at the price of one that was worth a dollar, and the other way round.

    USDC falls to 0.70 while ETH stays at 2,000 dollars: in USDC it has risen by 43 %.
    """
    world = feeds.world
    open_large(world, trader)
    open_large(world, trader2, side=-1)
    feeds.say(feeds.quote, 70 * 10**6)
    price = Fraction(2_000 * 10, 7)
    bid, ask = (Fraction(side, WAD) for side in feeds.band()[:2])
    assert bid < price < ask
    assert float(ask - bid) == pytest.approx(float(price) * 0.004, rel=0.01)
    gain = world.health(trader, 1).gain
    assert gain == pytest.approx(100 * (float(bid) - 2_000 * 1.002) * 10**6, rel=1e-3)
    world.check_accounts()
    done = world.send("liquidate", trader2, 1, sender=keeper).event("PositionLiquidated")
    assert done["price"] == feeds.band()[1]
    world.check_accounts()
    world.adjust(trader, 1, -50 * ETH)
    world.send("withdraw", world.units(1_000), sender=lp)
    world.check_accounts()
    assert world.close(trader, 1).result > 0
