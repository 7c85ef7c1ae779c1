"""A pair, its positions and a preview as tables for a terminal."""

from __future__ import annotations

from datetime import datetime, timezone

from rich.table import Table

from bulkhead.client.pair import Pair, PairState, PositionKey
from bulkhead.client.preview import TradePreview
from bulkhead.client.units import ratio_of, show, show_percent, show_price
from bulkhead.model import MAX_UINT256, WAD, Health, Position, Status

_STATUS = {
    Status.HEALTHY: "[green]healthy[/green]",
    Status.MARGIN_CALL: "[yellow]margin call[/yellow]",
    Status.LIQUIDATABLE: "[red]liquidatable[/red]",
    Status.SETTLEABLE: "[cyan]settleable[/cyan]",
    Status.NO_PRICE: "[magenta]no price[/magenta]",
    Status.EMPTY: "closed",
}


def when(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def _pairs(title: str) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    return table


def pair_table(pair: Pair, state: PairState) -> Table:
    """Pool, value, open interest, rates, limits and price."""
    table = _pairs(f"{pair.label}  {pair.vault}")
    market, params = state.market, pair.params

    def money(units: int) -> str:
        return f"{show(units, pair.decimals, 2)} {pair.quote}"

    def size(units: int) -> str:
        return f"{show(units, 18, 4)} {pair.base} ({money(units * state.mid // pair.scale)})"

    band = state.band
    if band is None:
        table.add_row("price", "[red]the oracle cannot be read[/red]")
    else:
        width = ratio_of(band.ask - band.bid, band.bid)
        table.add_row(
            "price band", f"{show_price(band.bid)} – {show_price(band.ask)} ({show_percent(width)})"
        )
        live = "[green]live[/green]" if band.live else "[red]not live[/red]"
        table.add_row("price updated", f"{when(band.updated_at)}, {live}")
    if state.is_winding_down:
        table.add_row("state", "[magenta]winding down: only exits remain[/magenta]")
    table.add_section()
    low, high = pair.navs(state)
    shares = 10**pair.share_decimals
    table.add_row("pool", money(market.pool))
    table.add_row("net asset value, at mid", money(state.total_assets))
    table.add_row("an LP leaves at, enters at", f"{money(low)}, {money(high)}")
    per_share = state.total_assets * shares // state.supply if state.supply else 0
    table.add_row("value of one share", f"{show(per_share, pair.decimals)} {pair.quote}")
    table.add_row("protocol fees to collect", money(state.protocol_fees))
    table.add_section()
    table.add_row("open interest, long", size(market.long_size))
    table.add_row("open interest, short", size(market.short_size))
    sign = "-" if market.skew < 0 else "+"
    table.add_row("skew", f"{sign}{size(abs(market.skew))}")
    table.add_row(
        "utilisation",
        f"{show_percent(ratio_of(market.reserved, market.pool))} of at most "
        f"{show_percent(state.limits.max_utilisation)}",
    )
    table.add_section()
    rates = pair.rates(state)
    table.add_row("longs pay a year", show_percent(rates.long))
    table.add_row("shorts pay a year", show_percent(rates.short))
    table.add_row("of it borrow fee", show_percent(rates.borrow))
    table.add_section()
    table.add_row("initial ratio, now", show_percent(state.limits.initial_ratio))
    table.add_row(
        "margin call, maintenance",
        f"{show_percent(params.margin_call_ratio)}, {show_percent(params.maintenance_ratio)}",
    )
    table.add_row("trading fee", show_percent(params.trading_fee, 3))
    table.add_row("smallest margin", money(params.min_margin))
    if state.limits.reduce_only:
        table.add_row("limits", "[yellow]reduce only[/yellow]")
    return table


def overview_table(pairs: list[tuple[Pair, PairState]]) -> Table:
    """One line for each pair: price, pool, how full it is, open interest, what is owed."""
    table = Table("pair", title=f"{len(pairs)} pairs", title_justify="left")
    for name in ("price", "pool", "utilisation", "long", "short", "protocol fees", "state"):
        table.add_column(name, justify="left" if name == "state" else "right")
    for pair, state in pairs:
        market = state.market

        def money(units: int, pair: Pair = pair) -> str:
            return f"{show(units, pair.decimals, 2)} {pair.quote}"

        sides = (size * state.mid // pair.scale for size in (market.long_size, market.short_size))
        table.add_row(
            pair.label,
            show_price(state.mid),
            money(market.pool),
            show_percent(ratio_of(market.reserved, market.pool)),
            *map(money, sides),
            money(state.protocol_fees),
            _state_of(state),
        )
    return table


def _state_of(state: PairState) -> str:
    if state.is_winding_down:
        return "[magenta]winding down[/magenta]"
    if not state.is_live:
        return "[red]no live price[/red]"
    return "[yellow]reduce only[/yellow]" if state.limits.reduce_only else "[green]open[/green]"


def positions_table(
    pair: Pair,
    keys: list[PositionKey],
    positions: list[Position],
    healths: list[Health],
    *,
    is_narrow: bool = False,
) -> Table:
    """One line for each position; where it is narrow, owners are shortened."""
    word = "position" if len(keys) == 1 else "positions"
    table = Table(title=f"{len(keys)} open {word} in {pair.quote}", title_justify="left")
    table.add_column("owner / id")
    for name in (pair.base, "margin", "equity", "gain", "leverage", "ratio", "liquidation"):
        table.add_column(name, justify="right")
    table.add_column("health")
    for key, position, health in zip(keys, positions, healths, strict=True):
        value = abs(position.size) * health.closing_price // pair.scale
        colour = "green" if health.gain >= 0 else "red"
        leverage = f"{value / health.equity:.1f}x" if health.equity > 0 else "–"
        table.add_row(
            f"{key[0][:6]}…{key[0][-4:]} / {key[1]}" if is_narrow else f"{key[0]} / {key[1]}",
            show(position.size, 18, 3),
            show(position.margin, pair.decimals, 2),
            show(health.equity, pair.decimals, 2),
            f"[{colour}]{show(health.gain, pair.decimals, 2)}[/{colour}]",
            leverage,
            show_percent(ratio_of(health.equity, value)) if value else "–",
            show_price(health.liquidation_price) if health.liquidation_price else "–",
            _STATUS[health.status],
        )
    return table


def trade_table(pair: Pair, preview: TradePreview, position_id: int) -> Table:
    """What a trade would do, before it is sent."""
    table = _pairs(f"{pair.label}: position {position_id}")

    def money(units: int) -> str:
        return f"{show(units, pair.decimals)} {pair.quote}"

    if preview.size_delta:
        word = "buy" if preview.size_delta > 0 else "sell"
        table.add_row(word, f"{show(abs(preview.size_delta), 18)} {pair.base}")
        table.add_row("at, impact included", f"{show_price(preview.price)} {pair.quote}")
        bound = "at most" if preview.size_delta > 0 else "at least"
        acceptable = f"{bound} {show_price(preview.acceptable_price)} {pair.quote}"
        if preview.acceptable_price in (0, MAX_UINT256):
            acceptable = "any price"
        table.add_row("acceptable", acceptable)
        table.add_row("fee", money(preview.fee))
    if preview.realised:
        table.add_row("realised", money(preview.realised))
    if preview.margin_delta > 0:
        table.add_row("margin paid in", money(preview.margin_delta))
    if preview.paid_out:
        table.add_row("paid out", money(preview.paid_out))
    table.add_section()
    after, health = preview.after, preview.health
    if after.size == 0:
        table.add_row("afterwards", "closed")
        return table
    table.add_row("size afterwards", f"{show(after.size, 18)} {pair.base}")
    table.add_row("margin", money(after.margin))
    table.add_row("can win at most", money(after.reserve))
    table.add_row("leverage", f"{preview.leverage / WAD:.2f}x")
    table.add_row("equity", money(health.equity))
    table.add_row(
        "margin call, maintenance", f"{money(health.margin_call)}, {money(health.maintenance)}"
    )
    if health.liquidation_price:
        table.add_row("liquidation at", f"{show_price(health.liquidation_price)} {pair.quote}")
    return table
