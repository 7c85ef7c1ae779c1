"""One round of keeping by hand: settle, liquidate and call what is due in a pair."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Session, friendly, pair_option
from bulkhead.client.accounts import contract_at, transact
from bulkhead.client.pair import Pair
from bulkhead.client.tables import positions_table
from bulkhead.exceptions import Refused
from bulkhead.model import Status

CALLS = {
    Status.SETTLEABLE: "settle_position",
    Status.LIQUIDATABLE: "liquidate",
    Status.MARGIN_CALL: "call_margin",
}


@click.command(cls=ConnectedProviderCommand)
@account_option()
@pair_option
@click.option("--dry-run", is_flag=True, help="Show what is due and send nothing.")
@friendly
def cli(account, label, dry_run):
    """Go through the open positions of a pair once, and do what is due.

    A liquidation pays its reward to the account. A margin call pays nothing: it tells the owner.
    """
    session = Session(account)
    pair = Pair(session.node, *session.pair(label))
    keys = pair.open_keys()
    healths = pair.healths(keys)
    due = [i for i, health in enumerate(healths) if health.status in CALLS]
    session.say(f"{pair.label}: {len(keys)} open positions, {len(due)} due")
    if not due:
        return
    chosen = [keys[i] for i in due]
    table = positions_table(
        pair, chosen, pair.positions(chosen), [healths[i] for i in due], is_narrow=session.is_narrow
    )
    session.console.print(table)
    if dry_run:
        return
    vault = contract_at(pair.vault, pair.abi)
    for i in due:
        call = CALLS[healths[i].status]
        done = attempt(getattr(vault, call), keys[i], session.account)
        session.say(f"{call} {keys[i][0]} / {keys[i][1]}: {done}")


def attempt(call, key, account):
    """Somebody else may have been faster: that is no reason to leave the rest."""
    try:
        transact(call, *key, sender=account)
    except Refused as error:
        return str(error)
    return "done"
