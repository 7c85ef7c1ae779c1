"""The signer's allowance by EIP-2612, in the same transaction."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256
from bulkhead.orders.types import Permit
from tests.kit import build
from tests.order_kit import FEE, MARGIN, Desk, build_desk


@pytest.fixture(scope="module")
def built_desk(chain, project, owner, people, lp, guardian, decimals) -> Desk:
    token = owner.deploy(project.MockTokenPermit, "Dollar", "USD", decimals)
    changes = {"guardian": guardian.address, "decimals": decimals, "token": token}
    world = build(chain, project, owner, people, lp=lp, **changes)
    return build_desk(project, owner, world, people)


@pytest.fixture
def desk(built_desk: Desk, worlds, trader) -> Desk:
    """The trader has allowed nothing."""
    twin = built_desk.fork(built_desk.world.fork())
    worlds.append(twin.world)
    twin.world.node.send(trader, twin.world.token, "approve", twin.book, 0)
    return twin


def allowance(desk: Desk, account) -> int:
    return desk.world.node.view(desk.world.token, "allowance", account, desk.book)


def test_execute_with_permit__exact__executes_and_leaves_no_allowance(desk, trader, keeper, side):
    permit = desk.permit(trader, desk.world.units(MARGIN + FEE))
    done = desk.execute(desk.order(trader, side), keeper, permit=permit)
    assert done.outcome.keeper_fee == desk.world.units(FEE)
    assert allowance(desk, trader) == 0


def test_execute_with_permit__receiver_named__gets_the_fee(desk, trader, keeper, attacker):
    permit = desk.permit(trader, desk.world.units(MARGIN + FEE))
    before = desk.wallets()[attacker.address]
    desk.execute(desk.order(trader), keeper, permit=permit, receiver=attacker)
    assert desk.wallets()[attacker.address] == before + desk.world.units(FEE)


def test_execute_with_permit__handed_in_before__executes_on_the_allowance(
    desk, trader, keeper, attacker
):
    permit = desk.permit(trader, desk.world.units(MARGIN + FEE))
    token = desk.world.token
    desk.world.node.send(attacker, token, "permit", trader, desk.book, *permit.words)
    desk.execute(desk.order(trader), keeper, permit=permit)


def test_execute_with_permit__none__as_execute(desk, trader, trader2, keeper):
    none = Permit(0, 0, 0, bytes(32), bytes(32))
    desk.execute(desk.order(trader2), keeper, permit=none)


@pytest.mark.parametrize("fault", ["expired", "another spender", "another signer"])
def test_execute_with_permit__bad_and_no_allowance__reverts(desk, trader, trader2, keeper, fault):
    value = desk.world.units(MARGIN + FEE)
    permit = {
        "expired": lambda: desk.permit(trader, value, deadline=desk.world.now - 1),
        "another spender": lambda: desk.permit(trader, value, spender=keeper),
        "another signer": lambda: desk.permit(trader2, value),
    }[fault]()
    desk.world.is_mirrored = False  # the model knows no permits
    desk.refuse("tokens: permit refused", desk.order(trader), keeper, permit=permit)


def test_execute_with_permit__too_small__reverts(desk, trader, keeper):
    permit = desk.permit(trader, desk.world.units(MARGIN + FEE) - 1)
    desk.world.is_mirrored = False
    desk.refuse("token: allowance too low", desk.order(trader), keeper, permit=permit)
    assert allowance(desk, trader) == 0


def test_execute_with_permit__token_without_permits__executes_on_the_allowance(
    project, owner, people, world, trader, keeper
):
    other = build_desk(project, owner, world, people)
    permit = Permit(1, MAX_UINT256, 27, bytes(32), bytes(32))
    other.execute(other.order(trader), keeper, permit=permit)


def test_execute_with_permit__unknown_vault__calls_nothing(desk, trader, keeper):
    order = desk.order(trader, vault=desk.world.token)
    permit = desk.permit(trader, 1)
    desk.world.is_mirrored = False
    desk.refuse("orders: unknown vault", order, keeper, permit=permit)
