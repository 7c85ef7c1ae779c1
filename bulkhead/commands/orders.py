"""The order commands of `ape run trade`: what they send are permissions and cancellations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from bulkhead.cli import slippage_option
from bulkhead.client.units import parse_percent
from bulkhead.commands.desk import OrderDesk
from bulkhead.commands.options import (
    entry_options,
    fresh_option,
    id_option,
    leverage_option,
    nonce_option,
    order_command,
    part_option,
    price_option,
    side_argument,
)
from bulkhead.exceptions import InvalidInput
from bulkhead.orders import Order
from bulkhead.orders import build as make
from bulkhead.orders.preview import preview_exits
from bulkhead.orders.tables import exits_table

# ---- entries ----


@order_command("limit", side_argument, fresh_option, price_option, *entry_options)
def limit(
    desk: OrderDesk,
    side: str,
    position_id: int | None,
    price: str,
    margin: str,
    leverage: str | None,
    size: str | None,
) -> None:
    """Sign an entry at --price or better."""
    life, at, units = desk.life(position_id), desk.price(price), desk.positive(margin, "--margin")
    delta = desk.size(side, units, leverage, size, at)

    def build(nonces: list[int]) -> list[Order]:
        return [make.limit_entry(desk.terms(nonces[0]), life, delta, units, at)]

    desk.preview(build([0])[0])
    desk.place(build)


@order_command(
    "stop",
    click.argument("side", type=click.Choice(["long", "short"]), required=False),
    click.option("--id", "position_id", type=click.IntRange(0), help="Position to close."),
    price_option,
    click.option("--margin", help="Margin to put in, of an entry."),
    leverage_option,
    click.option("--size", help="Size in the base asset, of an entry or of the part to close."),
    click.option("--slippage", help="How far beyond --price; 0.5 % for an entry, else any."),
    nonce_option,
)
def stop(
    desk: OrderDesk,
    side: str | None,
    position_id: int | None,
    margin: str | None,
    size: str | None,
    nonce: int | None,
    **given: Any,
) -> None:
    """Sign an exit for when the market has moved to --price against a position. With SIDE, an
    entry for when it has moved to --price that way."""
    if side is not None:
        if margin is None or nonce is not None:
            raise InvalidInput("an entry needs --margin, and has a nonce of its own")
        _stop_entry(desk, side, position_id, margin, size, **given)
        return
    if position_id is None or margin is not None or given["leverage"] is not None:
        raise InvalidInput(
            "give the position's --id and no --margin to close it", "Or `stop long` to enter."
        )
    slippage = given["slippage"]
    _exit(desk, make.stop, position_id, given["price"], size, nonce, slippage)


def _stop_entry(
    desk: OrderDesk,
    side: str,
    position_id: int | None,
    margin: str,
    size: str | None,
    price: str,
    leverage: str | None,
    slippage: str | None,
) -> None:
    life, at, units = desk.life(position_id), desk.price(price), desk.positive(margin, "--margin")
    delta = desk.size(side, units, leverage, size, at)
    bound = make.bounded(at, delta, parse_percent(slippage or "0.5 %", "--slippage"))

    def build(nonces: list[int]) -> list[Order]:
        return [make.stop_entry(desk.terms(nonces[0]), life, delta, units, at, bound)]

    desk.preview(build([0])[0])
    desk.place(build)


# ---- exits ----


@order_command("take-profit", id_option, price_option, part_option, slippage_option, nonce_option)
def take_profit(
    desk: OrderDesk,
    position_id: int,
    price: str,
    size: str | None,
    slippage: str,
    nonce: int | None,
) -> None:
    """Sign an exit for when the market has moved to --price in a position's favour."""
    _exit(desk, make.take_profit, position_id, price, size, nonce, slippage)


def _exit(
    desk: OrderDesk,
    constructor: Callable[..., Order],
    position_id: int,
    price: str,
    size: str | None,
    nonce: int | None,
    slippage: str | None,
) -> None:
    position, at = desk.position(position_id), desk.price(price)
    side = 1 if position.size > 0 else -1
    bound = make.any_price(-side)
    if slippage is not None:
        bound = make.bounded(at, -side, parse_percent(slippage, "--slippage"))
    amount = make.ALL if size is None else desk.positive(size, "--size", 18)
    life = make.Life(position_id, position.opened_at)
    shared = None if nonce is None else [desk.open_nonce(nonce)]

    def build(nonces: list[int]) -> list[Order]:
        return [constructor(desk.terms(nonces[0]), life, side, at, bound, amount)]

    if constructor is make.stop:
        (health,) = desk.pair_of.healths([(desk.owner, position_id)])
        desk.warn_if_late(side, at, health.liquidation_price)
    desk.preview(build([0])[0])
    desk.place(build, nonces=shared)


@order_command(
    "top-up",
    id_option,
    click.option("--margin", required=True, help="Margin to add."),
    click.option(
        "--health", default="1.5", show_default=True, help="Equity over maintenance, to act below."
    ),
)
def top_up(desk: OrderDesk, position_id: int, margin: str, health: str) -> None:
    """Sign that a keeper may add --margin to a position once its health is below --health."""
    life = make.Life(position_id, desk.position(position_id).opened_at)
    units, below = desk.positive(margin, "--margin"), desk.positive(health, "--health", 18)

    def build(nonces: list[int]) -> list[Order]:
        return [make.top_up(desk.terms(nonces[0]), life, units, below)]

    desk.preview(build([0])[0])
    desk.place(build)


# ---- all at once ----


@order_command(
    "bracket",
    side_argument,
    click.option("--price", help="Enter at it or better; by default at the market."),
    *entry_options,
    click.option("--take-profit", "profit", required=True, help="Price to take profit at."),
    click.option("--stop", "loss", required=True, help="Price to stop at."),
    slippage_option,
)
def bracket(
    desk: OrderDesk,
    side: str,
    price: str | None,
    margin: str,
    leverage: str | None,
    size: str | None,
    profit: str,
    loss: str,
    slippage: str,
) -> None:
    """Sign an entry, with a take profit and a stop: the first to execute cancels the other."""
    life, units = make.Life(make.fresh_id()), desk.positive(margin, "--margin")
    bound = parse_percent(slippage, "--slippage")
    at = desk.market(side, bound) if price is None else desk.price(price)
    delta = desk.size(side, units, leverage, size, at)
    exits = desk.price(profit, "--take-profit"), desk.price(loss, "--stop")

    def build(nonces: list[int]) -> list[Order]:
        entry = make.limit_entry(desk.terms(nonces[0]), life, delta, units, at)
        return list(make.bracket(entry, nonces[1], *exits, slippage=bound).orders)

    signed = make.Bracket(*build([0, 1]))
    preview = desk.preview(signed.entry)
    if preview is not None:
        desk.warn_if_late(delta, exits[1], preview.health.liquidation_price)
        desk.console.print(exits_table(desk.pair_of, signed, preview_exits(desk.pair_of, signed)))
    desk.place(build, count=2)
