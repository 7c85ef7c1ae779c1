"""Odd, broken and hostile assets under orders: the book keeps nothing, and is not entered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bulkhead.model import MAX_UINT256, WAD
from bulkhead.orders.types import NO_PERMIT
from tests.kit import any_price, build
from tests.mocks import FalseMode
from tests.node import decode_output, method
from tests.order_kit import FEE, SIZE, Desk, build_desk

ODD = ("Odd", "ODD", 6)


@pytest.fixture
def over(chain, project, owner, people, lp, worlds) -> Callable[..., Desk]:
    """A desk over a new token: `over("MockTokenFee", "Odd", "ODD", 6, 0)`."""

    def make(name: str, *arguments: Any) -> Desk:
        token = owner.deploy(getattr(project, name), *arguments)
        world = build(chain, project, owner, people, lp=lp, token=token)
        worlds.append(world)
        return build_desk(project, owner, world, people)

    return make


def switch(desk: Desk, function: str, *arguments: Any) -> None:
    desk.world.node.send(desk.world.owner, desk.world.token, function, *arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("MockTokenNoReturn", ODD), ("MockTokenHooked", ODD), ("MockTokenFee", (*ODD, 0))],
)
def test_orders__odd_token__opens_and_closes(over, trader, keeper, side, name, arguments):
    """No return value, like USDT; hooks of nobody; a fee that is off."""
    desk = over(name, *arguments)
    desk.execute(desk.order(trader, side), keeper)
    assert desk.execute(desk.exit(trader), keeper).outcome.size == 0


def test_orders__token_answers_false__reverts(over, trader, keeper):
    desk = over("MockTokenFalse", *ODD)
    switch(desk, "set_mode", FalseMode.REFUSING)
    desk.world.is_mirrored = False
    desk.refuse("tokens: refused", desk.order(trader), keeper)


def test_orders__token_lies__vault_refuses(over, trader, keeper):
    """It answers true and moves nothing; the vault counts."""
    desk = over("MockTokenFalse", *ODD)
    desk.execute(desk.order(trader, position_id=2, nonce=2), keeper)
    switch(desk, "set_mode", FalseMode.LYING)
    desk.world.is_mirrored = False
    desk.refuse("vault: wrong amount received", desk.order(trader), keeper)


def test_orders__token_takes_a_fee__reverts(over, trader, keeper, attacker):
    """What arrives is less than the vault is to get; a gift that lies in the book makes up for
    the first of two fees only."""
    desk = over("MockTokenFee", *ODD, 0)
    desk.execute(desk.order(trader, position_id=2, nonce=2), keeper)
    world = desk.world
    world.is_mirrored = False
    world.node.send(attacker, world.token, "transfer", desk.book, world.units(1_000))
    switch(desk, "set_fee", WAD // 100)
    desk.refuse("vault: wrong amount received", desk.order(trader), keeper)
    assert desk.wallets()[desk.book.address] == world.units(1_000)


def test_orders__gift_to_the_book__is_nobodys(over, trader, keeper, attacker, side):
    """What lies here by mistake is paid to no one, and counts for nothing."""
    desk = over("MockToken", *ODD)
    desk.world.node.send(attacker, desk.world.token, "transfer", desk.book, 12_345)
    desk.execute(desk.order(trader, side), keeper)
    desk.execute(desk.exit(trader), keeper)
    assert desk.wallets()[desk.book.address] == 12_345


def test_orders__owner_blocked__exit_by_order_reverts_and_loses_nothing(over, trader, keeper):
    """The owner may still close in the vault, and name another receiver."""
    desk = over("MockTokenBlacklist")
    desk.open(trader)
    world = desk.world
    switch(desk, "set_blacklisted", trader, True)
    world.is_mirrored = False
    receipt = desk.attempt(desk.exit(trader), desk.sign(desk.exit(trader)), keeper)
    assert not receipt.is_success
    assert world.position(trader, 1).size == SIZE
    world.send("close_position", 1, 0, trader, keeper, sender=trader)


# ---- re-entry ----

SELECTORS = {
    "execute",
    "execute_with_permit",
    "cancel",
    "cancel_all",
    "order_status",
    "epoch_of",
    "order_digest",
}
OTHERS = {"simulate", "try_call", "FACTORY"}
"""The first two take back whatever they do, the last never changes."""


def test_orders__selectors__all_are_tried(desk):
    names = {abi.name for abi in desk.book.contract_type.methods}
    assert names == SELECTORS | OTHERS


@pytest.mark.parametrize("function", sorted(SELECTORS | {"simulate"}))
def test_orders__keeper_re_enters__refused(over, project, owner, trader, keeper, function):
    """A keeper's contract is handed control with its fee, while an order executes."""
    desk = over("MockTokenHooked", *ODD)
    world = desk.world
    hook = owner.deploy(project.MockReentrant)
    switch(desk, "set_hook", hook, hook)
    other = desk.order(trader, position_id=2, nonce=7, keeper_fee=0)
    signed = (other.words, desk.sign(other))
    arguments = {
        "execute": signed,
        "execute_with_permit": (*signed, NO_PERMIT.words),
        "simulate": (*signed, NO_PERMIT.words),
        "cancel": ([1],),
        "order_status": (trader, 0),
        "epoch_of": (trader,),
        "order_digest": (other.words,),
    }.get(function, ())
    payload = bytes(getattr(desk.book, function).encode_input(*arguments))
    world.node.send(owner, hook, "set_target", desk.book, payload)
    desk.execute(desk.order(trader), keeper, receiver=hook)
    assert world.balance(hook) == world.units(FEE)
    assert world.node.view(hook, "hook_count") == 2  # before and after the transfer
    for index in range(2):
        _, is_success, returned = world.node.view(hook, "get_hook_call", index)
        if function == "simulate":
            answer = decode_output(method(desk.book, "simulate", 3), returned)
            assert answer[0] is False
            assert answer[2] == "reverted without a reason"
        else:
            assert not is_success
            assert returned == b""
    assert world.position(trader, 2).size == 0


def test_orders__signer_re_enters_the_vault__book_pulls_for_no_other(
    over, project, owner, trader, trader2, keeper
):
    """While the margin lies in the book, nobody can make the vault pull it for another position."""
    desk = over("MockTokenHooked", *ODD)
    world = desk.world
    hook = owner.deploy(project.MockReentrant)
    switch(desk, "set_hook", desk.book, hook)
    call = (2, WAD, world.units(500), MAX_UINT256, trader2)
    payload = bytes(world.vault.adjust_position.encode_input(*call))
    world.node.send(owner, hook, "set_target", world.vault, payload)
    world.send("set_operator", hook, True, sender=trader2)
    before = desk.wallets()[trader2.address]
    desk.execute(desk.order(trader), keeper)
    assert world.node.view(hook, "hook_count") > 0
    _, is_success, _ = world.node.view(hook, "get_hook_call", 0)
    assert not is_success  # it pulls from the hook, which has nothing
    assert world.position(trader2, 2).size == 0
    assert desk.wallets()[trader2.address] == before


@pytest.mark.parametrize("is_same_side", [True, False], ids=["same side", "other side"])
def test_orders__signer_opens_while_his_margin_is_pulled__book_keeps_nothing(
    over, project, owner, trader, keeper, side, is_same_side
):
    """For an order that opens the book does not count what the vault pays. What the signer's hook
    opens while his margin is pulled is added to, or cannot be closed."""
    desk = over("MockTokenHooked", *ODD)
    world = desk.world
    hook = owner.deploy(project.MockReentrant)
    world.node.send(owner, world.token, "mint", hook, world.units(10_000))
    world.node.send(hook, world.token, "approve", world.vault, MAX_UINT256)
    world.send("set_operator", hook, True, sender=trader)
    switch(desk, "set_hook", trader, hook)
    half = side * (SIZE if is_same_side else -SIZE) // 2
    call = (1, half, world.units(2_000), any_price(half), trader)
    payload = bytes(world.vault.adjust_position.encode_input(*call))
    world.node.send(owner, hook, "set_target", world.vault, payload)
    world.is_mirrored = False
    order = desk.order(trader, side)
    if is_same_side:
        desk.execute(order, keeper)  # it looks at the book's wallet
        assert world.position(trader, 1).size == side * SIZE * 3  # by margin, order and fee
    else:
        desk.refuse("vault: increased in this block", order, keeper)
    assert desk.wallets()[desk.book.address] == 0
