"""What others need for the same, and what nobody can do without.

The floor is a contract that does nothing but the unavoidable: intrinsic gas, one token transfer,
one Chainlink read, two position words, three market words, one event. Floor and peers were measured
by running their code on Anvil; Morpho Blue lends only, in two transactions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PEERS = (
    "Morpho Blue",
    "Unstoppable",
    "GMX v1",
    "Perennial v2",
    "Synthetix PerpsV2",
    "GMX v2",
)


@dataclass(frozen=True)
class Mark:
    """Gas of one operation elsewhere; `peers` in the order of `PEERS`."""

    floor: int | None
    target: int
    peers: tuple[int | None, ...]
    base: str = ""  # the operation of ours above which the target is counted

    def limit(self, found: Mapping[str, int]) -> int:
        """The target in gas, beside what has been measured."""
        return self.target + found.get(self.base, 0)


_TABLE = """
open              120,665  145,000  181,845  667,551  928,862  1,802,793  2,133,405  3,741,783
add_margin         46,262   52,000   54,156   66,924  774,332    452,807    466,668  3,024,730
remove_margin      64,626   85,000  107,981  181,848  737,506    599,494    426,190  3,098,897
partial_decrease   83,611   98,000        –  355,513  749,072  1,822,050  1,794,147  3,242,660
close              73,991   92,000  166,569  335,943  742,652  2,214,633  2,161,573  3,485,248
liquidate          73,948  105,000  131,344  362,590  392,033  1,806,479    837,656  2,776,686
lp_deposit         56,290   98,000   87,267   99,565  504,151  1,714,908          –  2,757,895
lp_redeem          53,843   95,000   85,720   88,982  488,111  2,134,869          –  2,836,211
signed_order            –  open+45,000    –        –        –          –          –  3,741,783
"""


def _marks() -> dict[str, Mark]:
    marks = {}
    for line in _TABLE.split("\n")[1:-1]:
        name, floor, target, *peers = line.replace(",", "").split()
        base, _, gas = target.rpartition("+")
        marks[name] = Mark(_number(floor), int(gas), tuple(map(_number, peers)), base)
    return marks


def _number(cell: str) -> int | None:
    return None if cell == "–" else int(cell)


MARKS = _marks()
