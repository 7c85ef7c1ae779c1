"""Provide liquidity to a pair: deposit, redeem, show."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Session, friendly, pair_option, slippage_option, yes_option
from bulkhead.client.accounts import contract_at, ensure_allowance, transact
from bulkhead.client.codec import checksum
from bulkhead.client.pair import Pair
from bulkhead.client.router import Router
from bulkhead.client.signing import ApeSigner
from bulkhead.client.tables import when
from bulkhead.client.units import parse_amount, parse_percent, show
from bulkhead.client.wallet import Wallet
from bulkhead.commands.options import permit_option
from bulkhead.exceptions import InvalidInput
from bulkhead.model import WAD


class Provider(Session):
    """A session on one pair, for one account."""

    def __init__(self, account, label, is_sure=True):
        super().__init__(account)
        self.pair_of = Pair(self.node, *self.pair(label))
        self.is_sure = is_sure

    @property
    def vault(self):
        return contract_at(self.pair_of.vault, self.pair_of.abi)

    def view(self, function, *arguments):
        """A view of the vault; its refusal is a typed error."""
        return transact(getattr(self.vault, function), *arguments)

    def money(self, units):
        return f"{show(units, self.pair_of.decimals)} {self.pair_of.quote}"

    def shares(self, units):
        return f"{show(units, self.pair_of.share_decimals)} shares"

    def show(self, owner):
        pair = self.pair_of
        balance, value = self.view("balanceOf", owner), 0
        locked, unlock_at = self.view("lock_of", owner)
        if balance:
            value = self.view("convertToAssets", balance)
        self.say(f"{owner} holds {self.shares(balance)}, worth {self.money(value)} at mid")
        free = self.view("maxRedeem", owner)
        self.say(f"redeemable now: {self.shares(free)}")
        if locked:
            self.say(f"locked: {self.shares(locked)} until {when(unlock_at)}")
        state = pair.state()
        if free < balance - locked and not state.is_live:
            self.say("there is no live price: wait for the oracle")


def bounded(expected, slippage):
    """The least that is acceptable instead of `expected`."""
    ratio = parse_percent(slippage, "--slippage")
    if not 0 <= ratio < WAD:
        raise InvalidInput("slippage must be from 0 to below 100 %")
    return expected * (WAD - ratio) // WAD


@click.group()
def cli():
    """Provide liquidity to a pair. Amounts are human numbers of the quote asset."""


@cli.command(cls=ConnectedProviderCommand)
@click.argument("amount")
@account_option()
@pair_option
@slippage_option
@permit_option
@yes_option
@friendly
def deposit(amount, account, label, slippage, is_permit, is_sure):
    """Deposit AMOUNT of the quote asset for shares."""
    provider = Provider(account, label, is_sure)
    pair = provider.pair_of
    units = parse_amount(amount, pair.decimals, "AMOUNT")
    if units <= 0:
        raise InvalidInput("AMOUNT must be positive")
    expected = provider.view("previewDeposit", units)
    least = bounded(expected, slippage)
    hours = pair.params.lp_lockup / 3600
    provider.say(f"{provider.money(units)} for {provider.shares(expected)}")
    provider.say(f"at least {provider.shares(least)}; locked for {hours:g} h")
    if not is_sure:
        click.confirm("Send it?", abort=True)
    owner = str(account.address)
    if is_permit:
        wallet = Wallet(pair, ApeSigner(provider.account))
        Router(wallet, provider.deployments).deposit(units, min_shares=least)
    else:
        if ensure_allowance(provider.node, provider.account, pair.asset, pair.vault, units):
            provider.say(f"approved {provider.money(units)}")
        transact(provider.vault.deposit, units, owner, least, sender=provider.account)
    provider.show(owner)


@cli.command(cls=ConnectedProviderCommand)
@click.argument("amount")
@account_option()
@pair_option
@slippage_option
@yes_option
@friendly
def redeem(amount, account, label, slippage, is_sure):
    """Redeem AMOUNT of shares (a number, a percentage such as 50%, or `all` that is free now)."""
    provider = Provider(account, label, is_sure)
    pair, owner = provider.pair_of, str(account.address)
    if amount == "all":
        shares = provider.view("maxRedeem", owner)
    elif amount.endswith("%"):
        shares = provider.view("balanceOf", owner) * parse_percent(amount, "AMOUNT") // WAD
    else:
        shares = parse_amount(amount, pair.share_decimals, "AMOUNT")
    if shares <= 0:
        raise InvalidInput("there is nothing to redeem now", "See `ape run lp show`.")
    expected = provider.view("previewRedeem", shares)
    least = bounded(expected, slippage)
    provider.say(f"{provider.shares(shares)} for {provider.money(expected)}")
    provider.say(f"at least {provider.money(least)}")
    if not is_sure:
        click.confirm("Send it?", abort=True)
    transact(provider.vault.redeem, shares, owner, owner, least, sender=provider.account)
    provider.show(owner)


@cli.command("show", cls=ConnectedProviderCommand)
@click.argument("owner")
@pair_option
@friendly
def show_shares(owner, label):
    """Show OWNER's shares, their value, and when locked ones can leave."""
    Provider(None, label).show(checksum(owner))
