"""Liquidity with one signature and one transaction."""

from __future__ import annotations

import pytest

from bulkhead.orders.types import NO_PERMIT


@pytest.mark.parametrize("decimals", [6, 18], indirect=True)
def test_deposit__permit__shares_to_the_sender(desk, trader):
    world = desk.world
    assets = world.units(1_000)
    permit = desk.permit(trader, assets)
    modelled = [("deposit", (assets, trader, 0))]
    done = desk.send(trader, "deposit", world.vault, assets, 0, permit.words, modelled=modelled)
    assert done.result == world.view("balanceOf", trader) > 0
    assert done.event("Deposit")["owner"] == trader.address


def test_deposit__fewer_shares_than_bound__reverts(desk, trader):
    world = desk.world
    assets = world.units(1_000)
    shares = world.view("previewDeposit", assets)
    permit = desk.permit(trader, assets).words
    arguments = world.vault, assets, shares + 1, permit
    desk.refuse("vault: bound missed", trader, "deposit", *arguments)


def test_deposit__without_allowance__reverts(desk, trader):
    world = desk.world
    arguments = world.vault, world.units(1), 0, NO_PERMIT.words
    desk.refuse("token: allowance too low", trader, "deposit", *arguments)


def test_deposit__unknown_vault__reverts(desk, trader, attacker):
    desk.refuse("router: not a vault", trader, "deposit", attacker, 1, 0, NO_PERMIT.words)
