"""Marks of nonces in the words in which they are stored, against the model's plain dictionary."""

from __future__ import annotations

import copy
from random import Random

import pytest

from bulkhead.exceptions import Refused
from bulkhead.orders.types import EPOCH, OrderStatus
from tests.order_kit import Desk, changed
from tests.simulation import Call, simulate

OPEN, EXECUTED, CANCELLED = OrderStatus.OPEN, OrderStatus.EXECUTED, OrderStatus.CANCELLED
NUMBERS = (0, 1, 63, 64, 65, 127, 128, EPOCH - 1)
"""Pages have 64."""
EDGES = pytest.mark.parametrize("number", [0, 63, 64, EPOCH - 1])
EPOCHS = 4


@pytest.mark.parametrize("seed", range(3))
def test_nonces__random_calls__equal_the_model(desk: Desk, world, trader, trader2, keeper, seed):
    """Every status of every epoch after each call. The orders add a unit of margin."""
    desk.open(trader)
    random, model, now = Random(seed), copy.deepcopy(desk.model), world.now + 5
    order = desk.exit(trader, size_delta=0, margin_delta=1, reduce_only=False, keeper_fee=0)
    nonces = [epoch * EPOCH + number for epoch in range(EPOCHS) for number in NUMBERS]
    looks = [Call(keeper, desk.book, "order_status", (trader, nonce)) for nonce in nonces]
    looks += [Call(keeper, desk.book, "order_status", (trader2, nonce)) for nonce in nonces]
    calls, expected = [], []
    for _ in range(40):
        epoch, kind = model.epoch_of(trader.address), random.random()
        if kind < 0.1 and epoch < EPOCHS - 2:
            calls.append(Call(trader, desk.book, "cancel_all"))
            model.cancel_all(trader.address)
            expected.append("")
        elif kind < 0.4:
            chosen = random.sample(nonces, 2)
            calls.append(Call(trader, desk.book, "cancel", (chosen,)))
            model.cancel(trader.address, chosen)
            expected.append("")
        else:
            near = min(max(epoch + random.choice((0, 0, 0, 0, -1, 1)), 0), EPOCHS - 1)
            signed = changed(order, nonce=near * EPOCH + random.choice(NUMBERS))
            words = signed.words, desk.sign(signed)
            calls.append(Call(keeper, desk.book, "execute", words))
            try:
                model.execute(world.environment(now), keeper.address, signed)
                expected.append("")
            except Refused as refused:
                expected.append(refused.reason)
        statuses = [model.order_status(trader.address, nonce) for nonce in nonces]
        calls += looks
        expected += [*statuses, *[OPEN] * len(nonces)]
    (found,) = simulate(world.node, (now, calls))
    for call, outcome, wanted in zip(calls, found, expected, strict=True):
        where = call.function, call.arguments
        if isinstance(wanted, OrderStatus):
            assert outcome.result == wanted, where
        else:
            assert ("" if outcome.is_success else outcome.reason) == wanted, where
    reasons = {wanted for wanted in expected if isinstance(wanted, str)}
    assert reasons >= {"", "orders: already executed", "orders: cancelled"}


def test_nonces__page_turned__what_was_there_stays_so(desk: Desk, trader, keeper):
    """Open numbers of pages before it are good, too; what was cancelled ahead is found there."""
    desk.cancel(trader, 1, 65)
    for nonce in (0, 64, 2):
        desk.execute(desk.order(trader, nonce=nonce, position_id=nonce), keeper)
    for nonce in range(67):
        left = {0: EXECUTED, 1: CANCELLED, 2: EXECUTED, 64: EXECUTED, 65: CANCELLED}
        assert desk.status(trader, nonce) is left.get(nonce, OPEN)
    again = desk.order(trader, position_id=9)
    desk.refuse("orders: already executed", again, keeper)
    desk.refuse("orders: already executed", changed(again, nonce=64), keeper)
    desk.refuse("orders: cancelled", changed(again, nonce=65), keeper)


def test_nonces__counted_up__a_later_page_is_as_cheap_as_the_first(desk: Desk, trader, keeper):
    orders = [desk.order(trader, nonce=nonce, position_id=nonce) for nonce in (0, 1, 64, 65)]
    first, second, turning, later = (
        desk.execute(order, keeper).receipt.gas_used for order in orders
    )
    assert min(first - second, turning - later) > 17_000  # a fresh word
    assert abs(later - second) < 500


@EDGES
def test_nonces__epoch_ends__what_was_executed_stays_so(desk: Desk, trader, keeper, number):
    """And cannot be executed again, in this epoch or any other."""
    order = desk.order(trader, nonce=number)
    desk.execute(order, keeper)
    for _ in range(2):
        desk.cancel_all(trader)
        assert desk.status(trader, number) is EXECUTED
        assert desk.status(trader, number ^ 1) is CANCELLED
        desk.refuse("orders: already executed", changed(order, position_id=2), keeper)
    assert desk.status(trader, 2 * EPOCH + number) is OPEN


@EDGES
def test_nonces__cancelled_before_its_epoch__stays_so(desk: Desk, trader, keeper, number):
    nonce = EPOCH + number
    desk.cancel(trader, nonce)
    desk.cancel_all(trader)
    assert desk.status(trader, nonce) is CANCELLED
    assert desk.status(trader, nonce ^ 1) is OPEN
    desk.refuse("orders: cancelled", desk.order(trader, nonce=nonce), keeper)
    desk.execute(desk.order(trader, nonce=nonce ^ 1), keeper)
    desk.cancel_all(trader)
    assert (desk.status(trader, nonce), desk.status(trader, nonce ^ 1)) == (CANCELLED, EXECUTED)


def test_nonces__beyond_every_epoch__can_be_cancelled(desk: Desk, trader, keeper):
    """A nonce is any number of 256 bits; epochs of more than 64 bits never come."""
    highest = 2**256 - 1
    assert desk.status(trader, highest) is OPEN
    desk.cancel(trader, highest)
    assert desk.status(trader, highest) is CANCELLED
    desk.refuse("orders: cancelled", desk.order(trader, nonce=highest), keeper)
    desk.refuse("orders: epoch not begun", desk.order(trader, nonce=highest - 1), keeper)
