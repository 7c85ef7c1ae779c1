"""Wind a pair down whose oracle is dead: first a drill of what would happen, then the call."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Operator, friendly, pair_option, yes_option
from bulkhead.client.pair import read_health
from bulkhead.client.sending import Transaction, rehearse
from bulkhead.client.tables import positions_table, when
from bulkhead.client.units import show
from bulkhead.exceptions import Refused

NOT_YET = ("vault: oracle is live", "vault: too early")


@click.group()
def cli():
    """End a pair whose price feed is dead. Only exits remain then; it cannot be undone."""


@cli.command("report", cls=ConnectedProviderCommand)
@account_option()
@pair_option
@yes_option
@friendly
def report_dead(account, label, is_sure):
    """Report an oracle that cannot even be read: seven days later the pair can be wound down."""
    operator = Operator(account, label, is_sure)
    operator.say("the report stands unless an accrual succeeds within seven days")
    operator.act("report_dead_oracle")


@cli.command("now", cls=ConnectedProviderCommand)
@account_option()
@pair_option
@click.option("--drill", is_flag=True, help="Show what would happen and send nothing.")
@yes_option
@friendly
def wind_down(account, label, drill, is_sure):
    """Wind the pair down: the last answer becomes the price at which all positions settle."""
    operator = Operator(account, label, is_sure)
    rehearse_wind_down(operator, str(account.address))
    if not drill:
        operator.act("wind_down")
        operator.say("settle each position with `ape run keep_once`; LPs redeem as always")


def rehearse_wind_down(operator, sender):
    """Wind down in a simulation and show every position as it would be settled."""
    pair = operator.pair_of
    state, keys = pair.state(), pair.open_keys()
    calls = [Transaction("wind down", pair.vault, pair.abi.encode("wind_down"))]
    calls += [Transaction("", pair.vault, pair.abi.encode("get_health", *key)) for key in keys]
    try:
        outputs = rehearse(operator.node, sender, calls)
    except Refused as error:
        if error.reason in NOT_YET and state.band is not None:
            last = when(state.band.updated_at)
            error.advice = f"The feed last answered {last}: possible seven days later."
        raise
    healths = [read_health(pair.abi.decode("get_health", 2, output)) for output in outputs[1:]]
    if keys:
        table = positions_table(
            pair, keys, pair.positions(keys), healths, is_narrow=operator.is_narrow
        )
        operator.console.print(table)
    paid = sum(health.equity for health in healths if health.equity > 0)
    money = f"{show(paid, pair.decimals)} {pair.quote}"
    operator.say(f"{len(keys)} open positions would settle, for {money} together")
