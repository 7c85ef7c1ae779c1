"""Odd, broken and hostile assets: the router keeps nothing, and is not entered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bulkhead.model import MAX_UINT256, WAD
from bulkhead.orders.types import NO_PERMIT
from tests.kit import build
from tests.mocks import FalseMode
from tests.router_kit import RouterDesk
from tests.unit.router.conftest import SIZE, build_router
from tests.unit.router.test_adjust_position import MARGIN, call, margin

ODD = ("Odd", "ODD", 6)


@pytest.fixture
def over(chain, project, owner, people, lp, trader, worlds) -> Callable[..., RouterDesk]:
    """A desk over a new token; the trader has allowed everything."""

    def make(name: str, *arguments: Any) -> RouterDesk:
        token = owner.deploy(getattr(project, name), *arguments)
        world = build(chain, project, owner, people, lp=lp, token=token)
        worlds.append(world)
        desk = build_router(project, owner, world, people)
        world.node.send(trader, token, "approve", desk.router, MAX_UINT256)
        world.send("set_operator", desk.router, True, sender=trader)
        return desk

    return make


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("MockTokenNoReturn", ODD), ("MockTokenHooked", ODD), ("MockTokenFee", (*ODD, 0))],
)
def test_router__odd_token__opens(over, trader, side, name, arguments):
    """No return value, like USDT; hooks of nobody; a fee that is off."""
    over(name, *arguments).adjust(trader, side * SIZE, 1_500 * 10**6)


def test_router__token_answers_false__reverts(over, owner, trader):
    desk = over("MockTokenFalse", *ODD)
    desk.world.node.send(owner, desk.world.token, "set_mode", FalseMode.REFUSING)
    desk.refuse("tokens: refused", trader, "adjust_position", *call(desk))


def test_router__token_takes_a_fee__reverts(over, owner, trader, attacker):
    """Less arrives than the vault is to get, and a gift in the router does not make up for it in
    the vault."""
    desk = over("MockTokenFee", *ODD, 0)
    world = desk.world
    world.node.send(attacker, world.token, "transfer", desk.router, margin(desk))
    world.node.send(owner, world.token, "set_fee", WAD // 100)
    world.is_mirrored = False
    desk.refuse("vault: wrong amount received", trader, "adjust_position", *call(desk))
    assert desk.holdings() == margin(desk)


def test_router__token_re_enters__refused_inside(over, project, owner, trader, attacker):
    """The hook of the sender's tokens, while they are in the router, calls every function of it."""
    desk = over("MockTokenHooked", *ODD)
    world = desk.world
    hook = owner.deploy(project.MockReentrant)
    world.node.send(owner, world.token, "set_hook", desk.router, hook)
    inner = {
        "adjust_position": call(desk),
        "close_positions": ([],),
        "deposit": (world.vault, 1, 0, NO_PERMIT.words),
    }
    for position_id, (function, arguments) in enumerate(inner.items(), 1):
        data = getattr(desk.router, function).encode_input(*arguments)
        world.node.send(owner, hook, "set_target", desk.router, data)
        desk.adjust(trader, SIZE, desk.world.units(MARGIN), position_id=position_id)
        count = world.node.view(hook, "hook_count")
        assert count > 0
        calls = [world.node.view(hook, "get_hook_call", i) for i in range(count)]
        assert not any(is_success for _, is_success, _ in calls), function
