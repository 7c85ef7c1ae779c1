"""Deploy the factory, the blueprints it works from and its oracle adapter."""

from __future__ import annotations

import ape
import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Session, friendly
from bulkhead.client.setup import Deployer, Terms
from bulkhead.client.units import parse_percent


@click.command(cls=ConnectedProviderCommand)
@account_option()
@click.option("--fee-recipient", help="Receives protocol fees. Default: the deploying account.")
@click.option(
    "--protocol-fee", default="0 %", show_default=True, help="Share of each fee, at most 20 %."
)
@click.option("--redeploy", is_flag=True, help="Deploy anew although something is there.")
@friendly
def cli(account, fee_recipient, protocol_fee, redeploy):
    """Deploy Bulkhead's factory on a network.

    What is there already is skipped, so an interrupted run can be repeated. Addresses are kept in
    deployments/<chain id>.json. Whoever deploys owns the factory; hand it over with
    transfer_ownership.
    """
    session = Session(account)
    deployer = Deployer(
        session.node, session.account, ape.project, session.deployments, session.say
    )
    owner = str(account.address)
    share = parse_percent(protocol_fee, "--protocol-fee")
    factory = deployer.deploy(Terms(owner, fee_recipient or owner, share), is_redeploy=redeploy)
    session.say(f"factory {factory}, recorded in {session.deployments.path}")
