"""One run from beginning to end: stage, replay, exits, ledgers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bulkhead.client.codec import call_data
from bulkhead.replay import ending
from bulkhead.replay.actions import Tell
from bulkhead.replay.cast import KEEPER, LP_NAMES
from bulkhead.replay.ledger import Ledger, reconcile
from bulkhead.replay.outcome import Life, LpResult, Totals, lives, lp_results, totals
from bulkhead.replay.play import CHECK_EVERY, Play
from bulkhead.replay.series import Tick
from bulkhead.replay.stage import Stage

Progress = Callable[[Tick], None]


@dataclass(frozen=True)
class Result:
    """Everything that a page or a terminal says about a finished run."""

    play: Play
    lives: list[Life]
    totals: Totals
    lps: list[LpResult]
    ledgers: list[Ledger]
    seconds: float  # of the replay


def run(
    stage: Stage, ticks: list[Tick], tell: Tell, progress: Progress, *, sabotage: bool = False
) -> Result:
    """Replay `ticks`. Raises InvariantBroken where a promise or a ledger does not hold.

    `sabotage` takes one unit out of the vault halfway, by a power that only a local chain gives:
    the checks must see it.
    """
    started = time.monotonic()
    play = Play(stage, tell)
    ending.begin(play)
    for i, tick in enumerate(ticks):
        if sabotage and i == len(ticks) // 2:
            steal(stage)
        play.step(tick, is_checked=i % CHECK_EVERY == 0)
        progress(tick)
    ending.finish(play)
    seconds = time.monotonic() - started
    ledgers = [reconcile(desk, stage.name) for desk in (stage.desk, stage.other)]
    for ledger in ledgers:
        ledger.check()
    found = lives(stage.desk)
    return Result(
        play,
        found,
        totals(found, play.notes),
        lp_results(stage.desk, play, LP_NAMES),
        ledgers,
        seconds,
    )


def steal(stage: Stage) -> None:
    """One unit of the asset leaves the vault without its consent."""
    vault, node = stage.desk.pair.vault, stage.node
    node.request("anvil_setBalance", vault, hex(10**18))
    node.request("anvil_impersonateAccount", vault)
    data = call_data("transfer(address,uint256)", stage.addresses[KEEPER], 1)
    node.send(vault, stage.desk.pair.asset, data)
