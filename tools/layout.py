"""Storage, immutables and transient storage of every deployable, flattened."""

from __future__ import annotations

from typing import Any

from tools.compiler import Compiler

# The compiler's section, our name for it, the field that orders it.
SECTIONS = (
    ("storage_layout", "storage", "slot"),
    ("transient_storage_layout", "transient", "slot"),
    ("code_layout", "immutables", "offset"),
)


def flatten(section: dict[str, Any], prefix: str = "") -> dict[str, dict[str, Any]]:
    """`{module: {variable: entry}}`, nested to any depth, as `{"module.variable": entry}`."""
    flat: dict[str, dict[str, Any]] = {}
    for name, entry in section.items():
        if "type" in entry and not isinstance(entry["type"], dict):
            flat[prefix + name] = entry
        else:
            flat |= flatten(entry, f"{prefix}{name}.")
    return flat


def immutables_size(layout: dict[str, Any]) -> int:
    """Bytes that the immutables add to the runtime code."""
    entries = flatten(layout.get("code_layout", {})).values()
    return max((int(entry["offset"]) + int(entry["length"]) for entry in entries), default=0)


def layouts(compiler: Compiler) -> dict[str, Any]:
    """By contract and section: variables in the order of their place."""
    snapshot: dict[str, Any] = {"compiler": compiler.version, "contracts": {}}
    for contract, output in sorted(compiler.contracts.items()):
        sections: dict[str, Any] = {}
        for section, title, place in SECTIONS:
            entries = flatten(output["layout"].get(section, {}))
            sections[title] = {
                name: dict(sorted(entry.items()))
                for name, entry in sorted(entries.items(), key=lambda item: item[1][place])
            }
        snapshot["contracts"][contract] = sections
    return snapshot
