"""The vault's reasons: each is a number whose bytes are the text in the comment beside it."""

from __future__ import annotations

import re
from pathlib import Path

from tools.sources import Sources

REASON = re.compile(r"^([A-Z]+(?:_[A-Z]+)*): constant\(\s*uint256\s*\) = (\d+)  # ([a-z ]+)$", re.M)
USE = re.compile(r"refusal\.([A-Z][A-Z_]+)")
MAX_BYTES = 25  # a reason comes out as `vault: ` and its text, at most 32 bytes


def reasons(text: str) -> dict[str, str]:
    """Name and text of every reason in the source of `refusal.vy`."""
    return {name: reason for name, _, reason in REASON.findall(text)}


def check(sources: Sources) -> list[str]:
    """Every number that is not its text, and every reason that nothing gives."""
    path = sources.contracts / "modules" / "refusal.vy"
    if not path.is_file():
        return []
    place, text = sources.name(path), path.read_text("utf-8")
    problems = []
    for name, number, reason in REASON.findall(text):
        if int(number) != int.from_bytes(reason.encode(), "big"):
            problems.append(f"{place}: {name} is not the bytes of {reason!r}")
        if name != reason.upper().replace(" ", "_"):
            problems.append(f"{place}: {name} is not the name of {reason!r}")
        if len(reason.encode()) > MAX_BYTES:
            problems.append(f"{place}: {reason!r} has more than {MAX_BYTES} bytes")
    given = _given(sources, path)
    known = set(reasons(text))
    problems += [f"{place}: nothing refuses with {name}" for name in sorted(known - given)]
    return problems + [f"{place}: {name} is not in the list" for name in sorted(given - known)]


def _given(sources: Sources, registry: Path) -> set[str]:
    files = [path for path in sources.product if path != registry]
    return {name for path in files for name in USE.findall(path.read_text("utf-8"))}
