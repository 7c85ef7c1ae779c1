"""Re-entry: from every call that moves tokens into every selector, on the bytecode as compiled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ape.contracts import ContractInstance
from ethpm_types.abi import MethodABI

from bulkhead.model import MAX_UINT256, WAD
from tests.factory_kit import Yard, build_yard
from tests.kit import CONSTANT
from tests.regression.surface import all_calls, methods
from tests.simulation import Call, Outcome, simulate

ROOT = Path(__file__).resolve().parents[2]
UNIT = 10**6
CREATOR = object()

# every call of the vault that moves tokens to or from the actor, as (function, arguments...)
OUTER: dict[str, tuple[Any, ...]] = {
    "open": ("adjust_position", 9, WAD, 200 * UNIT, MAX_UINT256),
    "margin in": ("adjust_position", 1, 0, UNIT, 0),
    "margin out": ("adjust_position", 1, 0, -UNIT, 0),
    "reduce and out": ("adjust_position", 1, -WAD // 10, -UNIT, 0),
    "close by adjusting": ("adjust_position", 1, -WAD, 0, 0),
    "close_position": ("close_position", 1, 0),
    "add_margin": ("add_margin", 1, UNIT),
    "claim": ("claim",),
    "liquidate": ("liquidate", CREATOR, 1),
    "collect_protocol_fees": ("collect_protocol_fees",),
    "deposit": ("deposit", UNIT),
    "mint": ("mint", 10**9),
    "withdraw": ("withdraw", UNIT),
    "redeem": ("redeem", 10**9),
}

MOVES_NOTHING = {
    "accept_guardian",
    "accrue",
    "apply_limits",
    "approve",
    "call_margin",
    "move_margin",
    "permit",
    "permit_operator",
    "renounce_guardian",
    "report_dead_oracle",
    "schedule_limits",
    "set_operator",
    "settle_position",
    "tighten_limits",
    "transfer",
    "transferFrom",
    "transfer_guardian",
    "wind_down",
}
UNLOCKED = {
    "VAULT_BLUEPRINT",
    "owner",
    "pending_owner",
    "transfer_ownership",
    "accept_ownership",
    "renounce_ownership",
}


@dataclass(frozen=True)
class Trap:
    """A pair whose token calls `actor`, who is its trader, LP, keeper and fee recipient at once."""

    yard: Yard
    vault: ContractInstance
    actor: ContractInstance

    def outer(self, name: str) -> Call:
        """One of `OUTER`, made by the actor."""
        function, *arguments = OUTER[name]
        named = tuple(self.yard.creator if item is CREATOR else item for item in arguments)
        return Call(self.actor, self.vault, function, named)

    def hook_calls(self, outer: Call, target: ContractInstance, data: bytes) -> list[Any]:
        """What the calls with `data` came to that the token let the actor make in the course of
        `outer`; each is (is_before, is_success, returned)."""
        at = self.yard.node.now + 10
        look = [Call(self.actor, self.actor, "get_hook_call", (index,)) for index in (0, 1)]
        arm = Call(self.actor, self.actor, "set_target", (target.address, data))
        ((_, done, *found),) = simulate(self.yard.node, (at, [arm, outer, *look]))
        assert done.is_success, f"{outer.function}: {done.reason}"
        return [outcome.result for outcome in found]

    def all_calls(self, target: ContractInstance) -> Iterator[tuple[MethodABI, bytes]]:
        """Each selector, by the actor and about the actor."""
        params, *rest = self.yard.arguments(name="Inner", tolerance=WAD // 10)
        given = {"create_vault": (tuple(params.values()), *rest)}
        return all_calls(target, self.actor.address, given)

    def directly(self, target: ContractInstance, data: bytes) -> Outcome:
        """The same call when nothing is under way."""
        at = self.yard.node.now + 10
        call = Call(self.actor, self.actor, "execute", (target.address, data))
        return simulate(self.yard.node, (at, [call]))[0][0]


@pytest.fixture(scope="module")
def trap(chain, project, owner, trader, lp, guardian, attacker) -> Trap:
    """The actor has a position 1, shares, a claim and the protocol's fees; the creator's position 1
    can be liquidated."""
    actor = owner.deploy(project.MockReentrant)
    token = owner.deploy(project.MockTokenHooked, "Hooked", "HOOK", 6)
    yard = build_yard(chain, project, owner, trader, actor, token=token)
    node = yard.node
    node.send(owner, yard.factory, "set_protocol_fee", WAD // 5, actor)
    vault = yard.create()
    for account in (trader, actor):
        node.send(owner, token, "mint", account, 10**6 * UNIT)
        node.send(account, token, "approve", vault, MAX_UINT256)
        node.send(account, token, "approve", yard.factory, MAX_UINT256)
    node.send(actor, vault, "deposit", 10**5 * UNIT)
    node.send(actor, vault, "adjust_position", 3, -WAD // 5, 22 * UNIT, 0)
    node.send(owner, yard.oracle, "set_price", 2_060 * WAD)
    node.send(trader, vault, "liquidate", actor, 3)  # in full: the rest is the actor's claim
    node.send(actor, vault, "adjust_position", 1, WAD, 300 * UNIT, MAX_UINT256)
    node.send(trader, vault, "adjust_position", 1, 10 * WAD, 1_100 * UNIT, MAX_UINT256)
    node.mine(node.now + 7_200)
    node.send(owner, yard.oracle, "set_price", 1_930 * WAD)
    node.send(owner, token, "set_hook", actor, actor)
    assert vault.claimable(actor) > 0
    return Trap(yard, vault, actor)


def check_locked(trap, outer, target, unlocked=frozenset()):
    """Each selector of the target is tried before and after the transfer; the lock refuses.

    `unlocked`: functions without a lock, which may answer, or refuse for their own reason.
    """
    for abi, data in trap.all_calls(target):
        for is_before, is_success, returned in trap.hook_calls(outer, target, data):
            if abi.name in unlocked:
                assert is_success == (not abi.is_stateful), abi.selector
                assert returned != b"", f"{abi.selector} has a lock by now"
                continue
            assert not is_success, f"{outer.function} re-entered by {abi.selector} ({is_before=})"
            assert returned == b"", f"{abi.selector} was refused for another reason: {returned!r}"


def test_t5__arguments__get_past_the_door_when_nothing_is_under_way(trap):
    """What the lock is tested with would otherwise succeed, or be refused with a reason: so the
    empty refusals below are the lock's."""
    for target in (trap.vault, trap.yard.factory):
        for abi, data in trap.all_calls(target):
            outcome = trap.directly(target, data)
            assert outcome.is_success or outcome.reason, abi.selector


@pytest.mark.parametrize("name", OUTER)
def test_t5__hooked_token__re_enters_nothing_of_the_vault(trap, name):
    """Tigris H-07, GMX v1 2025-07 ($42M), Curve pools 2023 ($52M, Y1: a compiler whose lock did not
    lock): a token hands control to its receiver while the books are half written.

    Views as well: what they say in that moment is what another protocol would lend on. What is
    fixed at birth is the same in every moment and may be read.
    """
    check_locked(trap, trap.outer(name), trap.vault, CONSTANT)


def test_t5__hooked_token__re_enters_the_factory_in_no_creation(trap):
    """The seed passes from the actor to the factory and on to the vault.

    Who owns the factory comes from snekmate, without a lock; no creation reads or writes it.
    """
    arguments = trap.yard.arguments(name="Another", tolerance=WAD // 10)
    outer = Call(trap.actor, trap.yard.factory, "create_vault", arguments)
    check_locked(trap, outer, trap.yard.factory, UNLOCKED)


def test_t5__every_transfer__is_among_the_calls(trap):
    """Each function that is not a view and not in the table above moves no token."""
    outer = {call[0] for call in OUTER.values()}
    still = {abi.name for abi in methods(trap.vault, is_view=False)} - outer
    assert still == MOVES_NOTHING


def test_y1__compiler__is_pinned(project):
    """Curve pools 2023 ($52M): three versions of the compiler made locks that did not lock. Another
    version must come with these tests passing, not by itself."""
    config = yaml.safe_load((ROOT / "ape-config.yaml").read_text("utf-8"))
    assert config["vyper"]["version"] == "0.4.3"
    pins = (ROOT / "requirements.lock").read_text("utf-8")
    assert "\nvyper==0.4.3 " in pins
    for path in sorted((ROOT / "contracts").rglob("*.vy")):
        first = path.read_text("utf-8").splitlines()[:3]
        assert first[0] == "# pragma version 0.4.3", path
        assert first[2] == "# pragma nonreentrancy on", path
