"""One vault at the moment of a step, and what can be drawn from it."""

from __future__ import annotations

from random import Random
from typing import Any

from bulkhead.model import EMPTY, Environment, Market, PriceBand, Vault
from tests.stateful.words import OPERATORS, PEOPLE, POSITION_IDS, STRANGER, TRADERS
from tests.stateful.world import Place

Drawn = tuple[str, str, tuple[Any, ...]] | tuple[str, str, tuple[Any, ...], str]
"""Action, sender, arguments, and at times a tag: a step but for its time and place."""


class Scene:
    """One vault at the moment of a step."""

    def __init__(self, random: Random, place: Place, env: Environment) -> None:
        self.random, self.place, self.env = random, place, env
        self.vault: Vault = place.model
        self.unit = 10**self.vault.decimals

    @property
    def band(self) -> PriceBand:
        return self.vault._band(self.env)

    def market(self) -> Market:
        return self.vault._accrued_market(self.env, self.band)

    def amount(self, most: int) -> int:
        """Up to `most`: anything, mostly a part, now and then all, one more or nothing."""
        roll = self.random.random()
        if roll < 0.7:
            return self.random.randint(0, max(most, 0))
        if roll < 0.9:
            return max(most, 0)
        return self.random.choice((max(most, 0) + 1, 1, 0))

    def tokens(self) -> int:
        return self.random.randint(1, 10 ** self.random.randint(0, 6)) * self.unit // 10 + 1

    def key(self, *, is_open: bool) -> tuple[str, int]:
        """Owner and id of some position, open or not, if there is one."""
        keys = [(owner, number) for owner in TRADERS for number in POSITION_IDS]
        fitting = [key for key in keys if (key in self.vault.positions) == is_open]
        if not fitting or self.random.random() < 0.03:
            fitting = keys
        return self.random.choice(fitting)

    def sender_for(self, owner: str) -> str:
        """The owner, an operator of his if there is one, at times somebody without the right."""
        roll = self.random.random()
        if roll < 0.75:
            return owner
        approved = [name for name in OPERATORS if (owner, name) in self.vault.operators]
        if roll < 0.97 and approved:
            return self.random.choice(approved)
        return owner if roll < 0.97 else self.random.choice((*OPERATORS, STRANGER))

    def receiver(self, sender: str) -> str:
        roll = self.random.random()
        if roll < 0.9:
            return sender
        return self.random.choice((*PEOPLE, EMPTY) if roll < 0.99 else (self.place.key,))

    def tail(self, *arguments: Any, sender: str, size: int) -> tuple[Any, ...]:
        """Arguments from the `size`th on may be left out where they are the sender."""
        while len(arguments) > size and arguments[-1] == sender and self.random.random() < 0.5:
            arguments = arguments[:-1]
        return arguments
