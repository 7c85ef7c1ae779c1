"""What an order does when it executes: the position, who pays, who is paid, and the event."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD
from bulkhead.orders.types import OrderStatus
from tests.kit import World
from tests.node import revert_reason
from tests.order_kit import FEE, MARGIN, SIZE, Executed

# PUSH4 0x1626ba7e PUSH1 224 SHL PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
SAYS_YES = "0x631626ba7e60e01b5f5260205ff3"
DECIMALS = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True, scope="module")


@DECIMALS
def test_execute__opening__position_is_the_owners_and_the_keeper_is_paid(
    desk, world, trader, keeper, side
):
    order = desk.order(trader, side)
    assert desk.status(trader, 0) is OrderStatus.OPEN
    before = desk.wallets()
    done = desk.execute(order, keeper)
    position = world.position(trader, 1)
    assert position.size == side * SIZE == done.outcome.size
    assert position.margin == done.outcome.margin < world.units(MARGIN)
    assert position.opened_at == done.receipt.timestamp
    after = desk.wallets()
    assert after[trader.address] == before[trader.address] - world.units(MARGIN + FEE)
    assert after[keeper.address] == before[keeper.address] + world.units(FEE)
    assert after[desk.book.address] == 0
    assert done.outcome.paid_out == 0
    assert done.outcome.keeper_fee == world.units(FEE)
    assert desk.status(trader, 0) is OrderStatus.EXECUTED
    ((name, event),) = done.events
    assert name == "OrderExecuted"
    assert event == {
        "owner": trader.address,
        "vault": world.vault.address,
        "signer": trader.address,
        "digest": desk.digest(order),
        "nonce": 0,
        "position_id": 1,
        "paid_out": 0,
        "keeper": keeper.address,
        "receiver": keeper.address,
        "keeper_fee": world.units(FEE),
    }


@DECIMALS
def test_execute__closing__fee_comes_out_of_what_it_pays(desk, world, trader, keeper, side):
    """The signer's wallet is not touched, and need not have allowed anything."""
    desk.open(trader, side)
    world.node.send(trader, world.token, "approve", desk.book, 0)
    before = desk.wallets()
    done = desk.execute(desk.exit(trader), keeper)
    after = desk.wallets()
    gained = after[trader.address] - before[trader.address]
    assert gained == done.outcome.paid_out > world.units(MARGIN) * 9 // 10
    assert after[keeper.address] - before[keeper.address] == world.units(FEE)
    assert world.position(trader, 1).size == done.outcome.size == done.outcome.margin == 0


def test_execute__receiver_named__gets_the_fee(desk, world, trader, keeper, attacker):
    before = desk.wallets()
    done = desk.execute(desk.order(trader), keeper, receiver=attacker)
    after = desk.wallets()
    assert after[attacker.address] - before[attacker.address] == world.units(FEE)
    assert after[keeper.address] == before[keeper.address]
    assert done.events[0][1]["receiver"] == attacker.address
    assert done.events[0][1]["keeper"] == keeper.address


def test_execute__without_fee__keeper_gets_nothing(desk, world, trader, keeper, side):
    before = desk.wallets()
    desk.execute(desk.order(trader, side, keeper_fee=0), keeper)
    assert desk.wallets()[keeper.address] == before[keeper.address]


def test_execute__fee_above_what_it_pays__rest_comes_from_the_signer(
    desk, world, trader, keeper, side
):
    desk.open(trader, side)
    fee = world.units(MARGIN + 100)
    before = desk.wallets()
    done = desk.execute(desk.exit(trader, keeper_fee=fee), keeper)
    after = desk.wallets()
    assert done.outcome.paid_out == 0
    assert after[keeper.address] - before[keeper.address] == fee
    left = before[trader.address] - after[trader.address]
    assert world.units(100) < left < world.units(200)


# ---- operators ----


def test_execute__signed_by_operator__he_pays_and_the_owner_is_paid(
    desk, world, trader, trader2, keeper, side
):
    """An operator's nonce, an operator's wallet; what comes back is the owner's."""
    world.send("set_operator", trader2, True, sender=trader)
    before = desk.wallets()
    desk.execute(desk.order(trader, side, signer=trader2), keeper)
    after = desk.wallets()
    assert before[trader2.address] - after[trader2.address] == world.units(MARGIN + FEE)
    assert after[trader.address] == before[trader.address]
    assert desk.status(trader2, 0) is OrderStatus.EXECUTED
    assert desk.status(trader, 0) is OrderStatus.OPEN
    done = desk.execute(desk.exit(trader, signer=trader2), keeper)
    finally_ = desk.wallets()
    assert finally_[trader.address] - after[trader.address] == done.outcome.paid_out > 0
    assert finally_[trader2.address] == after[trader2.address]


def test_execute__key_that_delegates__either_signs(desk, world, trader, keeper):
    """EIP-7702: an account with a key and with code, which says yes to anything here. Its nonces
    are the same either way."""
    world.node.request("anvil_setCode", trader.address, SAYS_YES)
    desk.execute(desk.order(trader), keeper)
    by_code = desk.order(trader, position_id=2, nonce=1)
    desk.execute(by_code, keeper, signature=b"nobody's")
    receipt = desk.attempt(by_code, desk.sign(by_code), keeper)
    assert revert_reason(receipt.output) == "orders: already executed"


# ---- one order, many shapes ----


def test_execute__increase_with_margin__adds_to_the_position(desk, world, trader, keeper, side):
    desk.open(trader, side)
    opened_at = world.position(trader, 1).opened_at
    done = desk.execute(desk.order(trader, side, opened_at=opened_at), keeper)
    assert done.outcome.size == 2 * side * SIZE
    assert world.position(trader, 1).opened_at == opened_at


def test_execute__decrease_in_part__fee_from_the_signer(desk, world, trader, keeper, side):
    """A part pays nothing out, unless the order takes margin out, too."""
    desk.open(trader, side)
    before = desk.wallets()
    done = desk.execute(desk.exit(trader, size_delta=-side * SIZE // 4), keeper)
    assert done.outcome.size == side * SIZE * 3 // 4
    assert before[trader.address] - desk.wallets()[trader.address] == world.units(FEE)


def test_execute__margin_out__owner_gets_it_less_the_fee(desk, world, trader, keeper, side):
    world.adjust(trader, 1, side * SIZE, world.units(3_000))
    order = desk.exit(trader, size_delta=0, margin_delta=-world.units(100), reduce_only=False)
    before = desk.wallets()
    done = desk.execute(order, keeper)
    assert done.outcome.paid_out == world.units(100 - FEE)
    assert desk.wallets()[trader.address] - before[trader.address] == world.units(100 - FEE)


def test_execute__margin_in__needs_no_price(desk, world, trader, keeper, side):
    desk.open(trader, side)
    world.set_live(False)
    margin = world.position(trader, 1).margin
    order = desk.exit(trader, size_delta=0, margin_delta=world.units(50), reduce_only=False)
    done = desk.execute(order, keeper)
    assert done.outcome.margin == margin + world.units(50)
    assert done.outcome.size == side * SIZE


def test_execute__in_wind_down__closes(desk, world, trader, keeper, side):
    desk.open(trader, side)
    world.set_live(False)
    world.send("wind_down", sender=keeper, at=world.band.updated_at + 7 * 86_400)
    done = desk.execute(desk.exit(trader), keeper)
    assert done.outcome.paid_out > 0


# ---- reduce only ----


def executed_size(world: World, done: Executed) -> int:
    """The vault logs what became of the position, right before the book."""
    *_, (name, event) = world.events_of(done.receipt)
    assert name in ("PositionAdjusted", "PositionClosed")
    return int(event["size_delta"])


def test_execute__reduce_only_above_the_size__clamped_to_it(desk, world, trader, keeper, side):
    """A stop for ten units, of which a liquidation or the owner has taken some before."""
    desk.open(trader, side)
    world.adjust(trader, 1, -side * SIZE // 2)
    order = desk.exit(trader, size_delta=-side * SIZE)
    done = desk.execute(order, keeper)
    assert done.outcome.size == 0
    assert executed_size(world, done) == -side * SIZE // 2


@pytest.mark.parametrize("extreme", [2**255 - 1, -(2**255)], ids=["highest", "lowest"])
def test_execute__reduce_only_at_the_end_of_the_type__closes(desk, world, trader, keeper, extreme):
    desk.open(trader, -1 if extreme > 0 else 1)
    done = desk.execute(desk.exit(trader, size_delta=extreme), keeper)
    assert done.outcome.size == 0
    assert abs(executed_size(world, done)) == SIZE


def test_execute__reduce_only_below_the_size__as_told(desk, world, trader, keeper, side):
    desk.open(trader, side)
    done = desk.execute(desk.exit(trader, size_delta=-side), keeper)
    assert done.outcome.size == side * (SIZE - 1)


def test_execute__whole_position_under_water__closes_for_the_signers_fee(
    desk, world, trader, keeper, side
):
    """The vault's exit is never locked, nor is it by an order."""
    desk.open(trader, side)
    world.set_price((2_000 - side * 400) * WAD)
    before = desk.wallets()
    done = desk.execute(desk.exit(trader), keeper)
    assert done.outcome.paid_out == 0
    assert before[trader.address] - desk.wallets()[trader.address] == world.units(FEE)


# ---- life ----


def test_execute__signed_with_the_entry__takes_the_position_that_opens_in_its_window(
    desk, world, trader, keeper, side
):
    """Entry, stop and take-profit are signed at once, before there is a position."""
    entry = desk.order(trader, side)
    stop = desk.order(
        trader,
        -side,
        size_delta=-side * SIZE,
        margin_delta=0,
        opened_at=world.now + 3_600,
        reduce_only=True,
        nonce=1,
    )
    desk.refuse("orders: no such position", stop, keeper)
    desk.execute(entry, keeper, at=world.now + 3_600)
    desk.refuse("orders: another position", stop, keeper)  # opened after the window
    world.close(trader, 1)
    desk.execute(desk.order(trader, side, nonce=2), keeper)
    late = desk.exit(trader, opened_at=world.now + 100, valid_from=world.now - 1)
    assert desk.execute(late, keeper).outcome.size == 0


def test_execute__window__its_edges(desk, world, trader, keeper):
    desk.open(trader)
    opened_at = world.position(trader, 1).opened_at
    after = desk.exit(trader, opened_at=opened_at + 1, valid_from=opened_at)
    desk.refuse("orders: another position", after, keeper)
    before = desk.exit(trader, opened_at=opened_at - 1, valid_from=opened_at - 2)
    desk.refuse("orders: another position", before, keeper)
    within = desk.exit(
        trader, opened_at=opened_at + 1, valid_from=opened_at - 1, size_delta=-SIZE // 2
    )
    desk.execute(within, keeper)
    exact = desk.exit(trader, opened_at=opened_at, valid_from=opened_at, nonce=2)
    desk.execute(exact, keeper)


# ---- time ----


def test_execute__at_both_ends_of_its_time__executes(desk, world, trader, keeper):
    start, end = world.now + 100, world.now + 200
    first = desk.order(trader, valid_from=start)
    desk.refuse("orders: not valid yet", first, keeper, at=start - 1)
    desk.execute(first, keeper, at=start)
    last = desk.order(trader, position_id=2, nonce=1, deadline=end)
    desk.execute(last, keeper, at=end)
    late = desk.order(trader, position_id=3, nonce=2, deadline=end)
    desk.refuse("orders: expired", late, keeper, at=end + 1)


# ---- nonces ----


def test_execute__shared_nonce__one_cancels_the_other(desk, world, trader, keeper, side):
    desk.open(trader, side)
    stop = desk.exit(trader)
    profit = desk.exit(trader, keeper_fee=0)
    desk.execute(profit, keeper)
    desk.refuse("orders: already executed", stop, keeper)


@pytest.mark.parametrize("number", [0, 1, 63, 64, 127, 128, 2**64 - 1])
def test_execute__any_number_of_the_epoch__uses_it_alone(desk, trader, trader2, keeper, number):
    desk.execute(desk.order(trader, nonce=number), keeper)
    assert desk.status(trader, number) is OrderStatus.EXECUTED
    for other in {0, 1, 62, 63, 64, 65, 126, 127, 128, 129, number + 64} - {number}:
        assert desk.status(trader, other) is OrderStatus.OPEN
    assert desk.status(trader2, number) is OrderStatus.OPEN


def test_execute__second_order_on_a_vault__asks_the_factory_no_more(desk, world, trader, keeper):
    """What the factory has made, it has made for ever."""
    desk.execute(desk.order(trader), keeper)
    world.node.send(keeper, desk.factory, "set_vault", world.vault, False)
    desk.execute(desk.order(trader, position_id=2, nonce=1), keeper)
