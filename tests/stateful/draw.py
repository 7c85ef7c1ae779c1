"""Draws steps from what the models allow: mostly valid, often at a bound, some beyond it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import Any

from bulkhead.model import (
    EMPTY,
    MAX_UINT256,
    WAD,
    Position,
    Status,
    rules,
)
from tests.stateful import plots
from tests.stateful.moment import Drawn, Scene
from tests.stateful.probe import Focus
from tests.stateful.weather import DAY, Climate, Weather
from tests.stateful.words import (
    GUARDIANS,
    KEEPERS,
    LPS,
    OPERATORS,
    PEOPLE,
    POSITION_IDS,
    STRANGER,
    TRADERS,
)
from tests.stateful.world import Place, Step, World

_ABSURD = (-(2**255), 2**255 - 1, 2**200, -(2**200), 2**128)


class Drawer:
    """One sequence on some of a world's vaults."""

    def __init__(
        self, world: World, random: Random, climate: Climate, indices: tuple[int, ...], length: int
    ) -> None:
        self.world, self.random, self.climate, self.length = world, random, climate, length
        self.places = [world.places[index] for index in indices]
        self.weather = Weather(random, climate, indices)
        self.count = 0
        self._plot: list[tuple[Place, plots.Act]] = []
        self._actions = list(_WEIGHTS)
        self._weights = list(accumulate(_WEIGHTS.values()))

    def next(self) -> tuple[Step, Focus]:
        self.count += 1
        draw = self.random
        place = draw.choice(self.places)
        seconds = self.weather.seconds()
        if self.count > 0.6 * self.length:
            self._approach_end(place)
        if self.count == 1 and not self.climate.is_still and draw.random() < 0.15:
            self._plot = [(place, act) for act in plots.ruin(self._scene(place, 0))]
        if self._plot:
            place, act = self._plot.pop(0)
            seconds = place.model.params.lp_lockup + 1  # who enters may leave in the next act
            step = self._step(act, place, seconds)
        elif not self.climate.is_still and draw.random() < 0.13:
            step = self.weather.change(place, seconds)
        else:
            step = self._act(place, seconds)
        return step, self._focus(place, step)

    def _approach_end(self, place: Place) -> None:
        is_ending = self.weather.fate[place.index] and self.random.random() < 0.05
        if is_ending:
            self.weather.is_dying[place.index] = True

    def _act(self, place: Place, seconds: int) -> Step:
        if self.weather.is_dying[place.index] and not place.model.is_winding_down:
            seconds += self.random.choice((0, 0, DAY, 7 * DAY))
            name: Any = self.random.choice((_end, _end, self._choose()))
        else:
            name = self._choose()
        return self._step(name, place, seconds)

    def _scene(self, place: Place, seconds: int) -> Scene:
        return Scene(self.random, place, place.environment(self.world.now + seconds))

    def _step(self, draw: Callable[[Scene], Drawn], place: Place, seconds: int) -> Step:
        drawn = draw(self._scene(place, seconds))
        action, sender, arguments = drawn[:3]
        tag = drawn[3] if len(drawn) > 3 else ""
        return Step(seconds, place.index, action, sender, arguments, tag)

    def _choose(self) -> Callable[[Scene], Drawn]:
        return self.random.choices(self._actions, cum_weights=self._weights)[0]

    def _focus(self, place: Place, step: Step) -> Focus:
        draw = self.random
        arguments = step.arguments
        if step.action in ("liquidate", "settle_position", "call_margin") and not step.tag:
            owner, position_id = arguments[:2]
        elif step.action == "adjust_position" and arguments[4:] and arguments[4] in TRADERS:
            owner, position_id = arguments[4], arguments[0]
        else:
            owner, position_id = draw.choice(TRADERS), draw.choice(POSITION_IDS)
        amount = draw.choice((0, 1, 10**place.model.decimals, place.model.market.pool // 3))
        return owner, position_id, draw.choice((*LPS, "seed")), amount


# ---- trading ----


def _adjust(
    s: Scene, key: tuple[str, int], size: int, margin: int, price: int | None = None
) -> Drawn:
    owner, position_id = key
    sender = s.sender_for(owner)
    if price is None:
        price = _acceptable(s, size)
    arguments = s.tail(
        position_id, size, margin, price, owner, s.receiver(sender), sender=sender, size=4
    )
    return "adjust_position", sender, arguments


def _execution_price(s: Scene, size: int) -> int:
    band = s.band
    if size == 0 or s.vault.is_winding_down:
        return band.ask
    skew_scale = s.vault.params.skew_scale
    return rules.execution_price(size, s.vault.market.skew, band.bid, band.ask, skew_scale)


def _acceptable(s: Scene, size: int) -> int:
    roll, price = s.random.random(), _execution_price(s, size)
    if roll < 0.6:
        return MAX_UINT256 if size > 0 else 0
    if roll < 0.97:
        return price
    return max(price + (-1 if size > 0 else 1), 0)


def _open(s: Scene) -> Drawn:
    key = s.key(is_open=False)
    return _grow(s, key, s.random.choice((1, -1)))


def _increase(s: Scene) -> Drawn:
    key = s.key(is_open=True)
    position = s.vault.positions.get(key)
    return _grow(s, key, 1 if position is None or position.size > 0 else -1)


def _grow(s: Scene, key: tuple[str, int], side: int) -> Drawn:
    vault, params, market, band = s.vault, s.vault.params, s.vault.market, s.band
    room = params.skew_scale - (market.long_size if side > 0 else market.short_size)
    mid = max((band.bid + band.ask) // 2, 1)
    most = vault.limits.max_utilisation * market.pool // WAD - market.reserved
    most = max(most, 0) * WAD // params.reserve_ratio * vault.scale // mid
    roll = s.random.random()
    if roll < 0.02:
        size = room + s.random.randint(-1, 1)
    elif roll < 0.05:
        size = most + most // 100
    else:
        size = min(most, room) * s.random.randint(1, 60) // 100
    size = side * max(size, 1)
    before = vault.positions.get(key, Position())
    missing = _missing(s, before, size)
    roll = s.random.random()
    if roll < 0.3:
        margin = missing
    elif roll < 0.9:
        margin = missing + s.random.randint(0, abs(missing) + s.tokens())
    else:
        margin = missing - s.random.choice((1, s.tokens()))
    if before.size == 0:
        margin = max(margin, 0)
    return _adjust(s, key, size, margin)


def _missing(s: Scene, before: Position, size: int) -> int:
    """Margin to add so that the increase is just allowed; negative: what can be taken out."""
    vault, params, band, market = s.vault, s.vault.params, s.band, s.market()
    if not band.live:
        return params.min_margin
    price = _execution_price(s, size)
    fee = rules.div_up(rules.notional(size, price, vault.scale) * params.trading_fee, WAD)
    basis = before.basis + rules.basis_of_increase(size, price, market, vault.scale)
    after, closing = before.size + size, band.bid if size > 0 else band.ask
    gain = rules.raw_gain(after, basis, closing, market, vault.scale)
    value = rules.notional(after, closing, vault.scale)
    ratio = max(vault.limits.initial_ratio, params.initial_ratio)
    needed = rules.requirement(value, ratio, after, params.skew_scale) - min(gain, 0)
    return max(needed, params.min_margin) + fee - before.margin


def _reduce(s: Scene) -> Drawn:
    key = s.key(is_open=True)
    size = -s.vault.positions.get(key, Position(size=s.unit)).size
    part = size * s.random.randint(1, 99) // 100 if s.random.random() < 0.8 else size
    if s.random.random() < 0.03:
        part = size + (1 if size > 0 else -1)
    roll = s.random.random()
    margin = 0 if roll < 0.7 else s.tokens() * (1 if roll < 0.85 else -1)
    return _adjust(s, key, part or (1 if size > 0 else -1), margin)


def _close(s: Scene) -> Drawn:
    owner, position_id = s.key(is_open=True)
    sender = s.sender_for(owner)
    size = -s.vault.positions.get((owner, position_id), Position(size=1)).size
    arguments = s.tail(
        position_id, _acceptable(s, size), owner, s.receiver(sender), sender=sender, size=2
    )
    return "close_position", sender, arguments


def _withdraw_margin(s: Scene) -> Drawn:
    owner, position_id = key = s.key(is_open=True)
    position = s.vault.positions.get(key)
    if position is None:
        return _adjust(s, key, 0, -s.tokens(), 0)
    health = s.vault.get_health(s.env, owner, position_id)
    most = position.margin + min(health.gain, 0) - health.initial
    most = min(most, position.margin - s.vault.params.min_margin)
    return _adjust(s, key, 0, -s.amount(most), 0)


def _add_margin(s: Scene) -> Drawn:
    owner, position_id = s.key(is_open=True)
    roll = s.random.random()
    amount = 2**96 if roll < 0.01 else 0 if roll < 0.03 else s.tokens()
    if s.random.random() < 0.3:
        return _adjust(s, (owner, position_id), 0, amount, 0)
    sender = owner if s.random.random() < 0.5 else s.random.choice(PEOPLE)
    return "add_margin", sender, s.tail(position_id, amount, owner, sender=sender, size=2)


def _move_margin(s: Scene) -> Drawn:
    owner, position_id = key = s.key(is_open=True)
    others = [number for name, number in s.vault.positions if name == owner]
    position = s.vault.positions.get(key, Position(margin=s.tokens()))
    amount = s.amount(position.margin - s.vault.params.min_margin)
    sender = s.sender_for(owner)
    arguments = (position_id, s.random.choice(others or POSITION_IDS), amount, owner)
    return "move_margin", sender, s.tail(*arguments, sender=sender, size=3)


def _claim(s: Scene) -> Drawn:
    claims = [name for name in s.vault.claims if name in PEOPLE]
    if not claims and s.random.random() < 0.8:
        return _keep(s)
    sender = s.random.choice(claims or TRADERS)
    return "claim", sender, s.tail(s.receiver(sender), sender=sender, size=0)


def _set_operator(s: Scene) -> Drawn:
    owner, operator = s.random.choice(TRADERS), s.random.choice((*OPERATORS, STRANGER))
    approved = s.random.random() < (0.15 if operator == STRANGER else 0.8)
    if s.random.random() < 0.4:
        return _permit(s, "permit_operator", owner, operator, approved)
    return "set_operator", owner, (operator, approved)


def _permit(s: Scene, action: str, owner: str, other: str, value: int | bool) -> Drawn:
    roll = s.random.random()
    deadline = s.env.now - 1 if roll < 0.1 else s.env.now
    return action, STRANGER, (owner, other, value, deadline), "forged" if roll > 0.9 else ""


def _absurd(s: Scene) -> Drawn:
    """Numbers that no field could hold: whatever is said about them, nothing must change."""
    owner, position_id = s.key(is_open=True)
    number = s.random.choice(_ABSURD)
    what = s.random.randrange(4)
    if what == 0:
        return "adjust_position", owner, (position_id, number, s.unit, MAX_UINT256), "absurd"
    if what == 1:
        return "adjust_position", owner, (position_id, 0, number, 0), "absurd"
    if what == 2:
        return "add_margin", owner, (position_id, MAX_UINT256 - abs(number)), "absurd"
    action = s.random.choice(("deposit", "mint", "withdraw", "redeem"))
    return action, s.random.choice(LPS), (abs(number),), "absurd"


# ---- keepers ----


def _keep(s: Scene) -> Drawn:
    calls = {
        Status.LIQUIDATABLE: "liquidate",
        Status.SETTLEABLE: "settle_position",
        Status.MARGIN_CALL: "call_margin",
    }
    found = [
        (calls[status], key)
        for key in s.vault.positions
        if (status := s.vault.get_health(s.env, *key).status) in calls
    ]
    if found and s.random.random() < 0.9:
        action, (owner, position_id) = s.random.choice(found)
    else:
        action, (owner, position_id) = s.random.choice(list(calls.values())), s.key(is_open=True)
    sender = s.random.choice(KEEPERS)
    if action != "liquidate":
        return action, sender, (owner, position_id)
    return action, sender, s.tail(owner, position_id, s.receiver(sender), sender=sender, size=2)


def _accrue(s: Scene) -> Drawn:
    return "accrue", s.random.choice(KEEPERS), ()


def _collect(s: Scene) -> Drawn:
    return "collect_protocol_fees", s.random.choice(KEEPERS), ()


def _end(s: Scene) -> Drawn:
    action = s.random.choice(("report_dead_oracle", "wind_down"))
    is_starved = s.random.random() < 0.05
    return action, s.random.choice(KEEPERS), (), "starved" if is_starved else ""


# ---- liquidity ----


def _enter(s: Scene) -> Drawn:
    sender = s.random.choice(LPS)
    receiver = sender if s.random.random() < 0.9 else s.random.choice((*LPS, EMPTY))
    roll = s.random.random()
    assets = 2**111 if roll < 0.01 else 0 if roll < 0.02 else s.tokens() * 20
    shares = rules.shares_down(assets, s.vault.supply, s.vault.market.pool)
    bound = s.random.random()
    if s.random.random() < 0.6:
        least = 0 if bound < 0.8 else shares if bound < 0.97 else shares * 2 + 1
        return "deposit", sender, (assets, receiver, least) if bound > 0.5 else (assets,)
    most = assets * 2 + 2 if bound < 0.97 else assets // 2
    return "mint", sender, (shares, receiver, most) if bound > 0.5 else (shares,)


def _leave(s: Scene) -> Drawn:
    owner = s.random.choice(LPS)
    sender = owner if s.random.random() < 0.8 else s.random.choice(KEEPERS)
    is_free = s.random.random() < 0.85
    bound = s.random.random()
    receiver = s.receiver(sender)
    if s.random.random() < 0.5:
        most = s.vault.maxWithdraw(s.env, owner) if is_free else s.vault.market.pool // 2
        assets = s.amount(most)
        least = MAX_UINT256 if bound < 0.97 else 0
        arguments = (assets, receiver, owner, least)
        return "withdraw", sender, arguments if bound > 0.2 or sender != owner else (assets,)
    most = s.vault.maxRedeem(s.env, owner) if is_free else s.vault.balance_of(owner)
    shares = s.amount(most)
    arguments = (shares, receiver, owner, 0 if bound < 0.97 else MAX_UINT256)
    return "redeem", sender, arguments if bound > 0.2 or sender != owner else (shares,)


def _move_shares(s: Scene) -> Drawn:
    owner = s.random.choice(LPS)
    account = s.vault.accounts.get(owner)
    most = account.movable(s.env.now) if account and s.random.random() < 0.8 else 10**9
    receiver = s.random.choice((*LPS, *TRADERS[:2])) if s.random.random() < 0.95 else EMPTY
    if s.random.random() < 0.5:
        return "transfer", owner, (receiver, s.amount(most))
    spender = s.random.choice((*KEEPERS, STRANGER))
    allowed = s.vault.allowance(owner, spender)
    return "transferFrom", spender, (owner, receiver, s.amount(min(most, allowed)))


def _approve(s: Scene) -> Drawn:
    owner, spender = s.random.choice(LPS), s.random.choice((*KEEPERS, STRANGER))
    balance = s.vault.balance_of(owner)
    amount = s.random.choice((0, balance // 3, balance, MAX_UINT256))
    if s.random.random() < 0.4:
        return _permit(s, "permit", owner, spender, amount)
    return "approve", owner, (spender, amount)


def _donate(s: Scene) -> Drawn:
    return "donate", s.random.choice(PEOPLE), (s.tokens(),)


# ---- guardian ----


def _guard(s: Scene) -> Drawn:
    draw, vault, params = s.random, s.vault, s.vault.params
    guardian = vault.guardian if vault.guardian in PEOPLE else GUARDIANS[0]
    sender = guardian if draw.random() < 0.93 else STRANGER
    if vault.scheduled and (vault.scheduled[1] <= s.env.now or draw.random() < 0.05):
        return "apply_limits", sender, ()
    roll = draw.random()
    if roll < 0.55:  # back to where it was born: mostly looser
        utilisation, ratio, reduce_only = params.max_utilisation, params.initial_ratio, False
        if draw.random() < 0.1:
            utilisation = WAD + 1
        return "schedule_limits", sender, (utilisation, ratio, reduce_only)
    if roll < 0.85:
        limits = vault.limits
        utilisation = limits.max_utilisation * draw.choice((100, 100, 90, 101)) // 100
        ratio = min(limits.initial_ratio * draw.choice((100, 100, 110, 99)) // 100, WAD + 1)
        return "tighten_limits", sender, (utilisation, ratio, draw.random() < 0.25)
    if roll < 0.88:
        return "apply_limits", sender, ()
    if roll > 0.993:
        return "renounce_guardian", sender, ()
    if vault.pending_guardian == EMPTY or draw.random() < 0.3:
        return "transfer_guardian", sender, (draw.choice(GUARDIANS),)
    accepting = vault.pending_guardian if draw.random() < 0.8 else STRANGER
    return "accept_guardian", accepting, ()


_WEIGHTS: dict[Callable[[Scene], Drawn], float] = {
    _open: 17,
    _increase: 8,
    _reduce: 10,
    _close: 5,
    _withdraw_margin: 6,
    _add_margin: 5,
    _move_margin: 3,
    _claim: 3,
    _set_operator: 2.5,
    _absurd: 0.8,
    _keep: 18,
    _accrue: 2,
    _collect: 1,
    _end: 1.2,
    _enter: 8,
    _leave: 6,
    _move_shares: 3,
    _approve: 2,
    _donate: 0.7,
    _guard: 3,
}
