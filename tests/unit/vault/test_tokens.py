"""Assets that are odd, broken or hostile: what each can do to its own vault, and what it cannot."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD, Position, Status
from tests.kit import build
from tests.mocks import FalseMode
from tests.node import revert_reason
from tests.steering import sink

SIZE = 10 * WAD
SMALL = 15 * WAD // 100
ZERO = "0x" + "00" * 20


@pytest.fixture(scope="module")
def build_over(chain, project, owner, people, lp):
    """A vault over a new token: `build_over("MockTokenFee", "Odd", "ODD", 6, 0)`."""

    def make(name, *arguments):
        token = owner.deploy(getattr(project, name), *arguments)
        return build(chain, project, owner, people, lp=lp, token=token)

    return make


@pytest.fixture(scope="module")
def built_false(build_over):
    return build_over("MockTokenFalse", "Odd", "ODD", 6)


@pytest.fixture(scope="module")
def built_fee(build_over):
    return build_over("MockTokenFee", "Odd", "ODD", 6, 0)


@pytest.fixture(scope="module")
def built_blacklist(build_over):
    return build_over("MockTokenBlacklist")


@pytest.fixture(scope="module")
def built_rebasing(build_over):
    return build_over("MockTokenRebasing", "Odd", "ODD", 6)


ODD = {
    "MockTokenNoReturn": ("Odd", "ODD", 6),  # T2: like USDT
    "MockTokenHooked": ("Odd", "ODD", 6),
    "MockTokenFalse": ("Odd", "ODD", 6),
    "MockTokenFee": ("Odd", "ODD", 6, 0),
    "MockTokenBlacklist": (),
    "MockTokenRebasing": ("Odd", "ODD", 6),
}


@pytest.fixture(scope="module", params=ODD)
def built_odd(request, build_over):
    """Each oddity, switched off; to return nothing is no switch."""
    return build_over(request.param, *ODD[request.param])


@pytest.fixture
def over(worlds):
    """A test's own copy of what was built once."""

    def make(built):
        worlds.append(built.fork())
        return worlds[-1]

    return make


def switch(world, function, *arguments):
    world.node.send(world.owner, world.token, function, *arguments)


def refuse_bubbling(world, reason, function, *arguments, sender):
    """The token's own reason comes through, and nothing has changed."""
    before = world.market()
    world.at()
    receipt = world.node.attempt(sender, world.vault, function, *arguments)
    assert not receipt.is_success
    assert revert_reason(receipt.output) == reason
    assert world.market() == before


def whole_life(world, trader, trader2, lp, keeper, side):
    """Everything that moves tokens, once; ends with an empty vault but for fees."""
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    world.adjust(trader2, 1, side * SMALL, world.units(30))
    world.send("add_margin", 1, world.units(10), trader, sender=keeper)
    world.adjust(trader, 1, 0, -world.units(5))
    world.adjust(trader, 1, -side * SIZE // 4)
    sink(world, trader2, 0)
    world.send("liquidate", trader2, 1, sender=keeper)
    world.set_price((2_000 + side * 30) * WAD)
    world.close(trader, 1)
    world.adjust(trader2, 1, side * SMALL, world.units(30))
    price = (2_000 + side * 30) * WAD - side * 175 * WAD
    world.set_price(price)
    world.send("liquidate", trader2, 1, sender=keeper)
    if world.view("claimable", trader2):
        world.send("claim", sender=trader2)
    world.send("mint", 1_000_000, sender=lp)
    world.advance(3_600)
    world.send("withdraw", 1, sender=lp)
    world.send("redeem", world.view("balanceOf", lp), sender=lp)
    assert world.position(trader, 1) == world.position(trader2, 1) == Position()
    assert world.balance(world.vault) <= world.view("protocol_fees") + 2


# ---- no return value, any decimals ----


@pytest.mark.parametrize("decimals", [0, 2, 6, 8, 18], indirect=True)
def test_tokens__any_decimals__whole_life(world, trader, trader2, lp, keeper, side):
    whole_life(world, trader, trader2, lp, keeper, side)


def test_tokens__odd_ones__whole_life(over, built_odd, trader, trader2, lp, keeper, side):
    whole_life(over(built_odd), trader, trader2, lp, keeper, side)


# ---- answers False ----


@pytest.fixture
def untrue(over, built_false, trader, side):
    """A position of 10, and a token that can be told to answer False, or to lie."""
    world = over(built_false)
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    world.is_mirrored = False  # the model's token never refuses
    return world


def test_tokens__answers_false__nothing_comes_in(untrue, trader, lp, side):
    switch(untrue, "set_mode", int(FalseMode.REFUSING))
    bound = MAX_UINT256 if side > 0 else 0
    for sender, name, arguments in (
        (lp, "deposit", (10_000,)),
        (lp, "mint", (10_000,)),
        (trader, "add_margin", (1, 5)),
        (trader, "adjust_position", (1, 0, 5, bound)),
        (trader, "adjust_position", (2, side * WAD, untrue.units(500), bound)),
    ):
        before = untrue.market(), untrue.view("totalSupply"), untrue.position(trader, 1)
        untrue.refuse("token refused", name, *arguments, sender=sender)
        after = untrue.market(), untrue.view("totalSupply"), untrue.position(trader, 1)
        assert after == before


def test_tokens__answers_false__nothing_is_booked_out(untrue, trader, lp, side):
    switch(untrue, "set_mode", int(FalseMode.REFUSING))
    bound = 0 if side > 0 else MAX_UINT256
    for sender, name, arguments in (
        (lp, "withdraw", (10_000,)),
        (lp, "redeem", (10_000,)),
        (trader, "adjust_position", (1, 0, -5, bound)),
        (trader, "close_position", (1, bound)),
    ):
        before = untrue.market(), untrue.view("totalSupply"), untrue.position(trader, 1)
        untrue.refuse("token refused", name, *arguments, sender=sender)
        after = untrue.market(), untrue.view("totalSupply"), untrue.position(trader, 1)
        assert after == before
    # reducing pays nothing out
    untrue.adjust(trader, 1, -side * SIZE // 2)


def test_tokens__answers_false__liquidation_goes_on(untrue, trader, keeper, side):
    untrue.set_price((2_000 - side * 400) * WAD)
    switch(untrue, "set_mode", int(FalseMode.REFUSING))
    reward = untrue.send("liquidate", trader, 1, sender=keeper).result[1]
    assert untrue.view("claimable", keeper) == reward > 0
    untrue.refuse("token refused", "claim", sender=keeper)
    switch(untrue, "set_mode", int(FalseMode.WORKING))
    purse = untrue.balance(keeper)
    untrue.send("claim", sender=keeper)
    assert untrue.balance(keeper) == purse + reward


def test_tokens__lies_of_success__nothing_comes_in(untrue, trader, lp, side):
    """What arrives is measured, not believed."""
    switch(untrue, "set_mode", int(FalseMode.LYING))
    bound = MAX_UINT256 if side > 0 else 0
    for sender, name, arguments in (
        (lp, "deposit", (10_000,)),
        (lp, "mint", (10_000,)),
        (trader, "add_margin", (1, 5)),
        (trader, "adjust_position", (2, side * WAD, untrue.units(500), bound)),
    ):
        untrue.refuse("wrong amount received", name, *arguments, sender=sender)


# ---- fee on transfer ----


def test_tokens__fee_on_transfer__nothing_comes_in(over, built_fee, trader, lp, side):
    """T1: refused rather than mis-booked."""
    world = over(built_fee)
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    switch(world, "set_fee", WAD // 1_000)
    world.is_mirrored = False
    bound = MAX_UINT256 if side > 0 else 0
    for sender, name, arguments in (
        (lp, "deposit", (10_000,)),
        (lp, "mint", (10**9,)),
        (trader, "add_margin", (1, 10_000)),
        (trader, "adjust_position", (1, 0, 10_000, bound)),
        (trader, "adjust_position", (2, side * WAD, world.units(500), bound)),
    ):
        world.refuse("wrong amount received", name, *arguments, sender=sender)


def test_tokens__fee_introduced_later__exits_work(over, built_fee, trader, lp, side):
    """Who leaves gets less, by the token's doing; the vault's books stay right."""
    world = over(built_fee)
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    switch(world, "set_fee", WAD // 100)
    purse = world.balance(trader)
    paid = world.close(trader, 1).result
    assert world.balance(trader) == purse + paid - paid // 100
    world.send("redeem", world.view("balanceOf", lp), sender=lp)


# ---- blacklist and pause ----


@pytest.fixture
def guarded(over, built_blacklist, trader, side):
    world = over(built_blacklist)
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    return world


def test_tokens__owner_blocked__leaves_through_another_account(
    guarded, trader, trader2, keeper, side
):
    switch(guarded, "set_blacklisted", trader.address, True)
    bound = 0 if side > 0 else MAX_UINT256
    guarded.is_mirrored = False
    guarded.refuse("token refused", "close_position", 1, bound, sender=trader)
    guarded.is_mirrored = True
    purse = guarded.balance(trader2)
    arguments = (1, bound, trader, trader2)
    paid = guarded.send("close_position", *arguments, sender=trader).result
    assert guarded.balance(trader2) == purse + paid > purse


def test_tokens__owner_blocked__claims_to_another_account(guarded, trader, trader2, keeper, side):
    guarded.adjust(trader, 2, side * SMALL, guarded.units(30))
    sink(guarded, trader, 1, 2)
    switch(guarded, "set_blacklisted", trader.address, True)
    credited = guarded.send("liquidate", trader, 2, sender=keeper).event("PositionLiquidated")[
        "credited"
    ]
    assert credited > 0
    purse = guarded.balance(trader2)
    guarded.send("claim", trader2, sender=trader)
    assert guarded.balance(trader2) == purse + credited


def test_tokens__vault_blocked__nothing_is_lost(guarded, trader, lp, keeper, side):
    """T3: liquidations go on, and what is owed waits for the token."""
    switch(guarded, "set_blacklisted", guarded.vault.address, True)
    bound = 0 if side > 0 else MAX_UINT256
    refuse_bubbling(guarded, "token: blacklisted", "deposit", 10_000, sender=lp)
    guarded.is_mirrored = False
    guarded.refuse("token refused", "close_position", 1, bound, sender=trader)
    guarded.refuse("token refused", "redeem", 10_000, sender=lp)
    guarded.is_mirrored = True
    guarded.set_price((2_000 - side * 170) * WAD)
    arguments = (trader.address, 1, keeper.address, True)
    reward = guarded.send("liquidate", trader, 1, sender=keeper, modelled=arguments).result[1]
    assert guarded.view("claimable", keeper) == reward
    switch(guarded, "set_blacklisted", guarded.vault.address, False)
    guarded.send("claim", sender=keeper)
    guarded.close(trader, 1)


def test_tokens__paused__what_needs_no_transfer_works(guarded, trader, trader2, lp, keeper, side):
    guarded.adjust(trader2, 1, -side * SIZE, guarded.units(2_000))
    switch(guarded, "set_paused", True)
    refuse_bubbling(guarded, "token: paused", "deposit", 10_000, sender=lp)
    refuse_bubbling(guarded, "token: paused", "add_margin", 1, 5, sender=trader)
    guarded.adjust(trader, 1, -side * WAD)
    guarded.send("accrue", sender=keeper)
    guarded.send("transfer", trader2, 5, sender=lp)
    sink(guarded, trader, 1)
    arguments = (trader.address, 1, keeper.address, True)
    guarded.send("liquidate", trader, 1, sender=keeper, modelled=arguments)
    # at the far end the winner is settled, into his claims
    guarded.set_live(False)
    guarded.advance(7 * 86_400)
    guarded.send("wind_down", sender=keeper)
    guarded.send("settle_position", trader2, 1, sender=keeper)
    switch(guarded, "set_paused", False)
    for person in (trader2, keeper):
        guarded.send("claim", sender=person)


# ---- rebasing ----


@pytest.fixture
def rebasing(over, built_rebasing, trader, worlds, side):
    """After this the books and the balance part: the token's doing, so the final check is off."""
    world = over(built_rebasing)
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    world.is_mirrored = False
    worlds.remove(world)
    return world


def test_tokens__rebased_down__exits_work_while_there_is_something(rebasing, trader, lp, side):
    """T1: the vault does not notice until the balance is short; then the token refuses the last."""
    switch(rebasing, "rebase", WAD * 9 // 10)
    paid = rebasing.close(trader, 1).result
    assert paid > 0
    shares = rebasing.view("balanceOf", lp)
    rebasing.refuse("token refused", "redeem", shares, sender=lp)
    rebasing.send("redeem", shares * 85 // 100, sender=lp)


def test_tokens__rebased_down__another_vault_over_it_is_as_before(
    rebasing, make_world, trader, lp, side
):
    """Promise 2: each vault has its own balance; nothing is shared but the token."""
    other = make_world(token=rebasing.token)
    before = other.market(), other.view("totalAssets"), other.view("totalSupply")
    rebasing.send("redeem", rebasing.view("balanceOf", lp) // 2, sender=lp)
    assert (other.market(), other.view("totalAssets"), other.view("totalSupply")) == before


def test_tokens__rebased__arrives_a_unit_short__is_refused(rebasing, trader, lp):
    """As with stETH: a transfer of whole shares may be a unit less than asked for."""
    switch(rebasing, "rebase", WAD * 11 // 10)
    rebasing.refuse("wrong amount received", "deposit", 10_001, sender=lp)
    rebasing.refuse("wrong amount received", "add_margin", 1, 10_001, sender=trader)


# ---- to nowhere ----


def test_tokens__reward_to_the_zero_address__is_credited_there(world, trader, keeper, side):
    """The keeper's own mistake, and no obstacle to the liquidation."""
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    sink(world, trader, 0)
    assert world.health(trader, 1).status == Status.LIQUIDATABLE
    world.creditors.add(ZERO)
    arguments = (trader.address, 1, ZERO, True)
    done = world.send("liquidate", trader, 1, ZERO, sender=keeper, modelled=arguments)
    assert world.view("claimable", ZERO) == done.result[1]


def test_tokens__token_burns_all_gas__liquidation_goes_on(
    world, project, owner, trader, keeper, side
):
    """63 parts of 64 go, the last is enough to write the reward down."""
    world.adjust(trader, 1, side * SIZE, world.units(2_000))
    sink(world, trader, 0)
    code = world.node.request("eth_getCode", world.token.address, "latest")
    balance = world.balance(world.vault)
    world.node.request("anvil_setCode", world.token.address, "0xfe")  # invalid: takes all gas
    world.is_mirrored = False
    reward = world.send("liquidate", trader, 1, sender=keeper).result[1]
    assert world.view("claimable", keeper) == reward > 0
    world.node.request("anvil_setCode", world.token.address, code)
    assert world.balance(world.vault) == balance
    world.send("claim", sender=keeper)
