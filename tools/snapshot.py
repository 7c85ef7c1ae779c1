"""Committed files that follow from the sources: written on request, compared otherwise."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

LINE_LENGTH = 100
MAX_DIFF_LINES = 30


def render(value: Any) -> str:
    """JSON for reading and for diffs: a flat list or object that fits one line stands on one."""
    return _render(value, indent=0, key="") + "\n"


def _render(value: Any, *, indent: int, key: str) -> str:
    line = key + json.dumps(value, ensure_ascii=False)
    is_short = indent + len(line) <= LINE_LENGTH
    if not isinstance(value, (dict, list)) or not value or (is_short and _is_flat(value)):
        return line
    inner = indent + 2
    if isinstance(value, dict):
        entries = [(f"{json.dumps(name)}: ", item) for name, item in value.items()]
        opening, closing = "{", "}"
    else:
        entries = [("", item) for item in value]
        opening, closing = "[", "]"
    body = ",\n".join(" " * inner + _render(item, indent=inner, key=name) for name, item in entries)
    return f"{key}{opening}\n{body}\n{' ' * indent}{closing}"


def _is_flat(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value
    return not any(isinstance(item, (dict, list)) and item for item in items)


def update(path: Path, text: str, *, name: str, write: bool) -> list[str]:
    """Write `text` to `path`, or say how the file differs from it. Returns the problems found."""
    old = path.read_text("utf-8") if path.is_file() else ""
    if old == text:
        return []
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return []
    diff = list(
        difflib.unified_diff(
            old.splitlines(), text.splitlines(), "committed", "sources", lineterm="", n=1
        )
    )
    shown = diff[:MAX_DIFF_LINES]
    if len(diff) > len(shown):
        shown.append(f"... and {len(diff) - len(shown)} lines more")
    return [f"{name}: not what the sources give (--write renews it)\n  " + "\n  ".join(shown)]
