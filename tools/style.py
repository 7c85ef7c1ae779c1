"""The rules of the house that no other tool checks, read off the tokens of the sources.

Vyper's tokens are Python's (the compiler itself starts from `tokenize`), so comments, strings and
docstrings are told from code without a parser of our own.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import refusals
from tools.sources import Sources

PRAGMAS = ("# pragma version 0.4.3", "#pragma optimize gas", "# pragma nonreentrancy on")
MAX_FUNCTION = 60
MAX_CONTRACT = 450
MAX_MODULE = 300
MAX_PYTHON = 250
MAX_TEST = 500
MAX_REVERT = 32
REVERT = re.compile(r"[a-z][a-z0-9 _]*: [^A-Z]*[^A-Z .]")
FORBIDDEN = ("tx.origin", "block.number")
LAYOUT_TOKENS = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT}


@dataclass(frozen=True)
class Function:
    name: str
    line: int  # of its `def`
    length: int  # lines, from `def` to its last line of code, without its docstring


@dataclass(frozen=True)
class Revert:
    text: str
    line: int


def check(sources: Sources) -> list[str]:
    """Every violation in the project, as `path:line: what`."""
    problems = _names(sources) + _lock_files(sources) + refusals.check(sources)
    reverts: dict[str, str] = {}
    for path in sources.vyper:
        name = sources.name(path)
        text = path.read_text("utf-8")
        tokens = tokens_of(text)
        found = [(0, problem) for problem in pragmas(text, is_interface=path.suffix == ".vyi")]
        found += [(0, problem) for problem in _length(text, _vyper_limit(sources, path))]
        found += list(forbidden(tokens)) + list(long_functions(tokens))
        if not sources.is_mock(path):
            for revert in reverts_of(tokens):
                place = f"{name}:{revert.line}"
                first = reverts.setdefault(revert.text, place)
                if first != place:
                    found.append((revert.line, f"revert string {revert.text!r} is also at {first}"))
                found += [(revert.line, problem) for problem in malformed(revert.text)]
        problems += [f"{name}:{line}: {what}".replace(":0:", ":", 1) for line, what in found]
    for path in sources.python:
        name = sources.name(path)
        limit = MAX_TEST if name.startswith("tests/") else MAX_PYTHON
        problems += [f"{name}: {what}" for what in _length(path.read_text("utf-8"), limit)]
    return problems


def tokens_of(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def statements(tokens: list[tokenize.TokenInfo]) -> Iterator[list[tokenize.TokenInfo]]:
    """Logical lines, without comments and indentation."""
    statement: list[tokenize.TokenInfo] = []
    for token in tokens:
        if token.type == tokenize.NEWLINE:
            yield statement
            statement = []
        elif token.type not in LAYOUT_TOKENS:
            statement.append(token)


def pragmas(text: str, *, is_interface: bool) -> list[str]:
    """The head of a file: the version everywhere, the other two where code is made."""
    head = text.splitlines()[: len(PRAGMAS)]
    wanted = PRAGMAS[:1] if is_interface else PRAGMAS
    return [f"{pragma!r} is missing at the head" for pragma in wanted if pragma not in head]


def forbidden(tokens: list[tokenize.TokenInfo]) -> Iterator[tuple[int, str]]:
    """Names that must not occur in code, and experimental compiler settings."""
    for statement in statements(tokens):
        for i, token in enumerate(statement):
            name = "".join(part.string for part in statement[i : i + 3])
            if name in FORBIDDEN:
                yield token.start[0], f"{name} is not to be used"
    for token in tokens:
        is_pragma = token.type == tokenize.COMMENT and re.match(r"#\s*(pragma|@)", token.string)
        if is_pragma and "experimental" in token.string:
            yield token.start[0], "experimental settings are not to be used"


def functions(tokens: list[tokenize.TokenInfo]) -> Iterator[Function]:
    """Functions at the top level of a file (those inside an `interface` have no body)."""
    depth = 0
    start = 0
    name = ""
    docstring = 0
    last = 0
    for i, token in enumerate(tokens):
        if token.type == tokenize.INDENT:
            depth += 1
            following = tokens[i + 1]
            if depth == 1 and following.type == tokenize.STRING:
                docstring = following.end[0] - following.start[0] + 1
        elif token.type == tokenize.DEDENT:
            depth -= 1
            if depth == 0 and start:
                yield Function(name, start, last - start + 1 - docstring)
                start = docstring = 0
        elif token.type == tokenize.NEWLINE:
            last = token.start[0]
        elif token.string == "def" and depth == 0:
            start, name, docstring = token.start[0], tokens[i + 1].string, 0


def long_functions(tokens: list[tokenize.TokenInfo]) -> Iterator[tuple[int, str]]:
    for function in functions(tokens):
        if function.length > MAX_FUNCTION:
            what = f"{function.name}() has {function.length} lines, at most {MAX_FUNCTION}"
            yield function.line, what


def reverts_of(tokens: list[tokenize.TokenInfo]) -> Iterator[Revert]:
    """The reason of every `raise` and of every `assert` that has one."""
    for statement in statements(tokens):
        if not statement or statement[0].string not in ("assert", "raise"):
            continue
        reason = statement[1:]
        if statement[0].string == "assert":
            reason = _after_comma(reason)
        strings = [token for token in reason if token.type == tokenize.STRING]
        if strings:
            text = "".join(token.string.strip("\"'") for token in strings)
            yield Revert(text, strings[0].start[0])


def malformed(text: str) -> Iterator[str]:
    if not REVERT.fullmatch(text):
        yield f"revert string {text!r} is not 'prefix: reason' in lower case"
    if len(text.encode()) > MAX_REVERT:
        yield f"revert string {text!r} has {len(text.encode())} bytes, at most {MAX_REVERT}"


def _after_comma(tokens: list[tokenize.TokenInfo]) -> list[tokenize.TokenInfo]:
    """What follows the first comma outside of brackets."""
    depth = 0
    for i, token in enumerate(tokens):
        depth += (token.string in "([{") - (token.string in ")]}") if token.string else 0
        if token.string == "," and depth == 0:
            return tokens[i + 1 :]
    return []


def _length(text: str, limit: int) -> list[str]:
    lines = len(text.splitlines())
    return [f"{lines} lines, at most {limit}"] if lines > limit else []


def _vyper_limit(sources: Sources, path: Path) -> int:
    return MAX_MODULE if sources.is_module(path) else MAX_CONTRACT


def _names(sources: Sources) -> list[str]:
    """Ape names contracts by stem: each occurs once. `math` would hide a module of the compiler."""
    problems = []
    seen: dict[str, str] = {}
    for path in sources.vyper:
        name = sources.name(path)
        first = seen.setdefault(path.stem, name)
        if first != name:
            problems.append(f"{name}: the name is taken by {first}")
        if path.stem == "math":
            problems.append(f"{name}: no file may be named math")
    return problems


def _lock_files(sources: Sources) -> list[str]:
    """Lock files pin by hash and name no server: where packages come from is the user's choice."""
    problems = []
    requirements = sources.root / "requirements.lock"
    if requirements.is_file() and "://" in requirements.read_text("utf-8"):
        problems.append("requirements.lock: names an address")
    packages = sources.root / "package-lock.json"
    if packages.is_file():
        entries = json.loads(packages.read_text("utf-8"))["packages"]
        problems += [
            f"package-lock.json: {name} has a resolved address"
            for name, entry in entries.items()
            if "resolved" in entry
        ]
    return problems
