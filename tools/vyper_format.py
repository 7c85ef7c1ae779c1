"""Format Vyper with mamushi, and keep what mamushi would spoil.

    python -m tools.vyper_format [--check] [FILE ...]

mamushi 0.1.2 lays out code well, but it pulls aligned comments out of their column, splits code
whose *comment* is long, writes `#pragma optimize` in the form that Ape records wrongly, drops blank
lines after a block, cannot read `initializes` over several lines and does not know `flag`.
So it is shown short stand-ins for trailing comments and such `initializes`, and `enum` for `flag`;
afterwards all of them come back as they were, and the author's blank lines with them, but for the
two around definitions.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tokenize
from collections import defaultdict, deque
from collections.abc import Sequence
from pathlib import Path

from mamushi.formatting.format import format_tree
from mamushi.parsing.comparator import compare_ast
from mamushi.parsing.parser import Parser

from tools.sources import Sources

LINE_LENGTH = 100
FIRST_MARK = 0xE000  # of the private-use characters, one for each trailing comment
LAST_MARK = 0xF8FF
MARKED = re.compile(f" *# ([{chr(FIRST_MARK)}-{chr(LAST_MARK)}])")
LONG_INITIALIZES = re.compile(r"^(initializes: \w+)\[\n(?: .*\n)+\]$", re.MULTILINE)
NO_SPLIT = "# nosplit"  # an instruction to mamushi: it must see it


class FormatError(Exception):
    """The source cannot be parsed, or would mean something else afterwards."""


def format_source(text: str, parser: Parser) -> str:
    """`text` as it should stand. Raises `FormatError`."""
    blocks = {match[1]: match[0] for match in LONG_INITIALIZES.finditer(text)}
    marked, comments = _hide_comments(LONG_INITIALIZES.sub(r"\1", text))
    marked = re.sub(r"^flag (?=\w+:)", "enum ", marked, flags=re.MULTILINE)
    try:
        result = format_tree(parser.parse(marked), LINE_LENGTH, parser=parser)
        if not compare_ast(marked, result):
            raise FormatError("mamushi would change what the code means")
    except FormatError:
        raise
    except Exception as error:  # lark raises many kinds
        raise FormatError(f"mamushi cannot parse it: {error}") from error
    result = _restore_blank_lines(marked, result)
    result = re.sub(r"^enum (?=\w+:)", "flag ", result, flags=re.MULTILINE)
    result = _restore_comments(result, comments)
    result = "".join(blocks.get(line, line) + "\n" for line in result.splitlines())
    return re.sub(r"^# pragma optimize", "#pragma optimize", result, flags=re.MULTILINE)


def _hide_comments(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Put marks for trailing comments; returns the code before and the rest of each line too."""
    lines = text.splitlines()
    comments: list[tuple[str, str]] = []
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, IndentationError) as error:
        raise FormatError(str(error)) from error
    for token in tokens:
        row, column = token.start[0] - 1, token.start[1]
        is_trailing = token.type == tokenize.COMMENT and lines[row][:column].strip()
        if not is_trailing or token.string.startswith(NO_SPLIT):
            continue
        code = lines[row][:column].rstrip()
        mark = chr(FIRST_MARK + len(comments))
        if mark > chr(LAST_MARK):
            raise FormatError("too many comments")
        comments.append((code, lines[row][len(code) :].rstrip()))
        lines[row] = f"{code}  # {mark}"
    return "\n".join(lines) + "\n", comments


def _restore_comments(text: str, comments: list[tuple[str, str]]) -> str:
    lines = []
    for line in text.splitlines():
        found = MARKED.search(line)
        if found:
            code, comment = comments[ord(found[1]) - FIRST_MARK]
            before = line[: found.start()]
            # Only where the code kept its width does the column of the comment still mean anything.
            keeps_column = len(before) == len(code) and comment.startswith("  ")
            gap = "" if keeps_column else "  " if before.strip() else before
            comment = comment if keeps_column else comment.strip()
            line = before.rstrip() + gap + comment + line[found.end() :]
        lines.append(line)
    return "\n".join(lines) + "\n"


def _restore_blank_lines(source: str, result: str) -> str:
    """As many blank lines between two lines as when they were neighbours in `source`.

    At most one in a block and two outside of it, where two of mamushi's stay two.
    """
    counts: defaultdict[tuple[str, str], deque[int]] = defaultdict(deque)
    for previous, blanks, line in _neighbours(source):
        counts[_key(previous), _key(line)].append(blanks)
    lines: list[str] = []
    for previous, blanks, line in _neighbours(result):
        before = counts[_key(previous), _key(line)]
        is_nested = line.startswith(" ")
        if before:
            kept = min(before.popleft(), 1 if is_nested else 2)
            blanks = blanks if blanks == 2 and not is_nested else kept
        lines += [""] * blanks + [line]
    return "\n".join(lines) + "\n"


def _neighbours(text: str) -> list[tuple[str, int, str]]:
    """Each line that is not blank, with the one before it and the blank lines between them."""
    found = []
    previous, blanks = "", 0
    for line in text.splitlines():
        if line.strip():
            found.append((previous, blanks, line))
            previous, blanks = line, 0
        else:
            blanks += 1
    return found


def _key(line: str) -> str:
    return "".join(line.split())


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 1 when a file is (with --check: would be) not formatted or not readable."""
    command = argparse.ArgumentParser(prog="python -m tools.vyper_format")
    command.add_argument("files", nargs="*", type=Path, help="default: all under contracts/")
    command.add_argument("--check", action="store_true", help="change nothing")
    options = command.parse_args(arguments)
    parser = Parser()
    failed = False
    sources = Sources.here()
    for path in options.files or [path.relative_to(sources.root) for path in sources.vyper]:
        try:
            text = path.read_text("utf-8")
            result = format_source(text, parser)
        except (FormatError, OSError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            failed = True
            continue
        if result == text:
            continue
        if options.check:
            print(f"{path}: not formatted: run make fmt", file=sys.stderr)
            failed = True
        else:
            path.write_text(result, "utf-8")
            print(f"{path}: formatted")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
