"""The protocol's share of fees: what is owed, collecting it, and the share of vaults to come."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Operator, Session, friendly, pair_option, yes_option
from bulkhead.client.accounts import contract_at, transact
from bulkhead.client.codec import checksum, package_abi
from bulkhead.client.deployments import FACTORY
from bulkhead.client.units import parse_percent, show, show_percent


@click.group()
def cli():
    """Protocol fees. A vault keeps the share it was born with."""


def owed_of(operator):
    """Units, and how someone reads them."""
    pair = operator.pair_of
    owed = operator.view("protocol_fees")
    return owed, f"{pair.label}: {show(owed, pair.decimals)} {pair.quote}"


@cli.command("show", cls=ConnectedProviderCommand)
@friendly
def show_fees():
    """Show what every pair owes, and to whom."""
    session = Session()
    for label in session.deployments.pairs:
        session.say(owed_of(Operator(None, label))[1])
    factory, abi = session.deployments.contract(FACTORY), package_abi("VaultFactory")
    session.say(f"recipient {session.node.view(factory, abi, 'fee_recipient')}")
    share = session.node.view(factory, abi, "protocol_fee_share")
    session.say(f"share of pairs to come {show_percent(share)}")


@cli.command(cls=ConnectedProviderCommand)
@account_option()
@pair_option
@yes_option
@friendly
def collect(account, label, is_sure):
    """Send what is owed to the recipient; anyone may. Without --pair, of every pair."""
    session = Session(account)
    for name in [label] if label else list(session.deployments.pairs):
        operator = Operator(account, name, is_sure)
        owed, text = owed_of(operator)
        operator.say(text)
        if owed:
            operator.act("collect_protocol_fees")


@cli.command("set", cls=ConnectedProviderCommand)
@click.argument("share")
@account_option()
@click.option("--recipient", help="Of the fees of every vault. Default: as it is.")
@yes_option
@friendly
def set_share(share, account, recipient, is_sure):
    """Take SHARE (such as 10 %) of each fee in vaults to come. The factory's owner only."""
    session = Session(account)
    factory, abi = session.deployments.contract(FACTORY), package_abi("VaultFactory")
    before = session.node.view(factory, abi, "fee_recipient")
    to = checksum(recipient) if recipient else before
    ratio = parse_percent(share, "SHARE")
    session.say(f"{show_percent(ratio)} of fees in vaults to come; fees of all vaults to {to}")
    session.ask("Send it?", is_sure)
    transact(contract_at(factory, abi).set_protocol_fee, ratio, to, sender=session.account)
    session.record_settings()
