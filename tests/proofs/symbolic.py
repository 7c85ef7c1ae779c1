"""Runs the model's own code on unknown integers: every path, and a claim at the end of each.

A `Term` is an unbounded integer of Z3 with Python's meaning of its operators (`//` floors). Where
the code asks for the truth of a comparison, the run is repeated for each answer that is possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from unittest.mock import patch

import z3

from bulkhead.exceptions import Refused

TIMEOUT = 60_000  # milliseconds for one question
QUICK = 2_000  # is a branch possible? An undecided one is taken


class Unproved(AssertionError):  # noqa: N818 - the word for it
    """A counterexample, or no answer in time."""


class Run:
    """One path through the code: what was assumed, what was decided."""

    current: ClassVar[Run]

    def __init__(self, decisions: list[bool]) -> None:
        self.solver = z3.Solver()
        self.assumed: list[z3.BoolRef] = []
        self.decisions, self.position = decisions, 0
        self.open: list[list[bool]] = []  # other paths found on the way
        self.fresh = 0

    def assume(self, *facts: z3.BoolRef | bool) -> None:
        for fact in facts:
            term = fact.term if isinstance(fact, Truth) else fact
            self.assumed.append(term)
            self.solver.add(term)

    def is_possible(self, fact: z3.BoolRef) -> bool:
        self.solver.set("timeout", QUICK)
        return self.solver.check(fact) != z3.unsat

    def decide(self, fact: z3.BoolRef) -> bool:
        if self.position < len(self.decisions):
            answer = self.decisions[self.position]
        else:
            answer = self.is_possible(fact)
            if answer and self.is_possible(z3.Not(fact)):
                self.open.append([*self.decisions, False])
            self.decisions.append(answer)
        self.position += 1
        self.assume(fact if answer else z3.Not(fact))
        return answer

    def prove(self, claim: Truth | bool, what: str) -> None:
        """Raises `Unproved`; what is proved is known from there on."""
        if isinstance(claim, bool):
            if not claim:
                raise Unproved(f"{what}: false")
            return
        # a fresh solver: it may choose its tactics for the whole question
        solver = z3.Solver()
        solver.set("timeout", TIMEOUT)
        solver.add(*self.assumed, z3.Not(claim.term))
        answer = solver.check()
        if answer == z3.sat:
            raise Unproved(f"{what}: not for {solver.model()}")
        if answer == z3.unknown:
            raise Unproved(f"{what}: no answer in {TIMEOUT // 1000} s")
        self.assume(claim.term)

    def integer(self, name: str, low: int | None = None, high: int | None = None) -> Term:
        """An unknown integer, from `low` to `high` where they are given."""
        self.fresh += 1
        found = Term(z3.Int(f"{name}.{self.fresh}"), low, high)
        if low is not None:
            self.assume(found >= low)
        if high is not None:
            self.assume(found <= high)
        return found


class Truth:
    def __init__(self, term: z3.BoolRef) -> None:
        self.term = term

    def __bool__(self) -> bool:
        return Run.current.decide(z3.simplify(self.term))

    def both(self, other: Truth | bool) -> Truth:
        return Truth(z3.And(self.term, _fact(other)))

    def implies(self, other: Truth | bool) -> Truth:
        return Truth(z3.Implies(self.term, _fact(other)))


Number = Any  # Term or int


def _fact(value: Truth | bool) -> z3.BoolRef:
    return value.term if isinstance(value, Truth) else z3.BoolVal(value)


def _raw(value: Number) -> Any:
    return value.term if isinstance(value, Term) else value


class Term:
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, term: z3.ArithRef, low: int | None = None, high: int | None = None) -> None:
        self.term, self.low, self.high = term, low, high

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __add__(self, other: Number) -> Term:
        return Term(self.term + _raw(other))

    __radd__ = __add__

    def __sub__(self, other: Number) -> Term:
        return Term(self.term - _raw(other))

    def __rsub__(self, other: Number) -> Term:
        return Term(_raw(other) - self.term)

    def __mul__(self, other: Number) -> Term:
        product = Term(self.term * _raw(other))
        if isinstance(other, Term):  # what Z3 knows of numbers, but seldom thinks of
            Run.current.assume((self >= 0).both(other >= 0).implies(product >= 0))
            for a, b in ((self, other), (other, self)):
                if b.high is not None:
                    Run.current.assume((a >= 0).implies(product <= a * b.high))
                if b.low is not None:
                    Run.current.assume((a >= 0).implies(product >= a * b.low))
        return product

    __rmul__ = __mul__

    def __neg__(self) -> Term:
        return Term(-self.term)

    def __abs__(self) -> Term:
        return -self if self < 0 else self

    def __floordiv__(self, other: Number) -> Term:
        """The one q with q * other <= self < (q + 1) * other; for positive divisors only."""
        return divide(self, other)

    def __rfloordiv__(self, other: Number) -> Term:
        return divide(other, self)

    def __lt__(self, other: Number) -> Truth:
        return Truth(self.term < _raw(other))

    def __le__(self, other: Number) -> Truth:
        return Truth(self.term <= _raw(other))

    def __gt__(self, other: Number) -> Truth:
        return Truth(self.term > _raw(other))

    def __ge__(self, other: Number) -> Truth:
        return Truth(self.term >= _raw(other))

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        return Truth(self.term == _raw(other))

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        return Truth(self.term != _raw(other))


def divide(numerator: Number, divisor: Number) -> Term:
    run = Run.current
    if isinstance(divisor, Term):
        run.prove(divisor > 0, "a divisor is positive")
    else:
        assert divisor > 0
    quotient, rest = run.integer("q"), run.integer("r")
    run.assume(rest >= 0, rest < divisor)
    run.assume(Truth(_raw(numerator) == _raw(quotient * divisor + rest)))
    return quotient


def smaller(*values: Number) -> Number:
    """`min` without asking which: one path instead of two."""
    return _pick(values, lambda a, b: a <= b)


def larger(*values: Number) -> Number:
    return _pick(values, lambda a, b: a >= b)


def _pick(values: tuple[Number, ...], is_first: Callable[[Any, Any], Any]) -> Number:
    found = values[0]
    for value in values[1:]:
        if isinstance(found, Term) or isinstance(value, Term):
            a, b = Term(_term(found)), Term(_term(value))
            found = Term(z3.If(is_first(a, b).term, a.term, b.term))
        else:
            found = found if is_first(found, value) else value
    return found


def _term(value: Number) -> z3.ArithRef:
    return value.term if isinstance(value, Term) else z3.IntVal(value)


@contextmanager
def lifted(*modules: Any) -> Iterator[None]:
    """`min` and `max` of these modules work on terms."""
    patches = [patch.object(m, "min", smaller, create=True) for m in modules]
    patches += [patch.object(m, "max", larger, create=True) for m in modules]
    for change in patches:
        change.start()
    try:
        yield
    finally:
        for change in patches:
            change.stop()


def every_path(claim: Callable[..., None], *given: Any, most: int = 500) -> int:
    """Run a claim over every path of what it calls; a path that is refused claims nothing.

    Returns the number of paths that were not refused. Raises `Unproved`.
    """
    waiting: list[list[bool]] = [[]]
    accepted = 0
    for _ in range(most):
        if not waiting:
            if accepted == 0:
                raise Unproved("no path is accepted: nothing was proved")
            return accepted
        run = Run(waiting.pop())
        Run.current = run
        try:
            claim(run, *given)
            accepted += 1
        except Refused:
            pass
        waiting += run.open
    raise Unproved(f"more than {most} paths")
