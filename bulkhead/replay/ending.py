"""Before and after the crash: funding the pairs, and letting everyone out at the end."""

from __future__ import annotations

from bulkhead.exceptions import Refused
from bulkhead.replay import promises
from bulkhead.replay.cast import BOOK, FEED, KEEPER, LP_NAMES, LPS, OTHER_BOOK, OTHER_LPS
from bulkhead.replay.desk import Desk
from bulkhead.replay.play import Play

_WEEK = 7 * 86_400
_LEAD = 120  # seconds before the first price, to fund and open


def begin(play: Play) -> None:
    """LPs fund both pairs, traders open their book; from here on the other pair stands still."""
    stage = play.stage
    first = stage.series.ticks[0]
    play.price = play.start = play.lowest = first.price
    play.desk.push(stage.addresses[FEED], first.price, first.time - _LEAD)
    for plan in LPS:
        if plan.below is None:
            play.deposit(plan)
    for lp in OTHER_LPS:
        play.deposit(lp, stage.other)
    for position in BOOK:
        if position.below is None and position.above_low is None:
            play.done.add(id(position))
            play.open(position)
    for position in OTHER_BOOK:
        play.open(position, stage.other)
    play.untouched = promises.fingerprint(stage.other)
    play.check()


def finish(play: Play) -> None:
    """Everyone leaves both pairs; nothing but the seed and its rounding stays behind."""
    desk, other = play.desk, play.stage.other
    play.check()
    if not desk.pair.state().is_live:
        _wind_down(play)
    for key in list(desk.records):
        play.close(key, "closes at the end")
    play.untouched = ()
    _wait_for_locks(play)
    other.push(play.stage.addresses[FEED], play.stage.other_prices[1], 0)
    for key in list(other.records):
        play.close(key, f"closes in {other.pair.label}", other)
    for one in (desk, other):
        _pay_out(play, one)
    play.check()
    play.checks += promises.check(other, promises.read_books(other))


def _wind_down(play: Play) -> None:
    """A feed stuck at its bound is not live, however often it answers: after a week anyone may wind
    the vault down, and every position settles at the last price the feed could tell."""
    node, desk = play.stage.node, play.desk
    keeper, feed = play.stage.addresses[KEEPER], play.stage.addresses[FEED]
    play.note("oracle", "the feed is stuck at its lowest answer: no price, no risk taken")
    _refuse(play, "close_position")
    desk.call("report_dead_oracle", sender=keeper)
    play.note("oracle", "the keeper reports the oracle dead; seven days begin")
    desk.push(feed, play.price, node.now + _WEEK)  # it answers all week, always the same
    desk.call("wind_down", sender=keeper)
    play.note("oracle", "wind-down: every position settles at the last price of the feed")
    _, healths = desk.healths()
    play.keep(healths)
    play.check()


def _refuse(play: Play, function: str) -> None:
    """What needs a price is refused without one; the refusal is part of the story."""
    key = next(iter(play.desk.records), None)
    if key is None:
        return
    try:
        play.desk.call(function, key[1], 0, sender=key[0])
    except Refused as error:
        play.refusals.append(error.reason)
        play.note("refused", f"{play.who(key)} cannot be closed yet: {error.reason}", key)


def _wait_for_locks(play: Play) -> None:
    """Fresh shares are locked for an hour."""
    later = play.stage.node.now + play.desk.pair.params.lp_lockup + 60
    play.desk.push(play.stage.addresses[FEED], play.price, later)


def _pay_out(play: Play, desk: Desk) -> None:
    for account, amount in promises.read_books(desk).claims.items():
        if amount:
            desk.call("claim", sender=account)
            name = play.stage.name(account)
            play.note("claim", f"{name} claims {play.money(amount, desk)}")
    if desk.pair.state().protocol_fees:
        (event,) = desk.call("collect_protocol_fees", sender=play.stage.addresses[KEEPER])
        play.note("fees", f"the protocol collects {play.money(event['amount'], desk)} of fees")
    for name in LP_NAMES:
        shares = desk.node.view(
            desk.pair.vault, desk.pair.abi, "balanceOf", play.stage.addresses[name]
        )
        if shares:
            play.redeem(name, 100, desk)
