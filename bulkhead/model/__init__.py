"""The exact integer reference of `PairVault`: docs/mechanics.md as code, without a chain.

>>> from bulkhead.model import WAD, Environment, PriceBand, Vault
>>> from bulkhead.profiles import REFERENCE_PROFILE
>>> vault = Vault(REFERENCE_PROFILE, protocol_fee_share=0, decimals=6, now=1_700_000_000)
>>> env = Environment(now=1_700_000_000, band=PriceBand(2_000 * WAD, 2_001 * WAD, 1_700_000_000))
>>> vault.deposit(env, "lp", 1_000_000 * 10**6)
1000000000000000
>>> vault.adjust_position(env, "trader", 1, WAD, 200 * 10**6, 2_002 * WAD)
(1000000000000000000, 198799399)
"""

from bulkhead.exceptions import InvariantBroken, Refused
from bulkhead.model.invariants import (
    Snapshot,
    check_refused,
    check_static,
    check_transition,
    snapshot,
)
from bulkhead.model.params import VaultParams, check_params
from bulkhead.model.types import (
    EMPTY,
    MAX_PRICE,
    MAX_UINT256,
    NEVER,
    WAD,
    YEAR,
    Account,
    Environment,
    Health,
    Limits,
    Market,
    Position,
    PriceBand,
    Status,
)
from bulkhead.model.vault import Vault

__all__ = [
    "EMPTY",
    "MAX_PRICE",
    "MAX_UINT256",
    "NEVER",
    "WAD",
    "YEAR",
    "Account",
    "Environment",
    "Health",
    "InvariantBroken",
    "Limits",
    "Market",
    "Position",
    "PriceBand",
    "Refused",
    "Snapshot",
    "Status",
    "Vault",
    "VaultParams",
    "check_params",
    "check_refused",
    "check_static",
    "check_transition",
    "snapshot",
]
