"""The page of a run: one HTML file that needs nothing but itself."""

from __future__ import annotations

from datetime import datetime, timezone
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from bulkhead.client.units import show, show_percent, show_price
from bulkhead.replay.cast import DEPLOYER, KEEPER, LP_NAMES, TRADERS, TREASURY
from bulkhead.replay.ledger import CATEGORIES, VAULT, Ledger
from bulkhead.replay.run import Result
from bulkhead.report import charts

GROUPS = {
    "traders": TRADERS,
    "LPs": LP_NAMES,
    "keeper": (KEEPER,),
    "protocol": (TREASURY,),
    "creator of the pair (its seed stays)": (DEPLOYER,),
    "left in the vault": (VAULT,),
}
_KINDS = {
    "open": "opens", "add": "margin", "call": "call", "reduce": "reduces", "partial": "liquidation",
    "full": "liquidation", "settled": "settled", "unwound": "settled", "close": "closes",
    "lp": "LP", "claim": "claims", "fees": "fees", "oracle": "oracle", "refused": "refused",
}  # fmt: skip


def stamp(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, timezone.utc).strftime("%d %b %H:%M")


def write(result: Result, folder: Path) -> Path:
    """Write the page and the price chart. Returns the page's path."""
    key = result.play.stage.series.key
    folder.mkdir(parents=True, exist_ok=True)
    price = charts.price_chart(result.play)
    charts.save_png(price, folder / f"{key}.png")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"stamp": stamp, "price": show_price, "percent": show_percent}
    template = environment.from_string((files("bulkhead.report") / "page.html").read_text("utf-8"))
    path = folder / f"{key}.html"
    path.write_text(
        template.render(
            series=result.play.stage.series,
            price_svg=charts.svg(price),
            pool_svg=charts.svg(charts.pool_chart(result.play)),
            positions_svg=charts.svg(
                charts.positions_chart(result.play, result.lives, result.play.who)
            ),
            **_content(result),
        ),
        "utf-8",
    )
    return path


def _content(result: Result) -> dict[str, Any]:
    play = result.play
    decimals = play.desk.pair.decimals

    def money(units: int) -> str:
        return show(units, decimals, 2)

    return {
        "pair": play.desk.pair,
        "other": play.stage.other.pair,
        "params": play.desk.pair.params,
        "points": play.points,
        "first": play.points[0],
        "last": play.points[-1],
        "low": min(point.price for point in play.points),
        "totals": result.totals,
        "lives": result.lives,
        "who": play.who,
        "name": play.stage.name,
        "money": money,
        "lps": result.lps,
        "lp_total": sum(lp.result for lp in result.lps),
        "notes": play.notes,
        "kinds": _KINDS,
        "calls": play.desk.calls + play.stage.other.calls,
        "expected_bad_debt": play.desk.expected_bad_debt,
        "checks": play.checks,
        "seconds": result.seconds,
        "ledgers": [_ledger(ledger) for ledger in result.ledgers],
    }


def _ledger(ledger: Ledger) -> dict[str, Any]:
    def exact(units: int) -> str:
        if units == 0:
            return ""
        text = show(units, ledger.decimals, min(ledger.decimals, 6))
        return text.rstrip("0").rstrip(".") if "." in text else text

    groups = ledger.results(GROUPS)
    return {
        "symbol": ledger.symbol,
        "categories": CATEGORIES,
        "rows": [
            {
                "name": row.name,
                "flows": [exact(row.flows[category]) for category in CATEGORIES],
                "expected": exact(row.expected),
                "balance": exact(row.balance),
                "difference": row.difference,
            }
            for row in ledger.rows
        ],
        "supply": exact(ledger.supply),
        "difference": ledger.difference,
        "groups": {group: exact(units) for group, units in groups.items()},
        "group_sum": sum(groups.values()),
        "residue": exact(ledger.residue),
        "seed": exact(ledger.seed),
        "seed_value": exact(ledger.seed_value),
        "rounding": ledger.residue - ledger.seed_value,
    }
