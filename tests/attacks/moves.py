"""What a coalition may do next, at random: mostly what the rules just allow, often at a bound."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from bulkhead.model import MAX_UINT256, WAD, Position, Status
from tests.attacks.scene import (
    HONEST_KEEPER,
    HONEST_TRADERS,
    KEEPER,
    LP,
    POSITION_IDS,
    TRADERS,
    Pair,
    Scene,
    margin_to_open,
)

Move = Callable[[Scene, Random, int], object]


def _key(random: Random) -> tuple[str, int]:
    return random.choice(TRADERS), random.choice(POSITION_IDS)


def _open_key(scene: Scene, random: Random, index: int) -> tuple[str, int] | None:
    keys = scene.open_keys(scene.pairs[index])
    return random.choice(keys) if keys else None


def _size(pair: Pair, random: Random) -> int:
    """Unsigned: from one unit of size to the whole pool, sometimes what takes the skew to zero."""
    roll = random.random()
    if roll < 0.1:
        return random.randint(1, 9)
    if roll < 0.25:
        return abs(pair.vault.market.skew) or 1
    if roll < 0.5:  # around one asset unit of notional
        return max(int(pair.vault.scale / pair.mid * random.uniform(0.5, 3)), 1)
    return max(int(pair.unit * 10 ** random.uniform(-5, 0)), 1)


def _bound(size_delta: int) -> int:
    return MAX_UINT256 if size_delta > 0 else 0


# ---- traders ----


def grow(scene: Scene, random: Random, index: int) -> None:
    """Open or increase, with as much margin as is just needed, or with none if it has enough."""
    owner, position_id = _key(random)
    pair = scene.pairs[index]
    before = pair.vault.positions.get((owner, position_id), Position())
    side = (1 if before.size > 0 else -1) if before.size else random.choice((1, -1))
    size = side * _size(pair, random)
    margin = margin_to_open(pair, before, size) + random.choice((0, 0, 1, 10))
    if random.random() < 0.2 and before.size:
        margin = 0
    bound = _bound(size)
    scene.call(index, "adjust_position", owner, position_id, size, margin, bound)


def open_large(scene: Scene, random: Random, index: int) -> None:
    """A new position of a large part of what the pool can bear."""
    owner, position_id = _key(random)
    pair = scene.pairs[index]
    if (owner, position_id) in pair.vault.positions:
        return
    size = random.choice((1, -1)) * max(pair.unit * random.randint(5, 80) // 100, 1)
    margin = margin_to_open(pair, Position(), size)
    bound = _bound(size)
    scene.call(index, "adjust_position", owner, position_id, size, margin, bound)


def shrink(scene: Scene, random: Random, index: int) -> None:
    key = _open_key(scene, random, index)
    if key is None:
        return
    position = scene.pairs[index].vault.positions[key]
    size = position.size
    part = -size if abs(size) < 2 else -(size * random.randint(1, 99) // 100 or 1)
    if random.random() < 0.3:
        part = -1 if size > 0 else 1
    bound = _bound(part)
    scene.call(index, "adjust_position", key[0], key[1], part, 0, bound)


def close(scene: Scene, random: Random, index: int) -> None:
    key = _open_key(scene, random, index)
    if key is not None:
        size = scene.pairs[index].vault.positions[key].size
        scene.call(index, "close_position", *key, _bound(-size))


def withdraw_margin(scene: Scene, random: Random, index: int) -> None:
    key = _open_key(scene, random, index)
    if key is not None:
        amount = _removable(scene.pairs[index], random, key)
        if amount > 0:
            scene.call(index, "adjust_position", *key, 0, -amount, 0)


def move_margin(scene: Scene, random: Random, index: int) -> None:
    """Between two positions of one owner: a winner's margin to a loser, or the other way round."""
    pair, owner = scene.pairs[index], random.choice(TRADERS)
    keys = scene.open_keys(pair, (owner,))
    if len(keys) > 1:
        giver, taker = random.sample(keys, 2)
        amount = _removable(pair, random, giver)
        if amount > 0:
            scene.call(index, "move_margin", owner, giver[1], taker[1], amount)


def _removable(pair: Pair, random: Random, key: tuple[str, int]) -> int:
    """What the rules let out, or all but the minimum, or what the gain would allow."""
    health, position = pair.vault.get_health(pair.env, *key), pair.vault.positions[key]
    free = position.margin - pair.vault.params.min_margin
    return random.choice(
        (
            min(free, position.margin + min(health.gain, 0) - health.initial),
            min(free, position.margin + health.gain - health.initial),
            free,
            1,
        )
    )


def add_margin(scene: Scene, random: Random, index: int) -> None:
    key = _open_key(scene, random, index)
    if key is not None:
        margin = scene.pairs[index].vault.positions[key].margin
        amount = random.choice((1, margin // 10 + 1, margin))
        scene.call(index, "add_margin", key[0], key[1], amount)


# ---- keeper ----


def liquidate_own(scene: Scene, random: Random, index: int) -> None:
    key = _open_key(scene, random, index)
    if key is not None:
        scene.call(index, "liquidate", KEEPER, *key)


def settle(scene: Scene, random: Random, index: int) -> None:
    """Anybody's position that has reached its reserve; there is no reward for it."""
    keys = list(scene.pairs[index].vault.positions)
    if keys:
        scene.call(index, "settle_position", KEEPER, *random.choice(keys))


def liquidate_honest(scene: Scene, random: Random, index: int) -> None:
    """The coalition may choose the moment; the reward is a wage and goes to an honest keeper."""
    pair = scene.pairs[index]
    keys = scene.open_keys(pair, HONEST_TRADERS)
    if keys:
        key = random.choice(keys)
        if pair.vault.get_health(pair.env, *key).status == Status.LIQUIDATABLE:
            scene.call(index, "liquidate", HONEST_KEEPER, *key)


def claim(scene: Scene, random: Random, index: int) -> None:
    scene.call(index, "claim", random.choice(TRADERS))


def accrue(scene: Scene, random: Random, index: int) -> None:
    scene.call(index, "accrue", KEEPER)


# ---- LP ----


def deposit(scene: Scene, random: Random, index: int) -> None:
    pool = scene.pairs[index].vault.market.pool
    amount = random.randint(1, 9) if random.random() < 0.2 else pool * 10 ** random.randint(0, 6)
    scene.call(index, "deposit", LP, max(amount // 10 ** random.randint(0, 6), 1))


def mint(scene: Scene, random: Random, index: int) -> None:
    scene.call(index, "mint", LP, random.randint(1, 5_000))


def redeem(scene: Scene, random: Random, index: int) -> None:
    balance = scene.pairs[index].vault.balance_of(LP)
    if balance:
        part = balance if random.random() < 0.5 else balance * random.randint(1, 99) // 100
        if random.random() < 0.2:
            part = min(random.randint(1, 5_000), balance)
        scene.call(index, "redeem", LP, max(part, 1))


def withdraw(scene: Scene, random: Random, index: int) -> None:
    pair = scene.pairs[index]
    most = pair.vault.maxWithdraw(pair.env, LP)
    if most:
        amount = most if random.random() < 0.5 else random.randint(1, most)
        scene.call(index, "withdraw", LP, amount)


def pass_shares(scene: Scene, random: Random, index: int) -> None:
    """Shares out of a lock and back: gifts to oneself."""
    balance = scene.pairs[index].vault.balance_of(LP)
    if balance:
        scene.call(index, "transfer", LP, KEEPER, max(balance * random.randint(1, 100) // 100, 1))
    back = scene.pairs[index].vault.balance_of(KEEPER)
    if back:
        scene.call(index, "transfer", KEEPER, LP, back)


# ---- honest people ----


def honest_trade(scene: Scene, random: Random, index: int, largest: float = 0.3) -> bool:
    """An honest trader opens somewhere between the least and much of what the pool can bear."""
    pair = scene.pairs[index]
    owner = random.choice(HONEST_TRADERS)
    if (owner, 0) in pair.vault.positions:
        return False
    size = random.choice((1, -1)) * max(int(pair.unit * largest * 10 ** random.uniform(-2, 0)), 1)
    margin = margin_to_open(pair, Position(), size)
    margin += int(margin * random.choice((0.02, 0.3, 2)))
    bound = _bound(size)
    return scene.call(index, "adjust_position", owner, 0, size, margin, bound)


def pick(random: Random, weights: dict[Move, int]) -> Move:
    (move,) = random.choices(list(weights), list(weights.values()))
    return move


def wad(value: float) -> int:
    return int(value * WAD)
