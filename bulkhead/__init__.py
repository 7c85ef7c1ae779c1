"""Bulkhead: isolated-margin perpetuals on the EVM.

`bulkhead.model` is the executable form of `docs/mechanics.md`: exact integers, no chain.
"""

__version__ = "0.1.0"
