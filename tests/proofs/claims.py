"""All claims, with the bounds they hold under."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.proofs import rounding, safety, words
from tests.proofs.stage import SCALES
from tests.proofs.symbolic import every_path

SIDES = (1, -1)


class Claim(NamedTuple):
    """`cases`: the claim is proved for each. `is_quick`: seconds; the others are for make prove."""

    group: str
    function: Callable[..., None]
    cases: tuple[tuple[Any, ...], ...] = ((),)
    is_quick: bool = True

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def text(self) -> str:
        return " ".join((self.function.__doc__ or "").split())

    def prove(self, cases: tuple[tuple[Any, ...], ...] | None = None) -> int:
        """Raises `Unproved`. Returns the number of paths through the code."""
        paths = 0
        for case in self.cases if cases is None else cases:
            if self.group == "words":
                self.function()
                paths += 1
            else:
                paths += every_path(self.function, *case)
        return paths


_EACH_SCALE = tuple((scale,) for scale in SCALES)
_EACH_SIDE = tuple((side,) for side in SIDES)
_IN_AND_UP = tuple((side, is_open) for side in SIDES for is_open in (False, True))

CLAIMS = (
    *(Claim("words", function) for function in words.CLAIMS),
    Claim("rounding", rounding.open_and_close, _EACH_SCALE),
    Claim("rounding", rounding.increase, _EACH_SCALE),
    Claim("rounding", rounding.decrease, _EACH_SCALE, is_quick=False),
    Claim("rounding", rounding.notional, _EACH_SCALE),
    Claim("rounding", rounding.fee),
    Claim("rounding", rounding.requirement),
    Claim("rounding", rounding.carry, is_quick=False),
    Claim("rounding", rounding.funding_is_never_the_pools),
    Claim("rounding", rounding.execution_price, is_quick=False),
    Claim("rounding", rounding.distance, is_quick=False),
    Claim("rounding", rounding.shares),
    Claim("rounding", rounding.deposit_and_redeem),
    Claim("rounding", rounding.nav, _EACH_SCALE),
    Claim("safety", safety.increase, _IN_AND_UP, is_quick=False),
    Claim("safety", safety.reduce, _EACH_SIDE, is_quick=False),
    Claim("safety", safety.close, _EACH_SIDE, is_quick=False),
    Claim("safety", safety.close_in_wind_down, _EACH_SIDE, is_quick=False),
    Claim("safety", safety.withdraw_margin, _EACH_SIDE),
    Claim("safety", safety.move_margin, _EACH_SIDE),
    Claim("safety", safety.settle, _EACH_SIDE, is_quick=False),
    Claim("safety", safety.liquidate_all, _EACH_SIDE, is_quick=False),
    Claim("safety", safety.liquidate_part, _EACH_SIDE, is_quick=False),
    Claim("safety", safety.leave, is_quick=False),
)
