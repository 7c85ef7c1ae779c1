"""Hold a deployment against the sources: code, addresses, parameters, ownership."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand

from bulkhead.cli import Session, friendly
from bulkhead.client.verify import Verifier
from bulkhead.exceptions import InvalidInput
from tools.build import creation_codes, settings
from tools.compiler import Compiler
from tools.sources import Sources


@click.command(cls=ConnectedProviderCommand)
@friendly
def cli():
    """Compile the sources anew and hold the chain and deployments/<chain id>.json against them.

    Ends with exit code 1 and one line for each thing that does not hold.
    """
    session = Session()
    compiler = Compiler(Sources.here())
    record = session.deployments
    verifier = Verifier(session.node, record, creation_codes(compiler), settings(compiler))
    found = list(verifier.findings())
    for finding in found:
        session.say(finding)
    if found:
        raise InvalidInput(
            f"{len(found)} things do not hold on chain {record.chain_id}",
            "Do not use this deployment before each of them is explained.",
        )
    session.say(f"{record.path}: {len(record.contracts)} contracts, {len(record.pairs)} pairs")
    session.say("code, addresses, parameters and ownership are as the sources and the file say")
    pending = record.settings["pending_owner"]
    if int(pending, 16):
        session.say(f"the factory's hand-over to {pending} waits to be accepted")
