"""Views of ERC-4626: what they promise is what the calls do, and no oracle makes them revert."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_PRICE, MAX_UINT256, WAD, Status
from tests.kit import build
from tests.mocks import OracleFault
from tests.pool import open_both, settle_down, worth
from tests.simulation import Call, simulate

DAY = 86_400
every_decimals = pytest.mark.parametrize("decimals", [6, 8, 18], indirect=True)
UNREADABLE = [
    OracleFault.REVERT,
    OracleFault.BURN_GAS,
    OracleFault.SHORT_RETURN,
    OracleFault.EMPTY_RETURN,
    OracleFault.GARBAGE_BOOL,
    OracleFault.LONG_REVERT,
]
ENTRIES = ("maxDeposit", "maxMint")
EXITS = ("maxWithdraw", "maxRedeem")
PREVIEWS = {
    "previewDeposit": "deposit",
    "previewMint": "mint",
    "previewWithdraw": "withdraw",
    "previewRedeem": "redeem",
}
HOSTILE_BANDS = [
    (0, 0),
    (0, WAD),
    (2 * WAD, WAD),
    (WAD, MAX_PRICE + 1),
    (MAX_PRICE + 1, MAX_PRICE + 1),
    (2**255, 2**255),
    (MAX_UINT256, MAX_UINT256),
    (1, MAX_UINT256),
    (1, 1),
    (1, MAX_PRICE),
    (MAX_PRICE, MAX_PRICE),
]


def test_asset__is_the_token(world):
    assert world.view("asset").lower() == world.token.address.lower()


# ---- worth ----


@every_decimals
@pytest.mark.parametrize("move", [-60, 0, 60])
def test_total_assets__is_the_pool_less_net_gain_at_mid(world, trader, trader2, keeper, side, move):
    open_both(world, trader, trader2, side)
    world.set_band((1_990 + move) * WAD, (2_010 + move) * WAD)
    settle_down(world, keeper)
    value = worth(world)
    unit = 10**world.model.decimals
    assert world.view("totalAssets") == value.mid
    assert world.view("convertToShares", unit) == value.to_shares(unit, value.mid)[0]
    assert world.view("convertToAssets", unit) == value.to_assets(unit, value.mid)[0]


def test_total_assets__time_passes__counts_the_carry(world, trader, side):
    world.adjust(trader, 1, side * 900 * WAD, world.units(900_000))
    before = world.view("totalAssets")
    world.advance(30 * DAY)
    assert world.view("totalAssets") > before


def test_total_assets__price_not_live__stays_at_the_last_answer(world, trader, side):
    world.adjust(trader, 1, side * 900 * WAD, world.units(900_000))
    world.set_price((2_000 + side * 100) * WAD)
    before = world.view("totalAssets")
    world.set_live(False)
    assert abs(world.view("totalAssets") - before) < world.units(1)
    assert world.view("totalAssets") != world.market().pool


def test_total_assets__gain_beyond_all_reserves__is_not_negative(make_world, trader, lp, side):
    world = make_world(reserve_ratio=WAD // 10, max_utilisation=WAD)
    world.adjust(trader, 1, side * 2_000 * WAD, world.units(900_000))
    world.set_price(WAD if side < 0 else 2**104)
    market = world.market()
    assert world.view("totalAssets") == market.pool - market.reserved


# ---- previews ----


@every_decimals
@pytest.mark.parametrize("preview", PREVIEWS)
def test_preview__positions_open__is_what_the_call_does(
    world, trader, trader2, lp, keeper, side, preview
):
    open_both(world, trader, trader2, side)
    world.set_band((1_990 + side * 40) * WAD, (2_010 + side * 40) * WAD)
    now = settle_down(world, keeper)
    amount = world.units(777) * (1_000 if preview in ("previewMint", "previewRedeem") else 1) + 1
    expected = world.view(preview, amount)
    assert world.send(PREVIEWS[preview], amount, sender=lp, at=now).result == expected


@pytest.mark.parametrize("preview", PREVIEWS)
def test_preview__oracle_not_live_with_positions__says_why(world, trader, side, preview):
    """As the call itself would."""
    world.adjust(trader, 1, side * WAD, world.units(500))
    world.set_live(False)
    [[outcome]] = simulate(
        world.node, (world.now + 1, [Call(trader, world.vault, preview, (10_000,))])
    )
    assert outcome.reason == "vault: no live price"


@pytest.mark.parametrize("preview", PREVIEWS)
@pytest.mark.parametrize("fault", UNREADABLE)
def test_preview__dead_oracle_without_positions__needs_no_price(world, preview, fault):
    expected = world.view(preview, 10_000)
    world.set_fault(fault)
    assert world.view(preview, 10_000) == expected > 0


def test_preview__locks_and_balances__are_not_its_business(world, attacker):
    assert world.view("balanceOf", attacker) == 0
    assert world.view("previewRedeem", 10_000) == 10


# ---- max ----


def test_max_deposit__taken__fits_and_one_more_does_not(world, lp):
    """No room is left in the shares' width, which is the narrower one here."""
    most = world.view("maxDeposit", lp)
    assert most > 2**100
    world.node.send(world.owner, world.token, "mint", lp, 2**112)
    world.refuse("amount out of range", "deposit", most + 2, sender=lp)
    world.send("deposit", most, sender=lp)
    assert world.view("maxDeposit", lp) <= 1


def test_max_mint__taken__fits_and_one_more_does_not(world, lp):
    most = world.view("maxMint", lp)
    assert most == 2**112 - 1 - world.view("totalSupply")
    world.node.send(world.owner, world.token, "mint", lp, 2**112)
    world.refuse("amount out of range", "mint", most + 1, sender=lp)
    world.send("mint", most, sender=lp)
    assert world.view("maxMint", lp) == world.view("maxDeposit", lp) == 0


@every_decimals
@pytest.mark.parametrize("move", [-60, 60])
def test_max_withdraw__taken__works_and_more_does_not(
    world, trader, trader2, lp, keeper, side, move
):
    open_both(world, trader, trader2, side)
    world.set_band((1_990 + move) * WAD, (2_010 + move) * WAD)
    now = settle_down(world, keeper)
    most, value, market = world.view("maxWithdraw", lp), worth(world), world.market()
    assert 0 < most <= market.pool - market.reserved
    unit_of_a_share = value.to_assets(1, value.low)[1]
    too_much = most + unit_of_a_share + 1
    world.refuse("not enough liquidity", "withdraw", too_much, sender=lp, at=now)
    world.send("withdraw", most, sender=lp, at=now)


@every_decimals
@pytest.mark.parametrize("move", [-60, 60])
def test_max_redeem__taken__works_and_more_does_not(world, trader, trader2, lp, keeper, side, move):
    open_both(world, trader, trader2, side)
    world.set_band((1_990 + move) * WAD, (2_010 + move) * WAD)
    now = settle_down(world, keeper)
    most, value = world.view("maxRedeem", lp), worth(world)
    shares_of_a_unit = value.to_shares(1, value.low)[1]
    too_much = most + shares_of_a_unit + 1
    world.refuse("not enough liquidity", "redeem", too_much, sender=lp, at=now)
    world.send("redeem", most, sender=lp, at=now)


def test_max_exits__of_a_small_holder__are_his_balance(world, lp, attacker):
    world.send("transfer", attacker, 10_500, sender=lp)
    assert world.view("maxRedeem", attacker) == 10_500
    assert world.view("maxWithdraw", attacker) == 10


def test_max_exits__locked_shares__do_not_count(world, lp, attacker):
    world.send("deposit", world.units(10), sender=attacker)
    assert world.view("maxRedeem", attacker) == world.view("maxWithdraw", attacker) == 0
    world.send("transfer", attacker, 10_000, sender=lp)
    assert world.view("maxRedeem", attacker) == 10_000
    world.advance(3_600)
    assert world.view("maxRedeem", attacker) == world.view("balanceOf", attacker)


@pytest.mark.parametrize("view", EXITS)
def test_max_exits__dust_or_nothing__is_0(world, lp, attacker, view):
    assert world.view(view, attacker) == 0
    world.send("transfer", attacker, 999, sender=lp)
    assert world.view(view, attacker) == 0


@pytest.mark.parametrize("fault", UNREADABLE)
def test_max__oracle_dead_with_positions__is_0(world, trader, lp, side, fault):
    world.adjust(trader, 1, side * WAD, world.units(500))
    world.set_fault(fault)
    for view in (*ENTRIES, *EXITS):
        assert world.view(view, lp) == 0


@pytest.mark.parametrize("view", [*ENTRIES, *EXITS])
def test_max__oracle_not_live_with_positions__is_0(world, trader, lp, side, view):
    world.adjust(trader, 1, side * WAD, world.units(500))
    world.set_live(False)
    assert world.view(view, lp) == 0


@pytest.mark.parametrize("view", [*ENTRIES, *EXITS])
def test_max__oracle_dead_without_positions__is_as_ever(world, lp, view):
    expected = world.view(view, lp)
    world.set_fault(OracleFault.REVERT)
    assert world.view(view, lp) == expected > 0


def test_max__wind_down__nobody_enters_everybody_leaves(world, trader, lp, keeper, side):
    world.adjust(trader, 1, side * WAD, world.units(500))
    world.set_live(False)
    world.advance(7 * DAY)
    world.send("wind_down", sender=keeper)
    for view in ENTRIES:
        assert world.view(view, lp) == 0
    most = world.view("maxWithdraw", lp)
    assert most > 0 and world.view("maxRedeem", lp) > 0
    world.send("withdraw", most, sender=lp)


# ---- whatever the oracle does ----


def hold_views(world, lp, calls):
    """None reverts after any of these changes to the oracle."""
    views = [
        *((view, (lp,)) for view in (*ENTRIES, *EXITS)),
        ("totalAssets", ()),
        ("convertToShares", (10**12,)),
        ("convertToAssets", (10**12,)),
        ("get_health", (world.owner, 1)),
    ]
    looks = [Call(lp, world.vault, name, arguments) for name, arguments in views]
    for call in calls:
        [[change, *outcomes]] = simulate(world.node, (world.now + DAY, [call, *looks]))
        assert change.is_success
        for outcome in outcomes:
            assert outcome.is_success, f"{outcome.call.function}: {outcome.reason!r}"


@pytest.mark.parametrize("open_interest", [False, True])
@pytest.mark.parametrize("live", [True, False])
def test_views__hostile_oracle__never_revert(world, trader, trader2, lp, side, open_interest, live):
    if open_interest:
        open_both(world, trader, trader2, side)
    oracle = world.oracle
    bands = [(bid, ask, MAX_UINT256, live) for bid, ask in HOSTILE_BANDS]
    hold_views(
        world,
        lp,
        [
            *(Call(world.owner, oracle, "set_band", (band,)) for band in bands),
            *(Call(world.owner, oracle, "set_fault", (int(fault),)) for fault in OracleFault),
        ],
    )


def test_views__carry_of_a_century_at_any_price__never_revert(
    make_world, trader, trader2, lp, side
):
    rates = dict.fromkeys(
        ("borrow_base", "borrow_slope1", "borrow_slope2", "max_funding"), 10 * WAD
    )
    world = make_world(**rates)
    open_both(world, trader, trader2, side)
    world.is_mirrored = False
    world.set_price(MAX_PRICE)
    world.send("accrue", sender=lp, at=2**32 - 3 * DAY)
    prices = [1, 10**6, WAD, 2**80, MAX_PRICE]
    calls = [Call(world.owner, world.oracle, "set_sides", (price, price)) for price in prices]
    hold_views(world, lp, calls)


def test_views__oracle_without_code__never_revert(chain, project, owner, people, lp, trader):
    """An adapter that is no contract is just not live."""
    world = build(chain, project, owner, people, lp=lp)
    world.node.request("anvil_setCode", world.oracle.address, "0x")
    assert world.view("totalAssets") == world.market().pool
    world.is_readable = False
    world.refuse("no live price", "accrue", sender=lp)
    assert world.view("maxRedeem", lp) > 0
    assert world.health(trader, 1).status == Status.EMPTY
