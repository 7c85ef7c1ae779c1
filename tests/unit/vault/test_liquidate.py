"""`liquidate`: how much is closed, and who gets what of it.

`world.send` holds every number against the model; these tests state what the numbers must mean.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from bulkhead.model import MAX_UINT256, WAD, Position, Status
from tests.simulation import Call, simulate
from tests.steering import band_at, health_at, last_price, move_to, sink

SIZE = 10 * WAD
SMALL = 15 * WAD // 100  # with a margin of 30: what a part would leave is below `min_margin`
FEE = Fraction(6, 10_000)
PENALTY = Fraction(5, 1_000)
every_decimals = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)


def open_position(world, trader, side, *, size=SIZE, margin=2_000):
    """Some 20,000 of notional."""
    world.adjust(trader, 1, side * size, world.units(margin))


def notional(world, size, price):
    return Fraction(abs(size) * price, world.scale)


# ---- part ----


@every_decimals
def test_liquidate__below_the_line__back_to_the_initial_requirement(world, trader, keeper, side):
    open_position(world, trader, side)
    before = sink(world, trader, Fraction(9, 10))
    price = before.closing_price
    purse, owner_purse = world.balance(keeper), world.balance(trader)
    margin = world.position(trader, 1).margin

    done = world.send("liquidate", trader, 1, sender=keeper)

    closed, reward = done.result
    position, after = world.position(trader, 1), world.health(trader, 1)
    event = done.event("PositionLiquidated")
    assert 0 < closed < SIZE
    assert position.size == side * (SIZE - closed)
    # to the requirement, not past it by more than the size's own part of it
    assert after.status == Status.HEALTHY
    size_part = notional(world, position.size, price) * closed / world.params.skew_scale
    assert 0 <= after.equity - after.initial <= size_part + 5
    # what was closed pays fee and reward, and the keeper has it
    value = notional(world, closed, price)
    assert 0 <= event["fee"] - value * FEE <= 1 + FEE
    share = Fraction(before.maintenance - before.equity, before.maintenance)
    expected = world.params.keeper_min_reward + value * PENALTY * share
    assert abs(reward - expected) <= 1 + value / WAD
    assert world.balance(keeper) == purse + reward
    assert position.margin == margin + event["realised"] - event["fee"] - reward
    # nothing else happens to anybody
    assert event["credited"] == event["bad_debt"] == 0
    assert world.view("claimable", trader) == 0
    assert world.balance(trader) == owner_purse
    assert (event["keeper"], event["reward"], event["price"]) == (keeper.address, reward, price)
    assert event["size_delta"] == -side * closed


def test_liquidate__second_call_in_the_same_state__nothing_left_to_do(world, trader, keeper, side):
    open_position(world, trader, side)
    sink(world, trader, Fraction(1, 2))
    world.send("liquidate", trader, 1, sender=keeper)
    world.refuse("still healthy", "liquidate", trader, 1, sender=keeper, at=world.now)


@every_decimals
def test_liquidate__the_line_itself__is_not_below_it(world, trader, keeper, side):
    open_position(world, trader, side)
    line = last_price(world, trader, lambda health: health.status == Status.LIQUIDATABLE)
    healthy = line + side
    assert health_at(world, trader, healthy).status == Status.MARGIN_CALL
    move_to(world, trader, healthy)
    then = world.now + 1
    world.refuse("still healthy", "liquidate", trader, 1, sender=keeper, at=then)

    world.set_band(*band_at(line, side), at=then)  # the refused call is mined: the same second
    done = world.send("liquidate", trader, 1, sender=keeper, at=then)

    closed, reward = done.result
    assert 0 < closed < SIZE
    # the auction begins at nothing: the minimum, and a wei of rounding
    assert 0 <= reward - world.params.keeper_min_reward <= 1


def test_liquidate__deeper__reward_grows_with_the_shortfall(world, trader, keeper, side):
    """A reverse Dutch auction: who waits for more must fear that another does not."""
    open_position(world, trader, side)
    rates = []
    for share in (Fraction(999, 1000), *(Fraction(n, 10) for n in (9, 8, 7, 6, 5, 4, 3, 2))):
        price = last_price(world, trader, lambda h, share=share: h.equity < share * h.maintenance)
        bid, ask = band_at(price, side)
        now = world.now + 2
        [[_, outcome]] = simulate(
            world.node,
            (
                now,
                [
                    Call(world.owner, world.oracle, "set_sides", (bid, ask)),
                    Call(keeper, world.vault, "liquidate", (trader, 1)),
                ],
            ),
        )
        closed, reward = outcome.result
        value = notional(world, closed, price)
        rates.append((reward - world.params.keeper_min_reward) / value)
        assert abs(rates[-1] - PENALTY * (1 - share)) < Fraction(1, 10**7)
    assert rates == sorted(rates)
    assert rates[0] < PENALTY / 500 and rates[-1] > PENALTY * 79 / 100


def test_liquidate__receiver__gets_the_reward(world, trader, keeper, attacker, side):
    open_position(world, trader, side)
    sink(world, trader, Fraction(1, 2))
    purse, other = world.balance(keeper), world.balance(attacker)
    _, reward = world.send("liquidate", trader, 1, attacker, sender=keeper).result
    assert (world.balance(keeper), world.balance(attacker)) == (purse, other + reward)


def test_liquidate__its_owner__may(world, trader, side):
    """And gains nothing: what he gets as a keeper leaves his margin, and more."""
    open_position(world, trader, side)
    before = sink(world, trader, Fraction(1, 2))
    _, reward = world.send("liquidate", trader, 1, sender=trader).result
    assert world.health(trader, 1).equity + reward < before.equity


def test_liquidate__one_of_several__others_are_untouched(world, trader, trader2, keeper, side):
    open_position(world, trader, side)
    world.adjust(trader, 2, side * SIZE, world.units(9_000))
    world.adjust(trader2, 1, -side * SIZE, world.units(9_000))
    sink(world, trader, Fraction(1, 2))
    others = world.position(trader, 2), world.position(trader2, 1)
    world.send("liquidate", trader, 1, sender=keeper)
    assert (world.position(trader, 2), world.position(trader2, 1)) == others


def test_liquidate__increased_in_the_same_second__is_no_shelter(world, trader, keeper, side):
    """The rule that delays an owner's reduce must not delay a liquidation."""
    open_position(world, trader, side)
    now = world.now + 1
    world.adjust(trader, 1, side * WAD, at=now)
    world.set_band(*band_at((2_000 - side * 160) * WAD, side), at=now)
    assert world.health(trader, 1).status == Status.LIQUIDATABLE
    assert world.position(trader, 1).increased_at == now
    closed, _ = world.send("liquidate", trader, 1, sender=keeper, at=now).result
    assert closed > 0


def test_liquidate__rest_of_exactly_min_margin__stays_open(make_world, trader, keeper, side):
    """What a part leaves is made the minimum; with a unit more of it, all is closed."""

    def rest(**changes):
        # without carry, so that the moment does not count
        world = make_world(
            borrow_base=0, borrow_slope1=0, borrow_slope2=0, max_funding=0, **changes
        )
        open_position(world, trader, side)
        sink(world, trader, Fraction(9, 10))
        world.send("liquidate", trader, 1, sender=keeper)
        return world.position(trader, 1)

    left = rest()
    assert left.size != 0
    assert rest(min_margin=left.margin).margin == left.margin
    assert rest(min_margin=left.margin + 1) == Position()


# ---- full ----


@every_decimals
def test_liquidate__rest_below_min_margin__closes_all(world, trader, keeper, side):
    open_position(world, trader, side, size=SMALL, margin=30)
    before = sink(world, trader, Fraction(9, 10))
    purse = world.balance(keeper)
    done = world.send("liquidate", trader, 1, sender=keeper)

    closed, reward = done.result
    event = done.event("PositionLiquidated")
    assert closed == SMALL
    assert world.position(trader, 1) == Position()
    assert world.balance(keeper) == purse + reward
    assert reward >= world.params.keeper_min_reward
    # keeper, pool's fee, and the rest is the owner's: credited, not sent
    assert event["credited"] == before.equity - reward - event["fee"] > 0
    assert world.view("claimable", trader) == event["credited"]
    assert event["bad_debt"] == event["size"] == event["margin"] == 0
    assert event["basis"] == event["reserve"] == 0


def test_liquidate__credited_owner__claims_it(world, trader, keeper, side):
    open_position(world, trader, side, size=SMALL, margin=30)
    sink(world, trader, Fraction(9, 10))
    credited = world.send("liquidate", trader, 1, sender=keeper).event("PositionLiquidated")[
        "credited"
    ]
    purse = world.balance(trader)
    assert world.send("claim", sender=trader).result == credited
    assert world.balance(trader) == purse + credited


def test_liquidate__two_positions_of_one_owner__credits_add_up(world, trader, keeper, side):
    for position_id in (1, 2):
        world.adjust(trader, position_id, side * SMALL, world.units(30))
    sink(world, trader, Fraction(9, 10))
    credited = [
        world.send("liquidate", trader, position_id, sender=keeper).event("PositionLiquidated")[
            "credited"
        ]
        for position_id in (1, 2)
    ]
    assert all(credited)
    assert world.view("claimable", trader) == sum(credited)


@every_decimals
def test_liquidate__equity_below_the_minimum_reward__pool_tops_it_up(world, trader, keeper, side):
    open_position(world, trader, side)
    least = world.params.keeper_min_reward
    price = last_price(world, trader, lambda health: health.equity <= least // 2)
    before = health_at(world, trader, price)
    assert 0 < before.equity <= least // 2
    move_to(world, trader, price)
    pool, margin = world.market().pool, world.position(trader, 1).margin
    purse = world.balance(keeper)

    done = world.send("liquidate", trader, 1, sender=keeper)

    event = done.event("PositionLiquidated")
    assert done.result == (SIZE, least)
    assert world.balance(keeper) == purse + least
    assert event["fee"] == event["credited"] == event["bad_debt"] == 0
    top_up = least - before.equity
    assert world.market().pool == pool + (margin - before.equity) - top_up
    assert event["realised"] == before.equity - margin


def test_liquidate__equity_of_exactly_the_minimum__needs_no_top_up(world, trader, keeper, side):
    open_position(world, trader, side)
    least = world.params.keeper_min_reward
    price = last_price(world, trader, lambda health: health.equity <= least)
    assert health_at(world, trader, price).equity == least
    move_to(world, trader, price)
    pool, margin = world.market().pool, world.position(trader, 1).margin
    event = world.send("liquidate", trader, 1, sender=keeper).event("PositionLiquidated")
    assert (event["reward"], event["fee"], event["credited"]) == (least, 0, 0)
    assert world.market().pool == pool + margin - least


@every_decimals
def test_liquidate__loss_beyond_margin__written_off_once(world, trader, keeper, side):
    """L13: the LPs lose the bad debt and the keeper's minimum, and they lose it once."""
    open_position(world, trader, side)
    least = world.params.keeper_min_reward
    world.set_price((2_000 - side * 400) * WAD)
    world.send("accrue", sender=keeper)
    now = world.now
    before = world.health(trader, 1)
    margin, pool, nav = (
        world.position(trader, 1).margin,
        world.market().pool,
        world.view("totalAssets"),
    )
    assert before.equity < 0

    done = world.send("liquidate", trader, 1, sender=keeper, at=now)

    event = done.event("PositionLiquidated")
    assert done.result == (SIZE, least)
    assert event["bad_debt"] == -before.equity
    assert event["realised"] == -margin
    assert event["fee"] == event["credited"] == 0
    assert world.market().pool == event["pool"] == pool + margin - least
    assert world.view("totalAssets") == nav - event["bad_debt"] - least
    assert world.view("claimable", trader) == 0
    assert world.position(trader, 1) == Position()
    world.refuse("unknown position", "liquidate", trader, 1, sender=keeper)
    assert world.view("totalAssets") == nav - event["bad_debt"] - least


def test_liquidate__bad_debt_with_pool_fully_reserved__winner_still_paid(
    make_world, trader, trader2, keeper, lp, side
):
    """The top-up comes out of a loss just collected, so it cannot touch what a winner is owed."""
    world = make_world(max_utilisation=WAD, trading_fee=0)
    open_position(world, trader, side)
    world.adjust(trader2, 1, -side * SIZE, world.units(9_000))
    world.send("withdraw", world.view("maxWithdraw", lp), sender=lp)
    market = world.market()
    assert market.pool - market.reserved <= 1
    world.set_price((2_000 - side * 500) * WAD)
    world.send("liquidate", trader, 1, sender=keeper)
    owed = world.health(trader2, 1).equity
    # nothing but the keeper's minimum is missing, and it was not the winner's
    paid = world.close(trader2, 1).result
    assert 0 <= owed - paid <= world.units(1)


# ---- reward and the token ----


@pytest.fixture
def guarded_world(make_world, project, owner):
    """Over a token that can block accounts and be paused."""
    return make_world(token=owner.deploy(project.MockTokenBlacklist))


@pytest.mark.parametrize("obstacle", ["set_blacklisted", "set_paused"])
def test_liquidate__token_refuses_the_reward__credited(
    guarded_world, trader, keeper, attacker, side, obstacle
):
    world = guarded_world
    open_position(world, trader, side)
    sink(world, trader, Fraction(1, 2))
    arguments = (attacker.address, True) if obstacle == "set_blacklisted" else (True,)
    world.node.send(world.owner, world.token, obstacle, *arguments)
    world.creditors.add(attacker.address)

    done = world.send(
        "liquidate",
        trader,
        1,
        attacker,
        sender=keeper,
        modelled=(trader.address, 1, attacker.address, True),
    )

    reward = done.result[1]
    assert reward == done.event("PositionLiquidated")["reward"] > 0
    assert world.view("claimable", attacker) == reward
    assert world.view("claimable", keeper) == 0
    # once the token lets him, he has it
    undo = (attacker.address, False) if obstacle == "set_blacklisted" else (False,)
    world.node.send(world.owner, world.token, obstacle, *undo)
    purse = world.balance(attacker)
    world.send("claim", sender=attacker)
    assert world.balance(attacker) == purse + reward


def test_liquidate__blocked_owner__is_credited_and_no_obstacle(guarded_world, trader, keeper, side):
    """L12: the owner's share is not sent, so a token that reverts for him stops nothing."""
    world = guarded_world
    open_position(world, trader, side, size=SMALL, margin=30)
    sink(world, trader, Fraction(9, 10))
    world.node.send(world.owner, world.token, "set_blacklisted", trader.address, True)
    event = world.send("liquidate", trader, 1, sender=keeper).event("PositionLiquidated")
    assert world.view("claimable", trader) == event["credited"] > 0


def test_liquidate__starved_of_gas__reverts_or_does_everything(world, trader, keeper, side):
    """However little gas a keeper gives: the reward is paid or owed, the owner's share too."""
    open_position(world, trader, side, size=SMALL, margin=30)
    before = sink(world, trader, Fraction(9, 10))
    now, purse = world.now + 1, world.balance(keeper)
    outcomes = set()
    for gas in range(40_000, 200_000, 1_000):
        [[call, market, position, claim, owed, balance]] = simulate(
            world.node,
            (
                now,
                [
                    Call(keeper, world.vault, "liquidate", (trader, 1), gas),
                    Call(keeper, world.vault, "get_market"),
                    Call(keeper, world.vault, "get_position", (trader, 1)),
                    Call(keeper, world.vault, "claimable", (trader,)),
                    Call(keeper, world.vault, "claimable", (keeper,)),
                    Call(keeper, world.token, "balanceOf", (keeper,)),
                ],
            ),
        )
        if not call.is_success:
            assert (claim.result, owed.result, balance.result) == (0, 0, purse)
            assert position.result[0] != 0
            outcomes.add("reverted")
            continue
        _, reward = call.result
        assert position.result[0] == 0
        assert owed.result + balance.result == purse + reward
        assert 0 < claim.result < before.equity
        outcomes.add((claim.result, market.result))
    assert len(outcomes) == 2, "one way to succeed"


# ---- refusals ----


def test_liquidate__no_such_position__reverts(world, trader, keeper):
    world.refuse("unknown position", "liquidate", trader, 1, sender=keeper)


def test_liquidate__oracle_not_live__reverts(world, trader, keeper, side):
    open_position(world, trader, side)
    sink(world, trader, 0)
    world.set_live(False)
    world.refuse("no live price", "liquidate", trader, 1, sender=keeper)


def test_liquidate__gain_at_its_reserve__winner_is_paid_not_liquidated(
    make_world, trader, keeper, side
):
    """Far beyond its reserve the requirement grows past the equity: that is no default."""
    world = make_world(reserve_ratio=WAD // 10, skew_scale=1_000 * WAD)
    open_position(world, trader, side, margin=2_000)
    world.set_price(20_000 * WAD if side > 0 else WAD)
    health = world.health(trader, 1)
    assert health.gain == world.position(trader, 1).reserve
    assert health.status == Status.SETTLEABLE
    world.refuse("still healthy", "liquidate", trader, 1, sender=keeper)


def test_liquidate__absurd_position_id__reverts(world, trader, keeper):
    world.refuse("unknown position", "liquidate", trader, MAX_UINT256, sender=keeper)
