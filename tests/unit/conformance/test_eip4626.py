"""ERC-4626, MUST by MUST. Where a price is missing, `test_erc4626_views.py` has the rest."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bulkhead.model import MAX_UINT256
from tests.mocks import OracleFault
from tests.regression.support import call, run
from tests.simulation import Call

AMOUNTS = (3, 999_999, 3 * 10**9 + 7)  # asset units; shares a thousand times as many
VIEWS = ("totalAssets", "convertToShares", "convertToAssets")
LIMITS = ("maxDeposit", "maxMint", "maxWithdraw", "maxRedeem")
WAYS = ("deposit", "mint", "withdraw", "redeem")


def scaled(way: str, amount: int) -> int:
    """In the unit that a call counts in."""
    return amount * (1 if way in ("deposit", "withdraw") else 1_000) + (way == "redeem")


def one(world, *calls: Call):
    """Outcomes of one block a second from now."""
    return run(world, (1, list(calls)))[0]


def preview(world, account, way: str, amount: int) -> Call:
    return call(world, account, f"preview{way.capitalize()}", amount)


# ---- views ----


def test_asset__must_be_the_erc20_of_the_vault(vault):
    assert vault.view("asset") == vault.token.address.lower()


def test_total_assets__must_be_inclusive_of_fees(vault, lp, trader):
    """Of the trading fee that has just come in; the protocol's share is not the vault's."""
    opening = call(vault, trader, "adjust_position", 7, 10**18, vault.units(500), MAX_UINT256)
    before, made, after = one(
        vault, call(vault, lp, "totalAssets"), opening, call(vault, lp, "totalAssets")
    )
    fee = dict(vault.events_of(made))["PositionAdjusted"]["fee"]
    assert after.result - before.result >= fee - fee // 10 - 1


@pytest.mark.parametrize("view", ["convertToShares", "convertToAssets"])
def test_convert__must_not_vary_by_caller_and_must_round_down(vault, lp, attacker, owner, view):
    total, supply, *found = one(
        vault,
        call(vault, lp, "totalAssets"),
        call(vault, lp, "totalSupply"),
        *(call(vault, who, view, amount) for amount in AMOUNTS for who in (lp, attacker, owner)),
    )
    rate = Fraction(supply.result + 1_000, total.result + 1)
    for i, amount in enumerate(AMOUNTS):
        answers = {outcome.result for outcome in found[3 * i : 3 * i + 3]}
        exact = amount * rate if view == "convertToShares" else amount / rate
        assert answers == {exact.numerator // exact.denominator}


def test_convert__must_not_be_inclusive_of_what_entering_and_leaving_cost(vault, lp):
    """Nor of slippage: there and back is the same but for roundings."""
    shares = vault.view("convertToShares", 10**12)
    assert 10**12 - vault.view("convertToAssets", shares) <= 1


@pytest.mark.parametrize("fault", [OracleFault.REVERT, OracleFault.BURN_GAS])
def test_total_assets_convert_and_max__must_not_revert(vault, lp, fault):
    vault.set_fault(fault)
    try:
        calls = [call(vault, lp, "totalAssets")]
        calls += [call(vault, lp, view, 10**9) for view in VIEWS[1:]]
        calls += [call(vault, lp, view, lp) for view in LIMITS]
        assert all(outcome.is_success for outcome in one(vault, *calls))
    finally:
        vault.set_fault(OracleFault.NONE)


# ---- limits ----


@pytest.mark.parametrize("way", WAYS)
def test_max__must_be_the_most_that_does_not_revert(vault, lp, way):
    """`maxDeposit` and `maxMint` must not look at the balance: the LP is given what it takes."""
    (most,) = one(vault, call(vault, lp, f"max{way.capitalize()}", lp))
    assert most.result > 0
    gift = Call(vault.owner, vault.token, "mint", (lp, 2**112))
    _, made = one(vault, gift, call(vault, lp, way, most.result))
    _, beyond = one(vault, gift, call(vault, lp, way, most.result + 10**4))
    assert made.is_success
    assert not beyond.is_success


@pytest.mark.parametrize("view", ["maxWithdraw", "maxRedeem"])
def test_max__must_factor_in_limits_of_the_owner(vault, attacker, trader, view):
    """Shares that are locked, or not there."""
    locked, none = one(vault, *(call(vault, who, view, who) for who in (attacker, trader)))
    assert locked.result == none.result == 0


# ---- previews and calls ----


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("way", WAYS)
def test_preview__must_be_what_the_call_does_in_the_same_transaction(vault, lp, way, amount):
    """Deposit and redeem: no more than they give; mint and withdraw: no fewer than they take. Here
    each is exact."""
    amount = scaled(way, amount)
    said, made = one(vault, preview(vault, lp, way, amount), call(vault, lp, way, amount))
    assert made.result == said.result


@pytest.mark.parametrize("way", WAYS)
def test_preview__must_not_account_for_limits_of_the_user(vault, lp, owner, way):
    """Who has neither assets, allowance nor shares is told the same."""
    amount = scaled(way, 10**6)
    rich, poor = one(vault, *(preview(vault, who, way, amount) for who in (lp, owner)))
    assert poor.result == rich.result > 0


@pytest.mark.parametrize("way", ["withdraw", "redeem"])
def test_preview__must_not_account_for_free_liquidity(vault, lp, way):
    amount = scaled(way, vault.market().pool * 2)
    said, made = one(vault, preview(vault, lp, way, amount), call(vault, lp, way, amount))
    assert said.is_success
    assert not made.is_success


@pytest.mark.parametrize("way", ["deposit", "mint"])
def test_enter__must_take_exactly_the_assets_mint_exactly_the_shares_and_emit_deposit(
    vault, lp, trader, way
):
    amount = scaled(way, 3 * 10**9 + 7)
    purse = Call(lp, vault.token, "balanceOf", (lp,))
    shares_of = call(vault, lp, "balanceOf", trader)
    had, held, made, has, holds = one(
        vault, purse, shares_of, call(vault, lp, way, amount, trader), purse, shares_of
    )
    assets, shares = had.result - has.result, holds.result - held.result
    assert (assets, shares) == (
        (amount, made.result) if way == "deposit" else (made.result, amount)
    )
    event = {"sender": lp.address, "owner": trader.address, "assets": assets, "shares": shares}
    assert ("Deposit", event) in vault.events_of(made)


@pytest.mark.parametrize("way", ["withdraw", "redeem"])
@pytest.mark.parametrize("by", ["owner", "spender"])
def test_leave__must_burn_exactly_the_shares_send_exactly_the_assets_and_emit_withdraw(
    vault, lp, keeper, recipient, way, by
):
    """Both flows: the owner himself, and whoever has his allowance."""
    amount = scaled(way, 3 * 10**9 + 7)
    sender = lp if by == "owner" else keeper
    purse = Call(lp, vault.token, "balanceOf", (recipient,))
    shares_of = call(vault, lp, "balanceOf", lp)
    _, had, held, made, has, holds = one(
        vault,
        call(vault, lp, "approve", keeper, MAX_UINT256),
        purse,
        shares_of,
        call(vault, sender, way, amount, recipient, lp),
        purse,
        shares_of,
    )
    assets, shares = has.result - had.result, held.result - holds.result
    assert (assets, shares) == (
        (amount, made.result) if way == "withdraw" else (made.result, amount)
    )
    event = {
        "sender": sender.address,
        "receiver": recipient.address,
        "owner": lp.address,
        "assets": assets,
        "shares": shares,
    }
    assert ("Withdraw", event) in vault.events_of(made)


@pytest.mark.parametrize("way", ["deposit", "mint"])
def test_enter__not_all_of_the_assets_can_be_had__must_revert(vault, lp, owner, way):
    """No allowance, no balance; what the token says is passed on."""
    amount = scaled(way, 10**9)
    (without,) = one(vault, call(vault, owner, way, amount, lp))
    assert without.reason == "token: allowance too low"


@pytest.mark.parametrize("way", ["withdraw", "redeem"])
def test_leave__without_the_owners_allowance__must_revert(vault, lp, keeper, way):
    (made,) = one(vault, call(vault, keeper, way, scaled(way, 10**6), keeper, lp))
    assert made.reason == "vault: allowance too low"
