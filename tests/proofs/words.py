"""Storage words: what is packed comes out again, for every number that fits, in 256-bit arithmetic.

The modules' own lines, transcribed; `QUOTED` are the lines, and must still stand in the sources.
"""

from __future__ import annotations

from pathlib import Path

import z3

from tests.proofs.symbolic import TIMEOUT, Unproved

Word = z3.BitVecRef
UINT32, UINT96, UINT112, UINT128 = 2**32 - 1, 2**96 - 1, 2**112 - 1, 2**128 - 1

QUOTED = {
    "position_book": (
        "size=convert(convert(words[0], bytes32), int256) >> 128,",
        "margin=(words[0] >> 32) & packing.UINT96,",
        "basis=convert(convert(words[1], bytes32), int256) >> 128,",
        "reserve=(words[1] >> 32) & packing.UINT96,",
        "opened_at=words[0] & packing.UINT32,",
        "increased_at=words[1] & packing.UINT32,",
        "size: uint256 = convert(convert(p.size, bytes32), uint256) << 128",
        "basis: uint256 = convert(convert(p.basis, bytes32), uint256) << 128",
        "packing._check_fit(p.margin | p.reserve, 96, p.basis, 0)",
        "size | (p.margin << 32) | p.opened_at, basis | (p.reserve << 32) | p.increased_at",
        "= unsafe_add(word, unsafe_sub(margin, before) << 32)",
    ),
    "market_state": (
        "long_size=sizes >> 128,",
        "short_size=sizes & packing.UINT128,",
        "return bases >> 128, (bases << 128) >> 128",
        "long_basis: int256 = unsafe_add(bases >> 128, m.long_basis)",
        "short_basis: int256 = unsafe_add((bases << 128) >> 128, m.short_basis)",
        "carry_long=carries >> 128,",
        "carry_short=(carries << 129) >> 129,",
        "pool=funds >> 144,",
        "reserved=(funds >> 32) & packing.UINT112,",
        "accrued_at=funds & packing.UINT32,",
        "self._sizes = (m.long_size << 128) | m.short_size",
        "packing._check_fit(0, 0, long_basis, short_basis)",
        "self._bases = (long_basis << 128) | (short_basis & packing.INT128)",
        "carries: int256 = (m.carry_long << 128) | (m.carry_short & packing.INT127)",
        "self._carries = carries | (self._carries & _LIMITS_CHANGED)",
        "self._carries |= _LIMITS_CHANGED",
        "return self._carries & _LIMITS_CHANGED == 0",
        "_LIMITS_CHANGED: constant(int256) = 2**127",
        "self._funds = (m.pool << 144) | (m.reserved << 32) | m.accrued_at",
    ),
    "packing": (
        "both: int256 = unsafe_add(first, 2**127) | unsafe_add(second, 2**127)",
        "if (amounts >> width) | (convert(convert(both, bytes32), uint256) >> 128) != 0:",
    ),
    "limits": (
        "return (convert(reduce_only, uint256) << 128) | (max_utilisation << 64) | initial_ratio",
        "max_utilisation=(word >> 64) & _RATIO,",
        "initial_ratio=word & _RATIO,",
        "reduce_only=convert((word >> 128) & 1, bool),",
        "self._scheduled = word | (applies_at << _TIME)",
        "self._set(word)",
    ),
    "lp_shares": (
        "| (all_locked << 32)",
        "return (account >> 32) & packing.UINT112",
        "self._accounts[to] = unsafe_add(self._accounts[to], shares << 144)",
        "self._accounts[owner] = unsafe_sub(account, shares << 144)",
    ),
    "fixed_point": (
        "return unsafe_div(unsafe_add(x, unsafe_sub(y, 1)), y)",
        "return unsafe_add(unsafe_div(unsafe_sub(x, 1), y), 1)",
        "return unsafe_sub(unsafe_div(unsafe_add(x, 1), y), 1)",
        "sign: int256 = x >> 255",
        "return convert(convert(unsafe_sub(x ^ sign, sign), bytes32), uint256)",
    ),
}  # fmt: skip


def missing_quotes(contracts: Path) -> list[str]:
    found = []
    for module, lines in QUOTED.items():
        text = (contracts / "modules" / f"{module}.vy").read_text("utf-8")
        found += [f"{module}: {line}" for line in lines if line not in text]
    return found


def _word(name: str) -> Word:
    return z3.BitVec(name, 256)


def _prove(facts: list[z3.BoolRef], *claims: z3.BoolRef) -> None:
    solver = z3.Solver()
    solver.set("timeout", TIMEOUT)
    solver.add(*facts)
    if solver.check() == z3.unsat:
        raise Unproved("nothing fits: nothing was proved")
    solver.add(z3.Not(z3.And(*claims)))
    answer = solver.check()
    if answer == z3.sat:
        raise Unproved(f"not for {solver.model()}")
    if answer == z3.unknown:
        raise Unproved(f"no answer in {TIMEOUT // 1000} s")


def _fits(word: Word, most: int) -> z3.BoolRef:
    return z3.ULE(word, most)


def _fits_signed(word: Word) -> z3.BoolRef:
    return z3.And(word >= -(2**127), word < 2**127)


def position() -> None:
    """Both words of a position; moving margin in or out moves the margin alone."""
    size, margin, opened_at, after = map(_word, ("size", "margin", "opened_at", "after"))
    facts = [_fits_signed(size), _fits(margin, UINT96), _fits(opened_at, UINT32)]
    word = (size << 128) | (margin << 32) | opened_at
    _prove(facts, *_position_parts(word, size, margin, opened_at))
    moved = word + ((after - margin) << 32)
    _prove([*facts, _fits(after, UINT96)], *_position_parts(moved, size, after, opened_at))
    _prove(facts, (word == 0) == z3.And(size == 0, margin == 0, opened_at == 0))


def _position_parts(word: Word, size: Word, margin: Word, time: Word) -> list[z3.BoolRef]:
    return [
        word >> 128 == size,  # of a signed number
        z3.LShR(word, 32) & UINT96 == margin,
        word & UINT32 == time,
    ]


def market() -> None:
    """The four words of the market."""
    a, b, time = map(_word, ("a", "b", "time"))
    sizes = (a << 128) | b
    unsigned = [_fits(a, UINT128), _fits(b, UINT128)]
    _prove(unsigned, z3.LShR(sizes, 128) == a, sizes & UINT128 == b)
    signed = (a << 128) | (b & UINT128)
    facts = [_fits_signed(a), _fits_signed(b)]
    _prove(facts, signed >> 128 == a, (signed << 128) >> 128 == b)
    carries(a, b)
    funds = (a << 144) | (b << 32) | time
    facts = [_fits(a, UINT112), _fits(b, UINT112), _fits(time, UINT32)]
    parts = z3.LShR(funds, 144) == a, z3.LShR(funds, 32) & UINT112 == b, funds & UINT32 == time
    _prove(facts, *parts)


def carries(long: Word, short: Word) -> None:
    """A store keeps the mark of changed limits, and setting the mark keeps both carries."""
    old, mark = _word("old"), z3.BitVecVal(2**127, 256)
    stored = (long << 128) | (short & 2**127 - 1) | (old & mark)
    facts = [_fits_signed(long), short >= -(2**126), short < 2**126]
    for word in (stored, stored | mark):
        _prove(facts, word >> 128 == long, (word << 129) >> 129 == short)
    _prove(facts, stored & mark == old & mark, (stored | mark) & mark == mark)


def widths() -> None:
    """`_check_fit` lets through exactly what fits 96 unsigned or 128 signed bits, of each pair."""
    first, second, margin, reserve = map(_word, ("first", "second", "margin", "reserve"))
    both = (first + 2**127) | (second + 2**127)
    refused = z3.LShR(margin | reserve, 96) | z3.LShR(both, 128) != 0
    fits = [_fits(margin, UINT96), _fits(reserve, UINT96), _fits_signed(first)]
    _prove([], z3.Not(refused) == z3.And(*fits, _fits_signed(second)))


def magnitude() -> None:
    """`_magnitude` is the absolute value, for every number: 2**255 for the smallest."""
    x = _word("x")
    sign = x >> 255
    found = (x ^ sign) - sign
    _prove([], found == z3.If(x < 0, -x, x), z3.Implies(x == 1 << 255, found == 1 << 255))


def account() -> None:
    """An LP's word; moving shares moves the balance alone."""
    balance, locked, time, shares = map(_word, ("balance", "locked", "time", "shares"))
    word = (balance << 144) | (locked << 32) | time
    facts = [_fits(balance, UINT112), _fits(locked, UINT112), _fits(time, UINT32)]
    rest = [z3.LShR(word, 32) & UINT112 == locked, word & UINT32 == time]
    _prove(facts, z3.LShR(word, 144) == balance, *rest)
    for moved, after, fits in (
        (word + (shares << 144), balance + shares, _fits(balance + shares, UINT112)),
        (word - (shares << 144), balance - shares, z3.ULE(shares, balance)),
    ):
        same = [z3.LShR(moved, 32) & UINT112 == locked, moved & UINT32 == time]
        facts_moved = [*facts, _fits(shares, UINT112), fits]
        _prove(facts_moved, z3.LShR(moved, 144) == after, *same)


def limits() -> None:
    """Limits, and limits with the time from which they apply."""
    utilisation, ratio, flag, time = map(_word, ("utilisation", "ratio", "flag", "time"))
    word = (flag << 128) | (utilisation << 64) | ratio
    mask = 2**64 - 1
    facts = [_fits(utilisation, 10**18), _fits(ratio, 10**18), _fits(flag, 1), _fits(time, UINT32)]
    for packed in (word, word | (time << 160)):
        parts = z3.LShR(packed, 64) & mask == utilisation, packed & mask == ratio
        _prove(facts, *parts, z3.LShR(packed, 128) & 1 == flag)
    scheduled = word | (time << 160)
    _prove(facts, z3.LShR(scheduled, 160) == time, scheduled & (2**160 - 1) == word)


def division() -> None:
    """The three divisions of fixed_point are floor and ceil, for any positive divisor."""
    x, y = z3.Ints("x y")
    positive = [y > 0]
    # by a positive divisor Z3 floors; the machine truncates towards 0
    _prove([*positive, x >= 0], (x + y - 1) / y == -(-x / y))
    down = z3.If(x >= 0, x / y, -(-(x + 1) / y) - 1)  # x + 1 <= 0: truncated
    _prove(positive, down == x / y)
    up_signed = z3.If(x <= 0, -(-x / y), (x - 1) / y + 1)  # x <= 0: truncated
    _prove(positive, up_signed == -(-x / y))


CLAIMS = (position, market, widths, account, limits, magnitude, division)
