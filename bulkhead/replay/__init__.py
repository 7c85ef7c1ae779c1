"""Replaying real prices against deployed vaults, with every step checked.

`series` turns a price file into what a Chainlink feed would have pushed, `desk` is a vault on a
local chain with its exact model beside it, `cast` says who does what, `play` runs it, `ledger`
accounts for every unit at the end.
"""
