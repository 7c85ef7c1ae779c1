"""Hand the factory over to a Safe or a timelock: offered here, accepted there, then recorded."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Session, friendly, yes_option
from bulkhead.client.accounts import contract_at, transact
from bulkhead.client.codec import checksum, package_abi
from bulkhead.client.deployments import FACTORY
from bulkhead.exceptions import InvalidInput


@click.group()
def cli():
    """Two steps, so that a mistyped address owns nothing. The guardian of a pair goes the same way:
    `ape run guardian transfer`."""


@cli.command(cls=ConnectedProviderCommand)
@click.argument("new_owner")
@account_option()
@yes_option
@friendly
def factory(new_owner, account, is_sure):
    """Offer the factory to NEW_OWNER, which has to be a contract on this network."""
    session = Session(account)
    address = checksum(new_owner)
    if not session.node.has_code(address):
        raise InvalidInput(
            f"there is no contract at {address}", "Deploy the Safe or timelock first."
        )
    where, abi = session.deployments.contract(FACTORY), package_abi("VaultFactory")
    session.say(f"factory {where}: {session.node.view(where, abi, 'owner')} offers it to {address}")
    session.ask("Send it?", is_sure)
    transact(contract_at(where, abi).transfer_ownership, address, sender=session.account)
    session.record_settings()
    session.say(f"{address} now has to send to {where}, data {abi.encode('accept_ownership')}")
    session.say("then run `ape run handover record`")


@cli.command(cls=ConnectedProviderCommand)
@friendly
def record():
    """Write who owns the factory, and who guards each pair, into deployments/<chain id>.json."""
    session = Session()
    session.record_settings()
    for name, value in session.deployments.settings.items():
        session.say(f"{name.replace('_', ' ')}: {value}")
    for label, entry in session.deployments.pairs.items():
        session.say(f"{label}: guardian {entry.guardian}")
