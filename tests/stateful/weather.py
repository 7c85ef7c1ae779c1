"""Clock and prices: from quiet drift to gaps of 60 %, and every way in which an oracle fails."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from bulkhead.model import MAX_PRICE, WAD
from tests.mocks import OracleFault
from tests.stateful.words import STRANGER
from tests.stateful.world import Place, Step

DAY = 86_400
_FAULTS = (
    OracleFault.REVERT, OracleFault.SHORT_RETURN, OracleFault.EMPTY_RETURN,
    OracleFault.GARBAGE_BOOL, OracleFault.LONG_RETURN, OracleFault.LONG_REVERT,
)  # fmt: skip
# seconds between two steps; 0: in the same block
_WAITS = (0, 1, 12, 60, 600, 3_600, 6 * 3_600, DAY, 8 * DAY, 90 * DAY, 365 * DAY)
_CALM = (500, 250, 120, 60, 30, 20, 8, 5, 2, 0.6, 0.3)
_STORMY = (400, 200, 100, 60, 40, 40, 30, 25, 12, 5, 3)


@dataclass(frozen=True)
class Climate:
    """What a sequence is like. `fates`: how each vault ends, if it does ("", "stale", "dead")."""

    is_stormy: bool = False
    is_still: bool = False  # one price for ever, and a second a block
    fates: tuple[str, ...] = ("", "")


class Weather:
    def __init__(self, random: Random, climate: Climate, indices: tuple[int, ...]) -> None:
        self.random, self.climate = random, climate
        self.mid = dict.fromkeys(indices, 2000 * WAD)
        self.fate = dict(zip(indices, climate.fates, strict=True))
        self.is_dying = dict.fromkeys(indices, False)

    def seconds(self) -> int:
        if self.climate.is_still:
            return self.random.choice((0, 1))
        weights = _STORMY if self.climate.is_stormy else _CALM
        return self.random.choices(_WAITS, weights)[0]

    def change(self, place: Place, seconds: int) -> Step:
        """What the oracle says from now on."""
        if self.is_dying[place.index]:
            return self._die(place, seconds)
        if place.fault and self.random.random() < 0.6:
            return Step(seconds, place.index, "set_fault", STRANGER, (0,))
        roll = self.random.random()
        if roll < 0.03:
            fault = int(self.random.choice(_FAULTS))
            return Step(seconds, place.index, "set_fault", STRANGER, (fault,))
        if roll < 0.07:
            return self._band(place, seconds, *self._bad_sides(place))
        self._move(place.index)
        bid, ask = self._sides(place.index)
        live = self.random.random() < 0.95
        age = 0 if live else self.random.choice((0, 600, 6 * DAY, 7 * DAY - 1, 8 * DAY, -DAY))
        return Step(seconds, place.index, "set_band", STRANGER, (bid, ask, age, live))

    def _move(self, index: int) -> None:
        draw, roll = self.random, self.random.random()
        if roll < 0.55:
            factor = draw.gauss(1, 0.004)
        elif roll < 0.9 or not self.climate.is_stormy:
            factor = draw.gauss(1, 0.03)
        else:
            factor = draw.choice((0.4, 0.6, 0.8, 0.9, 1.1, 1.25, 1.6))
        mid = int(self.mid[index] * max(factor, 0.4))
        self.mid[index] = min(max(mid, WAD // 1000), 10**7 * WAD)

    def _sides(self, index: int) -> tuple[int, int]:
        half = self.mid[index] * self.random.choice((0, 1, 5, 25, 100)) // 10_000
        return self.mid[index] - half, self.mid[index] + half

    def _bad_sides(self, place: Place) -> tuple[int, int]:
        bid, ask = self._sides(place.index)
        return self.random.choice(
            ((ask + 1, bid), (0, ask), (0, 0), (bid, MAX_PRICE + 1), (1, 1), (MAX_PRICE, MAX_PRICE))
        )

    def _band(self, place: Place, seconds: int, bid: int, ask: int) -> Step:
        return Step(seconds, place.index, "set_band", STRANGER, (bid, ask, 0, True))

    def _die(self, place: Place, seconds: int) -> Step:
        """A feed that still answers and is late, or an oracle that cannot be read."""
        if self.fate[place.index] == "dead":
            fault = int(self.random.choice((OracleFault.REVERT, OracleFault.EMPTY_RETURN)))
            return Step(seconds, place.index, "set_fault", STRANGER, (fault,))
        bid, ask = self._sides(place.index)
        age = self.random.choice((0, 3 * DAY, 7 * DAY - 1, 7 * DAY))
        return Step(seconds, place.index, "set_band", STRANGER, (bid, ask, age, False))
