"""Trade on a pair: open, adjust, close, add margin, claim, show."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Session, friendly, pair_option, slippage_option, yes_option
from bulkhead.client.accounts import contract_at, ensure_allowance, transact
from bulkhead.client.codec import checksum
from bulkhead.client.pair import Pair
from bulkhead.client.preview import free_id, preview_trade, size_of
from bulkhead.client.tables import positions_table, trade_table
from bulkhead.client.units import parse_amount, parse_percent, show
from bulkhead.exceptions import InvalidInput

id_option = click.option("--id", "position_id", type=click.IntRange(0), help="Id of the position.")


class Trader(Session):
    """A session on one pair, for one account."""

    def __init__(self, account, label, is_sure=True):
        super().__init__(account)
        self.pair_of = Pair(self.node, *self.pair(label))
        self.owner = str(account.address) if account is not None else ""
        self.is_sure = is_sure

    @property
    def vault(self):
        return contract_at(self.pair_of.vault, self.pair_of.abi)

    def amount(self, text, what):
        return parse_amount(text, self.pair_of.decimals, what)

    def confirm(self, question):
        if not self.is_sure:
            click.confirm(question, abort=True)

    def approve(self, amount):
        pair = self.pair_of
        if ensure_allowance(self.node, self.account, pair.asset, pair.vault, amount):
            self.say(f"approved {show(amount, pair.decimals)} {pair.quote}")

    def adjust(self, position_id, size_delta, margin_delta, slippage):
        """Preview, ask, approve, send, and show the position afterwards."""
        pair, key = self.pair_of, (self.owner, position_id)
        preview = preview_trade(pair, key, size_delta, margin_delta, slippage)
        self.console.print(trade_table(pair, preview, position_id))
        self.confirm("Send it?")
        if margin_delta > 0:
            self.approve(margin_delta)
        arguments = position_id, size_delta, margin_delta, preview.acceptable_price
        transact(self.vault.adjust_position, *arguments, sender=self.account)
        self.show([key])

    def show(self, keys):
        pair = self.pair_of
        positions, healths = pair.positions(keys), pair.healths(keys)
        pairs = zip(keys, positions, healths, strict=True)
        still = [item for item in pairs if item[1].size != 0]
        if not still:
            self.say("no open position")
            return
        columns = map(list, zip(*still, strict=True))
        self.console.print(positions_table(pair, *columns, is_narrow=self.is_narrow))


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
@yes_option
@friendly
def open(side, account, label, position_id, margin, leverage, size, slippage, is_sure):  # noqa: A001
    """Open a position, or add to one that is there."""
    if (leverage is None) == (size is None):
        raise InvalidInput("give either --leverage or --size")
    trader = Trader(account, label, is_sure)
    sign = 1 if side == "long" else -1
    amount = trader.amount(margin, "--margin")
    if amount <= 0:
        raise InvalidInput("--margin must be positive")
    if size is None:
        factor = parse_amount(leverage.rstrip("x"), 18, "--leverage")
        if factor <= 0:
            raise InvalidInput("--leverage must be positive")
        delta = size_of(trader.pair_of, sign, amount, factor)
    else:
        delta = sign * parse_amount(size, 18, "--size")
        if delta * sign <= 0:
            raise InvalidInput("--size must be positive")
    if position_id is None:
        position_id = free_id(trader.pair_of, trader.owner)
    trader.adjust(position_id, delta, amount, parse_percent(slippage, "--slippage"))


@cli.command(cls=ConnectedProviderCommand)
@account_option()
@pair_option
@click.option("--id", "position_id", type=click.IntRange(0), required=True)
@click.option("--size-delta", default="0", help="Change of size: positive buys, negative sells.")
@click.option("--margin-delta", default="0", help="Margin to put in, or (negative) to take out.")
@slippage_option
@yes_option
@friendly
def adjust(account, label, position_id, size_delta, margin_delta, slippage, is_sure):
    """Change the size, the margin, or both at once."""
    trader = Trader(account, label, is_sure)
    size = parse_amount(size_delta, 18, "--size-delta")
    margin = trader.amount(margin_delta, "--margin-delta")
    trader.adjust(position_id, size, margin, parse_percent(slippage, "--slippage"))


@cli.command(cls=ConnectedProviderCommand)
@account_option()
@pair_option
@click.option("--id", "position_id", type=click.IntRange(0), required=True)
@slippage_option
@yes_option
@friendly
def close(account, label, position_id, slippage, is_sure):
    """Close a position as a whole; what is left is paid to the account."""
    trader = Trader(account, label, is_sure)
    pair, key = trader.pair_of, (trader.owner, position_id)
    size = pair.positions([key])[0].size
    if size == 0:
        raise InvalidInput(f"{trader.owner} has no position {position_id} in {pair.label}")
    preview = preview_trade(pair, key, -size, 0, parse_percent(slippage, "--slippage"))
    trader.console.print(trade_table(pair, preview, position_id))
    trader.confirm("Send it?")
    bound = preview.acceptable_price
    transact(trader.vault.close_position, position_id, bound, sender=trader.account)
    trader.show([key])


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
    units = trader.amount(amount, "AMOUNT")
    if units <= 0:
        raise InvalidInput("AMOUNT must be positive")
    key = (checksum(owner) if owner else trader.owner, position_id)
    trader.confirm(f"Add {amount} {trader.pair_of.quote} to position {position_id} of {key[0]}?")
    trader.approve(units)
    transact(trader.vault.add_margin, position_id, units, key[0], sender=trader.account)
    trader.show([key])


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
