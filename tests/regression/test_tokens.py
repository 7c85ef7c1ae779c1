"""Odd tokens: refused, or handled, and never anyone else's trouble."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.mocks import FalseMode
from tests.node import revert_reason
from tests.regression.liquidations import begin_wind_down


def odd(make_world, project, owner, name, *arguments):
    """A world on one of the odd tokens, which behaves until it is told otherwise."""
    token = owner.deploy(getattr(project, name), "Odd", "ODD", 6, *arguments)
    return make_world(token=token)


def refuse_all_ins(world, reason, trader, lp, position_id=1):
    """Every way of tokens into the vault, onto a position that exists."""
    before = books(world, trader, position_id)
    for account, function, *arguments in (
        (lp, "deposit", world.units(100)),
        (lp, "mint", world.units(100) * 1_000),
        (trader, "add_margin", position_id, world.units(10)),
        (trader, "adjust_position", position_id, 0, world.units(10), 0),
        (trader, "adjust_position", 77, WAD, world.units(500), MAX_UINT256),
    ):
        world.refuse(reason, function, *arguments, sender=account)
    assert books(world, trader, position_id) == before


def books(world, trader, position_id):
    """What a refused call must leave as it was."""
    return world.market(), world.position(trader, position_id), world.view("totalSupply")


# ---- T1 ----


def test_t1__fee_on_transfer__not_one_unit_is_booked_that_did_not_come(
    make_world, project, owner, trader, lp
):
    """Unstoppable #40: what was sent was booked, what came was less, and the last one out paid."""
    world = odd(make_world, project, owner, "MockTokenFee", 0)
    world.adjust(trader, 1, 10 * WAD, world.units(1_500))
    world.node.send(owner, world.token, "set_fee", WAD // 1_000)
    refuse_all_ins(world, "wrong amount received", trader, lp)
    # the exits stay open: it is the receiver's token that takes the fee, not the vault
    before = world.balance(trader)
    paid = world.close(trader, 1).result
    assert world.balance(trader) - before == paid - paid // 1_000


def test_t1__rebasing_token_rounds__refused_where_it_falls_short(
    make_world, worlds, project, owner, lp
):
    world = odd(make_world, project, owner, "MockTokenRebasing")
    world.node.send(owner, world.token, "rebase", WAD + WAD // 3)
    world.refuse("wrong amount received", "deposit", world.units(100) + 1, sender=lp)
    worlds.remove(world)  # it holds a third more than it owes


def test_t1__negative_rebase__harms_its_own_vault_only(
    make_world, worlds, project, owner, trader, trader2, lp
):
    sound = make_world()
    sound.adjust(trader, 1, 10 * WAD, sound.units(1_500))
    before = sound.market(), sound.balance(sound.vault), sound.position(trader, 1)
    world = odd(make_world, project, owner, "MockTokenRebasing")
    world.adjust(trader, 1, 10 * WAD, world.units(1_500))
    world.node.send(owner, world.token, "rebase", WAD // 2)
    # half of all is gone: who leaves is paid what he is owed, while there is something
    world.close(trader, 1)
    pool = world.market().pool
    receipt = world.node.attempt(lp, world.vault, "withdraw", pool * 9 // 10)
    assert revert_reason(receipt.output) == "vault: token refused"
    world.send("withdraw", pool // 3, sender=lp)
    assert (sound.market(), sound.balance(sound.vault), sound.position(trader, 1)) == before
    sound.close(trader, 1)
    worlds.remove(world)  # it does not balance, which is the point


# ---- T2 ----


def test_t2__no_return_value__a_whole_life(make_world, project, owner, trader, keeper, lp):
    """Tether's: `transfer` answers nothing, which a strict decoder takes for a failure."""
    world = odd(make_world, project, owner, "MockTokenNoReturn")
    world.adjust(trader, 1, 10 * WAD, world.units(1_500))
    world.adjust(trader, 1, 0, -world.units(100))
    world.send("add_margin", 1, world.units(5), sender=trader)
    world.adjust(trader, 2, WAD // 5, world.units(21.5))
    world.set_price(1_930 * WAD)
    reward = world.send("liquidate", trader, 2, sender=keeper).result[1]
    assert world.balance(keeper) == world.units(100_000_000) + reward
    world.send("claim", sender=trader)
    world.close(trader, 1)
    world.send("redeem", 10**12, sender=lp)


def test_t2__token_answers_false__nothing_is_booked(make_world, project, owner, trader, keeper, lp):
    """Tracer #115: the answer was not looked at; a transfer that did not happen was paid for."""
    world = odd(make_world, project, owner, "MockTokenFalse")
    world.adjust(trader, 1, 10 * WAD, world.units(1_500))
    world.adjust(trader, 2, WAD // 5, world.units(21.5))
    world.set_price(1_930 * WAD)
    world.send("liquidate", trader, 2, sender=lp)
    world.set_price(2_000 * WAD)
    world.node.send(owner, world.token, "set_mode", int(FalseMode.REFUSING))
    refuse_all_ins(world, "token refused", trader, lp)
    owed = world.view("claimable", trader)
    for account, function, *arguments in (
        (trader, "claim"),
        (trader, "close_position", 1, 0),
        (trader, "adjust_position", 1, 0, -world.units(1), 0),
        (lp, "withdraw", world.units(1)),
        (lp, "redeem", world.units(1_000)),
    ):
        world.refuse("token refused", function, *arguments, sender=account)
    assert world.view("claimable", trader) == owed > 0
    # a reward that is refused is kept for the keeper
    world.set_price(1_700 * WAD)
    reward = world.send("liquidate", trader, 1, sender=keeper).result[1]
    assert world.view("claimable", keeper) == reward
    world.node.send(owner, world.token, "set_mode", int(FalseMode.WORKING))
    assert world.send("claim", sender=keeper).result == reward


def test_t2__token_lies_about_a_transfer_in__nothing_is_booked(
    make_world, project, owner, trader, lp
):
    world = odd(make_world, project, owner, "MockTokenFalse")
    world.adjust(trader, 1, 10 * WAD, world.units(1_500))
    world.node.send(owner, world.token, "set_mode", int(FalseMode.LYING))
    refuse_all_ins(world, "wrong amount received", trader, lp)


# ---- T4 ----

DECIMALS = (0, 2, 6, 8, 18)


def life(world, trader, trader2, keeper, lp):
    """Every kind of flow once, at prices without width; what each moved, in whole tokens."""
    whole = 10**world.model.decimals
    world.set_price(2_000 * WAD)
    at = world.now + 10
    flows = []
    world.adjust(trader, 1, 10_000 * WAD, world.units(6_000_000), at=at)
    world.adjust(trader2, 1, -5_000 * WAD, world.units(1_000_000), at=at + 1)
    flows.append(world.position(trader, 1).basis)
    flows.append(world.market().pool)
    world.adjust(trader, 1, -4_000 * WAD, at=at + 3_600)
    flows.append(world.position(trader, 1).margin)
    world.set_price(2_180 * WAD, at=at + 86_400)
    closed, reward = world.send("liquidate", trader2, 1, sender=keeper, at=at + 86_410).result
    flows += [closed * whole // WAD, reward]
    flows.append(world.close(trader, 1, at=at + 90_000).result)
    flows.append(
        world.send("withdraw", world.units(1_000), sender=lp, at=at + 90_010).result // 1_000
    )
    flows.append(world.send("redeem", world.units(10**6) * 1_000, sender=lp, at=at + 90_020).result)
    return [Fraction(flow, whole) for flow in flows]


def test_t4__any_decimals__the_same_amounts(make_world, trader, trader2, keeper, lp):
    """Tigris M-19: the maths took 18 decimals for granted; with 6 everything was off by a factor of
    10**12, with more than 18 it underflowed."""
    pool = 100_000_000
    lives = {}
    for decimals in DECIMALS:
        world = make_world(decimals=decimals, pool=pool, protocol_share=0)
        lives[decimals] = life(world, trader, trader2, keeper, lp)
        world.check_accounts()
    exact = lives[18]
    assert len({len(flows) for flows in lives.values()}) == 1
    for decimals, flows in lives.items():
        for number, (flow, wanted) in enumerate(zip(flows, exact, strict=True)):
            # a few roundings to the unit, and their effect on what is bought for a unit
            tolerance = 10 * Fraction(1, 10**decimals) + wanted / 10**6
            assert abs(flow - wanted) <= tolerance, (decimals, number, float(flow), float(wanted))


@pytest.mark.parametrize("decimals", [18, 19, 77, 255])
def test_t4__more_than_eighteen_decimals__refused(yard, project, decimals):
    token = yard.owner.deploy(project.MockToken, "Fine", "F", decimals)
    yard.fund(yard.creator, token)
    if decimals == 18:
        assert yard.create(asset=token.address).decimals() == 21
    else:
        yard.refuse("vault: parameter out of bounds", asset=token.address)


def test_t1__exits_in_wind_down__from_a_token_with_fee(make_world, project, owner, trader, keeper):
    """Not even a token that has begun to take fees and an oracle that has died keep anyone in."""
    world = odd(make_world, project, owner, "MockTokenFee", 0)
    world.adjust(trader, 1, 10 * WAD, world.units(1_500))
    world.node.send(owner, world.token, "set_fee", WAD // 100)
    begin_wind_down(world, keeper)
    world.send("settle_position", trader, 1, sender=keeper)
    assert world.send("claim", sender=trader).result > world.units(1_400)
