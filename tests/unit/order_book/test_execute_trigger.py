"""When a trigger is met: both sides of every line, the side of the band, and no price at all."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_PRICE, MAX_UINT256, WAD
from bulkhead.orders.types import Trigger
from tests.kit import ASK, BID
from tests.mocks import OracleFault
from tests.node import revert_reason
from tests.order_kit import SIZE, changed

ABOVE, BELOW = Trigger.PRICE_AT_OR_ABOVE, Trigger.PRICE_AT_OR_BELOW
HEALTH = Trigger.HEALTH_BELOW


def side_of(is_buy):
    return ASK if is_buy else BID


def check_line(desk, keeper, order, price):
    """Both directions of a price trigger meet at `price` and not past it, on an order that then
    executes; the side at the other end of the band would tell them apart."""
    desk.refuse(
        "orders: not triggered", changed(order, trigger=ABOVE, trigger_value=price + 1), keeper
    )
    desk.refuse(
        "orders: not triggered", changed(order, trigger=BELOW, trigger_value=price - 1), keeper
    )
    desk.execute(changed(order, trigger=ABOVE, trigger_value=price), keeper)


def test_execute__entry__at_the_side_it_opens_at(desk, trader, keeper, side):
    check_line(desk, keeper, desk.order(trader, side), side_of(side > 0))
    again = desk.order(trader, side, position_id=2, nonce=1)
    below = changed(again, trigger=BELOW, trigger_value=side_of(side > 0))
    desk.execute(below, keeper)


def test_execute__exit__at_the_side_it_closes_at(desk, trader, keeper, side):
    desk.open(trader, side)
    order = desk.exit(trader, size_delta=-side * SIZE // 2)
    check_line(desk, keeper, order, side_of(side < 0))
    rest = changed(order, nonce=2, trigger=BELOW, trigger_value=side_of(side < 0))
    desk.execute(rest, keeper)


def test_execute__increase__at_the_side_it_buys_at_not_the_closing_one(
    desk, trader, keeper, side, world
):
    desk.open(trader, side)
    opened_at = world.position(trader, 1).opened_at
    check_line(desk, keeper, desk.order(trader, side, opened_at=opened_at), side_of(side > 0))


def test_execute__margin_only__at_the_closing_side(desk, world, trader, keeper, side):
    desk.open(trader, side)
    order = desk.exit(trader, size_delta=0, margin_delta=world.units(10), reduce_only=False)
    check_line(desk, keeper, order, side_of(side < 0))


@pytest.mark.parametrize("trigger", [ABOVE, BELOW, HEALTH])
def test_execute__trigger_without_live_price__reverts(desk, world, trader, keeper, trigger):
    """Adding margin needs no price by itself: the trigger does."""
    desk.open(trader)
    order = desk.exit(
        trader,
        size_delta=0,
        margin_delta=world.units(10),
        reduce_only=False,
        trigger=trigger,
        trigger_value=BID if trigger == ABOVE else 10**30,
    )
    world.set_live(False)
    desk.refuse("orders: no live price", order, keeper)
    world.set_live(True)
    desk.execute(order, keeper)


@pytest.mark.parametrize(
    "band",
    [(0, ASK), (ASK, BID), (BID, MAX_PRICE + 1)],
    ids=["zero bid", "crossed", "beyond all prices"],
)
def test_execute__band_that_the_vault_would_not_take__reverts(desk, world, trader, keeper, band):
    desk.open(trader)
    terms = {"trigger": ABOVE, "trigger_value": 0, "size_delta": 0, "reduce_only": False}
    order = desk.exit(trader, margin_delta=world.units(10), **terms)
    world.set_band(*band)
    desk.refuse("orders: no live price", order, keeper)


def test_execute__widest_band__is_taken(desk, world, trader, keeper):
    desk.open(trader)
    terms = {"trigger": ABOVE, "trigger_value": 1, "size_delta": 0, "reduce_only": False}
    order = desk.exit(trader, margin_delta=world.units(10), **terms)
    world.set_band(1, MAX_PRICE)
    desk.execute(order, keeper)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(OracleFault.REVERT, "oracle: fault"), (OracleFault.EMPTY_RETURN, "")],
)
def test_execute__oracle_cannot_be_read__reverts(desk, world, trader, keeper, fault, reason):
    order = desk.order(trader, trigger=ABOVE)
    signature = desk.sign(order)
    world.set_fault(fault)
    receipt = desk.attempt(order, signature, keeper)
    assert not receipt.is_success
    assert (revert_reason(receipt.output) if receipt.output else "") == reason


# ---- health ----


def top_up(desk, trader, **changes):
    margin = desk.world.units(100)
    terms = {"size_delta": 0, "margin_delta": margin, "reduce_only": False, "trigger": HEALTH}
    return desk.exit(trader, **terms | changes)


def test_execute__health__under_its_line_and_not_at_it(desk, world, trader, keeper, side):
    """The answer to a margin call while the owner sleeps."""
    desk.open(trader, side)
    world.set_price((2_000 - side * 80) * WAD)

    def at_line():
        """The health in the next second, rounded down."""
        environment = world.environment(world.now + 1)
        health = world.model.get_health(environment, trader.address, 1)
        return health.equity * WAD // health.maintenance

    margin = world.position(trader, 1).margin
    desk.refuse("orders: not triggered", top_up(desk, trader, trigger_value=at_line()), keeper)
    desk.execute(top_up(desk, trader, trigger_value=at_line() + 1), keeper)
    assert world.position(trader, 1).margin == margin + world.units(100)


@pytest.mark.parametrize("value", [0, 1, WAD])
def test_execute__health_of_a_position_under_water__is_below_anything(
    desk, world, trader, keeper, side, value
):
    desk.open(trader, side)
    world.set_price((2_000 - side * 400) * WAD)
    assert world.health(trader, 1).equity < 0
    done = desk.execute(desk.exit(trader, trigger=HEALTH, trigger_value=value), keeper)
    assert done.outcome.size == 0


def test_execute__health_of_no_position__is_never_below(desk, trader, keeper, side):
    order = desk.order(trader, side, trigger=HEALTH, trigger_value=10**30)
    desk.refuse("orders: not triggered", order, keeper)


def test_execute__health_line_beyond_arithmetic__reverts(desk, trader, keeper):
    desk.open(trader)
    desk.refuse("", top_up(desk, trader, trigger_value=MAX_UINT256), keeper)


def test_execute__health_in_wind_down__of_the_settlement_price(desk, world, trader, keeper, side):
    desk.open(trader, side)
    world.set_price((2_000 - side * 400) * WAD)
    world.set_live(False)
    world.send("wind_down", sender=keeper, at=world.band.updated_at + 7 * 86_400)
    order = desk.exit(trader, trigger=HEALTH, trigger_value=1, deadline=MAX_UINT256)
    assert desk.execute(order, keeper).outcome.size == 0
