"""The keeper for one machine: on every block it does what is due, until it is interrupted."""

from __future__ import annotations

import signal

import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import friendly
from bulkhead.client.accounts import connected_node, is_local, unlock


@click.command(cls=ConnectedProviderCommand)
@account_option()
@click.option("--pair", "labels", multiple=True, help="Keep this pair; several times for several.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@friendly
def cli(account, labels, dry_run):
    """Liquidate, execute orders, settle and call margin for rewards.

    Settings come from keeper.toml and BULKHEAD_… in the environment, see docs/keeping.md; without
    rpc_urls the node of --network is asked. SIGINT and SIGTERM end it after the round that is under
    way; killed at any other moment it loses nothing either.
    """
    from bulkhead.keeper.build import build, configure_log
    from bulkhead.keeper.signing import ApeSigner
    from bulkhead.settings import load_settings

    given = {"dry_run": True} if dry_run else {}
    if labels:
        given["pairs"] = list(labels)
    settings = load_settings(**given)
    if not settings.rpc_urls:
        uri = connected_node().uri
        given["rpc_urls"] = [uri]
        if is_local() and settings.ws_url is None:  # Anvil answers both at one port
            given["ws_url"] = uri.replace("http", "ws", 1)
        settings = load_settings(**given)
    configure_log(settings)
    keeper = build(settings, ApeSigner(unlock(account)))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: keeper.stop())
    try:
        keeper.run()
    finally:
        keeper.close()
