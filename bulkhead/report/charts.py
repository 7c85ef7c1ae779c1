"""The charts of a run, as SVG to embed and PNG to show. Floats are for plotting only."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import dates as untyped_dates
from matplotlib import ticker
from matplotlib.figure import Figure

from bulkhead.client.pair import PositionKey
from bulkhead.replay.outcome import Life
from bulkhead.replay.play import Play, Point

dates: Any = untyped_dates  # matplotlib leaves it without types
INK, GREY, GRID = "#1c2733", "#6b7a89", "#e3e8ed"
LONG, SHORT = "#1f6feb", "#d9730d"
POOL, RESERVE, VALUE = "#0b7285", "#e8590c", "#5f3dc4"
_MARKS = {  # kind: marker, colour, size, label
    "call": ("o", "#f2b705", 16, "margin call"),
    "add": ("^", "#2f9e44", 34, "margin added"),
    "partial": ("v", "#f76707", 34, "liquidated in part"),
    "full": ("X", "#c92a2a", 48, "liquidated"),
    "settled": ("*", "#2b8a3e", 90, "settled at its reserve"),
    "unwound": ("D", "#7048e8", 30, "settled in wind-down"),
}
_LOG_FROM = 10  # a price range of that factor is drawn on a logarithmic scale
_STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": GRID,
    "axes.labelcolor": GREY,
    "axes.titlesize": 9,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "xtick.color": GREY,
    "ytick.color": GREY,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "bulkhead",  # the same run draws the same bytes
}


@mpl.rc_context(_STYLE)
def svg(figure: Figure) -> str:
    """The `<svg>` element, to be put into a page."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def save_png(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="png", dpi=110, metadata={"Software": None})


@mpl.rc_context(_STYLE)
def price_chart(play: Play) -> Figure:
    """The reported price, with everything that happened to positions on the way."""
    figure, (axes,) = _figure(1, height=3.9)
    times, prices = _times(play.points), [point.price / 1e18 for point in play.points]
    axes.step(times, prices, where="post", color=INK, linewidth=1.1)
    if max(prices) > _LOG_FROM * min(prices):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
    for kind, (marker, colour, size, label) in _MARKS.items():
        found = [note for note in play.notes if note.kind == kind]
        if found:
            axes.scatter(
                [_time(note.time) for note in found],
                [note.price / 1e18 for note in found],
                marker=marker, color=colour, s=size, zorder=3, linewidths=0,
                label=f"{label} ({len(found)})",
            )  # fmt: skip
    axes.set_ylabel(f"{play.desk.pair.quote} per {play.desk.pair.base}, as reported")
    axes.legend(loc="best", frameon=False, fontsize=8, labelcolor=INK)
    _date_axis(axes)
    return figure


@mpl.rc_context(_STYLE)
def pool_chart(play: Play) -> Figure:
    """Pool, what it owes and has locked, and what one share is worth."""
    figure, (top, bottom) = _figure(2, height=4.6, ratios=[2.2, 1])
    unit = 10**play.desk.pair.decimals
    times = _times(play.points)
    pool = [point.pool / unit for point in play.points]
    reserved = [point.reserved / unit for point in play.points]
    value = [point.assets / unit for point in play.points]
    top.step(times, pool, where="post", color=POOL, linewidth=1.4, label="pool")
    top.step(
        times, value, where="post", color=VALUE, linewidth=1.0, label="net asset value of the LPs"
    )
    top.fill_between(
        times, reserved, step="post", color=RESERVE, alpha=0.25, linewidth=0,
        label="reserved: the most that open positions can win",
    )  # fmt: skip
    top.set_ylim(bottom=0)
    top.yaxis.set_major_formatter(ticker.FuncFormatter(lambda x, _: f"{x / 1000:,.0f}k"))
    top.set_ylabel(play.desk.pair.quote)
    top.legend(loc="best", frameon=False, fontsize=8, labelcolor=INK)
    first = play.points[0].assets / play.points[0].supply
    share = [point.assets / point.supply / first * 100 for point in play.points]
    bottom.step(times, share, where="post", color=VALUE, linewidth=1.1)
    bottom.axhline(100, color=GREY, linewidth=0.6, linestyle=":")
    bottom.set_ylabel("share, start = 100")
    _date_axis(top)
    _date_axis(bottom)
    return figure


@mpl.rc_context(_STYLE)
def positions_chart(play: Play, lives: list[Life], who: Callable[[PositionKey], str]) -> Figure:
    """Margin and equity of each position, from its opening to its end."""
    columns = 4
    rows = -(-len(lives) // columns)
    figure = Figure(figsize=(11.6, 1.65 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    unit = 10**play.desk.pair.decimals
    flat = [axes for row in grid for axes in row]
    for axes, life in zip(flat, lives, strict=False):
        colour = LONG if life.size > 0 else SHORT
        points = [point for point in play.points if life.key in point.healths]
        times = _times(points)
        equity = [point.healths[life.key][0] / unit for point in points]
        margin = [point.healths[life.key][1] / unit for point in points]
        axes.step(times, margin, where="post", color=GREY, linewidth=0.9, linestyle="--")
        axes.step(times, equity, where="post", color=colour, linewidth=1.2)
        axes.axhline(0, color=INK, linewidth=0.6)
        for kind in _MARKS:
            _mark(axes, play, life, kind, times, equity)
        axes.set_title(who(life.key), fontsize=8.5)
        axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda x, _: f"{x:,.0f}"))
        axes.tick_params(labelsize=7)
        locator = dates.AutoDateLocator(minticks=2, maxticks=4)
        axes.xaxis.set_major_locator(locator)
        formats = ["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%H:%M"]
        axes.xaxis.set_major_formatter(
            dates.ConciseDateFormatter(locator, formats=formats, show_offset=False)
        )
    for axes in flat[len(lives) :]:
        axes.set_visible(False)
    return figure


def _mark(
    axes: Any, play: Play, life: Life, kind: str, times: list[datetime], equity: list[float]
) -> None:
    """At the equity that was read just before it happened."""
    marker, colour, size, _ = _MARKS[kind]
    for note in play.notes:
        inside = life.opened_at <= note.time <= (life.ended_at or note.time)
        if note.kind == kind and note.key == life.key and inside:
            before = [i for i, time in enumerate(times) if time <= _time(note.time)]
            if before:
                axes.scatter(
                    [times[before[-1]]], [equity[before[-1]]], marker=marker, color=colour,
                    s=size * 0.5, zorder=3, linewidths=0,
                )  # fmt: skip


def _figure(rows: int, *, height: float, ratios: list[float] | None = None) -> tuple[Figure, Any]:
    figure = Figure(figsize=(11.6, height), layout="constrained")
    axes = figure.subplots(
        rows, 1, squeeze=False, sharex=rows > 1, gridspec_kw={"height_ratios": ratios}
    )
    return figure, [row[0] for row in axes]


def _times(points: Iterable[Point]) -> list[datetime]:
    return [_time(point.time) for point in points]


def _time(timestamp: int) -> datetime:
    return datetime.fromtimestamp(timestamp, timezone.utc)


def _date_axis(axes: Any) -> None:
    locator = dates.AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    axes.margins(x=0.01)
