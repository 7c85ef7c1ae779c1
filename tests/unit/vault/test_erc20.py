"""The share token: ERC-20."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256

ZERO = "0x" + "00" * 20
WHOLE = 10**9  # shares: one whole token's, at 6 decimals


@pytest.mark.parametrize("decimals", [0, 6, 8, 18], indirect=True)
def test_metadata__is_that_of_birth(world, decimals):
    assert world.view("name") == world.params.name == "Bulkhead ETH/USDC"
    assert world.view("symbol") == world.params.symbol == "bhETH-USDC"
    assert world.view("decimals") == decimals + 3


# ---- transfer ----


def test_transfer__moves_the_balance(world, lp, trader):
    before = world.view("balanceOf", lp)
    done = world.send("transfer", trader, WHOLE, sender=lp)
    assert done.result is True
    assert world.view("balanceOf", lp) == before - WHOLE
    assert world.view("balanceOf", trader) == WHOLE
    assert world.view("totalSupply") == before
    expected = {"sender": lp.address, "receiver": trader.address, "value": WHOLE}
    assert done.events == [("Transfer", expected)]


@pytest.mark.parametrize("share", [0, 1])
def test_transfer__to_oneself__changes_nothing(world, lp, share):
    before = world.view("balanceOf", lp)
    world.send("transfer", lp, before * share, sender=lp)
    assert world.view("balanceOf", lp) == before


def test_transfer__everything__is_possible(world, lp, trader):
    everything = world.view("balanceOf", lp)
    world.send("transfer", trader, everything, sender=lp)
    assert world.view("balanceOf", lp) == 0
    assert world.view("balanceOf", trader) == everything


def test_transfer__nothing_by_nobody__is_possible(world, attacker, trader):
    done = world.send("transfer", trader, 0, sender=attacker)
    assert done.names == ["Transfer"]


@pytest.mark.parametrize("amount", [1, MAX_UINT256])
def test_transfer__more_than_the_balance__reverts(world, attacker, trader, amount):
    world.refuse("balance too low", "transfer", trader, amount, sender=attacker)


def test_transfer__to_the_zero_address__reverts(world, lp):
    world.refuse("zero receiver", "transfer", ZERO, 1, sender=lp)


def test_transfer__locked_shares__reverts_until_the_second(world, attacker, trader):
    world.send("deposit", world.units(10), sender=attacker)
    unlock_at = world.now + 3_600
    world.refuse("shares locked", "transfer", trader, 1, sender=attacker, at=unlock_at - 1)
    world.send("transfer", trader, 1, sender=attacker, at=unlock_at)


def test_transfer__received_shares__are_not_locked(world, lp, trader, attacker):
    world.send("transfer", trader, WHOLE, sender=lp)
    world.send("transfer", attacker, WHOLE, sender=trader)


# ---- approve and transferFrom ----


@pytest.mark.parametrize("amount", [0, WHOLE, MAX_UINT256])
def test_approve__sets_the_allowance(world, lp, attacker, amount):
    world.send("approve", attacker, 5, sender=lp)
    done = world.send("approve", attacker, amount, sender=lp)
    assert done.result is True
    assert world.view("allowance", lp, attacker) == amount
    expected = {"owner": lp.address, "spender": attacker.address, "value": amount}
    assert done.events == [("Approval", expected)]


def test_transfer_from__spends_the_allowance(world, lp, attacker, trader):
    world.send("approve", attacker, WHOLE + 3, sender=lp)
    before = world.view("balanceOf", lp)
    done = world.send("transferFrom", lp, trader, WHOLE, sender=attacker)
    assert done.result is True
    assert world.view("allowance", lp, attacker) == 3
    assert world.view("balanceOf", lp) == before - WHOLE
    assert world.view("balanceOf", trader) == WHOLE
    expected = {"sender": lp.address, "receiver": trader.address, "value": WHOLE}
    assert done.events == [("Transfer", expected)]


def test_transfer_from__infinite_allowance__stays(world, lp, attacker, trader):
    world.send("approve", attacker, MAX_UINT256, sender=lp)
    world.send("transferFrom", lp, trader, WHOLE, sender=attacker)
    assert world.view("allowance", lp, attacker) == MAX_UINT256


def test_transfer_from__allowance_too_low_by_one__reverts(world, lp, attacker):
    world.send("approve", attacker, WHOLE, sender=lp)
    arguments = (lp, attacker, WHOLE + 1)
    world.refuse("allowance too low", "transferFrom", *arguments, sender=attacker)


def test_transfer_from__own_shares_without_allowance__reverts(world, lp, trader):
    """As in OpenZeppelin's: `transferFrom` is about allowances, `transfer` is not."""
    world.refuse("allowance too low", "transferFrom", lp, trader, 1, sender=lp)


def test_transfer_from__more_than_the_balance__reverts(world, trader, attacker):
    world.send("approve", attacker, MAX_UINT256, sender=trader)
    arguments = (trader, attacker, 1)
    world.refuse("balance too low", "transferFrom", *arguments, sender=attacker)


def test_transfer_from__to_the_zero_address__reverts(world, lp, attacker):
    world.send("approve", attacker, MAX_UINT256, sender=lp)
    world.refuse("zero receiver", "transferFrom", lp, ZERO, 1, sender=attacker)


def test_transfer_from__locked_shares__reverts(world, trader, attacker):
    world.send("deposit", world.units(10), sender=trader)
    world.send("approve", attacker, MAX_UINT256, sender=trader)
    arguments = (trader, attacker, 1)
    world.refuse("shares locked", "transferFrom", *arguments, sender=attacker)


def test_allowance__of_another_spender__is_another(world, lp, trader, attacker):
    world.send("approve", trader, WHOLE, sender=lp)
    world.refuse("allowance too low", "transferFrom", lp, attacker, 1, sender=attacker)
