"""Everything a vault stores and shows, in one call.

Some hundred views after each of many thousand operations are too many calls for a node, so one call
goes to a contract that makes them all. Its code is written out call by call: there is nothing in it
but `mstore` of the call data, `staticcall`, and a hash of all answers at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bulkhead.exceptions import Refused
from bulkhead.model import Account, Environment, Limits, Vault
from tests.stateful.words import (
    KEEPERS,
    LPS,
    OPERATORS,
    PEOPLE,
    POSITION_IDS,
    STRANGER,
    TRADERS,
    TREASURY,
    Names,
    address_number,
    error,
    selector,
)

_OUT = 0x100  # answers start here; below is the call data
ACCOUNTS = (*PEOPLE, TREASURY, "seed")
_ZERO_LIMITS = Limits(0, 0, False)

Focus = tuple[str, int, str, int]  # owner and id of a position, an LP, an amount


@dataclass(frozen=True)
class View:
    """A view of the vault (or of its token), and what the model has in its place."""

    signature: str
    arguments: tuple[int | str, ...]  # a tuple element of `Focus` is written "$0" to "$3"
    count: int  # words answered
    expected: Callable[[Vault, Environment, Focus], tuple[Any, ...]]
    target: str = "vault"


def everything() -> list[View]:
    return [
        *_vault_views(),
        *_position_views(),
        *_account_views(),
        *_focus_views(),
        *_lp_views(),
    ]


def glance() -> list[View]:
    """The vault's own words, and what a step most likely touches."""
    return [*_vault_views(), *_focus_views()]


def _vault_views() -> Iterator[View]:
    def market(v: Vault, _e: Environment, _f: Focus) -> tuple[Any, ...]:
        m = v.market
        return (
            m.long_size, m.short_size, m.long_basis, m.short_basis, m.carry_long, m.carry_short,
            m.pool, m.reserved, m.accrued_at,
        )  # fmt: skip

    def limits(v: Vault, _e: Environment, _f: Focus) -> tuple[Any, ...]:
        return v.limits.max_utilisation, v.limits.initial_ratio, v.limits.reduce_only

    def scheduled(v: Vault, _e: Environment, _f: Focus) -> tuple[Any, ...]:
        found, applies_at = v.scheduled or (_ZERO_LIMITS, 0)
        return found.max_utilisation, found.initial_ratio, found.reduce_only, applies_at

    yield View("get_market()", (), 9, market)
    yield View("get_limits()", (), 3, limits)
    yield View("get_scheduled_limits()", (), 4, scheduled)
    yield View("guardian()", (), 1, lambda v, _e, _f: (address_number(v.guardian),))
    yield View("pending_guardian()", (), 1, lambda v, _e, _f: (address_number(v.pending_guardian),))
    yield View("totalSupply()", (), 1, lambda v, _e, _f: (v.supply,))
    yield View("protocol_fees()", (), 1, lambda v, _e, _f: (v.uncollected_fees,))
    balance = "balanceOf(address)"
    yield View(balance, ("vault",), 1, lambda v, _e, _f: (v.token_balance,), "token")
    yield View("totalAssets()", (), 1, lambda v, e, _f: (v.totalAssets(e),))


def _position_views() -> Iterator[View]:
    for owner in TRADERS:
        for position_id in POSITION_IDS:
            yield View(
                "get_position(address,uint256)",
                (owner, position_id),
                6,
                lambda v, _e, _f, key=(owner, position_id): _position(v, key),
            )
        for operator in (*OPERATORS, STRANGER):
            yield View(
                "is_operator(address,address)",
                (owner, operator),
                1,
                lambda v, _e, _f, pair=(owner, operator): (pair in v.operators,),
            )


def _position(v: Vault, key: tuple[str, int]) -> tuple[int, ...]:
    p = v.positions.get(key)
    if p is None:
        return (0,) * 6
    return p.size, p.margin, p.basis, p.reserve, p.opened_at, p.increased_at


def _account_views() -> Iterator[View]:
    def lock(v: Vault, e: Environment, _f: Focus, name: str) -> tuple[Any, ...]:
        account = v.accounts.get(name, Account())
        return account.balance - account.movable(e.now), account.unlock_at

    for name in ACCOUNTS:
        yield View(
            "balanceOf(address)", (name,), 1, lambda v, _e, _f, name=name: (v.balance_of(name),)
        )
        yield View(
            "claimable(address)", (name,), 1, lambda v, _e, _f, name=name: (v.claims.get(name, 0),)
        )
        yield View(
            "balanceOf(address)",
            (name,),
            1,
            lambda v, _e, _f, name=name: (WALLET * (name in PEOPLE) + v.flows.get(name, 0),),
            "token",
        )
    for name in (*TRADERS[:2], *LPS, "seed"):
        yield View("lock_of(address)", (name,), 2, lambda v, e, f, name=name: lock(v, e, f, name))
        yield View("nonces(address)", (name,), 1, lambda v, _e, _f, n=name: (v.nonces.get(n, 0),))
        for spender in (*KEEPERS, STRANGER):
            yield View(
                "allowance(address,address)",
                (name, spender),
                1,
                lambda v, _e, _f, pair=(name, spender): (v.allowances.get(pair, 0),),
            )


def _focus_views() -> Iterator[View]:
    def health(v: Vault, e: Environment, f: Focus) -> tuple[Any, ...]:
        h = v.get_health(e, f[0], f[1])
        return (
            int(h.status), h.equity, h.gain, h.maintenance, h.margin_call, h.initial,
            h.closing_price, h.liquidation_price,
        )  # fmt: skip

    def position(v: Vault, _e: Environment, f: Focus) -> tuple[int, ...]:
        return _position(v, (f[0], f[1]))

    yield View("get_position(address,uint256)", ("$0", "$1"), 6, position)
    yield View("claimable(address)", ("$0",), 1, lambda v, _e, f: (v.claims.get(f[0], 0),))
    yield View("balanceOf(address)", ("$2",), 1, lambda v, _e, f: (v.balance_of(f[2]),))
    yield View("get_health(address,uint256)", ("$0", "$1"), 8, health)


def _lp_views() -> Iterator[View]:
    for name in ("maxDeposit", "maxMint", "maxWithdraw", "maxRedeem"):
        yield View(
            f"{name}(address)", ("$2",), 1, lambda v, e, f, n=name: (getattr(v, n)(e, f[2]),)
        )
    for name in (
        "convertToShares", "convertToAssets",
        "previewDeposit", "previewMint", "previewWithdraw", "previewRedeem",
    ):  # fmt: skip
        yield View(
            f"{name}(uint256)", ("$3",), 1, lambda v, e, f, n=name: (getattr(v, n)(e, f[3]),)
        )


WALLET = 2**160  # asset units that everyone starts with, in each vault's token
EVERYTHING, GLANCE = everything(), glance()


# ---- the contract ----


def _push(value: bytes | int) -> bytes:
    if isinstance(value, int):
        value = value.to_bytes(max(value.bit_length() + 7, 8) // 8, "big")
    return bytes([0x5F + len(value)]) + value


def runtime(views: list[View], names: Names, vault: str, token: str) -> bytes:
    """Call data: four words of `Focus`, and a fifth if the answers themselves are wanted."""
    code, out = b"", _OUT
    targets = {"vault": names.addresses[vault], "token": names.addresses[token]}
    for view in views:
        code += _push(selector(view.signature)) + _push(0xE0) + b"\x1b" + _push(0) + b"\x52"
        for index, argument in enumerate(view.arguments):
            if isinstance(argument, str) and argument[0] == "$":
                code += _push(32 * int(argument[1])) + b"\x35"  # calldataload
            else:
                code += _push(_argument(names, vault, argument))
            code += _push(4 + 32 * index) + b"\x52"
        size = 4 + 32 * len(view.arguments)
        code += _push(32 * view.count) + _push(out + 32) + _push(size) + _push(0)
        code += _push(targets[view.target]) + b"\x5a\xfa"  # gas, staticcall
        code += _push(out) + b"\x52"
        out += 32 * (1 + view.count)
    everything = _push(out - _OUT) + _push(_OUT)
    raw = len(code) + 8 + len(everything) + 9  # where the way to the answers themselves starts
    code += _push(128) + b"\x36\x11" + b"\x61" + raw.to_bytes(2, "big") + b"\x57"
    code += everything + b"\x20" + _push(0) + b"\x52" + _push(32) + _push(0) + b"\xf3"
    assert len(code) == raw, (len(code), raw)
    return code + b"\x5b" + everything + b"\xf3"


def _argument(names: Names, vault: str, argument: int | str) -> bytes | int:
    if argument == "vault":
        return names.addresses[vault]
    return names.addresses[argument] if isinstance(argument, str) else argument


def deployer_of(code: bytes) -> bytes:
    """Creation code: push2 length, dup1, push1 offset, push0, codecopy, push0, return."""
    return b"\x61" + len(code).to_bytes(2, "big") + b"\x80\x60\x0a\x5f\x39\x5f\xf3" + code


# ---- what it must answer ----


def expected(views: list[View], vault: Vault, env: Environment, focus: Focus) -> bytes:
    """The answers of all views, as the model has them: success and words of each."""
    numbers: list[int] = []
    for view in views:
        try:
            values = view.expected(vault, env, focus)
        except Refused as refused:  # noqa: PERF203 - a preview without a price
            data = error(refused.reason)[: 32 * view.count].ljust(32 * view.count, b"\0")
            numbers.append(0)
            numbers.extend(int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32))
        else:
            numbers.append(1)
            numbers.extend(values)
    return b"".join([(number & _UINT256).to_bytes(32, "big") for number in numbers])


_UINT256 = 2**256 - 1


def differences(views: list[View], found: bytes, wanted: bytes) -> list[str]:
    """Which views differ, for a person to read."""
    out, position = [], 0
    for view in views:
        size = 32 * (1 + view.count)
        a, b = found[position : position + size], wanted[position : position + size]
        position += size
        if a != b:
            pairs = [
                (int.from_bytes(a[i : i + 32], "big"), int.from_bytes(b[i : i + 32], "big"))
                for i in range(0, size, 32)
            ]
            name = f"{view.target}.{view.signature}{view.arguments}"
            out.append(f"{name}: chain {[p[0] for p in pairs]}, model {[p[1] for p in pairs]}")
    return out
