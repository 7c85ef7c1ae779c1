"""Real Safes: the bytecode that runs on mainnet, from the packages of its makers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from ape.api import AccountAPI
from ape.contracts import ContractContainer, ContractInstance
from ethpm_types import ContractType

from tests.signing import sign_all, typed

PACKAGES = {"1.4.1": "safe-contracts", "1.5.0": "safe-smart-account"}
_MODULES = Path(__file__).resolve().parent.parent / "node_modules" / "@safe-global"
_SAFE, _FACTORY, _HANDLER = (
    "Safe",
    "proxies/SafeProxyFactory",
    "handler/CompatibilityFallbackHandler",
)
_ZERO = "0x" + "00" * 20


@cache
def _load(version: str, path: str) -> ContractContainer:
    name = path.rsplit("/", 1)[-1]
    folder = _MODULES / PACKAGES[version] / "build" / "artifacts" / "contracts"
    artifact = json.loads((folder / f"{path}.sol" / f"{name}.json").read_text())
    return ContractContainer(
        ContractType(
            contractName=artifact["contractName"],
            abi=artifact["abi"],
            deploymentBytecode={"bytecode": artifact["bytecode"]},
        )
    )


def deploy_safe(
    deployer: AccountAPI, version: str, owners: list[AccountAPI], threshold: int
) -> ContractInstance:
    """A proxy as its factory makes it, with the handler that answers EIP-1271."""
    singleton = deployer.deploy(_load(version, _SAFE))
    factory = deployer.deploy(_load(version, _FACTORY))
    handler = deployer.deploy(_load(version, _HANDLER))
    terms = (owners, threshold, _ZERO, b"", handler, _ZERO, 0, _ZERO)
    creation = (singleton, singleton.setup.encode_input(*terms), 0)
    address = factory.createProxyWithNonce.call(*creation)
    factory.createProxyWithNonce(*creation, sender=deployer)
    return _load(version, _SAFE).at(address)


def sign_for(
    safe: ContractInstance, owners: list[AccountAPI], digest: bytes, chain_id: int
) -> bytes:
    """What these owners sign so that the Safe takes `digest` for signed: its own message."""
    domain: dict[str, Any] = {"chainId": chain_id, "verifyingContract": safe.address}
    return sign_all(owners, typed(domain, "SafeMessage", [("message", "bytes")], digest))
