"""Permits and a trade in one transaction, for nobody but the sender."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256
from bulkhead.orders.types import NO_PERMIT, Permit, Trigger
from tests.order_kit import Desk
from tests.unit.router.conftest import SIZE

MARGIN = 1_500  # whole tokens


def margin(desk) -> int:
    return desk.world.units(MARGIN)


@pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)
def test_adjust_position__two_signatures__opens_without_an_approval(desk, trader, side):
    """The wallet has sent nothing before."""
    done = desk.adjust(
        trader,
        side * SIZE,
        margin(desk),
        permit=desk.permit(trader, margin(desk)),
        operators=(desk.operator(trader, desk.router),),
    )
    size, left = done.result
    position = desk.world.position(trader, 1)
    assert (size, left) == (position.size, position.margin)
    assert position.size == side * SIZE
    assert done.names[0] == "OperatorSet"
    assert done.event("PositionAdjusted")["owner"] == trader.address


def test_adjust_position__order_book_permitted__attached_orders_follow(
    desk, project, owner, trader, keeper, side
):
    """Take profit and stop are signed before there is a position; one of them executes."""
    world = desk.world
    book = Desk(world, owner.deploy(project.OrderBook, desk.factory), desk.factory, desk.people)
    terms = {"size_delta": -side * SIZE, "margin_delta": 0, "reduce_only": True, "nonce": 7}
    life = {"valid_from": world.now, "opened_at": world.now + 600}
    above, below = Trigger.PRICE_AT_OR_ABOVE, Trigger.PRICE_AT_OR_BELOW
    any_high, any_low = {"trigger": above, "trigger_value": 0}, {"trigger": below}
    any_low["trigger_value"] = MAX_UINT256
    take_profit, stop = (any_high, any_low) if side > 0 else (any_low, any_high)
    exits = [book.order(trader, **terms, **life, **trigger) for trigger in (take_profit, stop)]
    desk.adjust(
        trader,
        side * SIZE,
        margin(desk),
        permit=desk.permit(trader, margin(desk)),
        operators=(
            desk.operator(trader, desk.router),
            desk.operator(trader, book.book, nonce=1),
        ),
    )
    world.advance(1)
    book.execute(exits[0], keeper)
    assert world.position(trader, 1).size == 0
    book.refuse("orders: already executed", exits[1], keeper)


def test_adjust_position__allowance_and_operator_there__needs_no_signature(desk, trader, side):
    world = desk.world
    world.send("set_operator", desk.router, True, sender=trader)
    world.node.send(trader, world.token, "approve", desk.router, margin(desk))
    desk.adjust(trader, side * SIZE, margin(desk))
    assert world.node.view(world.token, "allowance", trader, desk.router) == 0


def test_adjust_position__withdrawal__goes_to_the_sender(desk, trader, side):
    world = desk.world
    world.send("set_operator", desk.router, True, sender=trader)
    world.adjust(trader, 1, side * SIZE, margin(desk))
    before = world.balance(trader)
    desk.adjust(trader, 0, -world.units(100))
    assert world.balance(trader) == before + world.units(100)


def test_adjust_position__permits_handed_in_before__opens_all_the_same(
    desk, trader, attacker, side
):
    """K16: somebody has seen the signatures and been faster."""
    world = desk.world
    permit, operator = desk.permit(trader, margin(desk)), desk.operator(trader, desk.router)
    world.node.send(attacker, world.token, "permit", trader, desk.router, *permit.words)
    modelled = (trader, desk.router, True, operator[1])
    signature = operator[2]
    world.send("permit_operator", *modelled, signature, sender=attacker, modelled=(*modelled, True))
    desk.adjust(trader, side * SIZE, margin(desk), permit=permit, operators=(operator,))


def call(desk, **changes):
    """Arguments of `adjust_position`: an open of the sender's position 1."""
    values = {
        "vault": desk.world.vault,
        "position_id": 1,
        "size_delta": SIZE,
        "margin_delta": margin(desk),
        "acceptable_price": MAX_UINT256,
        "permit": NO_PERMIT.words,
        "operators": [],
    }
    return tuple((values | changes).values())


def test_adjust_position__not_an_operator__reverts(desk, trader):
    permit = desk.permit(trader, margin(desk)).words
    reason = "vault: not owner or operator"
    desk.refuse(reason, trader, "adjust_position", *call(desk, permit=permit))


def test_adjust_position__somebody_elses_operator_permit__reverts(desk, trader, attacker):
    """The owner is always the sender, so the signature is of nobody."""
    operators = [desk.operator(trader, desk.router)]
    reason = "vault: signature invalid"
    desk.refuse(reason, attacker, "adjust_position", *call(desk, operators=operators))


def test_adjust_position__somebody_elses_token_permit__reverts(desk, trader, attacker):
    """K1: what is pulled is the sender's."""
    permit = desk.permit(trader, margin(desk)).words
    reason = "tokens: permit refused"
    desk.refuse(reason, attacker, "adjust_position", *call(desk, permit=permit))


def test_adjust_position__anothers_allowance__is_not_reached(desk, trader, attacker):
    """The trader has allowed and authorised the router without limit: nobody else can use it."""
    world = desk.world
    world.node.send(trader, world.token, "approve", desk.router, MAX_UINT256)
    world.send("set_operator", desk.router, True, sender=trader)
    world.send("set_operator", desk.router, True, sender=attacker)
    before = world.balance(trader)
    desk.refuse("token: allowance too low", attacker, "adjust_position", *call(desk))
    assert world.balance(trader) == before


def test_adjust_position__permit_expired__reverts(desk, trader):
    permit = desk.permit(trader, margin(desk), deadline=desk.world.now).words
    reason = "tokens: permit refused"
    desk.refuse(reason, trader, "adjust_position", *call(desk, permit=permit))


def test_adjust_position__unknown_vault__reverts(desk, project, owner, trader):
    """R1: it would be handed what it asks for."""
    world = desk.world
    world.node.send(trader, world.token, "approve", desk.router, MAX_UINT256)
    vault = owner.deploy(project.MockReentrant)
    desk.refuse("router: not a vault", trader, "adjust_position", *call(desk, vault=vault))


def test_adjust_position__vault_refuses__takes_everything_back(desk, trader):
    """The permits are as good afterwards as before."""
    world = desk.world
    permit: Permit = desk.permit(trader, margin(desk))
    operators = (desk.operator(trader, desk.router),)
    beyond = call(desk, permit=permit.words, operators=list(operators), acceptable_price=1)
    desk.refuse("vault: price beyond acceptable", trader, "adjust_position", *beyond)
    assert not world.view("is_operator", trader, desk.router)
    desk.adjust(trader, SIZE, margin(desk), permit=permit, operators=operators)
