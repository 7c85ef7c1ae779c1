"""Check the network's file in networks/ against the chain."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand

from bulkhead.cli import Session, friendly
from bulkhead.client.network import problems
from bulkhead.exceptions import InvalidInput


@click.command(cls=ConnectedProviderCommand)
@friendly
def cli():
    """Hold what networks/ says of this chain against the chain: that tokens and feeds are there and
    are what they are called, answer within their bounds, and have kept their heartbeat lately.
    """
    session = Session()
    network = session.network
    found = list(problems(network, session.node))
    for problem in found:
        session.say(problem)
    if found:
        raise InvalidInput(
            f"{network.name}: {len(found)} facts differ from the chain",
            "Correct the file in networks/. A late feed may be an outage: look again later.",
        )
    session.say(
        f"{network.name}: {len(network.assets)} assets, {len(network.feeds)} feeds: as said"
    )
