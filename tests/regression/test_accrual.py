"""A1, A3, A4, A5, A6: time is charged for, once, to the one who owes it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bulkhead.model import WAD, YEAR, Market, Status
from tests.kit import PRICE
from tests.regression.support import DAY, FREE, call, run, trade

ETH = WAD


def exact_costs(world, market: Market, seconds: int) -> tuple[Fraction, Fraction]:
    """What `seconds` cost one unit of size of a long and of a short, in fractions."""
    params, mid = world.params, PRICE
    util = Fraction(market.reserved, market.pool)
    assert util * WAD <= params.borrow_kink
    borrow = Fraction(params.borrow_base + params.borrow_slope1 * util * WAD / params.borrow_kink)
    skew_value = Fraction((market.long_size - market.short_size) * mid, world.scale)
    funding = params.max_funding * skew_value / market.pool
    share_of_year = Fraction(mid * seconds, YEAR * WAD)
    return (borrow + funding) * share_of_year, (borrow - funding) * share_of_year


# ---- A1 ----


@pytest.mark.parametrize("seconds", [1, 59, DAY, YEAR])
def test_a1__any_time_passes__carry_is_rate_times_time(world, trader, trader2, keeper, seconds):
    """Unstoppable #167: the time of the last accrual was written before the interest was computed
    from it, so that the interest was 0 for ever."""
    world.adjust(trader, 1, 500 * ETH, world.units(100_000))
    world.adjust(trader2, 1, -200 * ETH, world.units(100_000))
    before = world.market()
    world.send("accrue", sender=keeper, at=before.accrued_at + seconds)
    after = world.market()
    cost_long, cost_short = exact_costs(world, before, seconds)
    assert after.accrued_at == before.accrued_at + seconds
    assert after.carry_long - before.carry_long == pytest.approx(float(cost_long), rel=1e-9)
    assert after.carry_short - before.carry_short == pytest.approx(float(cost_short), rel=1e-9)
    assert after.carry_long > before.carry_long


# ---- A3 ----


@pytest.mark.parametrize("decimals", [18], indirect=True)
def test_a3__smallest_utilisation__still_costs(make_world, trader, keeper):
    """Velar #66, #72: at low utilisation the rate, and the fee of a short time, were divided away
    to 0, so that small positions were free."""
    world = make_world(borrow_base=0, borrow_slope1=WAD, max_funding=0)
    world.adjust(trader, 1, 1, world.units(30))  # 1e-18 base units
    before = world.market()
    assert before.reserved * WAD < before.pool, "utilisation is less than the smallest number"
    world.send("accrue", sender=keeper)
    after = world.market()
    assert after.carry_long > before.carry_long
    assert after.carry_short > before.carry_short


def test_a3__many_accruals__equal_one(world, trader, keeper):
    """The same, the other way: somebody calls often, so that each time rounds to nothing."""
    world.adjust(trader, 1, 500 * ETH, world.units(100_000))
    steps, seconds = 200, 3
    accrue, see = call(world, keeper, "accrue"), call(world, keeper, "get_market")
    often = run(world, *((seconds * (i + 1), [accrue, see]) for i in range(steps)))
    once = run(world, (seconds * steps, [accrue, see]))
    many, one = Market(*often[-1][1].result), Market(*once[-1][1].result)
    assert one.carry_long > world.market().carry_long
    assert 0 <= many.carry_long - one.carry_long <= steps
    assert 0 <= many.carry_short - one.carry_short <= steps


# ---- A4 ----


def test_a4__carry_has_worn_a_position_down__calls_see_it_without_accruing_first(
    make_world, trader, lp, keeper, side
):
    """Unstoppable #9, GMX #197: checks looked at the state of the last accrual, and a position that
    was long under water counted as healthy."""
    world = make_world(borrow_base=10 * WAD)
    world.adjust(trader, 1, side * 100 * ETH, world.units(15_000))
    assert world.health(trader, 1).status == Status.HEALTHY
    time = 2 * DAY
    accrue = call(world, keeper, "accrue")
    for tried in (
        call(world, trader, "get_health", trader, 1),
        call(world, keeper, "liquidate", trader, 1),
        call(world, trader, "adjust_position", 1, 0, -1, 0),
        trade(world, trader, 1, -side * ETH),
        call(world, lp, "redeem", 10**9),
    ):
        ((_, after_accrual),) = run(world, (time, [accrue, tried]))
        ((alone,),) = run(world, (time, [tried]))
        assert alone.is_success == after_accrual.is_success
        assert alone.output == after_accrual.output
    ((liquidation,),) = run(world, (time, [call(world, keeper, "liquidate", trader, 1)]))
    assert liquidation.is_success


# ---- A5 ----


@pytest.mark.parametrize(
    ("role", "function", "arguments"),
    [
        ("lp", "deposit", (5_000_000 * 10**6,)),
        ("lp", "mint", (5_000_000 * 10**9,)),
        ("lp", "withdraw", (5_000_000 * 10**6,)),
        ("lp", "redeem", (5_000_000 * 10**9,)),
        ("guardian", "tighten_limits", (WAD // 10, WAD, True)),
        ("guardian", "schedule_limits", (WAD, WAD, False)),
    ],
)
def test_a5__pool_or_limits_change__time_before_is_charged_as_it_was(
    world, trader, keeper, lp, guardian, role, function, arguments
):
    """Unstoppable #103: a change of parameters applied to the time before it, since nothing accrued
    first."""
    world.adjust(trader, 1, 500 * ETH, world.units(100_000))
    change = call(world, {"lp": lp, "guardian": guardian}[role], function, *arguments)
    accrue, see = call(world, keeper, "accrue"), call(world, keeper, "get_market")
    later = (40 * DAY, [accrue, see])
    plain = run(world, (30 * DAY, [change]), later)
    careful = run(world, (30 * DAY, [accrue, change]), later)
    assert plain[0][0].is_success
    found, expected = Market(*plain[1][1].result), Market(*careful[1][1].result)
    assert found.carry_long == pytest.approx(expected.carry_long, abs=1)
    assert found.carry_short == pytest.approx(expected.carry_short, abs=1)
    assert found.pool == expected.pool


# ---- A6 ----


def test_a6__funding__what_is_paid_is_received(make_world, trader, trader2, attacker, keeper):
    """Velar #83, Tracer #74: one side paid what the other did not receive, or the other way round:
    the difference was nobody's, or everybody's."""
    world = make_world(**FREE | {"max_funding": WAD})
    world.set_price(PRICE)
    owners = [trader, trader2, attacker]
    for owner, size in zip(owners, [600, 400, -500], strict=True):
        world.adjust(owner, 1, size * ETH, world.units(200_000))

    def gains():
        return [world.health(owner, 1).gain for owner in owners]

    def worth():
        return world.view("totalAssets")

    gains_before, worth_before = gains(), worth()
    for step in range(4):
        world.advance(30 * DAY)
        if step % 2:
            world.send("accrue", sender=keeper)
        moved = [new - old for new, old in zip(gains(), gains_before, strict=True)]
        paid, received = -(moved[0] + moved[1]), moved[2]
        assert received > 0
        assert received == pytest.approx(paid / 2, abs=3), "500 of the 1,000 have a counterpart"
        assert sum(moved) + worth() - worth_before == pytest.approx(0, abs=4)
        assert worth() > worth_before, "the rest is the pool's, which never pays funding"
        world.check_accounts()
    for owner in owners:
        world.close(owner, 1)
    assert world.market().pool == pytest.approx(worth(), abs=4)
