"""Who the guardian is: a hand-over in two steps, and a renunciation for ever."""

from __future__ import annotations

import pytest

from bulkhead.model import WAD

ZERO = "0x" + "00" * 20
TIGHT = (0, WAD, True)


def role(world):
    return world.view("guardian").lower(), world.view("pending_guardian").lower()


def lower(account):
    return str(getattr(account, "address", account)).lower()


def test_guardian__of_birth(world, guardian):
    assert role(world) == (lower(guardian), ZERO)
    assert world.view("get_params")[2].lower() == lower(guardian)


def test_transfer_guardian__offers_the_role_only(world, guardian, attacker):
    done = world.send("transfer_guardian", attacker, sender=guardian)
    expected = {"guardian": guardian.address, "pending_guardian": attacker.address}
    assert done.events == [("GuardianTransferStarted", expected)]
    assert role(world) == (lower(guardian), lower(attacker))
    world.refuse("not guardian", "tighten_limits", *TIGHT, sender=attacker)
    world.send("tighten_limits", *TIGHT, sender=guardian)


def test_accept_guardian__takes_the_role(world, guardian, attacker):
    world.send("transfer_guardian", attacker, sender=guardian)
    done = world.send("accept_guardian", sender=attacker)
    expected = {"old_guardian": guardian.address, "new_guardian": attacker.address}
    assert done.events == [("GuardianTransferred", expected)]
    assert role(world) == (lower(attacker), ZERO)
    world.refuse("not guardian", "tighten_limits", *TIGHT, sender=guardian)
    world.send("tighten_limits", *TIGHT, sender=attacker)


def test_accept_guardian__twice__reverts(world, guardian, attacker):
    world.send("transfer_guardian", attacker, sender=guardian)
    world.send("accept_guardian", sender=attacker)
    world.refuse("not pending guardian", "accept_guardian", sender=attacker)


@pytest.mark.parametrize("who", ["guardian", "owner", "keeper"])
def test_accept_guardian__not_the_one_it_was_offered_to__reverts(
    world, request, guardian, attacker, who
):
    world.send("transfer_guardian", attacker, sender=guardian)
    sender = request.getfixturevalue(who)
    world.refuse("not pending guardian", "accept_guardian", sender=sender)


def test_accept_guardian__nothing_offered__reverts(world, attacker):
    world.refuse("not pending guardian", "accept_guardian", sender=attacker)


def test_transfer_guardian__again__the_last_offer_counts(world, guardian, attacker, keeper):
    world.send("transfer_guardian", attacker, sender=guardian)
    world.send("transfer_guardian", keeper, sender=guardian)
    world.refuse("not pending guardian", "accept_guardian", sender=attacker)
    world.send("accept_guardian", sender=keeper)


def test_transfer_guardian__to_nobody__takes_the_offer_back(world, guardian, attacker):
    world.send("transfer_guardian", attacker, sender=guardian)
    world.send("transfer_guardian", ZERO, sender=guardian)
    world.refuse("not pending guardian", "accept_guardian", sender=attacker)
    assert role(world) == (lower(guardian), ZERO)


def test_transfer_guardian__not_the_guardian__reverts(world, attacker):
    world.refuse("not guardian", "transfer_guardian", attacker, sender=attacker)


def test_transfer_guardian__something_scheduled__goes_with_the_role(world, guardian, attacker):
    world.send("schedule_limits", WAD, WAD, False, sender=guardian)
    applies_at = world.now + 2 * 86_400
    world.send("transfer_guardian", attacker, sender=guardian)
    world.send("accept_guardian", sender=attacker)
    world.refuse("not guardian", "apply_limits", sender=guardian, at=applies_at)
    world.send("apply_limits", sender=attacker)


def test_renounce_guardian__limits_stay_for_ever(world, guardian, attacker):
    world.send("tighten_limits", 50 * WAD // 100, WAD // 10, False, sender=guardian)
    world.send("schedule_limits", WAD, WAD, False, sender=guardian)
    world.send("transfer_guardian", attacker, sender=guardian)

    done = world.send("renounce_guardian", sender=guardian)

    expected = {"old_guardian": guardian.address, "new_guardian": ZERO}
    assert done.events == [("GuardianTransferred", expected)]
    assert role(world) == (ZERO, ZERO)
    # neither the offer nor what was scheduled survives
    assert world.view("get_scheduled_limits")[1] == 0
    world.refuse("not pending guardian", "accept_guardian", sender=attacker)
    for name, arguments in (
        ("tighten_limits", TIGHT),
        ("schedule_limits", TIGHT),
        ("apply_limits", ()),
        ("transfer_guardian", (attacker,)),
        ("renounce_guardian", ()),
    ):
        world.refuse("not guardian", name, *arguments, sender=guardian)
    assert tuple(world.view("get_limits")) == (50 * WAD // 100, WAD // 10, False)


def test_renounce_guardian__not_the_guardian__reverts(world, attacker):
    world.refuse("not guardian", "renounce_guardian", sender=attacker)
