"""Create a pair from a parameter file, or from the network's: its oracle, its vault, its seed."""

from __future__ import annotations

from pathlib import Path

import ape
import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Session, friendly, yes_option
from bulkhead.client.accounts import is_local
from bulkhead.client.creation import PairCreator
from bulkhead.client.pair_file import read_pair_file
from bulkhead.exceptions import InvalidInput


@click.command(cls=ConnectedProviderCommand)
@click.argument("what", metavar="FILE|LABEL")
@account_option()
@click.option("--expected-price", help="With a LABEL: from another source than the feeds, now.")
@click.option("--guardian", help="With a LABEL: may tighten opening limits. Default: nobody.")
@click.option(
    "--mock", is_flag=True, help="Deploy a mock token and feeds first; local chains only."
)
@yes_option
@friendly
def cli(what, account, expected_price, guardian, mock, is_sure):
    """Create the pair that FILE describes (examples in pairs/), or the one that the network's file
    in networks/ has under LABEL, such as ETH/USDC.

    Needs the factory of `ape run deploy`, and the seed in the creating account. What is there
    already is skipped, so an interrupted run can be repeated.
    """
    if mock and not is_local():
        raise InvalidInput("--mock is for local chains", "Name real feeds in the file.")
    session = Session(account)
    if Path(what).suffix in (".toml", ".json"):
        if expected_price or guardian:
            raise InvalidInput("--expected-price and --guardian go with a LABEL", "Edit the file.")
        terms = read_pair_file(Path(what))
    else:
        if expected_price is None:
            raise InvalidInput("--expected-price is missing", "Take it from another source, now.")
        terms = session.network.pair(what, expected_price, guardian)
    creator = PairCreator(
        session.node, session.account, ape.project, session.deployments, session.say
    )
    if not is_sure and not is_local():
        session.say(f"{terms.label}: {terms}")
        click.confirm("Nothing of it can be changed later. Create it?", abort=True)
    creator.create(terms, is_mock=mock)
