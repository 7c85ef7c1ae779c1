"""Orders and what stands around them: vaults of nobody, permits that others hand in first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.factory_kit import Yard
from tests.node import revert_reason
from tests.order_kit import FEE, MARGIN, SIZE, Desk, build_desk


def test_r1__order_for_a_vault_of_nobody__touches_nothing(
    yard: Yard, project: Any, attacker, trader, keeper
):
    """Penpie 2024 ($27M), GMX #205: a market that its attacker had written was traded on, and took
    what users had allowed the contract in the middle.

    With the real factory: a copy of the vault, which may say of itself what it likes, is none; an
    order for one that the factory has made comes as far as that vault's own rules.
    """
    book = yard.owner.deploy(project.OrderBook, yard.factory)
    fake = attacker.deploy(project.PairVault, yard.params(), 0)
    vault = yard.create()
    yard.node.send(trader, yard.token, "approve", book, MAX_UINT256)
    before = yard.token.balanceOf(trader)
    for place, reason in ((fake, "orders: unknown vault"), (vault, "vault: pool full")):
        yard.node.send(trader, place, "set_operator", book, True)
        world = SimpleNamespace(
            node=yard.node,
            vault=place,
            model=None,
            now=yard.node.now,
            units=lambda whole: whole * 10**6,
        )
        desk = Desk(world, book, yard.factory, [trader, keeper])
        order = desk.order(trader, size_delta=WAD, margin_delta=before // 2)
        receipt = desk.attempt(order, desk.sign(order), keeper)
        assert revert_reason(receipt.output) == reason
        assert yard.token.balanceOf(trader) == before
        assert yard.token.allowance(book, place) == 0


@pytest.mark.parametrize("is_handed_in", [False, True], ids=["first", "before"])
def test_k16__permit_handed_in_by_another__order_executes_all_the_same(
    make_world, project, owner, people, trader, keeper, attacker, is_handed_in
):
    """Whoever sees a permit in the pool of transactions can hand it in first, and the transaction
    that brings it along then failed."""
    token = owner.deploy(project.MockTokenPermit, "Dollar", "USD", 6)
    desk = build_desk(project, owner, make_world(token=token), people)
    world = desk.world
    world.node.send(trader, token, "approve", desk.book, 0)
    permit = desk.permit(trader, world.units(MARGIN + FEE))
    if is_handed_in:
        world.node.send(attacker, token, "permit", trader, desk.book, *permit.words)
    order = desk.order(trader)
    receipt = desk.attempt(order, desk.sign(order), keeper, permit=permit)
    assert receipt.is_success, revert_reason(receipt.output)
    assert world.position(trader, 1).size == SIZE
