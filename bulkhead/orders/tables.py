"""Orders in words and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from bulkhead.client.pair import Pair
from bulkhead.client.tables import when
from bulkhead.client.units import show, show_price
from bulkhead.orders.build import ALL, Bracket, any_price
from bulkhead.orders.preview import ExitPreview
from bulkhead.orders.types import EPOCH, Order, Trigger


def kind_of(order: Order) -> str:
    """What an order is for."""
    if order.trigger == Trigger.HEALTH_BELOW:
        return "top-up"
    # the market has to move the way that the order trades: up to buy, down to sell
    is_behind = order.trigger == (
        Trigger.PRICE_AT_OR_ABOVE if order.size_delta > 0 else Trigger.PRICE_AT_OR_BELOW
    )
    if order.reduce_only:
        return "stop" if is_behind else "take profit"
    return "stop entry" if is_behind else "limit entry"


def effect_of(order: Order, pair: Pair, places: int | None = None) -> str:
    """What it does to the position; the size with so many decimals, or exactly."""
    margin = f"{show(abs(order.margin_delta), pair.decimals)} {pair.quote}"
    if order.size_delta == 0:
        return f"add {margin}"
    word = "buy" if order.size_delta > 0 else "sell"
    if order.reduce_only and abs(order.size_delta) >= ALL:
        return f"{word} all of it"
    size = f"{word} {show(abs(order.size_delta), 18, places)} {pair.base}"
    return f"{size} with {margin}" if order.margin_delta > 0 else size


def moment_of(order: Order, pair: Pair) -> str:
    """What has to be true for it to execute."""
    conditions = []
    if order.trigger == Trigger.HEALTH_BELOW:
        conditions.append(f"health below {show(order.trigger_value, 18)}")
    elif order.trigger != Trigger.NONE:
        side = "at or above" if order.trigger == Trigger.PRICE_AT_OR_ABOVE else "at or below"
        conditions.append(f"{side} {show_price(order.trigger_value)} {pair.quote}")
    if order.size_delta and order.acceptable_price != any_price(order.size_delta):
        side = "at most" if order.size_delta > 0 else "at least"
        conditions.append(f"for {side} {show_price(order.acceptable_price)}")
    return ", ".join(conditions) or "at any time"


def life_of(order: Order) -> str:
    """Which position it is for."""
    if order.opened_at == 0:
        return f"{order.position_id}, new"
    return str(order.position_id)


def terms_table(order: Order, pair: Pair) -> Table:
    """An order that is about to be signed."""
    table = Table(
        title=f"{pair.label}: {kind_of(order)}, position {life_of(order)}",
        title_justify="left",
        show_header=False,
    )
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_row("what", effect_of(order, pair))
    table.add_row("when", moment_of(order, pair))
    table.add_row("the keeper gets", f"{show(order.keeper_fee, pair.decimals)} {pair.quote}")
    table.add_row("good until", when(order.deadline))
    return table


def exits_table(pair: Pair, bracket: Bracket, previews: tuple[ExitPreview, ExitPreview]) -> Table:
    """The exits of a bracket, with what each would pay right after the entry."""
    table = Table(title="then, whichever is first", title_justify="left")
    for name in ("", "when", f"realised, {pair.quote}", f"paid out, {pair.quote}"):
        table.add_column(name, justify="right" if "," in name else "left")
    for order, preview in zip((bracket.take_profit, bracket.stop), previews, strict=True):
        money = (show(units, pair.decimals) for units in (preview.realised, preview.paid_out))
        table.add_row(kind_of(order), moment_of(order, pair), *money)
    return table


def orders_table(pair: Pair, rows: Sequence[tuple[Order, str]], *, is_narrow: bool) -> Table:
    """One line for each order with its state; where it is narrow, without fee and deadline."""
    word = "order" if len(rows) == 1 else "orders"
    table = Table(title=f"{len(rows)} {word} in {pair.label}", title_justify="left")
    columns = ["nonce", "order", "position", "what", "when", "state"]
    if not is_narrow:
        columns[5:5] = ["fee", "good until"]
    for name in columns:
        table.add_column(name)
    for order, state in sorted(rows, key=lambda row: row[0].nonce):
        cells = {
            "nonce": str(order.nonce % EPOCH),
            "order": kind_of(order),
            "position": life_of(order),
            "what": effect_of(order, pair, 4),
            "when": moment_of(order, pair),
            "fee": show(order.keeper_fee, pair.decimals),
            "good until": when(order.deadline).removesuffix(" UTC"),
            "state": state,
        }
        table.add_row(*(cells[name] for name in columns))
    return table
