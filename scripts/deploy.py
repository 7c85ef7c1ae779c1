"""Deploy the factory, the blueprints it works from, and what stands around it."""

from __future__ import annotations

import ape
import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Session, friendly, yes_option
from bulkhead.client.accounts import is_local
from bulkhead.client.codec import checksum
from bulkhead.client.deployments import FACTORY
from bulkhead.client.parts import DEFAULT_SALT, FEE_RECIPIENT, OWNER
from bulkhead.client.sending import plan_table, simulate
from bulkhead.client.setup import Deployer, Terms
from bulkhead.client.units import parse_percent
from tools.build import check_fresh


@click.command(cls=ConnectedProviderCommand)
@account_option()
@click.option("--fee-recipient", help="Receives protocol fees. Default: the deploying account.")
@click.option("--protocol-fee", help="Share of each fee, at most 20 %. Default: 0 %.")
@click.option("--salt", default=DEFAULT_SALT, show_default=True, help="Moves every address.")
@click.option("--redeploy", is_flag=True, help="Deploy anew; the old record is forgotten.")
@click.option("--dry-run", is_flag=True, help="Show every transaction and send none.")
@yes_option
@friendly
def cli(account, fee_recipient, protocol_fee, salt, redeploy, dry_run, is_sure):
    """Deploy Bulkhead on a network.

    Shows every transaction, address and gas first, and asks on any network but a local one. What is
    there already is skipped, so an interrupted run can be repeated. What was deployed is kept in
    deployments/<chain id>.json: hold it against the chain with `ape run verify_deployment`. Whoever
    deploys owns the factory; hand it over with `ape run handover`.
    """
    session = Session(account)
    deployer = Deployer(
        session.node, session.account, ape.project, session.deployments, session.console.print
    )
    session.deployments.compiler = check_fresh(ape.project)
    terms = terms_of(session, str(account.address), fee_recipient, protocol_fee, salt)
    plan = deployer.plan(terms)
    if plan:
        gas = simulate(session.node, str(account.address), plan)
        price = int(session.node.request("eth_gasPrice"), 16)
        session.console.print(plan_table(plan, gas, price))
    if dry_run:
        session.say(f"{len(plan)} transactions to send; none was sent")
        return
    if plan and not is_sure and not is_local():
        click.confirm("Send them?", abort=True)
    factory = deployer.deploy(terms, is_redeploy=redeploy)
    session.say(f"factory {factory}, recorded in {session.deployments.path}")


def terms_of(session, account, fee_recipient, protocol_fee, salt):
    """What is not said stays as it was recorded."""
    entry = session.deployments.contracts.get(FACTORY)
    born = entry.arguments if entry else {OWNER: account, FEE_RECIPIENT: account}
    share = None if protocol_fee is None else parse_percent(protocol_fee, "--protocol-fee")
    recipient = checksum(fee_recipient) if fee_recipient else born[FEE_RECIPIENT]
    return Terms(born[OWNER], recipient, share, salt)
