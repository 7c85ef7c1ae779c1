"""Every reason for which the book, or the vault behind it, refuses an order."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256
from tests.kit import ASK
from tests.mocks import WalletFault
from tests.node import revert_reason
from tests.order_kit import FIELDS, SIZE, changed
from tests.signing import sign, typed, with_high_s

ZERO_ADDRESS = "0x" + "00" * 20


# ---- vault and signer ----


def test_execute__unknown_vault__reverts(desk, trader, keeper):
    desk.refuse("orders: unknown vault", desk.order(trader, vault=keeper), keeper)


def test_execute__vault_of_another_factory__reverts(desk, make_world, trader, keeper):
    other = make_world()
    desk.refuse("orders: unknown vault", desk.order(trader, vault=other.vault), keeper)


def test_execute__signer_not_operator__reverts(desk, trader, attacker):
    order = desk.order(trader, signer=attacker)
    desk.refuse("orders: not owner or operator", order, attacker)


def test_execute__operator_no_more__reverts(desk, world, trader, trader2, keeper):
    world.send("set_operator", trader2, True, sender=trader)
    order = desk.order(trader, signer=trader2)
    signature = desk.sign(order)
    world.send("set_operator", trader2, False, sender=trader)
    receipt = desk.attempt(order, signature, keeper)
    assert revert_reason(receipt.output) == "orders: not owner or operator"


def test_execute__signed_by_another__reverts(desk, trader, attacker):
    order = desk.order(trader)
    desk.refuse("orders: signature invalid", order, attacker, signature=desk.sign(order, attacker))


def test_execute__operators_signature_for_an_order_that_names_the_owner__reverts(
    desk, world, trader, trader2, keeper
):
    """Who pays is named by the order, not found by the signature."""
    world.send("set_operator", trader2, True, sender=trader)
    order = desk.order(trader)
    desk.refuse("orders: signature invalid", order, keeper, signature=desk.sign(order, trader2))


def test_execute__high_s__reverts(desk, trader, keeper):
    order = desk.order(trader)
    twin = with_high_s(desk.sign(order))
    desk.refuse("orders: signature invalid", order, keeper, signature=twin)


@pytest.mark.parametrize("length", [0, 64, 66, 1024])
def test_execute__other_length__reverts(desk, trader, keeper, length):
    order = desk.order(trader)
    signature = (desk.sign(order) * 16)[:length]
    desk.refuse("orders: signature invalid", order, keeper, signature=signature)


def test_execute__zero_owner__reverts(desk, keeper):
    order = desk.order(ZERO_ADDRESS)
    garbage = bytes(64) + b"\x1b"
    desk.refuse("orders: signature invalid", order, keeper, signature=garbage)


def test_execute__wallet_refuses__its_reason_comes_through(desk, project, owner, world, keeper):
    wallet = owner.deploy(project.MockWallet, [owner], 1)
    wallet.set_fault(WalletFault.REVERT, sender=owner)
    order = desk.order(wallet)
    receipt = desk.attempt(order, sign(owner, desk.message(order)), keeper)
    assert revert_reason(receipt.output) == "wallet: fault"
    assert desk.simulate(order, b"", keeper)[2] == "wallet: fault"


# ---- nonce ----


def test_execute__twice__reverts(desk, world, trader, keeper):
    order = desk.order(trader)
    desk.execute(order, keeper)
    world.close(trader, 1)
    desk.refuse("orders: already executed", order, keeper)


def test_execute__cancelled__reverts(desk, trader, keeper):
    desk.cancel(trader, 0)
    desk.refuse("orders: cancelled", desk.order(trader), keeper)


def test_execute__epoch_past__reverts(desk, trader, keeper):
    desk.cancel_all(trader)
    desk.refuse("orders: cancelled", desk.order(trader), keeper)


def test_execute__epoch_to_come__reverts_until_it_begins(desk, trader, keeper):
    order = desk.order(trader, nonce=2**64)
    desk.refuse("orders: epoch not begun", order, keeper)
    desk.cancel_all(trader)
    desk.execute(order, keeper)


# ---- position ----


def test_execute__opening_where_a_position_is__reverts(desk, trader, keeper, side):
    desk.open(trader, side)
    desk.refuse("orders: position exists", desk.order(trader, side), keeper)


def test_execute__no_position__reverts(desk, world, trader, keeper):
    order = desk.order(trader, opened_at=world.now)
    desk.refuse("orders: no such position", order, keeper)


def test_execute__closed_and_opened_again__reverts(desk, world, trader, keeper, side):
    desk.open(trader, side)
    order = desk.exit(trader)
    world.close(trader, 1)
    desk.open(trader, side)
    desk.refuse("orders: another position", order, keeper)


@pytest.mark.parametrize("size_delta", [SIZE, 0], ids=["increase", "no change"])
def test_execute__reduce_only_that_does_not_reduce__reverts(desk, trader, keeper, side, size_delta):
    desk.open(trader, side)
    order = desk.exit(trader, size_delta=side * size_delta)
    desk.refuse("orders: not a reduction", order, keeper)


def test_execute__reduce_only_without_position__reverts(desk, trader, keeper, side):
    order = desk.order(trader, side, reduce_only=True)
    desk.refuse("orders: not a reduction", order, keeper)


# ---- the vault's own ----


def test_execute__price_beyond_acceptable__vault_refuses(desk, trader, keeper):
    order = desk.order(trader, acceptable_price=ASK - 1)
    desk.refuse("vault: price beyond acceptable", order, keeper)


def test_execute__no_live_price__vault_refuses(desk, world, trader, keeper, side):
    world.set_live(False)
    desk.refuse("vault: no live price", desk.order(trader, side), keeper)


def test_execute__nothing_to_do__vault_refuses(desk, trader, keeper):
    desk.open(trader)
    order = desk.exit(trader, size_delta=0, reduce_only=False)
    desk.refuse("vault: zero amount", order, keeper)


def test_execute__flip__vault_refuses(desk, trader, keeper, side):
    desk.open(trader, side)
    order = desk.exit(trader, size_delta=-side * (SIZE + 1), reduce_only=False)
    desk.refuse("vault: flip through zero", order, keeper)


def test_execute__too_little_margin__vault_refuses(desk, world, trader, keeper, side):
    order = desk.order(trader, side, margin_delta=world.units(500))
    desk.refuse("vault: below initial ratio", order, keeper)


def test_execute__book_is_no_operator__vault_refuses(desk, world, trader, keeper):
    world.send("set_operator", desk.book, False, sender=trader)
    desk.refuse("vault: not owner or operator", desk.order(trader), keeper)


# ---- the token's ----


def test_execute__allowance_too_low__reverts_as_a_whole(desk, world, trader, keeper):
    """For the margin it is enough, for the fee it is not."""
    order = desk.order(trader)
    world.node.send(trader, world.token, "approve", desk.book, order.margin_delta)
    world.is_mirrored = False  # the model knows no wallets
    desk.refuse("token: allowance too low", order, keeper)
    assert world.position(trader, 1).size == 0


@pytest.mark.parametrize("margin", [2**127, 2**255 - 1])
def test_execute__more_margin_than_there_is__reverts(desk, world, trader, keeper, margin):
    world.is_mirrored = False
    desk.refuse("token: balance too low", desk.order(trader, margin_delta=margin), keeper)


def test_execute__endless_fee__reverts(desk, world, trader, keeper):
    world.is_mirrored = False
    desk.refuse("token: balance too low", desk.order(trader, keeper_fee=MAX_UINT256), keeper)


# ---- extremes ----


@pytest.mark.parametrize("size_delta", [2**255 - 1, -(2**255)])
def test_execute__size_at_the_end_of_the_type__vault_refuses(desk, trader, keeper, size_delta):
    order = desk.order(trader, size_delta=size_delta)
    desk.refuse("vault: open interest full", order, keeper)


def test_execute__order_far_in_the_future__reverts(desk, trader, keeper):
    order = changed(desk.order(trader), valid_from=MAX_UINT256, deadline=MAX_UINT256)
    desk.refuse("orders: not valid yet", order, keeper)


def test_execute__margin_out_at_the_end_of_the_type__vault_refuses(desk, trader, keeper):
    desk.open(trader)
    order = desk.exit(trader, size_delta=0, margin_delta=-(2**255), reduce_only=False)
    desk.refuse("vault: below min margin", order, keeper)


def test_execute__trigger_of_none__reverts(desk, trader, keeper):
    words = [*desk.order(trader).words]
    words[9] = 4
    signature = sign(trader, typed(desk.domain(), "Order", FIELDS, *words))
    receipt = desk.attempt(tuple(words), signature, keeper)
    assert revert_reason(receipt.output) == "orders: unknown trigger"
