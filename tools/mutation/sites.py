"""Where a Vyper source can be made wrong, and how: in its tokens, never in comments or text."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from tokenize import TokenInfo


@dataclass(frozen=True, order=True)
class Mutant:
    """`path` (below contracts/) with columns `start` to `end` of `line` replaced by `text`."""

    path: str
    line: int
    start: int
    end: int
    text: str
    operator: str
    source: str  # the line as it is

    @property
    def mutated(self) -> str:
        return self.source[: self.start] + self.text + self.source[self.end :]

    def apply(self, text: str) -> str:
        lines = text.split("\n")
        assert lines[self.line - 1] == self.source, "another version of the source"
        lines[self.line - 1] = self.mutated
        return "\n".join(lines)

    def __str__(self) -> str:
        what = f"drop {self.source.strip()}" if self.text == "pass" else self.mutated.strip()
        return f"{self.path}:{self.line} [{self.operator}] {what}"


_OPERATORS = {
    "arithmetic": {"+": "-", "-": "+", "*": "//", "//": "*"},
    "strictness": {"<": "<=", "<=": "<", ">": ">=", ">=": ">"},
    "direction": {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "!=", "!=": "=="},
    "bits": {"<<": ">>", ">>": "<<", "&": "|", "|": "&"},
}
_NAMES = {
    "arithmetic": {
        "unsafe_add": "unsafe_sub",
        "unsafe_sub": "unsafe_add",
        "unsafe_mul": "unsafe_div",
        "unsafe_div": "unsafe_mul",
    },
    "rounding": {
        "_div_up_signed": "_div_down_signed",
        "_div_down_signed": "_div_up_signed",
        "_to_shares_up": "_to_shares_down",
        "_to_shares_down": "_to_shares_up",
        "_to_assets_up": "_to_assets_down",
        "_to_assets_down": "_to_assets_up",
    },
    "bounds": {"min": "max", "max": "min"},
    "logic": {"and": "or", "or": "and", "True": "False", "False": "True", "not": ""},
    "side": {
        "bid": "ask",
        "ask": "bid",
        "long_size": "short_size",
        "short_size": "long_size",
        "long_basis": "short_basis",
        "short_basis": "long_basis",
        "carry_long": "carry_short",
        "carry_short": "carry_long",
    },
}
_LINES = {
    "check": re.compile(r"\s+([\w.]*\._check_\w+|refusal\._because)\(.*\)"),
    "write": re.compile(r"\s+(self\.[\w.\[\]]+|[dmvqh]\.[\w.]+) (=|\+=) .*"),
    "call": re.compile(
        r"\s+[\w.]*\._(store|credit|owe_\w+|pull|push|burn|mint|debit|set\w*)\(.*\)"
    ),
}
_CONSTANT = re.compile(r"\w+: constant\((u?int256|uint8)\) = ")


def mutants(path: str, text: str) -> list[Mutant]:
    """All that this module can do to a source; some of it may not compile."""
    lines = text.split("\n")
    return sorted({*_in_tokens(path, lines, text), *_in_lines(path, lines)})


def _in_tokens(path: str, lines: list[str], text: str) -> Iterator[Mutant]:
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    is_code = _code_lines(path, lines)
    for index, token in enumerate(tokens):
        if not is_code[token.start[0]]:
            continue
        for operator, changed in _changes(tokens, index):
            end = token.end[1]
            if operator == "rounding" and token.string == "fixed_point":
                end = tokens[index + 2].end[1]
            number = token.start[0]
            source = lines[number - 1]
            yield Mutant(path, number, token.start[1], end, changed, operator, source)


def _changes(tokens: list[TokenInfo], index: int) -> Iterator[tuple[str, str]]:
    token, before = tokens[index], tokens[index - 1]
    text = token.string
    if token.type == tokenize.NUMBER:
        if text.isdecimal():
            yield "constant", str(int(text) + 1)
        return
    if token.type == tokenize.OP:
        is_sign = text == "-" and before.type == tokenize.OP and before.string not in ")]"
        for operator, table in _OPERATORS.items():
            if text in table and not is_sign:
                yield operator, table[text]
        return
    if token.type != tokenize.NAME:
        return
    for operator, names in _NAMES.items():
        is_named = tokens[index + 1].string == "=" and before.string in "(,"  # an argument's name
        if text in names and not is_named:
            yield operator, names[text]
    if text == "fixed_point" and tokens[index + 2].string == "_div_up":
        yield "rounding", "unsafe_div"
    if text == "unsafe_div":
        yield "rounding", "fixed_point._div_up"


def _in_lines(path: str, lines: list[str]) -> Iterator[Mutant]:
    is_code = _code_lines(path, lines)
    for number, source in enumerate(lines, 1):
        start = len(source) - len(source.lstrip())
        if not is_code[number] or not start or source.count("(") != source.count(")"):
            continue
        for operator, pattern in _LINES.items():
            if pattern.fullmatch(source.split("  #")[0]):
                yield Mutant(path, number, start, len(source), "pass", operator, source)


def _code_lines(path: str, lines: list[str]) -> dict[int, bool]:
    """By number: whether it stands in the body of a function, or is a constant to be changed."""
    found: dict[int, bool] = {}
    is_inside = is_head = False
    for number, line in enumerate(lines, 1):
        if line and not line[0].isspace() and not is_head:
            is_inside, is_head = False, line.startswith("def ")
        is_constant = _CONSTANT.match(line) and not path.endswith("refusal.vy")
        found[number] = is_inside or bool(is_constant)
        if is_head and line.rstrip().endswith(":") and not line.startswith(" "):
            is_inside, is_head = True, False  # the body starts on the next line
    found[len(lines) + 1] = False
    return found
