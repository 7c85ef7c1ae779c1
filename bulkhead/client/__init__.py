"""Talking to deployed vaults: addresses, units, reading, previews, sending, deploying.

`connect` finds what is deployed, `Pair` reads one vault of it, `Wallet` sends with one key. Below
them `Node` reads a chain in batches, and `Deployments` knows where things are. Money is `int`
(units) or `Decimal`.
"""

from bulkhead.client.connection import Client, connect
from bulkhead.client.pair import Pair
from bulkhead.client.wallet import Sent, Wallet

__all__ = ["Client", "Pair", "Sent", "Wallet", "connect"]
