"""Who takes part in the demo, with what, and when. Whole tokens; prices as shares of the first."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Final

LONG, SHORT = 1, -1


class OnCall(Enum):
    """What an owner does when the vault emits a margin call."""

    IGNORE = "does nothing"
    ADD = "adds margin"
    HALVE = "halves the position"


@dataclass(frozen=True)
class Plan:
    """One position to be opened: at the start, or when the price has first fallen below a share of
    where it started, or has first risen above a multiple of the lowest price so far."""

    who: str
    position_id: int
    side: int
    margin: int
    leverage: int
    below: Decimal | None = None
    above_low: Decimal | None = None
    on_call: OnCall = OnCall.IGNORE
    top_up: int = 0  # added at a margin call, once
    takes_profit: Decimal | None = None  # closes when the gain is that many times the margin


@dataclass(frozen=True)
class LpPlan:
    """Liquidity of one LP, and the share of it that leaves when the price has fallen that far."""

    who: str
    assets: int
    below: Decimal | None = None  # None: from the start
    leaves_below: Decimal | None = None
    leaves_share: Decimal = Decimal(1)


def _of(text: str) -> Decimal:
    return Decimal(text)


BOOK: Final = (
    Plan("Ada", 1, LONG, 10_000, 2),
    Plan("Ada", 2, SHORT, 1_500, 4),  # long and short at once, each with its own margin
    Plan("Bo", 1, LONG, 4_000, 4, on_call=OnCall.ADD, top_up=3_000),
    Plan("Cy", 1, LONG, 3_000, 8, on_call=OnCall.HALVE),
    Plan("Dee", 1, LONG, 2_500, 11),
    Plan("Eli", 1, LONG, 2_000, 15),
    Plan("Fay", 1, SHORT, 6_000, 3),
    Plan("Fay", 2, SHORT, 2_000, 10),
    Plan("Gus", 1, SHORT, 3_000, 6, takes_profit=_of("0.8")),
    Plan("Hal", 1, LONG, 8_000, 6, on_call=OnCall.ADD, top_up=6_000),
    Plan("Ivy", 1, LONG, 12_000, 3),
    Plan("Ivy", 2, SHORT, 1_000, 15, on_call=OnCall.HALVE),
    Plan("Eli", 2, LONG, 1_500, 13, below=_of("0.93")),
    Plan("Dee", 2, SHORT, 2_000, 12, below=_of("0.88")),
    Plan("Jon", 1, LONG, 4_000, 10, below=_of("0.76"), on_call=OnCall.ADD, top_up=1_000),
    Plan("Cy", 2, LONG, 2_500, 5, below=_of("0.62"), takes_profit=_of("0.5")),
    Plan("Gus", 2, SHORT, 2_500, 12, below=_of("0.55")),
    Plan("Bo", 2, LONG, 2_000, 6, above_low=_of("1.12")),
    Plan("Jon", 2, LONG, 1_500, 1, below=_of("0.0035")),  # where a coin goes to nothing
    Plan("Hal", 2, SHORT, 1_500, 2, below=_of("0.0025")),
)
LPS: Final = (
    LpPlan("Lea", 160_000),
    LpPlan("Lou", 120_000, leaves_below=_of("0.9"), leaves_share=_of("0.5")),
    LpPlan("Lin", 80_000),
    LpPlan("Leo", 40_000, leaves_below=_of("0.6")),
    LpPlan("Lin", 60_000, below=_of("0.7")),
)
OTHER_BOOK: Final = (
    Plan("Ada", 1, LONG, 5_000, 2),
    Plan("Fay", 1, SHORT, 4_000, 4),
)
OTHER_LPS: Final = (LpPlan("Lea", 100_000),)

DEPLOYER, GUARDIAN, KEEPER, FEED, TREASURY = "Deployer", "Guardian", "Keeper", "Feed", "Treasury"
TRADERS: Final = ("Ada", "Bo", "Cy", "Dee", "Eli", "Fay", "Gus", "Hal", "Ivy", "Jon")
LP_NAMES: Final = ("Lea", "Lou", "Lin", "Leo")
EVERYONE: Final = (DEPLOYER, GUARDIAN, KEEPER, FEED, TREASURY, *TRADERS, *LP_NAMES)
WALLETS: Final = dict.fromkeys(TRADERS, 50_000) | dict.fromkeys(LP_NAMES, 300_000)
