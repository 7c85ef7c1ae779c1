"""Deploys factory, vaults, tokens, oracles and probes: on Anvil and on pyrevm by the same steps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from eth_abi import encode

from bulkhead.model import MAX_UINT256, WAD, PriceBand, VaultParams
from bulkhead.profiles import reference_profile
from tests.stateful import probe
from tests.stateful.words import DEPLOYER, PEOPLE, TREASURY, EventCodec, Names, selector
from tests.stateful.world import Place, World, born

ROOT = Path(__file__).parents[2]
PRICE = 2_000 * WAD
PROTOCOL_SHARE = WAD // 10


class Deployer(Protocol):
    """What a chain must offer until the scene stands. `now`: unix seconds of what was last done."""

    chain_id: int
    now: int

    def deploy(self, code: bytes) -> bytes: ...

    def transact(self, sender: bytes, target: bytes, data: bytes) -> None: ...

    def read(self, target: bytes, data: bytes) -> bytes: ...


class Profile(NamedTuple):
    """A vault to build: decimals of its asset, and what differs from the reference profile."""

    decimals: int
    changes: dict[str, int]


# Small depth and reserves, so that a few traders reach every bound; long enough locks to matter.
BUSY = {
    "skew_scale": 5_000 * WAD,
    "reserve_ratio": WAD // 10,
    "lp_lockup": 3_600,
    "borrow_slope2": 2 * WAD,
}
WIDE = {"skew_scale": 200_000 * WAD, "reserve_ratio": WAD, "lp_lockup": 86_400}
HARSH = {
    "initial_ratio": WAD // 2,
    "margin_call_ratio": WAD // 5,
    "maintenance_ratio": WAD // 10,
    "trading_fee": WAD // 100,
    "liquidation_penalty": WAD // 25,
    "reserve_ratio": 3 * WAD,
    "skew_scale": 2_000 * WAD,
    "max_utilisation": WAD,
    "lp_lockup": 0,
}
FREE = {
    "borrow_base": 0, "borrow_slope1": 0, "borrow_slope2": 0, "max_funding": 0,
    "trading_fee": 0, "liquidation_penalty": 0, "keeper_min_reward": 0, "max_utilisation": WAD,
    "reserve_ratio": WAD // 20, "lp_lockup": 60, "skew_scale": 100_000 * WAD,
}  # fmt: skip

PROFILES = (
    Profile(6, BUSY),
    Profile(18, WIDE),
    Profile(6, WIDE),
    Profile(18, BUSY),
    Profile(0, HARSH),
    Profile(8, FREE),
)


class Artifacts:
    """What `make compile` has built."""

    def __init__(self) -> None:
        path = ROOT / ".build" / "__local__.json"
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: run `make compile` first")
        self._types = json.loads(path.read_text())["contractTypes"]

    def code(self, name: str) -> bytes:
        return bytes.fromhex(self._types[name]["deploymentBytecode"]["bytecode"].removeprefix("0x"))

    def abi(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._types[name]["abi"]
        return found


_PARAMS = "(address,address,address,string,string" + ",uint256" * 16 + ")"


def _params_tuple(params: VaultParams, names: Names) -> tuple[Any, ...]:
    values = [getattr(params, name) for name in VaultParams.__dataclass_fields__]
    return tuple(names.hex(value) if index < 3 else value for index, value in enumerate(values))


def build(
    chain: Deployer,
    profiles: tuple[Profile, ...] = PROFILES,
    artifacts: Artifacts | None = None,
) -> World:
    """Everything that stands before the first step, and the model of it."""
    artifacts, names = artifacts or Artifacts(), Names()
    deployer = names.addresses[DEPLOYER]
    blueprint = chain.deploy(probe.deployer_of(b"\xfe\x71\x00" + artifacts.code("PairVault")))
    arguments = encode(["address"] * 3, [blueprint, names.addresses[TREASURY], deployer])
    factory = chain.deploy(artifacts.code("VaultFactory") + arguments)
    names.add("factory", factory)
    data = selector("set_protocol_fee(uint256,address)") + names.encode((PROTOCOL_SHARE, TREASURY))
    chain.transact(deployer, factory, data)
    places = [
        _place(chain, names, artifacts, index, profile) for index, profile in enumerate(profiles)
    ]
    codec = EventCodec(artifacts.abi("PairVault"), names)
    return World(names, codec, chain.chain_id, places, chain.now)


def _place(
    chain: Deployer, names: Names, artifacts: Artifacts, index: int, profile: Profile
) -> Place:
    arguments = encode(["string", "string", "uint8"], ["Quote", "QTE", profile.decimals])
    names.add(f"token{index}", chain.deploy(artifacts.code("MockToken") + arguments))
    oracle = chain.deploy(artifacts.code("MockOracle") + PRICE.to_bytes(32, "big"))
    names.add(f"oracle{index}", oracle)
    band = PriceBand(PRICE, PRICE, chain.now)
    params = reference_profile(
        profile.decimals, asset=f"token{index}", oracle=f"oracle{index}", guardian="gus"
    )
    params = replace(params, **profile.changes)
    seed = 100 * 10**profile.decimals
    _fund(chain, names, index, seed)
    data = selector(f"create_vault({_PARAMS},address,uint256,uint256,uint256)") + encode(
        [_PARAMS, "address", "uint256", "uint256", "uint256"],
        [_params_tuple(params, names), oracle, seed, PRICE, WAD // 100],
    )
    factory = names.addresses["factory"]
    chain.transact(names.addresses[DEPLOYER], factory, data)
    model = born(index, params, PROTOCOL_SHARE, profile.decimals, seed, chain.now, band)
    found = chain.read(factory, selector("vault_at(uint256)") + index.to_bytes(32, "big"))
    names.add(f"vault{index}", found[12:])
    _approve(chain, names, index)
    for name, views in (("probe", probe.EVERYTHING), ("glance", probe.GLANCE)):
        code = probe.runtime(views, names, f"vault{index}", f"token{index}")
        names.add(f"{name}{index}", chain.deploy(probe.deployer_of(code)))
    return Place(index, model, band)


def _fund(chain: Deployer, names: Names, index: int, seed: int) -> None:
    token, deployer = names.addresses[f"token{index}"], names.addresses[DEPLOYER]
    mint = selector("mint(address,uint256)")
    for name in PEOPLE:
        chain.transact(deployer, token, mint + names.encode((name, probe.WALLET)))
    chain.transact(deployer, token, mint + names.encode((DEPLOYER, seed)))
    approve = selector("approve(address,uint256)")
    chain.transact(deployer, token, approve + names.encode(("factory", MAX_UINT256)))


def _approve(chain: Deployer, names: Names, index: int) -> None:
    data = selector("approve(address,uint256)") + names.encode((f"vault{index}", MAX_UINT256))
    for name in PEOPLE:
        chain.transact(names.addresses[name], names.addresses[f"token{index}"], data)
