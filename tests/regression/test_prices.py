"""O8, O9, O12, O13, O19, O20: one price at a time, the worse side of it, and nobody's choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from eth_abi import encode as codec_encode

from bulkhead.model import MAX_UINT256, WAD
from tests.factory_kit import PRICE as YARD_PRICE
from tests.kit import ASK, BID, PRICE, any_price
from tests.node import revert_reason
from tests.regression.support import DAY, FREE, call, run, trade
from tests.simulation import Call

ETH = WAD
CONTRACTS = Path(__file__).parents[2] / "contracts"
NO_IMPACT = 10**36  # skew scale: a wei of impact at most


def set_price(world, price):
    """In a simulated block."""
    return Call(world.owner, world.oracle, "set_price", (price,))


def close(world, trader, position_id, side):
    return call(world, trader, "close_position", position_id, any_price(-side))


# ---- O8 ----


def test_o8__no_call_takes_a_price__but_the_bound_of_whoever_trades(world):
    """Flat Money #194, Symmetrical #113: the keeper brought the price, out of all that had been
    signed in the last minutes, and brought the one that suited him."""
    taken = {
        (abi.name, item.name)
        for abi in world.vault.contract_type.mutable_methods
        for item in abi.inputs
        if "price" in str(item.name) or item.type.startswith("bytes")
    }
    traders_bound = {(name, "acceptable_price") for name in ("adjust_position", "close_position")}
    signatures = {("permit_operator", "signature"), ("permit", "r"), ("permit", "s")}
    assert taken == traders_bound | signatures


def test_o8__any_bound_that_holds__same_price(world, trader, side):
    """And that bound decides whether, never at what."""
    size = side * 10 * ETH
    prices = set()
    for slack in (0, 1, WAD // 2, 500 * WAD):
        bound = (ASK + WAD if side > 0 else BID - WAD) + side * slack
        arguments = (1, size, world.units(1_500), bound)
        ((made,),) = run(world, (1, [call(world, trader, "adjust_position", *arguments)]))
        assert made.is_success
        prices.add(dict(world.events_of(made))["PositionAdjusted"]["price"])
    assert len(prices) == 1


# ---- O9 ----


@pytest.mark.parametrize("exit_by", ["close", "reduce", "settle"])
def test_o9__price_moves_within_one_timestamp__no_way_out_at_the_second(
    make_world, trader, keeper, side, exit_by
):
    """Flat Money #216, Tigris M-03: two prices were good in one transaction, so a position was
    opened at the older and closed at the newer, for nothing but the fee.

    A gift of 60 % within one second, under a reserve that it exceeds.
    """
    world = make_world(reserve_ratio=WAD // 2)
    world.set_price(PRICE)
    out = {
        "close": close(world, trader, 1, side),
        "reduce": trade(world, trader, 1, -side * ETH),
        "settle": call(world, keeper, "settle_position", trader, 1),
    }[exit_by]
    opening = trade(world, trader, 1, side * 10 * ETH, world.units(2_000))
    moved = set_price(world, PRICE * (10 + 6 * side) // 10)
    ((opened, _, left), (later,)) = run(world, (1, [opening, moved, out]), (2, [out]))
    assert opened.is_success
    reason = "not settleable" if exit_by == "settle" else "increased in this block"
    assert left.reason == f"vault: {reason}"
    assert later.is_success, "a second later it is his"


def test_o9__increase_of_an_old_position__binds_all_of_it(world, trader, side):
    """Else an old position would be the way out of a new one."""
    world.set_price(PRICE)
    world.adjust(trader, 1, side * 10 * ETH, world.units(2_000))
    moved = set_price(world, PRICE * (100 + side) // 100)
    more = trade(world, trader, 1, side * 10 * ETH, world.units(2_000))
    ((increase, _, reduce),) = run(world, (5, [more, moved, trade(world, trader, 1, -side * ETH)]))
    assert increase.is_success
    assert reduce.reason == "vault: increased in this block"


def test_o9__there_and_back_at_one_price__costs_both_fees(world, trader, side):
    world.set_price(PRICE)
    margin, size = world.units(2_000), 10 * ETH
    fees = 2 * world.units(20_000) * world.params.trading_fee // WAD
    opening = trade(world, trader, 1, side * size, margin)
    ((_,), (closing,)) = run(world, (1, [opening]), (2, [close(world, trader, 1, side)]))
    assert closing.result <= margin - fees
    assert closing.result >= margin - fees - world.units(1), "the rest is impact and carry"


# ---- O12 ----


def test_o12__blocks_come_faster_or_slower__nothing_but_time_counts(
    make_world, trader, attacker, keeper, guardian
):
    """GMX #150: on a rollup `block.number` was that of the chain below, or counted in quarters of a
    second, so that what should have taken minutes took seconds, or for ever.

    Three days in two blocks, and in some hundred.
    """
    world = make_world(lp_lockup=3 * DAY)
    world.adjust(trader, 1, 50 * ETH, world.units(20_000))
    start = [
        call(world, attacker, "deposit", world.units(1_000)),
        call(world, guardian, "schedule_limits", WAD, world.params.margin_call_ratio, False),
    ]
    end = [
        call(world, keeper, "accrue"),
        call(world, keeper, "get_market"),
        call(world, guardian, "apply_limits"),
        call(world, attacker, "lock_of", attacker),
        call(world, attacker, "redeem", 10**9),
    ]
    few = run(world, (1, start), (3 * DAY, end))
    between = ((1 + 2_000 * i, []) for i in range(1, 129))
    many = run(world, (1, start), *between, (3 * DAY, end))
    assert [made.output for made in few[-1]] == [made.output for made in many[-1]]
    assert few[-1][-1].reason == "vault: shares locked", "a second too early"


def test_o12__block_number__is_nowhere():
    sources = [*CONTRACTS.rglob("*.vy"), *CONTRACTS.rglob("*.vyi")]
    assert len(sources) > 20
    assert [path.name for path in sources if "block.number" in path.read_text()] == []


# ---- O13 ----


def test_o13__band__is_paid_by_whoever_trades(make_world, trader, side):
    """Elfi #45, GMX #160: a long was opened at the lower of two prices, or a short closed at it."""
    world = make_world(**FREE, skew_scale=NO_IMPACT)
    far, near = (ASK, BID) if side > 0 else (BID, ASK)
    margin, size = world.units(3_000), 20 * ETH
    opened = world.adjust(trader, 1, side * size, margin).event("PositionAdjusted")
    assert opened["price"] == pytest.approx(far, rel=1e-12)
    assert world.health(trader, 1).closing_price == near
    reduced = world.adjust(trader, 1, -side * size // 2).event("PositionAdjusted")
    assert reduced["price"] == near
    paid = world.close(trader, 1).result
    assert paid == pytest.approx(margin - world.units(80), abs=2), "20 ETH, a spread of 4 dollars"


@pytest.mark.parametrize("percent", [-10, 0, 10])
def test_o13__lp_there_and_back__pays_for_the_band(make_world, trader, trader2, lp, side, percent):
    """Who enters pays for what may yet be earned, who leaves leaves what may yet be owed: longs and
    shorts each at the side of the band that is worse for him."""
    world = make_world(**FREE, lp_lockup=0, skew_scale=NO_IMPACT)
    world.adjust(trader, 1, side * 100 * ETH, world.units(60_000))
    world.adjust(trader2, 1, -side * 60 * ETH, world.units(60_000))
    moved = PRICE * percent // 100
    bid, ask = BID + moved, ASK + moved
    world.set_band(bid, ask)
    long_size, short_size = (100, 60) if side > 0 else (60, 100)

    def gains(long_price, short_price):
        """In whole tokens; opened at the far sides of the first band."""
        return long_size * (long_price - ASK) // WAD, short_size * (BID - short_price) // WAD

    pool, supply = world.market().pool, world.view("totalSupply")
    high = pool + world.units(sum(max(-gain, 0) for gain in gains(bid, ask)))
    low = pool - world.units(sum(max(gain, 0) for gain in gains(ask, bid)))
    amount = world.units(1_000_000)
    shares = world.view("previewDeposit", amount)
    assert shares == pytest.approx(amount * supply / high, rel=1e-9)
    assert world.view("previewRedeem", shares) == pytest.approx(shares * low / supply, rel=1e-9)
    ((entered, left),) = run(
        world, (1, [call(world, lp, "deposit", amount), call(world, lp, "redeem", shares)])
    )
    assert entered.result == shares
    assert left.result < amount


# ---- O19 ----


def test_o19__oracle_of_ones_own__makes_a_pair_that_nobody_vouches_for(
    yard, project, owner, attacker, trader
):
    """Polter ($7M): the price was that of an AMM's pool, which one transaction moves. Nobody can be
    kept from making such a pair, and a pair is all it can hurt; interfaces go by `is_verified`."""
    own = yard.create(oracle=yard.oracle.address)
    assert not yard.factory.is_verified(own)
    real = yard.create(oracle=yard.make_oracle())
    assert yard.factory.is_verified(real)
    # a copy of the known adapter, made past the factory, may be over any feed
    pool = owner.deploy(project.MockFeed, 8, YARD_PRICE // 10**10)
    spot = owner.declare(project.MockOracle).contract_address
    receipt = yard.node.attempt(
        attacker, yard.factory, "create_oracle", spot, codec_encode(["uint256"], [YARD_PRICE])
    )
    assert revert_reason(receipt.output) == "factory: unknown adapter"
    receipt = yard.node.attempt(attacker, yard.factory, "set_adapter", spot, True)
    assert not receipt.is_success
    assert not yard.factory.is_known_oracle(pool)


# ---- O20 ----


def test_o20__oracle_found_broken__openings_stop_at_once(world, trader, trader2, keeper, guardian):
    """Moonwell: while a vote of five days went on to mend the oracle, its wrong price was borrowed
    against and liquidated at."""
    world.adjust(trader, 1, 10 * ETH, world.units(2_000))
    stop = call(world, guardian, "tighten_limits", 0, WAD, True)
    opening = trade(world, trader2, 1, ETH, world.units(1_000))
    leave = close(world, trader, 1, 1)
    ((before, stopped, after, left),) = run(world, (1, [opening, stop, opening, leave]))
    assert before.is_success
    assert stopped.is_success
    assert after.reason == "vault: reduce only"
    assert left.is_success, "and nobody is locked in"


def test_o20__no_price__openings_are_stopped_all_the_same(world, trader, guardian):
    """Before the first wrong price of an oracle that comes back; opening again takes two days."""
    world.set_live(False)
    world.send("tighten_limits", 0, WAD, True, sender=guardian)
    world.set_live(True)
    opening = (1, ETH, world.units(2_100), MAX_UINT256)
    world.refuse("reduce only", "adjust_position", *opening, sender=trader)
    world.send("schedule_limits", WAD // 2, WAD, False, sender=guardian)
    scheduled = world.now
    early = scheduled + 2 * DAY - 1
    world.refuse("limits too early", "apply_limits", sender=guardian, at=early)
    world.send("apply_limits", sender=guardian, at=scheduled + 2 * DAY)
    world.set_price(PRICE)
    world.send("adjust_position", *opening, sender=trader)
