"""What a keeper is told beforehand. (`Desk.refuse` asks for every reason of the other files.)"""

from __future__ import annotations

import pytest

from bulkhead.model.orders import Outcome
from bulkhead.orders.types import NO_PERMIT, OrderStatus
from tests.mocks import WalletFault
from tests.node import decode_output, method
from tests.order_kit import Desk
from tests.signing import sign

NOTHING = Outcome(0, 0, 0, 0)


def test_simulate__order_that_executes__its_outcome(desk: Desk, world, trader, keeper, side):
    """To the unit; only the carry of the seconds between would tell them apart."""
    order = desk.order(trader, side)
    world.node.mine(world.now + 1)
    expected = desk.simulate(order, desk.sign(order), keeper)
    done = desk.execute(order, keeper)
    assert expected == (True, done.outcome, "")


def test_simulate__as_a_transaction__changes_nothing(desk: Desk, world, trader, attacker):
    order = desk.order(trader)
    before = desk.wallets(), world.market()
    words = order.words, desk.sign(order), NO_PERMIT.words
    receipt = world.node.attempt(attacker, desk.book, "simulate", *words)
    assert receipt.is_success
    assert decode_output(method(desk.book, "simulate", 3), receipt.output)[0] is True
    assert receipt.logs == []
    assert (desk.wallets(), world.market()) == before
    assert desk.status(trader, 0) is OrderStatus.OPEN
    assert world.position(trader, 1).size == 0


def test_simulate__receiver_is_the_caller(desk: Desk, make_world, trader, keeper, world):
    """A token that refuses the keeper: he is told."""
    order = desk.order(trader, keeper_fee=0)
    assert desk.simulate(order, desk.sign(order), keeper)[0]
    zero = "0x" + "00" * 20
    assert desk.simulate(order, desk.sign(order), zero)[0]
    with_fee = desk.order(trader)
    signature = desk.sign(with_fee)
    refused = desk.simulate(with_fee, signature, zero)
    assert refused == (False, NOTHING, "token: to zero address")


@pytest.mark.parametrize("fault", [WalletFault.BURN_GAS, WalletFault.DIRTY_MAGIC])
def test_simulate__failure_without_words__says_so(desk: Desk, project, owner, keeper, fault):
    wallet = owner.deploy(project.MockWallet, [owner], 1)
    wallet.set_fault(fault, sender=owner)
    order = desk.order(wallet)
    signature = sign(owner, desk.message(order))
    assert desk.simulate(order, signature, keeper) == (False, NOTHING, "reverted without a reason")


@pytest.mark.parametrize("gas", [40_000, 60_000, 100_000, 200_000])
def test_simulate__starved__never_says_yes(desk: Desk, world, trader, keeper, gas):
    order = desk.order(trader)
    words = order.words, desk.sign(order), NO_PERMIT.words
    data = desk.book.simulate.encode_input(*words).to_0x_hex()
    call = {"from": keeper.address, "to": desk.book.address, "data": data, "gas": hex(gas)}
    try:
        output = bytes.fromhex(world.node.request("eth_call", call, "latest")[2:])
    except AssertionError:
        return  # it ran out of gas itself
    assert decode_output(method(desk.book, "simulate", 3), output)[0] is False


def test_try_call__always_reverts(desk: Desk, world, trader, keeper):
    order = desk.order(trader)
    words = order.words, desk.sign(order), NO_PERMIT.words, keeper.address
    execution = bytes(desk.book.execute_with_permit.encode_input(*words))
    receipt = world.node.attempt(keeper, desk.book, "try_call", execution)
    assert not receipt.is_success
    assert desk.status(trader, 0) is OrderStatus.OPEN
