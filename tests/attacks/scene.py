"""Pairs under attack, on the exact model: who is who, what a coalition holds, what it is worth.

The coalition is one party: two traders, a keeper and an LP. Everybody else is honest. A gain is
what the coalition has in hand at the end, over all pairs, more than it had at the start: positions
are closed, claims are claimed, shares count what they can be redeemed for.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from bulkhead.exceptions import Refused
from bulkhead.model import MAX_UINT256, WAD, Environment, Position, PriceBand, Status, Vault, rules

TRADERS, KEEPER, LP = ("ann", "bob"), "kim", "mia"
COALITION = (*TRADERS, KEEPER, LP)
HONEST_LP, HONEST_KEEPER, HONEST_TRADERS = "lena", "kai", ("tom", "una", "vic")
POSITION_IDS = (0, 1)
BIRTH = 1_800_000_000

_COPIED = (
    "positions", "operators", "claims", "accounts", "allowances", "nonces", "flows"
)  # fmt: skip


class Pair:
    """A vault, and the band that its oracle answers: `half` (WAD) to each side of `mid`."""

    __slots__ = ("env", "half", "mid", "vault")

    def __init__(self, vault: Vault, mid: int, half: int) -> None:
        self.vault, self.mid, self.half = vault, mid, half
        self.env = Environment(BIRTH, None)

    def fork(self) -> Pair:
        vault = copy(self.vault)
        for name in _COPIED:
            setattr(vault, name, copy(getattr(vault, name)))
        vault.events = []
        twin = Pair(vault, self.mid, self.half)
        twin.env = self.env
        return twin

    def look(self, now: int) -> None:
        """The oracle answers the band around `mid`, rounded outwards, at `now`."""
        bid = max(self.mid * (WAD - self.half) // WAD, 1)
        ask = rules.div_up(self.mid * (WAD + self.half), WAD)
        self.env = Environment(now, PriceBand(bid, ask, now))

    @property
    def unit(self) -> int:
        """Size whose notional is the whole pool, at most what a side may hold."""
        size = self.vault.market.pool * self.vault.scale // self.mid
        return max(min(size, self.vault.params.skew_scale), 1)

    def equity(self, owner: str, position_id: int) -> int:
        """What closing now would leave without fee and impact, rounded up; 0 under water.

        Up, because the part of a unit that closing takes from it has been the pool's since before:
        an LP who enters and closes own positions gets it back, and that is no gain.
        """
        equity = self.vault.get_health(self.env, owner, position_id).equity
        return equity + 1 if equity >= 0 else 0

    def share_value(self) -> int:
        """What the coalition's shares could be redeemed for, as if all of them could be."""
        shares = self.vault.balance_of(LP)
        return self.vault.previewRedeem(self.env, shares) if shares else 0


class Scene:
    """Pairs over one clock. Every call that succeeded is kept in `story`."""

    __slots__ = ("now", "pairs", "story")

    def __init__(self, pairs: list[Pair], now: int) -> None:
        self.pairs, self.now = pairs, now
        self.story: list[tuple[Any, ...]] = []
        self.look()

    def fork(self) -> Scene:
        twin = Scene.__new__(Scene)
        twin.pairs, twin.now = [pair.fork() for pair in self.pairs], self.now
        twin.story = list(self.story)
        return twin

    def look(self) -> None:
        for pair in self.pairs:
            pair.look(self.now)

    def wait(self, seconds: int) -> None:
        if seconds:
            self.now += seconds
            self.look()
            self.story.append(("wait", seconds))

    def move_price(self, index: int, mid: int) -> None:
        pair = self.pairs[index]
        pair.mid = max(mid, 1)
        pair.look(self.now)
        self.story.append((index, "price", pair.mid))

    def call(self, index: int, name: str, sender: str, *arguments: Any) -> bool:
        """Whether the vault did it; a refusal changes nothing."""
        pair = self.pairs[index]
        try:
            getattr(pair.vault, name)(pair.env, sender, *arguments)
        except Refused:
            return False
        self.story.append((index, name, sender, *arguments))
        return True

    # ---- worth ----

    def tokens(self) -> int:
        """What the coalition has taken out of all vaults, net of what it has put in."""
        return sum(pair.vault.flows.get(name, 0) for pair in self.pairs for name in COALITION)

    def holdings(self) -> int:
        """Tokens, open positions at their equity, claims; no shares."""
        total = self.tokens()
        for pair in self.pairs:
            total += sum(pair.vault.claims.get(name, 0) for name in COALITION)
            total += sum(pair.equity(*key) for key in self.open_keys(pair))
        return total

    @staticmethod
    def open_keys(pair: Pair, owners: tuple[str, ...] = TRADERS) -> list[tuple[str, int]]:
        return [key for key in pair.vault.positions if key[0] in owners]

    def close_all(self) -> None:
        """Close every position of the coalition and claim what it is owed."""
        for index, pair in enumerate(self.pairs):
            for owner, position_id in self.open_keys(pair):
                bound = 0 if pair.vault.positions[owner, position_id].size > 0 else MAX_UINT256
                done = self.call(index, "close_position", owner, position_id, bound)
                assert done, "the exit is never locked"
            for name in COALITION:
                if pair.vault.claims.get(name):
                    self.call(index, "claim", name)

    def cash_out(self) -> int:
        """A second later everything is closed and counted, shares at what they redeem for."""
        self.wait(1)
        self.close_all()
        return self.tokens() + sum(pair.share_value() for pair in self.pairs)

    # ---- honest keepers ----

    def keep(self, is_settling: bool = False) -> None:
        """Honest keepers liquidate what is under its line, and settle what is at its reserve."""
        for index, pair in enumerate(self.pairs):
            for owner, position_id in list(pair.vault.positions):
                for _ in range(4):
                    status = pair.vault.get_health(pair.env, owner, position_id).status
                    if status == Status.SETTLEABLE and is_settling:
                        self.call(index, "settle_position", HONEST_KEEPER, owner, position_id)
                    if status != Status.LIQUIDATABLE:
                        break
                    self.call(index, "liquidate", HONEST_KEEPER, owner, position_id)


def margin_to_open(pair: Pair, before: Position, size_delta: int) -> int:
    """Margin to add so that an increase is just allowed, in round figures to the safe side."""
    vault, params = pair.vault, pair.vault.params
    band = pair.env.band
    assert band is not None
    price = rules.execution_price(
        size_delta, vault.market.skew, band.bid, band.ask, params.skew_scale
    )
    after = before.size + size_delta
    value = rules.notional(size_delta, price, vault.scale)
    closing = band.bid if after > 0 else band.ask
    total = rules.notional(after, closing, vault.scale)
    ratio = max(vault.limits.initial_ratio, params.initial_ratio)
    needed = rules.requirement(total, ratio, after, params.skew_scale)
    fee = rules.div_up(value * params.trading_fee, WAD)
    worth = rules.notional(size_delta, closing, vault.scale)
    loss = max(value - worth, worth - value) + 2
    gain = rules.raw_gain(before.size, before.basis, closing, vault.market, vault.scale)
    needed = needed + loss - (min(gain, 0) if before.size else 0)
    return max(needed, params.min_margin) + fee - before.margin
