"""Signed orders: who may sign, what is signed, when it is good, what a keeper can do with it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from bulkhead.model import MAX_UINT256, WAD
from bulkhead.orders.types import Order, OrderStatus, Trigger
from tests.node import Receipt, plain, revert_reason
from tests.order_kit import FEE, MARGIN, SIZE, Desk, build_desk, changed
from tests.signing import sign, with_high_s
from tests.simulation import Call, simulate

ZERO_ADDRESS = "0x" + "00" * 20


@pytest.fixture(scope="module")
def built_desk(project: Any, owner, people, built_world) -> Desk:
    return build_desk(project, owner, built_world, people)


@pytest.fixture
def desk(built_desk: Desk, world) -> Desk:
    """The contracts alone."""
    return built_desk.fork(world)


def submit(desk: Desk, order: Order, keeper: Any, signature: bytes | None = None) -> Receipt:
    desk.world.at()
    return desk.attempt(order, desk.sign(order) if signature is None else signature, keeper)


def check_refused(
    desk: Desk, order: Order, keeper: Any, reason: str, signature: bytes | None = None
) -> None:
    """Nobody's wallet has changed, and the nonce is still there."""
    before = desk.wallets(), desk.view("order_status", order.signer, order.nonce)
    receipt = submit(desk, order, keeper, signature)
    assert not receipt.is_success
    assert revert_reason(receipt.output) == reason
    assert before == (desk.wallets(), desk.view("order_status", order.signer, order.nonce))


def check_executed(
    desk: Desk, order: Order, keeper: Any, signature: bytes | None = None
) -> Receipt:
    receipt = submit(desk, order, keeper, signature)
    assert receipt.is_success, revert_reason(receipt.output)
    return receipt


# ---- K1 ----


def test_k1__order_for_another__only_his_operator_may_sign_and_he_pays(
    desk, world, trader, trader2, attacker, keeper
):
    """TrustedVolumes 2026 ($5.9M), KiloEx 2025 ($7M): the signature was checked, but not that its
    signer had any right over the account that paid. The trader has allowed the book everything."""
    before = desk.wallets()[trader.address]
    theft = desk.order(trader, signer=attacker)
    check_refused(desk, theft, attacker, "orders: not owner or operator")
    forged = desk.order(trader)
    check_refused(desk, forged, attacker, "orders: signature invalid", desk.sign(forged, attacker))
    world.send("set_operator", trader2, True, sender=trader)
    check_executed(desk, desk.order(trader, signer=trader2), keeper)
    assert desk.wallets()[trader.address] == before
    assert world.position(trader, 1).size == SIZE


def test_k1__what_an_operators_order_pays_out__is_the_owners(desk, world, trader, trader2, keeper):
    world.send("set_operator", trader2, True, sender=trader)
    desk.open(trader)
    before = desk.wallets()
    check_executed(desk, desk.exit(trader, signer=trader2), keeper)
    after = desk.wallets()
    assert after[trader.address] > before[trader.address]
    assert after[trader2.address] == before[trader2.address]


def test_k1__operator_of_another_vault__is_none_here(desk, make_world, owner, trader, attacker):
    other = make_world()
    other.send("set_operator", attacker, True, sender=trader)
    desk.world.node.send(owner, desk.factory, "set_vault", other.vault, True)
    order = desk.order(trader, signer=attacker)
    check_refused(desk, order, attacker, "orders: not owner or operator")


def test_k1__one_key_with_two_rights__signature_is_good_once(
    desk, world, project, owner, trader2, keeper
):
    """A key that is an operator and may sign for the owner's wallet, too: were the signer found by
    trying, its order would be good for two nonces, and would be executed again when one of the two
    rights has been taken away. So the order names its signer."""
    wallet = owner.deploy(project.MockWallet, [trader2], 1)
    world.node.send(owner, world.token, "mint", wallet, world.units(10_000))
    world.node.send(wallet, world.token, "approve", desk.book, MAX_UINT256)
    for operator in (desk.book, trader2):
        world.send("set_operator", operator, True, sender=wallet)
    order = desk.order(wallet, signer=trader2)
    signature = desk.sign(order)
    check_executed(desk, order, keeper, signature)
    world.send("close_position", 1, 0, wallet, wallet, sender=wallet)
    world.send("set_operator", trader2, False, sender=wallet)
    receipt = submit(desk, order, keeper, signature)
    assert not receipt.is_success
    claimed = changed(order, signer=plain(wallet))
    check_refused(desk, claimed, keeper, "orders: signature invalid", signature)


# ---- K2 ----

OTHER = {
    "owner": "0x" + "11" * 20,
    "signer": "0x" + "11" * 20,
    "vault": "0x" + "11" * 20,
    "position_id": 2,
    "opened_at": 1,
    "size_delta": 2 * SIZE,
    "margin_delta": 1,
    "reduce_only": True,
    "acceptable_price": 10**30,
    "trigger": Trigger.PRICE_AT_OR_ABOVE,
    "trigger_value": 1,
    "keeper_fee": 10**9,
    "nonce": 1,
    "valid_from": 0,
    "deadline": 2**40,
}
DOMAIN = {
    "name": "Bulkhead",
    "version": "2",
    "chainId": 1,
    "verifyingContract": "0x" + "11" * 20,
}


@pytest.mark.parametrize("field", OTHER)
def test_k2__any_field_changed__refused(desk, trader, keeper, field):
    """Giddy 2026 ($1.3M): the signature left fields out, and who held it filled them in."""
    order = desk.order(trader)
    signature = desk.sign(order)
    receipt = submit(desk, changed(order, **{field: OTHER[field]}), keeper, signature)
    assert not receipt.is_success
    if field not in ("owner", "signer", "vault"):  # for them others speak first
        assert revert_reason(receipt.output) == "orders: signature invalid"
    check_executed(desk, order, keeper, signature)


def test_k2__all_fields__are_mutated():
    assert list(OTHER) == [field.name for field in fields(Order)]


@pytest.mark.parametrize("field", DOMAIN)
def test_k2__another_domain__refused(desk, trader, keeper, field):
    order = desk.order(trader)
    signature = sign(trader, desk.message(order, **{field: DOMAIN[field]}))
    check_refused(desk, order, keeper, "orders: signature invalid", signature)


# ---- K3 ----


def test_k3__others_cancel__their_own_nonces_only(desk, trader, trader2, attacker, keeper, world):
    """Perennial P3#54: anyone could cancel anyone's nonce. Not even an operator reaches the
    owner's: each cancels what he has signed."""
    world.send("set_operator", trader2, True, sender=trader)
    order = desk.order(trader)
    for stranger in (attacker, trader2, keeper):
        world.node.send(stranger, desk.book, "cancel", [0])
        world.node.send(stranger, desk.book, "cancel_all")
    check_executed(desk, order, keeper)


def test_k3__keeper_executes_one_of_a_list__the_rest_is_cancelled_all_the_same(
    desk, world, trader, keeper
):
    """A list of nonces to cancel that reverts for one of them keeps all the others alive."""
    check_executed(desk, desk.order(trader), keeper)
    world.node.send(trader, desk.book, "cancel", [0, 1, 2])
    for nonce in (1, 2):
        assert desk.view("order_status", trader, nonce) == OrderStatus.CANCELLED


# ---- K5 ----


def test_k5__other_form_of_the_signature__refused(desk, trader, keeper):
    """Several in 2026: replay protection keyed on the signature, of which anyone makes a second."""
    order = desk.order(trader)
    twin = with_high_s(desk.sign(order))
    check_refused(desk, order, keeper, "orders: signature invalid", twin)
    check_executed(desk, order, keeper)


def test_k5__executed_once__not_again_in_any_form(desk, world, trader, keeper):
    order = desk.order(trader)
    check_executed(desk, order, keeper)
    world.close(trader, 1)
    for signature in (desk.sign(order), with_high_s(desk.sign(order))):
        check_refused(desk, order, keeper, "orders: already executed", signature)


@pytest.mark.parametrize(
    "signature", [bytes(65), b"\1" * 64 + b"\0", b"\xff" * 65], ids=["zeros", "no v", "ones"]
)
def test_k5__garbage_for_the_zero_address__refused(desk, attacker, signature):
    """A failed recovery answers the zero address, which then was the owner."""
    order = desk.order(ZERO_ADDRESS, margin_delta=0)
    check_refused(desk, order, attacker, "orders: signature invalid", signature)


# ---- K6 ----


def test_k6__wallets_signature__is_not_good_for_another_wallet(
    desk, project, owner, trader, attacker
):
    """EIP-1271 replay, 2023: wallets of one owner accepted one another's signatures. (With real
    Safes: tests/unit/order_book/test_wallets.py.)"""
    first, second = (owner.deploy(project.MockWallet, [trader], 1) for _ in range(2))
    signature = sign(trader, desk.message(desk.order(first)))
    check_refused(desk, desk.order(second), attacker, "orders: signature invalid", signature)


# ---- K7 ----


def test_k7__closed_and_opened_again__old_orders_are_dead(desk, world, trader, keeper, side):
    """Flat Money #48, #212: the stop of a position that was gone closed the next one."""
    desk.open(trader, side)
    stop = desk.exit(trader)
    world.close(trader, 1)
    check_refused(desk, stop, keeper, "orders: no such position")
    desk.open(trader, side)
    check_refused(desk, stop, keeper, "orders: another position")


def test_k7__signed_with_its_entry__good_for_a_window_that_ends(desk, world, trader, keeper, side):
    signed_at = world.now
    terms = {"size_delta": -side * SIZE, "margin_delta": 0, "reduce_only": True, "nonce": 1}
    stop = desk.order(trader, opened_at=signed_at + 60, valid_from=signed_at, **terms)
    world.adjust(trader, 1, side * SIZE, world.units(MARGIN), at=signed_at + 61)
    check_refused(desk, stop, keeper, "orders: another position")
    world.close(trader, 1)


def test_k7__entry__does_not_add_to_what_is_there(desk, trader, keeper, side):
    """An entry that was forgotten would double the position."""
    desk.open(trader, side)
    check_refused(desk, desk.order(trader, side), keeper, "orders: position exists")


# ---- K9 ----


def test_k9__gap_through_the_stop__fills_at_the_oracle(desk, world, trader, keeper, side):
    """GMX #140, #233: a stop that fills at its trigger is free of risk, and one that does not fill
    past it is worth nothing. Here it fills at the price there is, within what its owner accepts."""
    desk.open(trader, side)
    line = (2_000 - side * 20) * WAD
    bound = (2_000 - side * 120) * WAD
    trigger = Trigger.PRICE_AT_OR_BELOW if side > 0 else Trigger.PRICE_AT_OR_ABOVE
    stop = desk.exit(trader, trigger=trigger, trigger_value=line, acceptable_price=bound)
    world.set_price((2_000 - side * 19) * WAD)
    check_refused(desk, stop, keeper, "orders: not triggered")
    world.set_price((2_000 - side * 121) * WAD)
    check_refused(desk, stop, keeper, "vault: price beyond acceptable")
    gap = (2_000 - side * 100) * WAD
    world.set_price(gap)
    receipt = check_executed(desk, stop, keeper)
    (closed,) = (values for name, values in world.events_of(receipt) if name == "PositionClosed")
    assert abs(closed["price"] - gap) <= gap // 10_000  # but for the impact
    assert world.position(trader, 1).size == 0


# ---- K10 ----


@pytest.mark.parametrize("kind", ["entry", "stop", "top-up"])
def test_k10__starved_of_gas__all_or_nothing(desk, world, trader, keeper, kind):
    """GMX #116, Elfi #95: a keeper gave so little gas that the trade failed inside, which was
    caught: the order was used up, the fee was paid. Every limit from far too little to enough."""
    if kind != "entry":
        desk.open(trader)
    order = {
        "entry": lambda: desk.order(trader, trigger=Trigger.PRICE_AT_OR_ABOVE, trigger_value=1),
        "stop": lambda: desk.exit(
            trader, trigger=Trigger.PRICE_AT_OR_BELOW, trigger_value=3_000 * WAD
        ),
        "top-up": lambda: desk.exit(
            trader,
            size_delta=0,
            reduce_only=False,
            margin_delta=world.units(10),
            trigger=Trigger.HEALTH_BELOW,
            trigger_value=100 * WAD,
        ),
    }[kind]()
    permit = (0, MAX_UINT256, 27, bytes(32), bytes(32))  # one that fails, as a starved one does
    arguments = order.words, desk.sign(order), permit
    before = desk.wallets()[keeper.address], world.position(trader, 1)
    outcomes = set()
    for gas in range(60_000, 480_000, 7_000):
        calls = [
            Call(keeper, desk.book, "execute_with_permit", arguments, gas),
            Call(keeper, desk.book, "order_status", (trader, order.nonce)),
            Call(keeper, world.vault, "get_position", (trader, 1)),
            Call(keeper, world.token, "balanceOf", (keeper,)),
        ]
        ((done, status, position, balance),) = simulate(world.node, (world.now + 5, calls))
        outcomes.add(done.is_success)
        is_used = status.result == OrderStatus.EXECUTED
        is_paid = balance.result == before[0] + world.units(FEE)
        has_moved = position.result != tuple(getattr(before[1], f.name) for f in fields(before[1]))
        assert done.is_success == is_used == is_paid == has_moved, gas
    assert outcomes == {False, True}


# ---- K11 ----


def test_k11__fee__is_what_was_signed(desk, world, trader, keeper):
    """Perennial P3#79: the fee was worked out when the order executed, from what a keeper could
    make expensive."""
    for number, fee in enumerate((0, 1, world.units(FEE))):
        order = desk.order(trader, keeper_fee=fee, nonce=number, position_id=number)
        before = desk.wallets()
        check_executed(desk, order, keeper)
        after = desk.wallets()
        assert after[keeper.address] - before[keeper.address] == fee
        assert before[trader.address] - after[trader.address] == fee + world.units(MARGIN)


# ---- K12 ----


def test_k12__failed_execution__uses_up_nothing(desk, world, trader, keeper, side):
    """GMX #139, #163: an order that failed once, for a reason that passed, was gone."""
    order = desk.order(trader, side)
    signature = desk.sign(order)
    world.set_live(False)
    check_refused(desk, order, keeper, "vault: no live price", signature)
    world.set_live(True)
    world.node.send(trader, world.token, "approve", desk.book, 0)
    check_refused(desk, order, keeper, "token: allowance too low", signature)
    world.node.send(trader, world.token, "approve", desk.book, MAX_UINT256)
    check_executed(desk, order, keeper, signature)


# ---- K13 ----


def test_k13__execution__takes_nothing_that_could_be_chosen(desk):
    """Unstoppable #182: whoever executed an order chose the path of its trade, or its price."""
    calls = [abi for abi in desk.book.contract_type.methods if abi.name.startswith("execute")]
    assert len(calls) == 4
    for abi in calls:
        names = {item.name for item in abi.inputs}
        assert names <= {"order", "signature", "permit", "receiver"}, abi.selector


def test_k13__whoever_executes__the_outcome_is_the_same(desk, world, trader, keeper, attacker, lp):
    order = desk.order(trader)
    words = order.words, desk.sign(order)
    outcomes = set()
    for sender, receiver in ((keeper, keeper), (attacker, lp), (trader, attacker)):
        calls = [
            Call(sender, desk.book, "execute", (*words, receiver)),
            Call(sender, world.vault, "get_market"),
            Call(sender, world.vault, "get_position", (trader, 1)),
        ]
        (found,) = simulate(world.node, (world.now + 5, calls))
        outcomes.add(tuple(outcome.result for outcome in found))
    assert len(outcomes) == 1


# ---- K17 ----


def test_k17__chain_splits__old_orders_are_good_on_one_side_only(desk, world, trader, keeper):
    """GMX #152: the domain was computed once, at birth; after a fork of the chain every order was
    good on both sides."""
    order, node = desk.order(trader), world.node
    digest = desk.view("order_digest", order.words)
    calls = [
        Call(keeper, desk.book, "execute", (order.words, sign(trader, message)))
        for message in (desk.message(order), desk.message(order, chainId=desk.chain_id + 1))
    ]
    node.request("anvil_setChainId", desk.chain_id + 1)
    try:
        assert desk.view("order_digest", order.words) != digest
        ((old, new),) = simulate(node, (world.now + 1, calls))
    finally:
        node.request("anvil_setChainId", desk.chain_id)
    assert not old.is_success
    assert new.is_success
    ((old, new),) = simulate(node, (world.now + 1, calls))
    assert old.is_success
    assert not new.is_success
