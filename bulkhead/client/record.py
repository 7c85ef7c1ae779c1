"""What roles and settings a deployment has now, for its file."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.client.codec import package_abi
from bulkhead.client.deployments import FACTORY, Deployments
from bulkhead.client.node import Node, View

SETTINGS = ("owner", "pending_owner", "fee_recipient", "protocol_fee_share")


def record_settings(node: Node, record: Deployments) -> None:
    """Read who owns the factory, what it takes and who guards each pair, and save that."""
    factory, abi = record.contract(FACTORY), package_abi("VaultFactory")
    values = node.views([View(factory, abi, name) for name in SETTINGS])
    record.settings = dict(zip(SETTINGS, map(str, values), strict=True))
    vault = package_abi("PairVault")
    guardians = node.views([View(pair.vault, vault, "guardian") for pair in record.pairs.values()])
    record.pairs = {
        label: replace(pair, guardian=guardian)
        for (label, pair), guardian in zip(record.pairs.items(), guardians, strict=True)
    }
    record.save()
