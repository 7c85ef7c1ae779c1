"""The hooked token hands over control four times, and the re-enterer uses it."""

from __future__ import annotations

import ape
import pytest

ZERO_ADDRESS = "0x" + "00" * 20


@pytest.fixture
def hooked(make_token):
    return make_token("MockTokenHooked")


@pytest.fixture
def actor(project, owner):
    return owner.deploy(project.MockReentrant)


def read(actor):
    """`(is_before, is_success, returned)` of every call made from a hook."""
    return [
        (call.is_before, call.is_success, bytes(call.returned))
        for call in (actor.get_hook_call(index) for index in range(actor.hook_count()))
    ]


def word(value):
    return value.to_bytes(32, "big")


def test_hook__receiver__sees_balances_before_and_after(hooked, actor, owner, lp):
    hooked.set_hook(actor, actor, sender=owner)
    actor.set_target(hooked, hooked.balanceOf.encode_input(actor), sender=owner)
    hooked.transfer(actor, 5, sender=lp)
    assert read(actor) == [(True, True, word(0)), (False, True, word(5))]


def test_hook__sender__sees_balances_before_and_after(hooked, actor, owner, lp, trader):
    hooked.set_hook(lp, actor, sender=owner)
    actor.set_target(hooked, hooked.balanceOf.encode_input(trader), sender=owner)
    hooked.transfer(trader, 5, sender=lp)
    assert read(actor) == [(True, True, word(0)), (False, True, word(5))]


def test_hook__transfer_from__is_called(hooked, actor, owner, lp, trader):
    hooked.set_hook(trader, actor, sender=owner)
    hooked.approve(trader, 5, sender=lp)
    actor.set_target(hooked, hooked.balanceOf.encode_input(trader), sender=owner)
    hooked.transferFrom(lp, trader, 5, sender=trader)
    assert len(read(actor)) == 2


def test_hook__transfer_to_oneself__once_before_and_after(hooked, actor, owner, lp):
    hooked.set_hook(lp, actor, sender=owner)
    actor.set_target(hooked, hooked.totalSupply.encode_input(), sender=owner)
    hooked.transfer(lp, 5, sender=lp)
    assert [call[0] for call in read(actor)] == [True, False]


def test_hook__re_enters_the_token__works_and_ends(hooked, actor, owner, lp, trader):
    """The token itself is not locked: elsewhere the contract under test refuses."""
    hooked.transfer(actor, 10, sender=lp)
    hooked.set_hook(actor, actor, sender=owner)
    actor.set_target(hooked, hooked.transfer.encode_input(trader, 1), sender=owner)
    hooked.transfer(actor, 5, sender=lp)
    assert [call[1] for call in read(actor)] == [True, True]
    assert hooked.balanceOf(trader) == 2
    assert hooked.balanceOf(actor) == 13


def test_hook__target_reverts__reason_written_down(hooked, actor, owner, lp, trader):
    hooked.set_hook(actor, actor, sender=owner)
    actor.set_target(hooked, hooked.transfer.encode_input(trader, 10**30), sender=owner)
    hooked.transfer(actor, 5, sender=lp)
    for _, is_success, returned in read(actor):
        assert not is_success
        assert b"token: balance too low" in returned


def test_hook__no_target__does_nothing(hooked, actor, owner, lp):
    hooked.set_hook(actor, actor, sender=owner)
    hooked.transfer(actor, 5, sender=lp)
    assert actor.hook_count() == 0
    with ape.reverts("hook: no such call"):
        actor.get_hook_call(0)


def test_hook__removed__does_nothing(hooked, actor, owner, lp):
    hooked.set_hook(actor, actor, sender=owner)
    actor.set_target(hooked, hooked.totalSupply.encode_input(), sender=owner)
    hooked.set_hook(actor, ZERO_ADDRESS, sender=owner)
    hooked.transfer(actor, 5, sender=lp)
    assert actor.hook_count() == 0


def test_execute__any_call__in_its_own_name(hooked, actor, lp, trader):
    hooked.transfer(actor, 10, sender=lp)
    actor.execute(hooked, hooked.transfer.encode_input(trader, 4), sender=trader)
    assert hooked.balanceOf(trader) == 4


def test_execute__target_reverts__same_reason(hooked, actor, trader):
    with ape.reverts("token: balance too low"):
        actor.execute(hooked, hooked.transfer.encode_input(trader, 4), sender=trader)


def test_execute__with_ether__passes_it_on(actor, project, owner, trader):
    other = owner.deploy(project.MockReentrant)
    actor.execute(other, b"", sender=trader, value=7)
    assert other.balance == 7
