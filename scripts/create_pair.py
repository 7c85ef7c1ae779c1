"""Create a pair from a parameter file: its oracle, its vault, its seed."""

from __future__ import annotations

from pathlib import Path

import ape
import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Session, friendly
from bulkhead.client.accounts import is_local
from bulkhead.client.creation import PairCreator
from bulkhead.client.pair_file import read_pair_file
from bulkhead.exceptions import InvalidInput


@click.command(cls=ConnectedProviderCommand)
@click.argument("file", type=click.Path(path_type=Path))
@account_option()
@click.option(
    "--mock", is_flag=True, help="Deploy a mock token and feeds first; local chains only."
)
@friendly
def cli(file, account, mock):
    """Create the pair that FILE describes (examples in pairs/).

    Needs the factory of `ape run deploy`, and the seed in the creating account. What is there
    already is skipped, so an interrupted run can be repeated.
    """
    terms = read_pair_file(file)
    if mock and not is_local():
        raise InvalidInput("--mock is for local chains", "Name real feeds in the file.")
    session = Session(account)
    creator = PairCreator(
        session.node, session.account, ape.project, session.deployments, session.say
    )
    creator.create(terms, is_mock=mock)
