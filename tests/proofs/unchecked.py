"""Every unchecked operation of the vault's sources, as an expression that can be evaluated."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from tests.proofs import bounds
from tests.proofs.bounds import Interval

_DEF = re.compile(r"def (\w+)\(")


@dataclass(frozen=True)
class Operation:
    module: str
    function: str
    expression: str  # of the outermost unchecked call


def operations(contracts: Path) -> list[Operation]:
    """The outermost `unsafe_` calls; those inside them are parts of the expression."""
    found = []
    for path in [contracts / "PairVault.vy", *sorted((contracts / "modules").glob("*.vy"))]:
        text = _without_comments(path.read_text("utf-8"))
        function, position = "", 0
        for match in re.finditer(r"^def (\w+)\(|\bunsafe_\w+\(", text, re.MULTILINE):
            if match[1]:
                function = match[1]
            elif match.start() >= position:
                position = _end(text, match.end())
                expression = " ".join(text[match.start() : position].split())
                expression = expression.replace("( ", "(").replace(" )", ")")
                found.append(Operation(path.stem, function, expression))
    return found


def _without_comments(text: str) -> str:
    text = re.sub(r'"""[\s\S]*?"""', lambda match: "\n" * match[0].count("\n"), text)
    return re.sub(r"#.*", "", text)


def _end(text: str, position: int) -> int:
    depth = 1
    while depth:
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        position += 1
    return position


def parsed(operation: Operation) -> ast.expr:
    return ast.parse(operation.expression, mode="eval").body


# ---- intervals ----


class Unbounded(Exception):  # noqa: N818 - the word for it
    """An operand without a bound, or a result that does not fit its type."""


def interval(node: ast.expr, names: dict[str, Interval]) -> Interval:
    """Of an expression; each unchecked operation inside it has to fit 256 bits of its sign."""
    text = ast.unparse(node)
    if text in names:
        return names[text]
    try:
        value = int(
            eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}})
        )  # literals
    except (NameError, TypeError):
        pass
    else:
        return value, value
    if not isinstance(node, ast.Call):
        raise Unbounded(f"{text} has no bound")
    name = ast.unparse(node.func).split(".")[-1]
    if name == "convert":
        return interval(node.args[0], names)
    parts = [interval(argument, names) for argument in node.args]
    if name in ("unsafe_add", "unsafe_sub", "unsafe_mul"):
        found = _combined(name, *parts)
        if found[0] < 0 <= min(parts)[0] and not _is_signed(text):
            raise Unbounded(f"{text} may be negative")
        return _fitting(text, found)
    (low, high), (a, b) = parts
    if name in ("max", "min"):
        choose = max if name == "max" else min
        return choose(low, a), choose(high, b)
    if name in ("unsafe_div", "_div_up", "_div_up_signed", "_div_down_signed"):
        if a < 1:
            raise Unbounded(f"the divisor of {text} may be 0")
        if name == "_div_up":
            _fitting(text, (low, high + b))
        ends = [low // a, low // b, -(-high // a), -(-high // b)]
        return min(ends), max(ends)
    raise Unbounded(f"{text} has no bound")


def _combined(name: str, x: Interval, y: Interval) -> Interval:
    if name == "unsafe_add":
        return x[0] + y[0], x[1] + y[1]
    if name == "unsafe_sub":
        return x[0] - y[1], x[1] - y[0]
    ends = [a * b for a in x for b in y]
    return min(ends), max(ends)


def _fitting(text: str, found: Interval) -> Interval:
    low, high = found
    is_signed = low < 0
    most = 2**255 - 1 if is_signed else 2**256 - 1
    if low < -(2**255) or high > most:
        raise Unbounded(f"{text} is from {low} to {high}")
    return found


def bits(found: Interval) -> int:
    return max(abs(found[0]), abs(found[1])).bit_length()


def _is_signed(text: str) -> bool:
    """A difference of two int256 that are not negative themselves."""
    return "int256" in text or "_sub(0, " in text or text in bounds.SIGNED


def bound(operation: Operation) -> Interval | str:
    """The interval of its result, or the reason for which none is needed. Raises `Unbounded`."""
    for text in (operation.expression, f"{operation.module}: {operation.expression}"):
        if text in bounds.RELATED:
            return bounds.RELATED[text]
    places = bounds.LOCALS.get(f"{operation.module}.{operation.function}", {})
    node = parsed(operation)
    names = {**bounds.NAMES, **places}
    magnitudes = {
        f"fixed_point._magnitude({name})": (0, max(map(abs, names[name])))
        for name in ("size", "d.size_delta")
    }
    return interval(node, {**names, **magnitudes})
