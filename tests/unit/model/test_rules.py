"""Worked numbers for every formula, derived with fractions from the text of docs/mechanics.md."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bulkhead.model import MAX_PRICE, WAD, YEAR, Market, Position, rules
from tests.unit.model.support import down, params_of, up, wad

SCALES = pytest.mark.parametrize("decimals", [0, 6, 8, 18])


def test_div_up__negative_numerator__rounds_towards_plus_infinity() -> None:
    assert [rules.div_up(n, 2) for n in (-7, -6, 6, 7)] == [-3, -3, 3, 4]


@SCALES
def test_raw_gain__long__is_value_less_carry_less_basis(decimals: int) -> None:
    market = Market(carry_long=wad("12.5"), carry_short=wad(99))
    value = Fraction(3, 2) * (Fraction(2100) - Fraction(25, 2)) * 10**decimals
    basis = 2900 * 10**decimals
    got = rules.raw_gain(wad("1.5"), basis, wad(2100), market, 10 ** (36 - decimals))
    assert got == down(value) - basis


@SCALES
def test_raw_gain__short__is_basis_less_value_and_carry(decimals: int) -> None:
    market = Market(carry_long=wad(99), carry_short=wad("-12.5"))
    value = Fraction(3, 2) * (Fraction(2100) - Fraction(25, 2)) * 10**decimals
    basis = 3200 * 10**decimals
    got = rules.raw_gain(-wad("1.5"), basis, wad(2100), market, 10 ** (36 - decimals))
    assert got == basis - up(value)


def test_raw_gain__one_unit_of_dust__rounds_against_both_sides() -> None:
    market, scale = Market(), 10**30
    assert rules.raw_gain(1, 0, wad(2000), market, scale) == 0
    assert rules.raw_gain(-1, 0, wad(2000), market, scale) == -1


def test_raw_gain__no_price__is_zero() -> None:
    assert rules.raw_gain(WAD, 12345, 0, Market(carry_long=wad(7)), 10**30) == 0
    assert rules.raw_gain(-WAD, 12345, 0, Market(carry_short=wad(7)), 10**30) == 0


def test_requirement__size_against_depth__adds_to_the_ratio() -> None:
    # 100,000 of a depth of 1,000,000: 10 % on top of 2.5 %
    value = rules.notional(-wad(100_000), wad(2000), 10**30)
    assert value == 200_000_000 * 10**6
    assert (
        rules.requirement(value, wad("0.025"), -wad(100_000), wad(1_000_000)) == 25_000_000 * 10**6
    )


def test_requirement__dust__is_at_least_one_unit() -> None:
    assert rules.requirement(rules.notional(1, 1, 10**36), wad("0.01"), 1, 10**36) == 1


@pytest.mark.parametrize(
    ("size_delta", "carry", "rounding"),
    [(wad("1.000001"), "33.3", up), (-wad("1.000001"), "-33.3", down)],
)
def test_basis_of_increase__either_side__rounds_against_the_trader(
    size_delta: int, carry: str, rounding: object
) -> None:
    market = Market(carry_long=wad(carry), carry_short=wad(carry))
    price = 1_234_567_890_123_456_789  # 1.2345...
    signed = Fraction(price) - wad(carry) if size_delta > 0 else Fraction(price) + wad(carry)
    exact = abs(size_delta) * signed / 10**30
    got = rules.basis_of_increase(size_delta, price, market, 10**30)
    assert got == rounding(exact)  # type: ignore[operator]
    assert exact.denominator != 1


def test_closed_share__a_third_of_a_long__leaves_with_a_third_of_basis_and_reserve() -> None:
    position = Position(size=3 * WAD, margin=0, basis=6_000_000_001, reserve=6_000_000_002)
    share = rules.closed_share(position, WAD, wad(2100), Market(), 10**30)
    assert share.basis == up(Fraction(6_000_000_001, 3)) == 2_000_000_001
    assert share.reserve == down(Fraction(6_000_000_002, 3)) == 2_000_000_000
    assert share.realised == 2_100_000_000 - 2_000_000_001


def test_closed_share__a_third_of_a_short__leaves_with_a_third_of_basis_and_reserve() -> None:
    position = Position(size=-3 * WAD, margin=0, basis=6_000_000_002, reserve=6_000_000_002)
    share = rules.closed_share(position, WAD, wad(1900), Market(), 10**30)
    assert share.basis == down(Fraction(6_000_000_002, 3)) == 2_000_000_000
    assert share.realised == 2_000_000_000 - 1_900_000_000


def test_closed_share__gain_beyond_reserve__is_cut_off() -> None:
    position = Position(size=2 * WAD, margin=0, basis=4_000_000_000, reserve=4_000_000_000)
    share = rules.closed_share(position, WAD, wad(9000), Market(), 10**30)
    assert share.realised == share.reserve == 2_000_000_000


@pytest.mark.parametrize(
    ("reserved", "rate"),
    [
        (0, Fraction(2, 100)),
        (400, Fraction(2, 100) + Fraction(10, 100) * Fraction(1, 2)),
        (800, Fraction(12, 100)),
        (900, Fraction(12, 100) + Fraction(1, 2)),
        (1000, Fraction(112, 100)),
        (5000, Fraction(112, 100)),  # beyond all of the pool: clamped
    ],
)
def test_borrow_rate__by_utilisation__follows_both_slopes(reserved: int, rate: Fraction) -> None:
    assert rules.borrow_rate(reserved, 1000, params_of()) == rate * WAD


def test_borrow_rate__smallest_utilisation__still_costs() -> None:
    # SECURITY A3: 1 unit of a pool of 2**111 is under 1e-18, but the utilisation is rounded up
    params = params_of(borrow_base=0, borrow_slope1=wad("0.8"))
    assert rules.borrow_rate(1, 2**111, params) == 1


def test_borrow_rate__empty_pool__does_not_divide_by_zero() -> None:
    assert rules.borrow_rate(0, 0, params_of()) == wad("0.02")
    assert rules.borrow_rate(5, 0, params_of()) == wad("1.12")


@pytest.mark.parametrize(
    ("skew", "rate"),
    [
        (0, Fraction(0)),
        (100, Fraction(2, 10)),
        (-100, Fraction(-2, 10)),
        (500, Fraction(1)),
        (-900, Fraction(-1)),
    ],
)
def test_funding_rate__by_skew_value_against_pool__is_clamped(skew: int, rate: Fraction) -> None:
    # 100 base at 2000 are 200,000: 20 % of a pool of one million
    got = rules.funding_rate(wad(skew), 10**12, wad(2000), params_of(), 10**30)
    assert got == rate * WAD


def test_accrued_carry__a_year__charges_rates_on_the_mid() -> None:
    market = Market(
        long_size=wad(300), short_size=wad(200), pool=10**12, reserved=4 * 10**11, carry_long=wad(5)
    )
    borrow, funding = Fraction(7, 100), Fraction(2, 10)
    long, short = rules.accrued_carry(market, wad(2000), YEAR, params_of(), 10**30)
    assert long == wad(5) + (borrow + funding) * 2000 * WAD
    assert short == (borrow - funding) * 2000 * WAD
    assert short < 0  # the smaller side is paid


def test_accrued_carry__both_sides__round_up() -> None:
    market = Market(long_size=wad(300), pool=10**12, reserved=4 * 10**11)
    borrow, funding = Fraction(7, 100), Fraction(6, 10)
    exact_long = (borrow + funding) * 2000 * WAD / YEAR
    exact_short = (borrow - funding) * 2000 * WAD / YEAR
    long, short = rules.accrued_carry(market, wad(2000), 1, params_of(), 10**30)
    assert (long, short) == (up(exact_long), up(exact_short))


@pytest.mark.parametrize(
    ("skew", "delta", "cost"),
    [
        (0, 1000, Fraction(1000**2, 2 * 10**6)),
        (500, 1000, Fraction(1500**2 - 500**2, 2 * 10**6)),
        (-500, -1000, Fraction(1500**2 - 500**2, 2 * 10**6)),
        (-400, 1000, Fraction(600**2, 2 * 10**6)),
        (400, -1000, Fraction(600**2, 2 * 10**6)),
        (-1000, 1000, Fraction(0)),
        (-1500, 1000, Fraction(0)),
        (1500, -1000, Fraction(0)),
    ],
)
def test_execution_price__by_skew__is_the_integral_of_the_impact(
    skew: int, delta: int, cost: Fraction
) -> None:
    bid, ask = Fraction(1999), Fraction(2001)
    exact = ask * (1 + cost / delta) if delta > 0 else bid * (1 - cost / -delta)
    got = rules.execution_price(wad(delta), wad(skew), wad(1999), wad(2001), wad(10**6))
    assert got == (up(exact * WAD) if delta > 0 else down(exact * WAD))


def test_execution_price__smallest_cost__moves_against_the_trader() -> None:
    assert rules.execution_price(1, 0, WAD, WAD, wad(10**6)) == WAD + 1
    assert rules.execution_price(-1, 0, WAD, WAD, wad(10**6)) == WAD - 1


def test_execution_price__whole_depth_sold_at_the_lowest_price__stays_positive() -> None:
    assert rules.execution_price(-wad(10**6), 0, 1, 1, wad(10**6)) == 1


def test_execution_price__extremes__fit() -> None:
    depth = 10**36
    assert rules.execution_price(depth, 0, MAX_PRICE, MAX_PRICE, depth) == MAX_PRICE * 3 // 2


@pytest.mark.parametrize(
    ("margin", "realised", "fee", "expected"),
    [
        (100, 50, 10, (50, 10, 140, 0)),
        (100, -50, 10, (-50, 10, 40, 0)),
        (100, -95, 10, (-95, 5, 0, 0)),  # the fee takes what there is
        (100, -100, 10, (-100, 0, 0, 0)),
        (100, -130, 10, (-100, 0, 0, 30)),  # loss beyond margin: bad debt
    ],
)
def test_full_close__loss_first_then_fee__adds_up(
    margin: int, realised: int, fee: int, expected: tuple[int, int, int, int]
) -> None:
    close = rules.full_close(margin, realised, fee)
    assert tuple(close) == expected
    assert close.paid_out == margin + close.moved - close.fee


def test_liquidation_penalty__by_shortfall__grows_from_zero() -> None:
    params = params_of()
    assert rules.liquidation_penalty(999_999, 1_000_000, params) == wad("0.005") // 10**6
    assert rules.liquidation_penalty(500_000, 1_000_000, params) == wad("0.0025")
    assert rules.liquidation_penalty(0, 1_000_000, params) == wad("0.005")
    assert rules.liquidation_penalty(-(10**9), 1_000_000, params) == wad("0.005")


def test_liquidation_size__small_against_depth__restores_the_initial_ratio() -> None:
    # notional 100,000, equity 2,400; f = 0.06 % + 0.5 % * (100 / 2500); depth adds next to nothing
    params = params_of(skew_scale=10**36)
    equity, value = Fraction(2400), Fraction(100_000)
    penalty = rules.liquidation_penalty(2400 * 10**6, 2500 * 10**6, params)
    assert penalty == wad("0.0002")
    x = (value * Fraction(5, 100) - (equity - 2)) / (
        Fraction(5, 100) - Fraction(6, 10_000) - Fraction(2, 10_000)
    )
    got = rules.liquidation_size(-wad(50), wad(2000), 2400 * 10**6, penalty, params, 10**30)
    # two units, over t - f, are 41 of notional: two on purpose, up to two of rounding
    over = (got - x / 2000 * WAD) / Fraction(10**12, 2000)
    assert 40 <= over <= 83
    # what is left has exactly the initial ratio
    rest = value - x
    assert equity - 2 - x * Fraction(8, 10_000) == rest * Fraction(5, 100)


@pytest.mark.parametrize(("size", "equity_price"), [(wad(10), 1900), (-wad(10), 2100)])
def test_liquidation_price__worked_numbers__meets_the_requirement(
    size: int, equity_price: int
) -> None:
    params = params_of(skew_scale=10**36)
    market = Market(carry_long=wad(3), carry_short=wad(3))
    # margin such that equity equals 2.5 % exactly at `equity_price`
    requirement = Fraction(10 * equity_price) * Fraction(25, 1000)
    basis = 10 * (2000 - 3) if size > 0 else 10 * (2000 + 3)
    gain = 10 * (equity_price - 3) - basis if size > 0 else basis - 10 * (equity_price + 3)
    margin = requirement - gain
    position = Position(size, int(margin * 10**6), basis * 10**6, 20_000 * 10**6)
    got = rules.liquidation_price(position, market, params, 10**30)
    assert abs(Fraction(got, WAD) - equity_price) < Fraction(1, 10**6)


def test_liquidation_price__fully_backed_long__has_none() -> None:
    position = Position(wad(1), 3000 * 10**6, 2000 * 10**6, 2000 * 10**6)
    assert rules.liquidation_price(position, Market(), params_of(), 10**30) == 0


def test_gains__both_sides__are_those_of_the_aggregates() -> None:
    market = Market(
        long_size=wad(3),
        short_size=wad(2),
        long_basis=5_700 * 10**6,
        short_basis=4_100 * 10**6,
        carry_long=wad(10),
        carry_short=wad(-5),
    )
    longs = 3 * (Fraction(2000) - 10) - 5700
    shorts = 4100 - 2 * (Fraction(2000) - 5)
    gains = rules.gains(market, wad(2000), wad(2000), 10**30)
    assert gains == (longs * 10**6, shorts * 10**6)
    assert rules.gains(market, 0, 0, 10**30) == (0, 0)


def test_nav__both_sides_of_the_band__are_prudent() -> None:
    # one long of 1 at 2000, band 1990..2010: between -10 and +10
    market = Market(long_size=WAD, long_basis=2000 * 10**6, pool=10**10, reserved=2000 * 10**6)
    assert rules.nav_high(market, wad(1990), wad(2010), 10**30) == 10**10 + 10 * 10**6
    assert rules.nav_low(market, wad(1990), wad(2010), 10**30) == 10**10 - 10 * 10**6
    short = Market(short_size=WAD, short_basis=2000 * 10**6, pool=10**10, reserved=2000 * 10**6)
    assert rules.nav_high(short, wad(1990), wad(2010), 10**30) == 10**10 + 10 * 10**6
    assert rules.nav_low(short, wad(1990), wad(2010), 10**30) == 10**10 - 10 * 10**6


def test_nav__a_winner_and_a_loser__are_not_netted() -> None:
    # a long and a short of 1, both from 2000, at 2300: +300 and -300
    market = Market(WAD, WAD, 2000 * 10**6, 2000 * 10**6, 0, 0, 10**10, 4000 * 10**6)
    price = wad(2300)
    assert rules.nav_high(market, price, price, 10**30) == 10**10 + 300 * 10**6
    assert rules.nav_low(market, price, price, 10**30) == 10**10 - 300 * 10**6
    assert rules.nav_mid(market, price, price, 10**30) == 10**10


def test_nav__gains_beyond_the_reserves__are_never_paid() -> None:
    market = Market(long_size=WAD, long_basis=2000 * 10**6, pool=10**10, reserved=200 * 10**6)
    price = wad(2300)
    assert rules.nav_low(market, price, price, 10**30) == 10**10 - 200 * 10**6
    assert rules.nav_mid(market, price, price, 10**30) == 10**10 - 200 * 10**6


def test_shares_and_assets__by_hand__round_for_the_pool() -> None:
    supply, nav = 1_000_000, 3_333
    rate = Fraction(supply + 1000, nav + 1)
    assert rules.shares_down(7, supply, nav) == down(7 * rate)
    assert rules.shares_up(7, supply, nav) == up(7 * rate)
    assert rules.assets_down(7_777, supply, nav) == down(7_777 / rate)
    assert rules.assets_up(7_777, supply, nav) == up(7_777 / rate)
