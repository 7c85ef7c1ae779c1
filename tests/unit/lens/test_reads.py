"""Reads: each answer is the vault's own, or the model's, to the unit."""

from __future__ import annotations

import ape
import pytest
from eth_utils import to_checksum_address

from bulkhead.model import MAX_UINT256, WAD, Status
from bulkhead.model.rules import borrow_rate, funding_rate, nav_mid
from tests.node import plain
from tests.unit.vault.test_wind_down import end


def open_some(pairs, trader, trader2):
    for world in pairs:
        world.adjust(trader, 1, 900 * WAD, world.units(200_000))
        world.adjust(trader2, 7, -400 * WAD, world.units(200_000))


def keys_of(pairs, trader, trader2):
    owned = [(trader, 1), (trader2, 7), (trader, 2)]  # the last does not exist
    return [(world.vault, owner, number) for world in pairs for owner, number in owned]


# ---- positions ----


def test_get_healths__of_many_vaults__as_each_vault_says(lens, pairs, trader, trader2):
    open_some(pairs, trader, trader2)
    keys = keys_of(pairs, trader, trader2)

    healths = lens.view("get_healths", keys)

    by_vault = {world.vault.address: world for world in pairs}
    expected = [by_vault[v.address].view("get_health", owner, n) for v, owner, n in keys]
    assert list(healths) == expected
    assert [Status(health[0]) for health in healths[:3]] == [
        Status.HEALTHY,
        Status.HEALTHY,
        Status(0),
    ]


def test_get_holdings__of_many_vaults__positions_with_their_health(lens, pairs, trader, trader2):
    open_some(pairs, trader, trader2)
    keys = keys_of(pairs, trader, trader2)

    holdings = lens.view("get_holdings", keys)

    by_vault = {world.vault.address: world for world in pairs}
    expected = [
        tuple(by_vault[v.address].view(name, owner, n) for name in ("get_position", "get_health"))
        for v, owner, n in keys
    ]
    assert list(holdings) == expected


# ---- accounts ----


def test_get_accounts__lp_with_a_lock__what_each_vault_says(lens, pairs, lp, trader, keeper):
    world = pairs[0]
    world.adjust(trader, 1, 10 * WAD, world.units(2_000))
    world.send("deposit", world.units(1_000), sender=lp)

    accounts = lens.view("get_accounts", lp, [world.vault for world in pairs])

    for world, account in zip(pairs, accounts, strict=True):
        claimable, shares, value, redeemable, locked, unlock_at, balance, allowance = account
        assert claimable == world.view("claimable", lp)
        assert shares == world.view("balanceOf", lp)
        assert value == world.view("convertToAssets", shares)
        assert redeemable == world.view("maxRedeem", lp)
        assert (locked, unlock_at) == world.view("lock_of", lp)
        assert balance == world.balance(lp)
        assert allowance == MAX_UINT256
    assert accounts[0][4] > 0, "the deposit is locked"


def test_get_accounts__closed_by_a_keeper__what_can_be_claimed(lens, world, trader, keeper):
    world.adjust(trader, 1, WAD // 5, world.units(27))
    world.set_price(1_900 * WAD)
    world.send("liquidate", trader, 1, sender=keeper)

    ((claimable, *_),) = lens.view("get_accounts", trader, [world.vault])

    assert claimable == world.view("claimable", trader) > 0


# ---- pairs ----


@pytest.mark.parametrize("sizes", [(0, 0), (900, 400), (400, 900)], ids=["empty", "long", "short"])
def test_get_pairs__open_interest__rates_of_the_model(lens, pairs, trader, trader2, sizes):
    longs, shorts = (size * WAD for size in sizes)
    for world in pairs:
        if longs:
            world.adjust(trader, 1, longs, world.units(200_000))
            world.adjust(trader2, 7, -shorts, world.units(200_000))

    summaries = lens.view("get_pairs", [world.vault for world in pairs])

    for world, summary in zip(pairs, summaries, strict=True):
        name, asset, oracle, decimals, is_verified, is_ending, moment, *rest = summary
        m, params, band = world.market(), world.params, world.band
        assert (name, decimals) == (params.name, world.model.decimals)
        assert to_checksum_address(asset) == world.token.address
        assert to_checksum_address(oracle) == world.oracle.address
        assert (is_verified, is_ending) == (False, False)
        mid = (band.bid + band.ask) // 2
        assert moment == (
            band.bid,
            band.ask,
            band.updated_at,
            True,
            borrow_rate(m.reserved, m.pool, params),
            funding_rate(m.skew, m.pool, mid, params, world.scale),
        )
        nav, supply = world.view("totalAssets"), world.view("totalSupply")
        unit, share_unit = 10**decimals, 10 ** (decimals + 3)
        assert rest == [
            longs,
            shorts,
            longs - shorts,
            m.pool,
            m.reserved,
            m.pool - m.reserved,
            params.max_utilisation * m.pool // WAD - m.reserved,
            -(-m.reserved * WAD // m.pool),
            nav,
            supply,
            WAD * share_unit * (nav + 1) // (supply + 1_000) // unit,
            (params.max_utilisation, params.initial_ratio, False),
        ]
    if not longs:
        assert nav == nav_mid(pairs[1].market(), 0, 0, pairs[1].scale)


def test_get_pairs__on_a_known_adapter__is_verified(lens, yard, make_pair, world, lp):
    vault = yard.create(oracle=yard.make_oracle())

    of_adapter, of_another = lens.view("get_pairs", [vault, world.vault])

    assert (of_adapter[4], of_another[4]) == (True, False)


def test_get_pairs__reduce_only__no_room(lens, world, guardian):
    limits = world.params.max_utilisation, world.params.initial_ratio, True
    world.send("tighten_limits", *limits, sender=guardian)

    (summary,) = lens.view("get_pairs", [world.vault])

    assert summary[13] == 0
    assert summary[-1] == limits


def test_get_pairs__price_not_live__last_sides(lens, world):
    world.set_live(False)

    (summary,) = lens.view("get_pairs", [world.vault])

    assert summary[6][:4] == (world.band.bid, world.band.ask, world.band.updated_at, False)


def test_get_pairs__wound_down__no_price_no_rates_no_room(lens, world, trader, keeper):
    world.adjust(trader, 1, 10 * WAD, world.units(2_000))
    end(world, keeper)

    (summary,) = lens.view("get_pairs", [world.vault])

    assert summary[5], "winding down"
    assert summary[6] == (0, 0, 0, False, 0, 0)
    assert summary[13] == 0


# ---- only vaults of the factory ----


@pytest.mark.parametrize(
    ("function", "make"),
    [
        ("get_healths", lambda vault, owner: ([(vault, owner, 1)],)),
        ("get_holdings", lambda vault, owner: ([(vault, owner, 1)],)),
        ("get_accounts", lambda vault, owner: (owner, [vault])),
        ("get_pairs", lambda vault, owner: ([vault],)),
        ("preview_adjustment", lambda vault, owner: (vault, owner, 1, WAD, 0)),
    ],
)
def test_reads__foreign_vault__revert(lens, foreign, trader, function, make):
    with ape.reverts("lens: not a vault"):
        getattr(lens.contract, function)(*plain(make(foreign, trader)), sender=trader)
