"""Trade on a pair: open, adjust, close, add margin, claim, show; and sign orders for keepers."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import friendly, pair_option, slippage_option, yes_option
from bulkhead.client.accounts import transact
from bulkhead.client.codec import checksum
from bulkhead.client.preview import free_id, size_of
from bulkhead.client.units import parse_amount, parse_percent, show
from bulkhead.commands.listing import cancel, list_orders, submit
from bulkhead.commands.options import permit_option
from bulkhead.commands.orders import bracket, limit, stop, take_profit, top_up
from bulkhead.commands.trader import Trader
from bulkhead.exceptions import InvalidInput

id_option = click.option("--id", "position_id", type=click.IntRange(0), help="Id of the position.")


@click.group()
def cli():
    """Trade on a pair. Amounts are human numbers: 1250.5 is 1,250.5 tokens of the quote asset."""


@cli.command(cls=ConnectedProviderCommand)
@click.argument("side", type=click.Choice(["long", "short"]))
@account_option()
@pair_option
@id_option
@click.option("--margin", required=True, help="Margin to put in.")
@click.option("--leverage", help="Notional as a multiple of the margin; or give --size.")
@click.option("--size", help="Size in the base asset.")
@slippage_option
@permit_option
@yes_option
@friendly
def open(  # noqa: A001
    side, account, label, position_id, margin, leverage, size, slippage, is_permit, is_sure
):
    """Open a position, or add to one that is there."""
    if (leverage is None) == (size is None):
        raise InvalidInput("give either --leverage or --size")
    trader = Trader(account, label, is_sure)
    sign = 1 if side == "long" else -1
    amount = trader.positive(margin, "--margin")
    if size is None:
        factor = trader.positive(leverage.rstrip("x"), "--leverage", 18)
        delta = size_of(trader.pair_of, sign, amount, factor)
    else:
        delta = sign * trader.positive(size, "--size", 18)
    if position_id is None:
        position_id = free_id(trader.pair_of, trader.owner)
    trader.adjust(position_id, delta, amount, parse_percent(slippage, "--slippage"), is_permit)


@cli.command(cls=ConnectedProviderCommand)
@account_option()
@pair_option
@click.option("--id", "position_id", type=click.IntRange(0), required=True)
@click.option("--size-delta", default="0", help="Change of size: positive buys, negative sells.")
@click.option("--margin-delta", default="0", help="Margin to put in, or (negative) to take out.")
@slippage_option
@permit_option
@yes_option
@friendly
def adjust(account, label, position_id, size_delta, margin_delta, slippage, is_permit, is_sure):
    """Change the size, the margin, or both at once."""
    trader = Trader(account, label, is_sure)
    size = parse_amount(size_delta, 18, "--size-delta")
    margin = trader.amount(margin_delta, "--margin-delta")
    trader.adjust(position_id, size, margin, parse_percent(slippage, "--slippage"), is_permit)


@cli.command(cls=ConnectedProviderCommand)
@account_option()
@pair_option
@click.option(
    "--id",
    "position_ids",
    type=click.IntRange(0),
    required=True,
    multiple=True,
    help="Again for each that is to close in the same transaction: all of them or none.",
)
@slippage_option
@yes_option
@friendly
def close(account, label, position_ids, slippage, is_sure):
    """Close positions as a whole; what is left is paid to the account."""
    trader = Trader(account, label, is_sure)
    trader.close(list(position_ids), parse_percent(slippage, "--slippage"))


@cli.command("add-margin", cls=ConnectedProviderCommand)
@click.argument("amount")
@account_option()
@pair_option
@click.option("--id", "position_id", type=click.IntRange(0), required=True)
@click.option("--owner", help="Whose position; by default the account's own.")
@yes_option
@friendly
def add_margin(amount, account, label, position_id, owner, is_sure):
    """Add margin to a position; works at any time, also without a price."""
    trader = Trader(account, label, is_sure)
    units = trader.positive(amount, "AMOUNT")
    key = (checksum(owner) if owner else trader.owner, position_id)
    trader.confirm(f"Add {amount} {trader.pair_of.quote} to position {position_id} of {key[0]}?")
    trader.approve(units)
    transact(trader.vault.add_margin, position_id, units, key[0], sender=trader.account)
    trader.show([key])


@cli.command("move-margin", cls=ConnectedProviderCommand)
@click.argument("amount")
@account_option()
@pair_option
@click.option("--from", "from_id", type=click.IntRange(0), required=True, help="Id it leaves.")
@click.option("--to", "to_id", type=click.IntRange(0), required=True, help="Id it goes to.")
@yes_option
@friendly
def move_margin(amount, account, label, from_id, to_id, is_sure):
    """Move margin between two of the account's positions; no token moves."""
    trader = Trader(account, label, is_sure)
    units = trader.positive(amount, "AMOUNT")
    quote = trader.pair_of.quote
    trader.confirm(f"Move {amount} {quote} from position {from_id} to position {to_id}?")
    transact(trader.vault.move_margin, from_id, to_id, units, sender=trader.account)
    trader.show([(trader.owner, from_id), (trader.owner, to_id)])


@cli.command(cls=ConnectedProviderCommand)
@account_option()
@pair_option
@friendly
def claim(account, label):
    """Claim what liquidations and settlements have credited to the account."""
    trader = Trader(account, label)
    pair = trader.pair_of
    units = trader.node.views([pair.claim_view(trader.owner)])[0]
    if units == 0:
        trader.say("nothing to claim")
        return
    transact(trader.vault.claim, sender=trader.account)
    trader.say(f"claimed {show(units, pair.decimals)} {pair.quote}")


@cli.command("show", cls=ConnectedProviderCommand)
@click.argument("owner", required=False)
@pair_option
@friendly
def show_positions(owner, label):
    """Show OWNER's positions, or everybody's."""
    trader = Trader(None, label)
    keys = trader.pair_of.open_keys()
    wanted = checksum(owner) if owner else None
    trader.show([key for key in keys if wanted in (None, key[0])])


for command in (limit, stop, take_profit, top_up, bracket, list_orders, submit, cancel):
    cli.add_command(command)
