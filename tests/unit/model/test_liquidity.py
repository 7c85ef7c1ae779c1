"""What LPs do: ERC-4626 at prudent values, slippage bounds, free liquidity, views."""

from __future__ import annotations

import pytest

from bulkhead.model import EMPTY, MAX_UINT256, Environment, Vault
from bulkhead.model.events import Deposit, Transfer, Withdraw
from tests.unit.model.support import (
    ATTACKER,
    BIRTH,
    FREE,
    LP,
    TRADER,
    Stage,
    params_of,
    refusal,
    wad,
)

OPEN: dict[str, int] = {"lp_lockup": 0, **FREE}


def with_trader(side: int = 1, **changes: int) -> Stage:
    """A pool of 1,000,000 and 100 base at 2000 against it, worth 200,000."""
    stage = Stage(skew_scale=10**36, **{**OPEN, **changes})
    stage.adjust(100 * side, 60_000)
    stage.wait()
    stage.vault.take_events()
    return stage


@pytest.mark.parametrize("decimals", [0, 6, 18])
def test_deposit__first__mints_a_thousand_shares_per_unit(decimals: int) -> None:
    stage = Stage(decimals, pool=0)
    assert stage.vault.deposit(stage.env, LP, 7 * stage.unit, "heir") == 7_000 * stage.unit
    assert stage.vault.take_events() == [
        Transfer(EMPTY, "heir", 7_000 * stage.unit),
        Deposit(LP, "heir", 7 * stage.unit, 7_000 * stage.unit),
    ]
    assert stage.vault.flows == {LP: -7 * stage.unit}
    assert stage.vault.market.pool == 7 * stage.unit


def test_deposit__unrealised_losses_of_traders__are_paid_for() -> None:
    stage = with_trader()
    stage.set_price(1900)
    pool, supply = stage.vault.market.pool, stage.vault.supply
    shares = stage.vault.deposit(stage.env, "late", 10**12)
    nav = pool + 10_000 * stage.unit
    assert abs(shares - 10**12 * (supply + 1000) // nav) <= shares // 10**9
    # and given back only as far as the pool really has it
    assert stage.vault.redeem(stage.env, "late", shares) < 10**12


def test_withdraw__unrealised_gains_of_traders__stay_behind() -> None:
    stage = with_trader()
    stage.set_price(2100)
    pool, supply = stage.vault.market.pool, stage.vault.supply
    assets = stage.vault.redeem(stage.env, LP, supply // 10)
    assert abs(assets - (pool - 10_000 * stage.unit) // 10) <= 2
    kinds = [type(event) for event in stage.vault.take_events()]
    assert kinds == [Transfer, Withdraw]


@pytest.mark.parametrize("side", [1, -1])
def test_redeem__band__uses_the_side_where_traders_gain_most(side: int) -> None:
    stage = with_trader(side)
    stage.set_price(1990, 2010)
    pool, supply = stage.vault.market.pool, stage.vault.supply
    assert abs(stage.vault.previewRedeem(stage.env, supply) - (pool - 1_000 * stage.unit)) <= 2
    high = stage.vault.previewDeposit(stage.env, 10**12)
    assert abs(high - 10**12 * supply // (pool + 1_000 * stage.unit)) <= high // 10**9
    assert abs(stage.vault.totalAssets(stage.env) - pool) <= 2


def test_mint_and_withdraw__exact_amounts__round_against_the_caller() -> None:
    stage = with_trader()
    vault, env = stage.vault, stage.env
    assert vault.mint(env, "late", 777) == 1
    assert vault.balance_of("late") == 777
    burnt = vault.withdraw(env, LP, 777)
    assert burnt > 777 * vault.supply // (vault.market.pool + 1)
    assert vault.flows[LP] == -(10**12) + 777


def test_deposit__previews__say_what_the_call_does() -> None:
    stage = with_trader()
    stage.set_price(1950, 1960)
    vault, env = stage.vault, stage.env
    assert vault.previewDeposit(env, 12_345) == vault.deposit(env, "late", 12_345)
    assert vault.previewMint(env, 12_345) == vault.mint(env, "late", 12_345)
    assert vault.previewWithdraw(env, 1_234) == vault.withdraw(env, LP, 1_234)
    assert vault.previewRedeem(env, 1_234_567) == vault.redeem(env, LP, 1_234_567)


def test_deposit__bounds__are_exact() -> None:
    # SECURITY S3
    stage = with_trader()
    vault, env = stage.vault, stage.env
    shares = vault.previewDeposit(env, 10**6)
    assert refusal(vault.deposit, env, LP, 10**6, None, shares + 1) == "vault: bound missed"
    vault.deposit(env, LP, 10**6, None, shares)
    assets = vault.previewMint(env, 10**9)
    assert refusal(vault.mint, env, LP, 10**9, None, assets - 1) == "vault: bound missed"
    vault.mint(env, LP, 10**9, None, assets)
    shares = vault.previewWithdraw(env, 10**6)
    assert refusal(vault.withdraw, env, LP, 10**6, None, None, shares - 1) == "vault: bound missed"
    vault.withdraw(env, LP, 10**6, None, None, shares)
    assets = vault.previewRedeem(env, 10**9)
    assert refusal(vault.redeem, env, LP, 10**9, None, None, assets + 1) == "vault: bound missed"
    vault.redeem(env, LP, 10**9, None, None, assets)


def test_deposit__nothing__reverts() -> None:
    stage = with_trader()
    vault, env = stage.vault, stage.env
    for call in (vault.deposit, vault.mint, vault.withdraw, vault.redeem):
        assert refusal(call, env, LP, 0) == "vault: zero amount"
    assert refusal(vault.redeem, env, LP, 1) == "vault: zero amount"


def test_deposit__zero_receiver__reverts() -> None:
    stage = with_trader()
    assert refusal(stage.vault.deposit, stage.env, LP, 10, EMPTY) == "vault: zero receiver"


def test_deposit__no_price__is_needed_only_with_open_interest() -> None:
    stage = Stage(**OPEN)
    stage.lose_oracle()
    stage.vault.deposit(stage.env, LP, 100)
    stage.vault.withdraw(stage.env, LP, 50)
    stage.set_price(2000)
    stage.adjust(1, 200)
    stage.lose_price()
    vault, env = stage.vault, stage.env
    for call in (vault.deposit, vault.mint, vault.withdraw, vault.redeem):
        assert refusal(call, env, LP, 10**9) == "vault: no live price"
    for preview in (
        vault.previewDeposit,
        vault.previewMint,
        vault.previewWithdraw,
        vault.previewRedeem,
    ):
        assert refusal(preview, env, 10**9) == "vault: no live price"
    assert vault.maxDeposit(env, LP) == vault.maxMint(env, LP) == 0
    assert vault.maxWithdraw(env, LP) == vault.maxRedeem(env, LP) == 0
    assert vault.totalAssets(env) > 0
    stage.lose_oracle()
    assert vault.totalAssets(stage.env) == vault.market.pool


def test_deposit__zero_nav__reverts() -> None:
    stage = Stage(pool=0, **OPEN)
    stage.vault.deposit(stage.env, LP, 100)
    stage.vault.market.pool = 0  # all lost
    assert refusal(stage.vault.deposit, stage.env, LP, 100) == "vault: zero nav"
    assert stage.vault.maxDeposit(stage.env, LP) == 0


def test_deposit__after_full_exit__captures_nothing() -> None:
    # SECURITY S6
    stage = Stage(**OPEN)
    stage.adjust(10, 2000)
    stage.wait()
    stage.close()
    vault = stage.vault
    vault.redeem(stage.env, LP, vault.balance_of(LP))
    assert vault.supply == 0
    left = vault.market.pool
    shares = vault.deposit(stage.env, ATTACKER, 10**6)
    assert vault.redeem(stage.env, ATTACKER, shares) <= 10**6
    assert vault.market.pool >= left
    vault.check_invariants()


def test_deposit__gift_of_tokens__moves_no_price() -> None:
    # SECURITY S1
    stage = Stage(**OPEN)
    before = stage.vault.previewDeposit(stage.env, 10**6), stage.vault.totalAssets(stage.env)
    stage.vault.donate(ATTACKER, 10**15)
    assert before == (
        stage.vault.previewDeposit(stage.env, 10**6),
        stage.vault.totalAssets(stage.env),
    )
    stage.vault.check_invariants()


def test_deposit__pool_limit__is_exact() -> None:
    stage = Stage(0, pool=0, **OPEN)
    vault = stage.vault
    # a thousand shares a unit: the share supply is what binds at first
    most = vault.maxDeposit(stage.env, LP)
    assert most == (2**112 - 1) // 1000
    assert refusal(vault.deposit, stage.env, LP, most + 1) == "vault: amount out of range"
    vault.deposit(stage.env, LP, most)
    vault.market.pool = 2**111 - 10  # as after huge losses of traders
    vault.donate("trader", 2**111 - 10 - most)
    vault.donated = 0
    assert refusal(vault.deposit, stage.env, LP, 11) == "vault: amount out of range"
    assert refusal(vault.deposit, stage.env, LP, 2**160) == ""
    vault.deposit(stage.env, LP, 10)
    assert vault.maxDeposit(stage.env, LP) == 0
    vault.check_invariants()


def test_withdraw__reserved_liquidity__stays() -> None:
    # SECURITY S9
    stage = with_trader()
    vault, env = stage.vault, stage.env
    free = vault.market.pool - vault.market.reserved
    assert refusal(vault.withdraw, env, LP, free + 1) == "vault: not enough liquidity"
    assert free - 1 <= vault.maxWithdraw(env, LP) <= free
    vault.withdraw(env, LP, free)
    assert refusal(vault.withdraw, env, LP, 1) == "vault: not enough liquidity"
    assert vault.maxRedeem(env, LP) == 0
    vault.check_invariants()


def test_redeem__spender__uses_the_allowance() -> None:
    stage = with_trader()
    vault, env = stage.vault, stage.env
    assert refusal(vault.redeem, env, ATTACKER, 10**6, None, LP) == "vault: allowance too low"
    vault.approve(env, LP, "spender", 10**6)
    assert vault.redeem(env, "spender", 10**6, "wallet", LP) == vault.flows["wallet"]
    assert vault.allowance(LP, "spender") == 0
    vault.approve(env, LP, "spender", MAX_UINT256)
    vault.redeem(env, "spender", 10**6, None, LP)
    assert vault.allowance(LP, "spender") == MAX_UINT256
    assert refusal(vault.redeem, env, "spender", 10**6) == "vault: balance too low"


def test_max_withdraw__locked_shares__do_not_count() -> None:
    stage = Stage()
    vault = stage.vault
    assert vault.maxRedeem(stage.env, LP) == vault.maxWithdraw(stage.env, LP) == 0
    stage.wait(3600)
    assert vault.maxRedeem(stage.env, LP) == vault.balance_of(LP)
    vault.deposit(stage.env, LP, 10**6)
    assert vault.maxRedeem(stage.env, LP) == 10**15


@pytest.mark.parametrize("price", [1500, 1980, 2000, 2040, 3500])
def test_max_views__whatever_they_say__is_accepted(price: int) -> None:
    for amount in (10**3, 10**9, 10**13):
        stage = with_trader()
        stage.set_price(price)
        vault, env = stage.vault, stage.env
        vault.deposit(env, "late", amount)
        vault.withdraw(env, "late", vault.maxWithdraw(env, "late"))
        vault.redeem(env, LP, vault.maxRedeem(env, LP))
        vault.mint(env, LP, vault.maxMint(env, LP))
        assert vault.maxDeposit(env, LP) == 0
        vault.check_invariants()


def test_convert__views__are_at_the_mid_and_round_down() -> None:
    stage = with_trader()
    stage.set_price(2000, 2100)
    vault = stage.vault
    nav, supply = vault.totalAssets(stage.env), vault.totalSupply()
    assert abs(nav - vault.market.pool + 5_000 * stage.unit) <= 2
    assert vault.convertToShares(stage.env, 999) == 999 * (supply + 1000) // (nav + 1)
    assert vault.convertToAssets(stage.env, 10**6) == 10**6 * (nav + 1) // (supply + 1000)


def test_total_assets__traders_gain_more_than_the_pool_has__only_reserves_are_owed() -> None:
    stage = Stage(reserve_ratio=wad("0.01"), skew_scale=10**36, **OPEN)
    stage.adjust(10_000, 2_000_000)
    stage.set_price(20_000)
    market = stage.vault.market
    assert stage.vault.totalAssets(stage.env) == market.pool - market.reserved
    # the last LP leaves nothing behind but what is reserved, and a unit
    stage.vault.redeem(stage.env, LP, stage.vault.balance_of(LP))
    assert 0 <= stage.vault.market.pool - stage.vault.market.reserved <= 10**3


def test_first_depositor__inflation__costs_the_attacker() -> None:
    # SECURITY S1: one share unit, then a gift: the victim still gets what he pays for
    vault = Vault(params_of(**OPEN), 0, 6, BIRTH)
    env = Environment(BIRTH, None)
    vault.mint(env, ATTACKER, 1)
    vault.donate(ATTACKER, 10**12)
    shares = vault.deposit(env, LP, 10**6)
    assert vault.previewRedeem(env, shares) >= 10**6 - 1
    assert vault.flows[ATTACKER] < -(10**12)


def test_trader_role__is_not_an_lp() -> None:
    stage = with_trader()
    assert stage.vault.balance_of(TRADER) == 0
    assert refusal(stage.vault.redeem, stage.env, TRADER, 10**6) == "vault: balance too low"


def test_redeem__accrual__comes_first() -> None:
    stage = Stage(lp_lockup=0)
    stage.adjust(1, 200)
    stage.wait(60)
    stage.vault.take_events()
    stage.vault.redeem(stage.env, LP, 10**9)
    kinds = [type(event).__name__ for event in stage.vault.take_events()]
    assert kinds == ["Accrued", "Transfer", "Withdraw"]
