"""Parameters at both edges of every bound: the constructor and the model must agree on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from eth_abi.abi import encode

from bulkhead.exceptions import Refused
from bulkhead.model import EMPTY, WAD, VaultParams, check_params
from bulkhead.profiles import reference_profile
from tests.stateful.revm import Revm
from tests.stateful.scene import Artifacts

_PERCENT = WAD // 100
_TYPE = "(address,address,address,string,string" + ",uint256" * 16 + ")"
_EDGES: dict[str, tuple[int, ...]] = {
    "maintenance_ratio": (_PERCENT, 112 * _PERCENT // 100, 375 * _PERCENT // 100),
    "margin_call_ratio": (250 * _PERCENT // 100, 5 * _PERCENT),
    "initial_ratio": (375 * _PERCENT // 100, WAD),
    "trading_fee": (_PERCENT, 75 * _PERCENT // 100),
    "liquidation_penalty": (119 * _PERCENT // 100, WAD),
    "keeper_min_reward": (0, 5 * 10**6),
    "min_margin": (0, 8 * 10**6),
    "reserve_ratio": (_PERCENT, 10 * WAD),
    "max_utilisation": (WAD,),
    "skew_scale": (10**18, 10**36),
    "borrow_base": (10 * WAD,),
    "borrow_slope1": (10 * WAD,),
    "borrow_slope2": (10 * WAD,),
    "borrow_kink": (0, WAD),
    "max_funding": (10 * WAD,),
    "lp_lockup": (30 * 86_400,),
}


def _cases() -> Iterator[tuple[VaultParams, int, int]]:
    """Parameters, protocol's share of fees, decimals of the asset."""
    for name, edges in _EDGES.items():
        for edge in edges:
            for value in {max(edge - 1, 0), edge, edge + 1}:
                change: dict[str, Any] = {name: value}
                yield replace(reference_profile(6), **change), 0, 6
    # the wide end of the ratios: a fee of 1 % with a penalty of 49 %
    wide = replace(
        reference_profile(6), initial_ratio=WAD, margin_call_ratio=WAD, maintenance_ratio=WAD
    )
    for penalty in (49 * _PERCENT, 49 * _PERCENT + 1, 2**256 - _PERCENT):
        yield replace(wide, trading_fee=_PERCENT, liquidation_penalty=penalty), 0, 6
    for fee in (_PERCENT, _PERCENT + 1):
        yield replace(wide, trading_fee=fee), 0, 6
    for share in (WAD // 5, WAD // 5 + 1):
        yield reference_profile(6), share, 6
    for decimals in (0, 1, 18, 19):
        yield reference_profile(min(decimals, 18)), 0, decimals


def disagreement(artifacts: Artifacts, vault: bytes) -> str:
    """The first case in which the constructor is not the model; empty: there is none."""
    revm = Revm(2 * len(vault))
    tokens: dict[int, bytes] = {}
    for params, share, decimals in _cases():
        if decimals not in tokens:
            arguments = encode(["string", "string", "uint8"], ["Quote", "QTE", decimals])
            tokens[decimals] = revm.deploy(artifacts.code("MockToken") + arguments)
        try:
            check_params(params, share, decimals)
            is_born = True
        except Refused:
            is_born = False
        values = _values(params, "0x" + tokens[decimals].hex())
        try:
            revm.deploy(vault + encode([_TYPE, "uint256"], [values, share]))
            was_born = True
        except RuntimeError:
            was_born = False
        if was_born != is_born:
            return f"parameters: a birth {'allowed' if was_born else 'refused'}"
    return ""


def _values(params: VaultParams, token: str) -> tuple[Any, ...]:
    values = [getattr(params, name) for name in VaultParams.__dataclass_fields__]
    return (token, token, EMPTY, *values[3:])
