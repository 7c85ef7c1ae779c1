"""Mock tokens: all of them are sound ERC-20s but for the one thing that each is made for."""

from __future__ import annotations

import ape
import pytest

from tests.mocks import FalseMode
from tests.unit.mocks.conftest import SUPPLY

INFINITE = 2**256 - 1
WAD = 10**18
ZERO_ADDRESS = "0x" + "00" * 20
REFUSING = ["MockToken", "MockTokenNoReturn", "MockTokenFee", "MockTokenBlacklist"]


# ---- what all have in common ----


def test_metadata__any_token__as_made(token):
    assert token.decimals() == 6
    assert token.symbol() in ("MOCK", "USDC")
    assert token.name().startswith("Mock")
    assert token.totalSupply() == SUPPLY


@pytest.mark.parametrize("decimals", [0, 2, 18, 19, 255])
def test_decimals__any_number__as_made(make_token, decimals):
    assert make_token("MockToken", "Mock", "MOCK", decimals).decimals() == decimals


def test_transfer__enough__moves_tokens(token, lp, trader):
    receipt = token.transfer(trader, 7, sender=lp)
    assert (token.balanceOf(lp), token.balanceOf(trader)) == (SUPPLY - 7, 7)
    assert token.totalSupply() == SUPPLY
    [event] = receipt.decode_logs(token.Transfer)
    assert (event.sender, event.receiver, event.value) == (lp, trader, 7)


def test_transfer__to_oneself__changes_nothing(token, lp):
    token.transfer(lp, SUPPLY, sender=lp)
    assert token.balanceOf(lp) == SUPPLY


def test_transfer_from__finite_allowance__is_counted_down(token, lp, trader, keeper):
    token.approve(trader, 10, sender=lp)
    token.transferFrom(lp, keeper, 4, sender=trader)
    assert token.allowance(lp, trader) == 6
    assert token.balanceOf(keeper) == 4


def test_transfer_from__infinite_allowance__stays(token, lp, trader):
    token.approve(trader, INFINITE, sender=lp)
    token.transferFrom(lp, trader, 4, sender=trader)
    assert token.allowance(lp, trader) == INFINITE


@pytest.mark.parametrize("name", [*REFUSING, "MockTokenHooked", "MockTokenRebasing"])
def test_transfer__more_than_balance__reverts(make_token, lp, trader, name):
    token = make_token(name)
    with ape.reverts("token: balance too low"):
        token.transfer(trader, SUPPLY + 1, sender=lp)


@pytest.mark.parametrize("name", [*REFUSING, "MockTokenHooked", "MockTokenRebasing"])
def test_transfer_from__more_than_allowance__reverts(make_token, lp, trader, name):
    token = make_token(name)
    token.approve(trader, 3, sender=lp)
    with ape.reverts("token: allowance too low"):
        token.transferFrom(lp, trader, 4, sender=trader)


@pytest.mark.parametrize("name", REFUSING)
def test_transfer__to_zero_address__reverts(make_token, lp, name):
    token = make_token(name)
    with ape.reverts("token: to zero address"):
        token.transfer(ZERO_ADDRESS, 1, sender=lp)


@pytest.mark.parametrize("name", REFUSING)
def test_approve__zero_address__reverts(make_token, lp, name):
    token = make_token(name)
    with ape.reverts("token: approve zero address"):
        token.approve(ZERO_ADDRESS, 1, sender=lp)


@pytest.mark.parametrize("name", REFUSING)
def test_mint__to_zero_address__reverts(make_token, owner, name):
    token = make_token(name)
    with ape.reverts("token: mint to zero address"):
        token.mint(ZERO_ADDRESS, 1, sender=owner)


# ---- MockToken beside the real thing ----


def test_gas__mock_token__as_openzeppelin(make_token, openzeppelin, lp, trader, keeper):
    """The bench needs 6 decimals, which no published bytecode has: ours costs about the same."""
    gas = {}
    for name, token in (("mock", make_token("MockToken")), ("real", openzeppelin)):
        token.approve(trader, INFINITE, sender=lp)
        token.transfer(trader, 1, sender=lp)
        gas[name] = [
            token.transfer(trader, 5, sender=lp).gas_used,
            token.transfer(keeper, 5, sender=lp).gas_used,
            token.transferFrom(lp, trader, 5, sender=trader).gas_used,
        ]
    print(f"\ntransfer, to a fresh account, transferFrom: {gas}")
    for mock, real in zip(gas["mock"], gas["real"], strict=True):
        assert abs(mock - real) < 500


# ---- NoReturn ----


def test_no_return__every_mover__returns_nothing(make_token, chain, lp, trader):
    token = make_token("MockTokenNoReturn")
    token.approve(lp, 10, sender=lp)
    for call in (
        token.transfer.encode_input(trader, 1),
        token.transferFrom.encode_input(lp, trader, 1),
        token.approve.encode_input(trader, 1),
    ):
        request = {"from": lp.address, "to": token.address, "data": call.to_0x_hex()}
        assert chain.provider.make_request("eth_call", [request, "latest"]) == "0x"


def test_no_return__approve_over_allowance__reverts(make_token, lp, trader):
    token = make_token("MockTokenNoReturn")
    token.approve(trader, 5, sender=lp)
    with ape.reverts("token: approve 0 first"):
        token.approve(trader, 6, sender=lp)
    token.approve(trader, 0, sender=lp)
    token.approve(trader, 6, sender=lp)
    assert token.allowance(lp, trader) == 6


# ---- False ----


def test_false__too_much__answers_false_and_moves_nothing(make_token, lp, trader, keeper):
    token = make_token("MockTokenFalse")
    token.approve(trader, 3, sender=lp)
    assert token.transfer.call(trader, SUPPLY + 1, sender=lp) is False
    assert token.transfer.call(ZERO_ADDRESS, 1, sender=lp) is False
    assert token.transferFrom.call(lp, keeper, 4, sender=trader) is False
    token.transferFrom(lp, keeper, 4, sender=trader)
    assert token.balanceOf(keeper) == 0
    assert token.allowance(lp, trader) == 3
    assert token.transferFrom.call(lp, keeper, 3, sender=trader) is True


@pytest.mark.parametrize(("mode", "answer"), [(FalseMode.REFUSING, False), (FalseMode.LYING, True)])
def test_false__mode__moves_nothing_and_answers(make_token, owner, lp, trader, mode, answer):
    token = make_token("MockTokenFalse")
    token.set_mode(mode, sender=owner)
    assert token.transfer.call(trader, 1, sender=lp) is answer
    token.transfer(trader, 1, sender=lp)
    assert token.balanceOf(trader) == 0
    token.set_mode(FalseMode.WORKING, sender=owner)
    token.transfer(trader, 1, sender=lp)
    assert token.balanceOf(trader) == 1


# ---- Fee ----


def test_fee__transfer__arrives_short(make_token, lp, trader):
    token = make_token("MockTokenFee", "Mock", "MOCK", 6, WAD // 100)
    token.transfer(trader, 1_000, sender=lp)
    assert token.balanceOf(trader) == 990
    assert token.balanceOf(lp) == SUPPLY - 1_000
    assert token.totalSupply() == SUPPLY - 10


def test_fee__transfer_from__arrives_short(make_token, owner, lp, trader):
    token = make_token("MockTokenFee")
    token.set_fee(WAD // 2, sender=owner)
    token.approve(trader, 10, sender=lp)
    token.transferFrom(lp, trader, 10, sender=trader)
    assert token.balanceOf(trader) == 5


def test_fee__above_all__reverts(make_token, owner):
    token = make_token("MockTokenFee")
    with ape.reverts("token: fee above 100 %"):
        token.set_fee(WAD + 1, sender=owner)


# ---- Blacklist ----


@pytest.mark.parametrize("blocked", ["lp", "trader", "keeper"])
def test_blacklist__owner_spender_or_receiver__reverts(
    make_token, request, owner, lp, trader, keeper, blocked
):
    token = make_token("MockTokenBlacklist")
    token.approve(trader, 10, sender=lp)
    token.set_blacklisted(request.getfixturevalue(blocked), True, sender=owner)
    with ape.reverts("token: blacklisted"):
        token.transferFrom(lp, keeper, 1, sender=trader)
    token.set_blacklisted(request.getfixturevalue(blocked), False, sender=owner)
    token.transferFrom(lp, keeper, 1, sender=trader)
    assert token.balanceOf(keeper) == 1


def test_pause__transfer_and_approve__revert(make_token, owner, lp, trader):
    token = make_token("MockTokenBlacklist")
    token.set_paused(True, sender=owner)
    with ape.reverts("token: paused"):
        token.transfer(trader, 1, sender=lp)
    with ape.reverts("token: paused"):
        token.approve(trader, 1, sender=lp)
    token.set_paused(False, sender=owner)
    token.transfer(trader, 1, sender=lp)
    assert token.balanceOf(trader) == 1


# ---- Rebasing ----


@pytest.mark.parametrize(("index", "balance"), [(WAD * 3 // 2, 1_500), (WAD // 2, 500)])
def test_rebase__both_ways__moves_every_balance(make_token, owner, lp, trader, index, balance):
    token = make_token("MockTokenRebasing")
    token.transfer(trader, 1_000, sender=lp)
    token.rebase(index, sender=owner)
    assert token.balanceOf(trader) == balance
    assert token.totalSupply() == SUPPLY * index // WAD
    token.transfer(lp, balance, sender=trader)
    assert token.balanceOf(trader) <= 1


def test_rebase__odd_index__transfer_arrives_short(make_token, owner, lp, trader):
    token = make_token("MockTokenRebasing")
    token.rebase(WAD * 7 // 5, sender=owner)
    token.transfer(trader, 1_000, sender=lp)
    assert token.balanceOf(trader) == 999


def test_rebase__zero_index__reverts(make_token, owner):
    token = make_token("MockTokenRebasing")
    with ape.reverts("token: zero index"):
        token.rebase(0, sender=owner)
