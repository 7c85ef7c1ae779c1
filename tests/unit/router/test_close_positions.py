"""Several positions closed in one transaction, all or none."""

from __future__ import annotations

from bulkhead.model import MAX_UINT256
from tests.unit.router.conftest import SIZE


def closes(desk, *ids: int, side: int):
    bound = 0 if side > 0 else MAX_UINT256
    return [(desk.world.vault.address, each, bound) for each in ids]


def open_two(desk, trader, side):
    world = desk.world
    for position_id in (1, 2):
        world.adjust(trader, position_id, side * SIZE, world.units(1_500))
    world.send("set_operator", desk.router, True, sender=trader)


def test_close_positions__two__paid_to_the_sender(desk, trader, side):
    open_two(desk, trader, side)
    world = desk.world
    before = world.balance(trader)
    wanted = closes(desk, 1, 2, side=side)
    modelled = [("close_position", (each, bound, trader, trader)) for _, each, bound in wanted]
    done = desk.send(trader, "close_positions", wanted, modelled=modelled)
    assert sum(done.result) == world.balance(trader) - before > 0
    assert world.position(trader, 1).size == world.position(trader, 2).size == 0


def test_close_positions__none__does_nothing(desk, trader):
    assert list(desk.send(trader, "close_positions", [], modelled=[]).result or ()) == []


def test_close_positions__one_is_unknown__closes_none(desk, trader, side):
    open_two(desk, trader, side)
    wanted = closes(desk, 1, 2, 3, side=side)
    desk.refuse("vault: unknown position", trader, "close_positions", wanted)
    assert desk.world.position(trader, 1).size != 0


def test_close_positions__of_somebody_else__reverts(desk, trader, attacker, side):
    """The attacker has made the router an operator, too; the owner is the sender all the same."""
    open_two(desk, trader, side)
    desk.world.send("set_operator", desk.router, True, sender=attacker)
    wanted = closes(desk, 1, side=side)
    desk.refuse("vault: unknown position", attacker, "close_positions", wanted)


def test_close_positions__unknown_vault__reverts(desk, trader, attacker, side):
    open_two(desk, trader, side)
    wanted = [*closes(desk, 1, side=side), (attacker.address, 1, 0)]
    desk.refuse("router: not a vault", trader, "close_positions", wanted)
