"""The state of a pair: pool, rates, limits, positions."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand

from bulkhead.cli import Session, friendly, pair_option
from bulkhead.client.pair import Pair
from bulkhead.client.tables import overview_table, pair_table, positions_table


@click.command(cls=ConnectedProviderCommand)
@pair_option
@friendly
def cli(label):
    """Show a pair, or every pair that deployments/<chain id>.json knows."""
    session = Session()
    labels = [label] if label else list(session.deployments.pairs) or [None]
    pairs = [Pair(session.node, *session.pair(name)) for name in labels]
    states = [pair.state() for pair in pairs]
    if len(pairs) > 1:
        session.console.print(overview_table(list(zip(pairs, states, strict=True))))
    for pair, state in zip(pairs, states, strict=True):
        session.console.print(pair_table(pair, state))
        keys = pair.open_keys()
        if keys:
            read = pair.positions(keys), pair.healths(keys)
            session.console.print(positions_table(pair, keys, *read, is_narrow=session.is_narrow))
        else:
            session.say("no open positions")
