"""The adapter over Chainlink's own proxy and aggregator, as they run on mainnet."""

from __future__ import annotations

import ape
import pytest

from tests.real import deploy_feed
from tests.unit.oracles.reference import EMPTY_LEG, ZERO_ADDRESS, exact_band, leg

BASE_DEVIATION = 5 * 10**15
QUOTE_DEVIATION = 25 * 10**14

# One read by a transaction of its own, 21,000 of it intrinsic. Loose: snapshots hold exact cost.
GAS_OF_ONE_LEG = 45_000
GAS_OF_TWO_LEGS = 68_000


@pytest.fixture(params=[False, True], ids=["open", "access_controlled"])
def base(request, owner, accounts):
    return deploy_feed(owner, accounts[8], 2_000 * 10**8, is_access_controlled=request.param)


@pytest.fixture
def quote(owner, accounts):
    return deploy_feed(owner, accounts[9], 10**8)


@pytest.fixture
def config(base, quote):
    return {
        "base": leg(base, heartbeat=3_600, deviation=BASE_DEVIATION, low=10**8, high=10**13),
        "quote": leg(quote, heartbeat=86_400, deviation=QUOTE_DEVIATION, low=10**6, high=2 * 10**8),
        "sequencer_feed": ZERO_ADDRESS,
        "grace_period": 0,
    }


@pytest.fixture
def two_legs(project, owner, config):
    return owner.deploy(project.ChainlinkOracle, config)


@pytest.fixture
def one_leg(project, owner, config):
    return owner.deploy(project.ChainlinkOracle, config | {"quote": EMPTY_LEG})


def test_price_band__real_feeds__exact_and_live(two_legs, base, quote):
    receipt = base.push(2_345 * 10**8 + 67_890)
    quote.push(99_900_000)
    band = two_legs.price_band()
    assert band.live
    assert band.updated_at == receipt.timestamp
    assert (band.bid, band.ask) == exact_band(
        2_345 * 10**8 + 67_890, 8, BASE_DEVIATION, 99_900_000, 8, QUOTE_DEVIATION
    )


def test_price_band__real_feed_silent__not_live_after_heartbeat(one_leg, base, clock):
    updated_at = base.push(2_000 * 10**8).timestamp
    clock.set_time(updated_at + 3_600)
    assert one_leg.price_band().live
    clock.set_time(updated_at + 3_601)
    assert not one_leg.price_band().live


def test_price_band__real_phase_change__reads_new_aggregator(
    one_leg, quote, project, owner, config
):
    """O4: an upgrade moves round ids by 2**64; before its first answer there is no price."""
    adapter = owner.deploy(
        project.ChainlinkOracle, config | {"base": config["quote"], "quote": EMPTY_LEG}
    )
    before = quote.proxy.latestRoundData()
    quote.change_phase(owner)
    with ape.reverts("No data present"):
        adapter.price_band()

    quote.push(99_000_000)
    band = adapter.price_band()
    assert quote.proxy.latestRoundData().roundId > before.roundId + 2**63
    assert band.live
    assert (band.bid, band.ask) == exact_band(99_000_000, 8, QUOTE_DEVIATION)


def test_price_band__real_feed_beyond_bound__not_live(one_leg, base):
    base.push(10**13)
    band = one_leg.price_band()
    assert not band.live
    assert (band.bid, band.ask) == exact_band(10**13, 8, BASE_DEVIATION)


def test_price_band__access_revoked__reverts(project, owner, accounts, config):
    """A feed that refuses the adapter is a feed that cannot be read."""
    feed = deploy_feed(owner, accounts[8], 2_000 * 10**8, is_access_controlled=True)
    base = config["base"] | {"feed": feed.address}
    oracle = owner.deploy(project.ChainlinkOracle, config | {"base": base})
    feed.aggregator.removeAccess(feed.proxy, sender=owner)
    with ape.reverts("No access"):
        oracle.price_band()


def test_price_band__real_feeds__gas(one_leg, two_legs, base, trader):
    """What a read adds to a trade, with everything cold."""
    of_one = one_leg.price_band.transact(sender=trader).gas_used
    of_two = two_legs.price_band.transact(sender=trader).gas_used
    of_feed = base.proxy.latestRoundData.transact(sender=trader).gas_used
    print(f"\ngas of price_band: one leg {of_one}, two legs {of_two}; of the bare feed {of_feed}")
    assert of_feed < of_one < GAS_OF_ONE_LEG
    assert of_two < GAS_OF_TWO_LEGS
    # The adapter's own part: an account access (2,600) and the arithmetic.
    assert of_one - of_feed < 5_000
