"""Options of the order commands, and what makes a command of a function that is given a desk."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import friendly, pair_option, yes_option
from bulkhead.commands.desk import OrderDesk

side_argument = click.argument("side", type=click.Choice(["long", "short"]))
id_option = click.option("--id", "position_id", type=click.IntRange(0), required=True)
fresh_option = click.option(
    "--id", "position_id", type=click.IntRange(0), help="Add to this one; by default a new one."
)
price_option = click.option("--price", required=True, help="In the quote asset.")
margin_option = click.option("--margin", required=True, help="Margin to put in.")
leverage_option = click.option("--leverage", help="Notional over the margin; or give --size.")
size_option = click.option("--size", help="Size in the base asset.")
part_option = click.option("--size", help="Close that much; by default all that is there.")
entry_options = margin_option, leverage_option, size_option
nonce_option = click.option(
    "--nonce", type=click.IntRange(0), help="Share it: the first to execute cancels the others."
)
fee_option = click.option("--fee", help="What the keeper gets; by default the vault's least.")
permit_option = click.option(
    "--permit",
    "is_permit",
    is_flag=True,
    help="Sign the allowance (EIP-2612) instead of sending an approval.",
)
span_option = click.option(
    "--for", "span", default="30d", show_default=True, help="How long: 90m, 12h, 30d, 2w."
)


def order_command(name: str, *options: Any) -> Callable[[Callable[..., None]], click.Command]:
    """A command that is given an OrderDesk, and its own options."""

    def decorate(work: Callable[..., None]) -> click.Command:
        @friendly
        @functools.wraps(work)
        def run(
            account: AccountAPI,
            label: str | None,
            fee: str | None,
            span: str,
            is_permit: bool,
            is_sure: bool,
            **given: Any,
        ) -> None:
            work(OrderDesk(account, label, is_sure, fee, span, is_permit), **given)

        common = fee_option, span_option, permit_option, account_option(), pair_option, yes_option
        for option in reversed([*options, *common]):
            run = option(run)
        return click.command(name, cls=ConnectedProviderCommand)(run)

    return decorate
