"""Sending through Ape's accounts: keys stay with Ape, refusals become typed errors."""

from __future__ import annotations

import os
from typing import Any

from ape import networks
from ape.api import AccountAPI
from ape.contracts import ContractInstance
from ape.exceptions import ContractLogicError
from ape.utils.basemodel import ManagerAccessMixin
from ethpm_types import ContractType

from bulkhead.client.codec import Abi, package_abi
from bulkhead.client.node import Node
from bulkhead.exceptions import NodeError, Refused

EXPLORER_KEY = "ETHERSCAN_API_KEY"
# Percent of the estimate: a node estimates in the second of the last block, in which nothing has
# accrued; a second later a vault writes more.
HEADROOM = 140


def connected_node() -> Node:
    """The node of the network that Ape is connected to."""
    provider = networks.active_provider
    if provider is None or not provider.http_uri:
        raise NodeError("not connected to a node over HTTP", "Check --network.")
    if EXPLORER_KEY not in os.environ:
        # With its plugin installed, Ape asks the explorer about every address that reverts.
        provider.network.__dict__["explorer"] = None
    return Node(str(provider.http_uri))


def is_local() -> bool:
    """Whether this is a chain of one's own, where mocks make sense."""
    provider = networks.active_provider
    return provider is not None and bool(provider.network.is_dev)


def unlock(account: AccountAPI) -> AccountAPI:
    """Let an account sign unattended if its passphrase is in the environment, where Ape reads it:
    `APE_ACCOUNTS_<alias>_PASSPHRASE`."""
    alias = account.alias
    if alias and f"APE_ACCOUNTS_{alias}_PASSPHRASE" in os.environ:
        account.set_autosign(True)
    return account


def contract_at(address: str, abi: Abi) -> ContractInstance:
    """The contract, by the package's ABI."""
    kind = ContractType.model_validate({"abi": abi.entries})
    return ManagerAccessMixin.chain_manager.contracts.instance_at(address, contract_type=kind)


def transact(call: Any, *arguments: Any, **options: Any) -> Any:
    """Make a contract call or transaction. Raises Refused with the contract's reason."""
    try:
        if "sender" in options and not is_local():
            options["gas"] = call.estimate_gas_cost(*arguments, **options) * HEADROOM // 100
        return call(*arguments, **options)
    except ContractLogicError as error:
        raise Refused(error.revert_message or "") from None


def ensure_allowance(
    node: Node, account: AccountAPI, token: str, spender: str, amount: int
) -> bool:
    """Approve exactly what is missing. Returns whether it had to."""
    abi = package_abi("IERC20")
    if node.view(token, abi, "allowance", str(account.address), spender) >= amount:
        return False
    transact(contract_at(token, abi).approve, spender, amount, sender=account)
    return True
