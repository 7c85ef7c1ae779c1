"""Taking orders back: one, several, all."""

from __future__ import annotations

from bulkhead.orders.types import OrderStatus

OPEN, EXECUTED, CANCELLED = OrderStatus.OPEN, OrderStatus.EXECUTED, OrderStatus.CANCELLED


def test_cancel__open_nonces__cancelled_each_with_an_event(desk, trader, trader2):
    nonces = [0, 5, 127, 128, 2**64 + 3]
    events = desk.cancel(trader, *nonces)
    assert events == [
        ("OrderCancelled", {"signer": trader.address, "nonce": nonce}) for nonce in nonces
    ]
    assert all(desk.status(trader, nonce) is CANCELLED for nonce in nonces)
    assert desk.status(trader, 1) is OPEN
    assert desk.status(trader2, 0) is OPEN


def test_cancel__executed_and_cancelled_ones__left_alone(desk, trader, keeper):
    """Executing one of a list first does not keep the others alive."""
    desk.execute(desk.order(trader), keeper)
    desk.cancel(trader, 1)
    events = desk.cancel(trader, 0, 1, 2, 2)
    assert events == [("OrderCancelled", {"signer": trader.address, "nonce": 2})]
    assert desk.status(trader, 0) is EXECUTED
    assert desk.status(trader, 2) is CANCELLED


def test_cancel__sixty_four_at_once__and_none(desk, trader):
    assert len(desk.cancel(trader, *range(100, 164))) == 64
    assert desk.cancel(trader) == []


def test_cancel_all__starts_the_next_epoch(desk, trader, trader2, keeper):
    desk.execute(desk.order(trader), keeper)
    events = desk.cancel_all(trader)
    assert events == [("EpochStarted", {"signer": trader.address, "epoch": 1})]
    assert desk.view("epoch_of", trader) == 1
    assert desk.view("epoch_of", trader2) == 0
    assert desk.status(trader, 0) is EXECUTED
    assert desk.status(trader, 1) is CANCELLED
    assert desk.status(trader, 2**64) is OPEN
    assert desk.status(trader2, 1) is OPEN
    assert desk.cancel(trader, 1) == []


def test_cancel_all__in_the_next_epoch__numbers_start_anew(desk, trader, keeper):
    desk.cancel_all(trader)
    desk.execute(desk.order(trader, nonce=2**64), keeper)
    assert desk.status(trader, 2**64) is EXECUTED
    desk.cancel_all(trader)
    assert desk.status(trader, 2**64) is EXECUTED
    assert desk.status(trader, 2**64 + 1) is CANCELLED
