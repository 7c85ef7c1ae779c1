"""The games that a coalition plays, each with what it may gain under the rules: nothing.

Wages and income are no attack, so each game leaves them out: rewards for liquidating others go to
an honest keeper, and where time passes nobody else holds a position whose carry could be earned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from bulkhead.model import MAX_UINT256, WAD, Position, Vault, VaultParams
from bulkhead.profiles import reference_profile
from tests.attacks import moves
from tests.attacks.moves import Move
from tests.attacks.scene import (
    BIRTH,
    HONEST_LP,
    LP,
    POSITION_IDS,
    TRADERS,
    Pair,
    Scene,
    margin_to_open,
)

_PERCENT = WAD // 100
_PRICES = (2_000 * WAD, WAD, WAD // 10**6, 10**5 * WAD)


# ---- stages ----


def draw_params(random: Random, decimals: int, *, with_rates: bool, lockup: int) -> VaultParams:
    """Any vault that may be born: ratios, fees and depths at their bounds as often as between."""
    unit = 10**decimals
    maintenance = random.choice((_PERCENT, 5 * _PERCENT // 2, 10 * _PERCENT))
    call = random.choice((maintenance, maintenance * 3 // 2))
    initial = min(random.choice((call, call * 4 // 3, 2 * call)), WAD)
    room = maintenance // 2
    fee = min(random.choice((0, 0, 6 * _PERCENT // 100, _PERCENT)), room)
    min_margin = random.choice((1, 20, 1000)) * random.choice((1, unit))
    params = replace(
        reference_profile(decimals),
        initial_ratio=initial,
        margin_call_ratio=call,
        maintenance_ratio=maintenance,
        trading_fee=fee,
        liquidation_penalty=random.choice((0, room - fee, (room - fee) // 2)),
        min_margin=min_margin,
        keeper_min_reward=random.choice((0, min_margin // 4, min_margin // 10)),
        reserve_ratio=random.choice((_PERCENT, 10 * _PERCENT, WAD, 10 * WAD)),
        max_utilisation=random.choice((85 * _PERCENT, WAD)),
        skew_scale=random.choice((10**18, 10**20, 10**24, 10**36)),
        lp_lockup=lockup,
    )
    if with_rates:
        return replace(params, max_funding=random.choice((0, WAD, 10 * WAD)))
    return replace(params, borrow_base=0, borrow_slope1=0, borrow_slope2=0, max_funding=0)


def _pair(
    random: Random, half: int, *, with_rates: bool = False, lockup: int = 0, depth: bool = False
) -> Pair:
    decimals = random.choice((0, 2, 6))
    params = draw_params(random, decimals, with_rates=with_rates, lockup=lockup)
    if depth:  # a market in which impact does not hide everything else
        params = replace(params, skew_scale=10**36)
    vault = Vault(params, random.choice((0, WAD // 5)), decimals, BIRTH)
    pair = Pair(vault, random.choice(_PRICES), half)
    pair.look(BIRTH)
    pool = random.choice((10**3, 10**6, 10**9)) * 10**decimals
    vault.deposit(pair.env, HONEST_LP, pool)
    return pair


def _count(random: Random) -> int:
    """Two pairs now and then: what is lost in one may not be won in the other."""
    return 2 if random.random() < 0.2 else 1


def _inherit(scene: Scene, random: Random, index: int) -> None:
    """A position of the coalition's from before, that the price has moved since."""
    pair = scene.pairs[index]
    owner, position_id = random.choice(TRADERS), random.choice(POSITION_IDS)
    if (owner, position_id) in pair.vault.positions:
        return
    size = random.choice((1, -1)) * max(int(pair.unit * 10 ** random.uniform(-3, -0.5)), 1)
    margin = margin_to_open(pair, Position(), size)
    margin += int(margin * random.choice((0.02, 0.5, 2)))
    bound = MAX_UINT256 if size > 0 else 0
    scene.call(index, "adjust_position", owner, position_id, size, margin, bound)


def still_stage(random: Random, is_settled: bool = True) -> Scene:
    """Old positions of everybody's, after price moves; no carry. Keepers are done."""
    half = random.choice((0, 0, 0, WAD // 1000))
    scene = Scene([_pair(random, half) for _ in range(_count(random))], BIRTH)
    for index, pair in enumerate(scene.pairs):
        for _ in range(random.randint(0, 4)):
            scene.wait(1)
            if random.random() < 0.5:
                _inherit(scene, random, index)
            else:
                moves.honest_trade(scene, random, index)
            factor = random.choice((1.0, 1.02, 0.98, 0.9, 1.1, 1.5, 0.7, 2.5))
            scene.move_price(index, int(pair.mid * factor))
            scene.keep()
    scene.wait(1)
    scene.keep(is_settled)
    return scene


def capped_stage(random: Random) -> Scene:
    """The same, and positions at their reserve have not been settled."""
    return still_stage(random, False)


def drift_stage(random: Random) -> Scene:
    """Nobody but the coalition trades."""
    return Scene([_pair(random, 0, with_rates=True) for _ in range(_count(random))], BIRTH)


def latency_stage(random: Random) -> Scene:
    """Honest traders' positions, around a band that the next update stays in."""
    pairs = [
        _pair(random, random.choice((1, 5, 20)) * WAD // 1000, depth=random.random() < 0.5)
        for _ in range(_count(random))
    ]
    scene = Scene(pairs, BIRTH)
    for index, pair in enumerate(pairs):
        for _ in range(random.randint(0, 3)):
            scene.wait(1)
            moves.honest_trade(scene, random, index, 0.6)
            factor = random.choice((1.0, 1.02, 0.98, 1.1, 0.9))
            scene.move_price(index, int(pair.mid * factor))
            scene.keep()
    scene.wait(1)
    scene.keep(True)
    return scene


def moment_stage(random: Random) -> Scene:
    """Honest traders around; shares are locked for an hour."""
    half = random.choice((0, WAD // 1000))
    scene = Scene([_pair(random, half, lockup=3600, depth=random.random() < 0.7)], BIRTH)
    scene.wait(3600)
    for _ in range(random.randint(0, 2)):
        moves.honest_trade(scene, random, 0, 0.6)
    scene.wait(1)
    return scene


def spike_stage(random: Random) -> Scene:
    scene = Scene([_pair(random, 0, lockup=3600, depth=random.random() < 0.7)], BIRTH)
    scene.wait(3600)
    return scene


# ---- games ----

_TRADE: dict[Move, int] = {
    moves.grow: 30,
    moves.open_large: 8,
    moves.shrink: 10,
    moves.close: 10,
    moves.withdraw_margin: 8,
    moves.move_margin: 8,
    moves.add_margin: 3,
    moves.liquidate_own: 6,
    moves.settle: 6,
    moves.claim: 2,
}
_LIQUIDITY: dict[Move, int] = {
    moves.deposit: 10,
    moves.mint: 3,
    moves.redeem: 8,
    moves.withdraw: 3,
}
_ALL: dict[Move, int] = {**_TRADE, **_LIQUIDITY}


def _play(scene: Scene, random: Random, weights: dict[Move, int], most: int) -> None:
    for _ in range(random.randint(1, most)):
        index = random.randrange(len(scene.pairs))
        moves.pick(random, weights)(scene, random, index)


def play_still(scene: Scene, random: Random) -> int:
    """Constant price and, but for the seconds that calls are apart, constant time; no carry."""
    start = scene.holdings()
    for _ in range(random.randint(1, 4)):
        _play(scene, random, _ALL, 3)
        scene.wait(1)
    return scene.cash_out() - start


def play_capped(scene: Scene, random: Random) -> int:
    """As `play_still`, by traders and keeper alone.

    Without an LP: a gain beyond its reserve hides losses of the same side in the aggregates, so
    that whoever enters the pool before it is settled pays too little (docs/assurance.md).
    """
    start = scene.holdings()
    for _ in range(random.randint(1, 4)):
        _play(scene, random, _TRADE, 3)
        scene.wait(1)
    return scene.cash_out() - start


def play_drift(scene: Scene, random: Random) -> int:
    """Time passes at constant price: carry is paid, by the coalition alone.

    Keepers act in time: at 1,112 % a year six hours cost less than any maintenance ratio. Else a
    position could owe more carry than its margin, and the pool would pay the difference.
    """
    start = scene.holdings()
    for _ in range(random.randint(1, 4)):
        _play(scene, random, {**_ALL, moves.accrue: 4}, 3)
        for _ in range(random.choice((1, 1, 1, 8))):
            scene.wait(random.choice((1, 60, 3_600, 6 * 3_600)))
            scene.keep()
    return scene.cash_out() - start


def play_latency(scene: Scene, random: Random) -> int:
    """The true price has moved within the band; the coalition knows, and the feed will follow."""
    start = scene.holdings()
    _play(scene, random, _ALL, 4)
    scene.wait(random.choice((0, 1)))
    for index, pair in enumerate(scene.pairs):
        share = random.choice((-1.0, 1.0, random.uniform(-1, 1)))
        scene.move_price(index, pair.mid + int(pair.mid * share) * pair.half // WAD)
    scene.wait(random.choice((0, 1)))
    _play(scene, random, _ALL, 4)
    return scene.cash_out() - start


_IN_A_MOMENT: dict[Move, int] = {
    **_ALL,
    moves.deposit: 25,
    moves.redeem: 20,
    moves.pass_shares: 5,
    moves.honest_trade: 6,
    moves.liquidate_honest: 8,
}


def play_moment(scene: Scene, random: Random) -> int:
    """All inside one timestamp, around a jump of the feed of any size that stays.

    Only what is in hand at the end of it counts: whatever is still open or locked is at risk.
    """
    start = scene.tokens()
    _play(scene, random, _IN_A_MOMENT, 3)
    scene.move_price(0, int(scene.pairs[0].mid * random.choice((0.9, 0.97, 1.01, 1.03, 1.2))))
    _play(scene, random, _IN_A_MOMENT, 6)
    return scene.tokens() - start


_TAKE_OUT: dict[Move, int] = {
    moves.withdraw_margin: 30,
    moves.move_margin: 15,
    moves.shrink: 10,
    moves.close: 10,
    moves.settle: 5,
    moves.claim: 2,
    moves.redeem: 8,
    moves.withdraw: 3,
    moves.pass_shares: 3,
}


def play_spike(scene: Scene, random: Random) -> int:
    """A spike that comes and goes inside one timestamp, then a fair coin: what is expected.

    Whoever opens at a wrong price gains by it, so at the spike things are only taken out. The
    coin's step is under the maintenance ratio: under the rules nobody goes bankrupt by it.
    """
    start = scene.holdings()
    mid = scene.pairs[0].mid
    _play(scene, random, _ALL, 3)
    scene.move_price(0, int(mid * random.choice((0.7, 0.9, 1.1, 1.4))))
    _play(scene, random, _TAKE_OUT, 3)
    scene.move_price(0, mid)
    _play(scene, random, _TAKE_OUT, 1)
    scene.wait(1)
    step = mid * scene.pairs[0].vault.params.maintenance_ratio // WAD // 2
    ends = []
    for side in (1, -1):
        end = scene.fork()
        end.move_price(0, mid + side * step)
        ends.append(end.cash_out() - start)
    return sum(ends) // 2


def run_stage(random: Random) -> Scene:
    """Longs and shorts, each side opened at one price; then a gap that keepers have not met yet.

    The coalition is an LP of long standing.
    """
    pair = _pair(random, random.choice((0, WAD // 1000)), depth=True)
    pair.vault.deposit(pair.env, LP, pair.vault.market.pool * random.randint(1, 30) // 10)
    scene = Scene([pair], BIRTH)
    scene.wait(1)
    for _ in range(6):
        moves.honest_trade(scene, random, 0, 0.8)
    scene.move_price(0, int(pair.mid * random.choice((0.5, 0.8, 0.9, 0.95, 1.05, 1.1, 1.25, 2))))
    scene.wait(1)
    return scene


def play_run(scene: Scene, random: Random) -> int:
    """Leaving before the losses are realised must not pay better than staying to the end.

    Compared: the same shares left in the vault until every position is closed.
    """
    shares = scene.pairs[0].vault.balance_of(LP)
    for _ in range(random.randint(0, 2)):
        moves.liquidate_honest(scene, random, 0)
    leaver = scene.fork()
    before = leaver.tokens()
    if not leaver.call(0, "redeem", LP, shares * random.randint(1, 10) // 10):
        return 0
    paid = leaver.tokens() - before
    _end(leaver)
    _end(scene)
    gain = paid + leaver.pairs[0].share_value() - scene.pairs[0].share_value()
    scene.story = leaver.story
    return gain


def _end(scene: Scene) -> None:
    """Keepers liquidate what is due, then everybody else leaves, without a fee to share."""
    vault = scene.pairs[0].vault
    vault.params = replace(vault.params, trading_fee=0, liquidation_penalty=0)
    scene.keep()
    for owner, position_id in list(vault.positions):
        bound = 0 if vault.positions[owner, position_id].size > 0 else MAX_UINT256
        assert scene.call(0, "close_position", owner, position_id, bound)


Game = tuple[Callable[[Random], Scene], Callable[[Scene, Random], int]]
GAMES: dict[str, Game] = {
    "still": (still_stage, play_still),
    "capped": (capped_stage, play_capped),
    "drift": (drift_stage, play_drift),
    "latency": (latency_stage, play_latency),
    "moment": (moment_stage, play_moment),
    "spike": (spike_stage, play_spike),
    "run": (run_stage, play_run),
}
SHARES = {"still": 30, "capped": 6, "drift": 16, "latency": 24, "moment": 10, "spike": 8, "run": 6}
