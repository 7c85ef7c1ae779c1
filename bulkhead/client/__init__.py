"""Talking to deployed vaults: addresses, units, reading, previews, deploying.

`Node` reads a chain in batches, `Pair` one vault of it, `Deployments` knows where things are, and
`Deployer` puts them there. Money is `int` (units) or `Decimal`.
"""
