"""Liquidation: how much is closed, at whose cost, and what is left."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD, Status
from tests.regression.liquidations import ID, set_band, sweep, try_liquidation
from tests.simulation import Call, simulate

MIN_REWARD, MIN_MARGIN = 2, 20  # whole tokens, of the reference profile

# whole tokens of margin for a size in base units: at the line a part is closed, a larger part, all
POSITIONS = {"large": (1_000, 105_000), "medium": (10, 1_060), "dust": (0.2, 21.5)}


@pytest.fixture(params=POSITIONS.values(), ids=POSITIONS)
def opened(request, world, trader, side):
    """The trader's position 1, at close to the largest leverage, on a price of 2,000."""
    size, margin = request.param
    world.set_price(2_000 * WAD)
    world.adjust(trader, ID, side * round(size * 1_000) * WAD // 1_000, world.units(margin))
    return world


def smallest_margin(world, trader, size):
    """Asset units with which the vault just lets the size be opened, within two."""
    low, high = 0, world.units(10_000)
    bound = MAX_UINT256 if size > 0 else 0
    while high - low > 1:
        middle = (low + high) // 2
        call = Call(trader, world.vault, "adjust_position", (ID, size, middle, bound))
        ((outcome,),) = simulate(world.node, (world.now + 1, [call]))
        low, high = (low, middle) if outcome.is_success else (middle, high)
    return high


def test_l1__opened_with_the_smallest_margin__is_not_liquidatable(world, trader, keeper, side):
    """Elfi #27: the margin was checked against the position that was asked for, before what opening
    it costs; with a wide enough spread it could be liquidated in the same block, for a reward.

    Here the check is on what is stored: after fee, impact, and the loss of the whole spread.
    """
    world.set_band(1_900 * WAD, 2_100 * WAD)
    size = side * 10 * WAD
    margin = smallest_margin(world, trader, size)
    arguments = (ID, size, margin - 2, MAX_UINT256 if side > 0 else 0)
    world.refuse("below initial ratio", "adjust_position", *arguments, sender=trader)
    world.adjust(trader, ID, size, margin + 2)
    health = world.health(trader, ID)
    assert health.status == Status.HEALTHY
    assert health.equity >= health.initial > health.maintenance
    world.refuse("still healthy", "liquidate", trader, ID, sender=keeper)


def test_l3__any_shortfall__size_falls_and_keeps_its_sign(opened, trader, keeper, side):
    """Perennial P2#5: a liquidation took the size to close from the caller, who could open with
    it."""
    count = 0
    for trial in sweep(opened, trader, keeper, side):
        count += 1
        assert 0 < trial.closed <= abs(trial.position.size)
        assert trial.rest.size == trial.position.size - side * trial.closed
        assert trial.event["size_delta"] == -side * trial.closed
    assert count >= 8


def test_l5__insolvent_at_any_price__still_liquidated(opened, trader, keeper, side):
    """Symmetrical #241: a loss beyond the margin underflowed, and the account could never be
    closed."""
    insolvent = 0
    for trial in sweep(opened, trader, keeper, side):
        assert trial.call.is_success, f"at {trial.price}: {trial.call.reason}"
        assert trial.market.pool >= trial.market.reserved
        if trial.before.equity < 0:
            insolvent += 1
            assert trial.rest.size == 0
            assert trial.event["bad_debt"] == -trial.before.equity
    assert insolvent >= 4


@pytest.mark.parametrize("years", [3, 30, 80])
def test_l5__insolvent_by_carry_of_decades__still_liquidated(opened, trader, keeper, years):
    at = opened.now + years * 365 * 86_400
    trial = try_liquidation(opened, trader, 2_000 * WAD, keeper, at=at)
    assert trial.before.status == Status.LIQUIDATABLE
    assert trial.call.is_success
    assert trial.rest.size == 0


def test_l6__any_shortfall__reward_within_its_bounds(opened, trader, keeper, side):
    """Zaros s/3, s/864: a reward that could be nothing for a small position, and more than there
    was for a large one. Here: never under the minimum, never above what was there or, where
    that is less, the minimum."""
    least = opened.units(MIN_REWARD)
    rewards = []
    for trial in sweep(opened, trader, keeper, side):
        assert least <= trial.reward <= max(trial.before.equity, least)
        closed_value = -(-trial.closed * trial.price // opened.scale)
        penalty = closed_value * opened.params.liquidation_penalty // WAD
        assert trial.reward <= least + penalty
        if trial.before.equity >= least + penalty:  # else there is not enough for it
            rewards.append(trial.reward)
    assert rewards[0] < rewards[-1], "a larger shortfall calls louder"


def test_l7__second_call_in_the_same_state__earns_nothing(opened, trader, keeper, side):
    """Perennial P2#50, Tracer #105: each of many small liquidations of one position earned the
    whole minimum reward."""
    for trial in sweep(opened, trader, keeper, side):
        expected = "vault: still healthy" if trial.is_partial else "vault: unknown position"
        assert trial.again.reason == expected


def test_l8__what_a_part_leaves__is_worth_liquidating(opened, trader, keeper, side):
    """Elfi #249: a partial liquidation left dust which no keeper would ever touch again."""
    for trial in sweep(opened, trader, keeper, side):
        assert trial.rest.size == 0 or trial.rest.margin >= opened.units(MIN_MARGIN)


def test_l9__part__restores_the_initial_line_and_not_more(opened, trader, keeper, side):
    """Polynomial H-14: a partial liquidation that left the position worse than it was, or took far
    more than was needed."""
    for trial in sweep(opened, trader, keeper, side):
        if not trial.is_partial:
            continue
        assert trial.after.status == Status.HEALTHY
        assert trial.after.equity >= trial.after.initial
        # what it was brought to: the initial requirement at the risk of the whole size
        risk = opened.params.initial_ratio + -(
            -abs(trial.position.size) * WAD // opened.params.skew_scale
        )
        value = -(-abs(trial.rest.size) * trial.price // opened.scale)
        assert abs(trial.after.equity - value * risk // WAD) <= 5


def test_l9__sizes__both_kinds_of_liquidation_happen(world, trader, keeper, side):
    """The tests above would say nothing of parts if all were closed."""
    world.set_price(2_000 * WAD)
    kinds = set()
    for number, (size, margin) in enumerate(POSITIONS.values(), start=1):
        world.adjust(trader, number, side * round(size * 1_000) * WAD // 1_000, world.units(margin))
        line = world.health(trader, number).liquidation_price
        price = line - side * line // 1_000
        trial = try_liquidation(world, trader, price, keeper, position_id=number)
        assert trial.before.status == Status.LIQUIDATABLE
        kinds.add(trial.is_partial)
    assert kinds == {True, False}


def test_l13__bad_debt__lowers_the_pools_worth_once(opened, trader, keeper, side):
    """Unstoppable #68, Jojo #159: bad debt was taken from the insurance, and the loss that it came
    from from the LPs as well.

    Before, the whole loss counts as the LPs' gain; the part beyond the margin never comes, and
    nothing else is lost but what the pool adds to the keeper's minimum.
    """
    found = 0
    for trial in sweep(opened, trader, keeper, side):
        bad_debt = trial.event["bad_debt"]
        if bad_debt == 0:
            continue
        found += 1
        change = trial.assets_after - trial.assets_before
        assert change == pytest.approx(-bad_debt - trial.reward, abs=3)
        assert trial.market.pool == trial.event["pool"]
    assert found >= 4


def test_l13__bad_debt_of_one__is_not_charged_to_the_next(world, trader, trader2, keeper, side):
    world.set_price(2_000 * WAD)
    world.adjust(trader, ID, side * 100 * WAD, world.units(11_000))
    world.adjust(trader2, ID, side * 100 * WAD, world.units(150_000))
    world.set_price((10 - 3 * side) * 200 * WAD)
    before = world.health(trader2, ID).equity
    done = world.send("liquidate", trader, ID, sender=keeper)
    assert done.event("PositionLiquidated")["bad_debt"] > world.units(40_000)
    assert world.health(trader2, ID).equity == pytest.approx(before, abs=world.units(0.1))
    paid = world.close(trader2, ID).result
    fee = -(-100 * (10 - 3 * side) * 200 * world.params.trading_fee // WAD)
    assert paid == pytest.approx(before - world.units(fee), abs=world.units(1_500))


# ---- the view and the calls ----

OPENS = {
    "liquidate": Status.LIQUIDATABLE,
    "settle_position": Status.SETTLEABLE,
    "call_margin": Status.MARGIN_CALL,
}


def check_agreement(world, owner, keeper, blocks):
    """In each state that the setters of a block lead to: the status is what the calls do.

    Returns every status seen.
    """
    seen = set()
    for at, setters in blocks:
        views = [Call(keeper, world.vault, "get_health", (owner, ID))]
        tries = [Call(keeper, world.vault, function, (owner, ID)) for function in OPENS]
        for attempt in tries:
            # each call by itself: the state is the same for all
            ((*_, view, outcome),) = simulate(world.node, (at, [*setters, *views, attempt]))
            status = Status(view.result[0])
            assert outcome.is_success == (status == OPENS[attempt.function]), (status, attempt)
            seen.add(status)
    return seen


def test_l15__status_at_every_price__is_what_the_calls_do(world, trader, keeper, side):
    """Polynomial M-09: the view said that a position was healthy, and the call liquidated it."""
    world.set_price(2_000 * WAD)
    world.adjust(trader, ID, side * 10 * WAD, world.units(1_500))
    line = world.health(trader, ID).liquidation_price
    at = world.now + 1
    prices = {line + step for step in (-1, 0, 1, -(10**12), 10**12)}
    prices |= {2_000 * WAD * percent // 100 for percent in range(0, 240, 8)}
    prices |= {line * thousandth // 1_000 for thousandth in range(985, 1_040, 3)}
    blocks = [
        (at, [set_band(world, price, at, live)])
        for price in sorted(prices)
        for live in ((True, False) if price % 7 == 0 else (True,))
    ]
    seen = check_agreement(world, trader, keeper, blocks)
    expected = set(Status) - {Status.EMPTY}
    if side < 0:
        expected -= {Status.SETTLEABLE}  # a short wins all of its reserve at a price of zero only
    assert seen >= expected


def test_l15__status_by_carry_alone__is_what_the_calls_do(world, trader, keeper, side):
    """Time passes, and nobody accrues: the view must count the carry that is not charged yet."""
    world.set_price(2_000 * WAD)
    world.adjust(trader, ID, side * 1_000 * WAD, world.units(150_000))
    days = (1, 30, 60, 90, 95, 100, 110, 130, 200, 400)
    blocks = [(world.now + day * 86_400, []) for day in days]
    seen = check_agreement(world, trader, keeper, blocks)
    assert seen == {Status.HEALTHY, Status.MARGIN_CALL, Status.LIQUIDATABLE}


def test_l15__status_in_wind_down__is_what_the_calls_do(world, trader, keeper, side):
    world.set_price(2_000 * WAD)
    world.adjust(trader, ID, side * 10 * WAD, world.units(1_500))
    world.set_live(False)
    at = world.now + 8 * 86_400
    wind_down = Call(keeper, world.vault, "wind_down")
    assert check_agreement(world, trader, keeper, [(at, [wind_down])]) == {Status.SETTLEABLE}
    assert check_agreement(world, trader, keeper, [(at, [])]) == {Status.NO_PRICE}
