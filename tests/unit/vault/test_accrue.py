"""`accrue`: what being open costs, against fractions without rounding."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest

from bulkhead.model import MAX_UINT256, WAD, YEAR
from tests.simulation import Call, simulate

DAY = 86_400
TIMES = [1, 12, DAY, 30 * DAY, YEAR]


def rates(world, mid):
    """Borrow and funding of the vault's state as it is, per year, exact."""
    params, market = world.params, world.market()
    util = Fraction(market.reserved, max(market.pool, 1))
    kink = Fraction(params.borrow_kink, WAD)
    borrow = Fraction(params.borrow_base, WAD)
    if util <= kink:
        borrow += Fraction(params.borrow_slope1, WAD) * util / kink
    else:
        beyond = (util - kink) / (1 - kink)
        borrow += Fraction(params.borrow_slope1 + params.borrow_slope2 * beyond, WAD)
    skew = Fraction((market.long_size - market.short_size) * mid, world.scale)
    share = max(min(skew / max(market.pool, 1), Fraction(1)), Fraction(-1))
    return borrow, Fraction(params.max_funding, WAD) * share


def hold_to_fractions(world, seconds, keeper):
    """Accrue after so many seconds and compare; returns what longs and shorts were charged."""
    mid = (world.band.bid + world.band.ask) // 2
    before = world.market()
    at = before.accrued_at + seconds
    borrow, funding = rates(world, mid)

    done = world.send("accrue", sender=keeper, at=at)

    market = world.market()
    assert market.accrued_at == at
    charged = market.carry_long - before.carry_long, market.carry_short - before.carry_short
    for found, rate in zip(charged, (borrow + funding, borrow - funding), strict=True):
        exact = rate * mid * seconds / YEAR
        # rates have eighteen digits, of which the inner roundings may miss the last few
        slack = Fraction(mid * seconds, YEAR) * Fraction(4, WAD) + 1
        assert abs(found - exact) <= slack, (found, float(exact))
    assert done.event("Accrued") == {
        "carry_long": market.carry_long,
        "carry_short": market.carry_short,
    }
    return charged


@pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)
@pytest.mark.parametrize("seconds", TIMES)
def test_accrue__one_sided__majority_pays_borrow_and_funding(world, trader, keeper, side, seconds):
    world.adjust(trader, 1, side * 1_000 * WAD, world.units(200_000))
    longs, shorts = hold_to_fractions(world, seconds, keeper)
    payer, other = (longs, shorts) if side > 0 else (shorts, longs)
    assert payer > 0 > other, "funding of a fifth a year, borrow of less"


def test_accrue__balanced__both_pay_borrow_alone(world, trader, trader2, keeper):
    world.adjust(trader, 1, 500 * WAD, world.units(200_000))
    world.adjust(trader2, 1, -500 * WAD, world.units(200_000))
    longs, shorts = hold_to_fractions(world, YEAR, keeper)
    assert longs == shorts > 0


def test_accrue__no_open_interest__base_rate(world, keeper):
    longs, shorts = hold_to_fractions(world, YEAR, keeper)
    assert longs == shorts == 40 * WAD  # 2 % of 2,000


@pytest.mark.parametrize("share", [79, 80, 81, 99])
def test_accrue__around_the_kink__slope_changes(make_world, trader, keeper, side, share):
    """Utilisation from below the kink of 80 % to nearly all of the pool."""
    world = make_world(max_utilisation=WAD, trading_fee=0, pool=100_000, skew_scale=10**36)
    world.set_price(2_000 * WAD)
    world.adjust(trader, 1, side * share * WAD // 2, world.units(20_000))
    hold_to_fractions(world, YEAR, keeper)


def test_accrue__skew_beyond_the_pool__funding_is_capped(make_world, trader, keeper, side):
    world = make_world(reserve_ratio=WAD // 10, pool=100_000)
    world.adjust(trader, 1, side * 100 * WAD, world.units(20_000))
    world.set_price(2_100 * WAD)
    world.send("accrue", sender=keeper)
    longs, shorts = hold_to_fractions(world, YEAR, keeper)
    assert abs(longs - shorts) == 2 * 2_100 * WAD, "100 % a year for one, to the other"


def test_accrue__smallest_utilisation__still_costs(make_world, trader, keeper, side):
    """A3: one unit reserved of ten millions is above the base rate."""
    world = make_world(borrow_base=0, max_funding=0)
    world.adjust(trader, 1, side, world.units(21))
    assert world.market().reserved == 1
    longs, shorts = hold_to_fractions(world, DAY, keeper)
    assert longs == shorts > 0


def test_accrue__losing_pool__never_pays_funding_itself(world, trader, trader2, keeper, side):
    """What the majority pays is more than what the minority gets: the rest is the pool's."""
    world.adjust(trader, 1, side * 900 * WAD, world.units(200_000))
    world.adjust(trader2, 1, -side * 300 * WAD, world.units(200_000))
    nav = world.view("totalAssets")
    at_rest = world.market()
    world.send("accrue", sender=keeper, at=world.now + YEAR)
    market = world.market()
    paid = market.long_size * (market.carry_long - at_rest.carry_long) + market.short_size * (
        market.carry_short - at_rest.carry_short
    )
    assert paid > 0
    assert world.view("totalAssets") > nav


@pytest.mark.parametrize("count", [2, 10, 100])
def test_accrue__many_times__as_much_as_once(world, trader, keeper, side, count):
    """A3: n accruals are one, up to a last digit (of a WAD) each, and never less."""
    world.adjust(trader, 1, side * 1_000 * WAD, world.units(200_000))
    start, last = world.now, world.now + 100 * DAY
    step = (last - start) // count
    accrue = [Call(keeper, world.vault, "accrue")]
    look = Call(keeper, world.vault, "get_market")
    [[_, once]] = simulate(world.node, (last, [*accrue, look]))
    times = [start + step * n for n in range(1, count)]
    *_, [_, often] = simulate(
        world.node, *((time, accrue) for time in times), (last, [*accrue, look])
    )
    for name in (4, 5):  # carry_long, carry_short
        assert 0 <= often.result[name] - once.result[name] <= count
    assert often.result[8] == once.result[8] == last


def test_accrue__every_second_of_a_minute__no_time_is_lost(world, trader, keeper, side):
    """A1: the rate times the time, for any time."""
    world.adjust(trader, 1, side * 1_000 * WAD, world.units(200_000))
    borrow, funding = rates(world, 2_000 * WAD)
    per_second = (borrow + funding) * 2_000 * WAD / YEAR
    for _ in range(5):
        before = world.market().carry_long
        world.send("accrue", sender=keeper)
        charged = world.market().carry_long - before
        assert abs(charged - ceil(per_second)) <= 1


def test_accrue__same_second__charges_nothing(world, trader, keeper, side):
    world.adjust(trader, 1, side * 1_000 * WAD, world.units(200_000))
    before = world.market()
    done = world.send("accrue", sender=keeper, at=world.now)
    assert done.events == []
    assert world.market() == before


def test_accrue__no_rates__no_event(make_world, keeper):
    world = make_world(borrow_base=0, borrow_slope1=0, borrow_slope2=0, max_funding=0)
    assert world.send("accrue", sender=keeper).events == []
    assert world.market().accrued_at == world.now


def test_accrue__price_moves__charged_at_the_mid_of_the_moment(world, trader, keeper, side):
    """The price that holds when it is charged, for all the time since."""
    world.adjust(trader, 1, side * 1_000 * WAD, world.units(200_000))
    world.set_band(1_000 * WAD, 1_100 * WAD)
    hold_to_fractions(world, DAY, keeper)


def test_accrue__then_trade__carry_is_the_positions_loss(world, trader, keeper, side):
    """A4: `accrue(); look` is `look`."""
    world.adjust(trader, 1, side * 1_000 * WAD, world.units(200_000))
    now = world.advance(YEAR // 12)
    seen = world.health(trader, 1)
    world.send("accrue", sender=keeper, at=now)
    assert world.health(trader, 1) == seen


def test_accrue__anyone__may(world, attacker):
    world.send("accrue", sender=attacker)


@pytest.mark.parametrize("name", ["deposit", "mint", "withdraw", "redeem"])
def test_accrue__lp_calls_with_open_interest__accrue_first(world, trader, lp, side, name):
    """A5."""
    world.adjust(trader, 1, side * 1_000 * WAD, world.units(200_000))
    world.advance(DAY)
    done = world.send(name, world.units(1_000), sender=lp)
    assert done.names[0] == "Accrued"
    assert world.market().accrued_at == world.now


@pytest.mark.parametrize("name", ["deposit", "mint", "withdraw", "redeem"])
def test_accrue__lp_calls_without_open_interest__need_none(world, lp, name):
    accrued_at = world.market().accrued_at
    done = world.send(name, world.units(1_000), sender=lp)
    assert "Accrued" not in done.names
    assert world.market().accrued_at == accrued_at


def test_accrue__oracle_not_live__reverts(world, keeper):
    world.set_live(False)
    world.refuse("no live price", "accrue", sender=keeper)


def test_accrue__wind_down__does_nothing(world, trader, keeper, side):
    world.adjust(trader, 1, side * 10 * WAD, world.units(2_000))
    world.set_live(False)
    world.advance(7 * DAY)
    world.send("wind_down", sender=keeper)
    before = world.market()
    assert world.send("accrue", sender=keeper, at=world.now + YEAR).events == []
    assert world.market() == before
    assert before.accrued_at == 2**32 - 1
    # and no position pays for the time that passes
    gain = world.health(trader, 1).gain
    world.advance(YEAR)
    assert world.health(trader, 1).gain == gain


def test_accrue__then_close__pool_has_what_was_charged(world, trader, keeper, side):
    """NAV, which had counted the carry as it was charged, only gains the fee."""
    world.adjust(trader, 1, side * 1_000 * WAD, world.units(400_000))
    world.set_price(2_000 * WAD)
    now = world.now + YEAR // 4
    world.send("accrue", sender=keeper, at=now)
    nav = world.view("totalAssets")
    bound = 0 if side > 0 else MAX_UINT256
    event = world.send("close_position", 1, bound, sender=trader, at=now).event("PositionClosed")
    fee = event["fee"] - event["fee"] // 10
    value = 1_000 * event["price"]
    impact = abs(value - 1_000 * 2_000 * WAD) // 10**12
    assert event["realised"] < 0
    assert abs(world.view("totalAssets") - (nav + fee)) <= 2 + impact
