"""What must hold of every step, whatever it does: DESIGN section 2, held against the model."""

from __future__ import annotations

from typing import NamedTuple

from bulkhead.model import (
    Environment,
    InvariantBroken,
    Snapshot,
    Status,
    Vault,
    check_refused,
    check_transition,
    snapshot,
)
from tests.stateful.words import PEOPLE
from tests.stateful.world import Place, Step

_BY_OWNER = {"adjust_position": 4, "close_position": 2, "add_margin": 2, "move_margin": 3}
_BY_KEEPER = ("liquidate", "settle_position", "call_margin")
_OF_LPS = ("deposit", "mint", "withdraw", "redeem")
Key = tuple[str, int]


def touched(step: Step) -> tuple[Key, ...]:
    """The positions that a step may change."""
    arguments = step.arguments
    if step.action in _BY_KEEPER:
        return ((arguments[0], arguments[1]),)
    if step.action not in _BY_OWNER:
        return ()
    index = _BY_OWNER[step.action]
    owner = arguments[index] if len(arguments) > index else step.sender
    return tuple(
        (owner, number) for number in arguments[: 2 if step.action == "move_margin" else 1]
    )


class Before(NamedTuple):
    """What a step finds."""

    state: Snapshot
    env: Environment
    carry: tuple[int, int]
    statuses: tuple[Status, ...]
    wealth: int  # asset units that people have outside and could take out; only where it is still
    share: tuple[int, int]  # assets and shares: what a share is worth


def before(place: Place, step: Step, now: int, is_still: bool) -> Before:
    vault, env = place.model, place.environment(now)
    statuses = tuple(vault.get_health(env, *key).status for key in touched(step))
    wealth, share = (_wealth(vault, env), _share(vault, env)) if is_still else (0, (0, 1))
    return Before(snapshot(vault), env, _carry(vault, env), statuses, wealth, share)


def check(place: Place, step: Step, was: Before, is_success: bool, is_still: bool) -> None:
    """Raises `InvariantBroken`."""
    vault, env, keys = place.model, was.env, touched(step)
    if not is_success:
        check_refused(was.state, vault)
        return
    vault.check_invariants()
    check_transition(was.state, vault, *keys)
    if step.action != "wind_down":
        # carry as of now is what it was: no call but time and price makes others liquidatable
        _hold(_carry(vault, env) == was.carry, "no call changes the carry of this moment")
    for key, status in zip(keys, was.statuses, strict=True):
        if status not in (Status.LIQUIDATABLE, Status.NO_PRICE):
            status = vault.get_health(env, *key).status
            _hold(status != Status.LIQUIDATABLE, "no call makes a healthy position liquidatable")
    if is_still:
        _check_still(vault, step, was)


def _check_still(vault: Vault, step: Step, was: Before) -> None:
    """At one price, with time costing nothing: only the pool ever gains."""
    _hold(step.action != "liquidate", "nobody is liquidatable at a price that stands still")
    assets, shares = _share(vault, was.env)
    _hold(assets * was.share[1] >= was.share[0] * shares, "a share is never worth less")
    if step.action not in _OF_LPS:
        _hold(_wealth(vault, was.env) <= was.wealth, "no trade gains at a price that stands still")


def _carry(vault: Vault, env: Environment) -> tuple[int, int]:
    market = vault._accrued_market(env, vault._band(env))
    return market.carry_long, market.carry_short


def _share(vault: Vault, env: Environment) -> tuple[int, int]:
    return vault.totalAssets(env) + 1, vault.supply + 1000


def _wealth(vault: Vault, env: Environment) -> int:
    equities = [vault.get_health(env, *key).equity for key in vault.positions]
    return (
        sum(vault.flows.get(name, 0) for name in PEOPLE)
        + sum(vault.claims.values())
        + sum(max(equity, 0) for equity in equities)
    )


def _hold(holds: bool, promise: str) -> None:
    if not holds:
        raise InvariantBroken(promise)
