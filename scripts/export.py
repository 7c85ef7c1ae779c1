"""Export what happened in the pairs: positions, liquidity, liquidations, as CSV or Parquet."""

from __future__ import annotations

from pathlib import Path

import click
from ape.cli import ConnectedProviderCommand

from bulkhead.cli import Session, friendly, pair_option
from bulkhead.client.export import KINDS, rows_of, write
from bulkhead.index import Index


@click.command(cls=ConnectedProviderCommand)
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pair_option
@click.option("--force", is_flag=True, help="Overwrite the file.")
@friendly
def cli(kind, file, label, force):
    """Write KIND of a pair, or of every pair, to FILE (.csv or .parquet), from events alone.

    Amounts are exact integers: asset units, shares, sizes and prices in WAD, as the vault has them.
    """
    session = Session()
    labels = [session.pair(label)[0]] if label else list(session.deployments.pairs)
    with Index(session.node, session.deployments) as index:
        index.sync()
        rows = [row for name in labels for row in rows_of(kind, name, index.events(name))]
        block = index.block
    write(file, kind, rows, is_forced=force)
    session.say(f"{file}: {len(rows)} rows of {', '.join(labels)}, up to block {block}")
