"""The guardian's commands: opening limits, tighter at once and looser after two days; hand-over."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import Operator, friendly, pair_option, yes_option
from bulkhead.client.codec import checksum
from bulkhead.client.tables import when
from bulkhead.client.units import parse_ratio, show_percent
from bulkhead.exceptions import InvalidInput
from bulkhead.model import Limits

limit_options = [
    click.option("--max-utilisation", help="Share of the pool that positions may reserve."),
    click.option("--initial-ratio", help="Margin to open with, of notional."),
    click.option("--reduce-only/--no-reduce-only", default=None, help="Stop openings."),
]


def with_limits(command):
    for option in reversed(limit_options):
        command = option(command)
    return command


class Guardian(Operator):
    """A session on the limits of one pair."""

    @property
    def limits(self):
        return Limits(*self.view("get_limits"))

    @property
    def scheduled(self):
        """Limits and when they can be applied, or None."""
        values, applies_at = self.view("get_scheduled_limits")
        return (Limits(*values), applies_at) if applies_at else None

    def wanted(self, max_utilisation, initial_ratio, reduce_only):
        """The present limits with what is said instead."""
        now = self.limits
        if max_utilisation is initial_ratio is reduce_only is None:
            raise InvalidInput("nothing to change", "Name at least one limit.")
        return Limits(
            parse_ratio(max_utilisation, "--max-utilisation")
            if max_utilisation
            else now.max_utilisation,
            parse_ratio(initial_ratio, "--initial-ratio") if initial_ratio else now.initial_ratio,
            now.reduce_only if reduce_only is None else reduce_only,
        )

    def compare(self, after):
        before = self.limits
        for name, old, new in (
            ("max utilisation", before.max_utilisation, after.max_utilisation),
            ("initial ratio", before.initial_ratio, after.initial_ratio),
        ):
            change = "" if old == new else f" -> {show_percent(new)}"
            self.say(f"{name}: {show_percent(old)}{change}")
        change = "" if before.reduce_only == after.reduce_only else f" -> {after.reduce_only}"
        self.say(f"reduce only: {before.reduce_only}{change}")

    def set(self, call, limits):
        arguments = limits.max_utilisation, limits.initial_ratio, limits.reduce_only
        self.act(call, *arguments)


@click.group()
def cli():
    """Limits on opening positions. What is open is never touched by them."""


@cli.command(cls=ConnectedProviderCommand)
@pair_option
@friendly
def pending(label):
    """Show the limits in force, those that are scheduled, and the guardian."""
    guardian = Guardian(None, label)
    guardian.compare(guardian.limits)
    if guardian.scheduled is None:
        guardian.say("nothing is scheduled")
    else:
        limits, applies_at = guardian.scheduled
        guardian.say(f"scheduled, from {when(applies_at)} on:")
        guardian.compare(limits)
    guardian.say(f"guardian {guardian.view('guardian')}")
    offered = guardian.view("pending_guardian")
    if int(offered, 16):
        guardian.say(f"offered to {offered}, who has to accept")


@cli.command(cls=ConnectedProviderCommand)
@account_option()
@pair_option
@with_limits
@yes_option
@friendly
def tighten(account, label, max_utilisation, initial_ratio, reduce_only, is_sure):
    """Tighten limits at once."""
    guardian = Guardian(account, label, is_sure)
    limits = guardian.wanted(max_utilisation, initial_ratio, reduce_only)
    guardian.compare(limits)
    guardian.set("tighten_limits", limits)


@cli.command(cls=ConnectedProviderCommand)
@account_option()
@pair_option
@with_limits
@yes_option
@friendly
def schedule(account, label, max_utilisation, initial_ratio, reduce_only, is_sure):
    """Schedule other limits, looser ones too, for two days from now."""
    guardian = Guardian(account, label, is_sure)
    limits = guardian.wanted(max_utilisation, initial_ratio, reduce_only)
    guardian.compare(limits)
    guardian.set("schedule_limits", limits)


@cli.command(cls=ConnectedProviderCommand)
@account_option()
@pair_option
@yes_option
@friendly
def apply(account, label, is_sure):
    """Apply what was scheduled two days ago or longer."""
    guardian = Guardian(account, label, is_sure)
    if guardian.scheduled is None:
        raise InvalidInput("nothing is scheduled", "Schedule it first.")
    limits, applies_at = guardian.scheduled
    guardian.say(f"scheduled, from {when(applies_at)} on:")
    guardian.compare(limits)
    guardian.act("apply_limits")


@cli.command(cls=ConnectedProviderCommand)
@click.argument("new_guardian")
@account_option()
@pair_option
@yes_option
@friendly
def transfer(new_guardian, account, label, is_sure):
    """Offer the role to NEW_GUARDIAN, who has to accept it."""
    guardian = Guardian(account, label, is_sure)
    address = checksum(new_guardian)
    guardian.say(f"{guardian.view('guardian')} offers the role to {address}")
    guardian.act("transfer_guardian", address)
    data = guardian.pair_of.abi.encode("accept_guardian")
    guardian.say(f"{address} now has to send to {guardian.pair_of.vault}, data {data}")
