"""What the sources compile to, told by the compiler itself and not by Ape's cache."""

from __future__ import annotations

from functools import cache
from typing import Any

from bulkhead.exceptions import InvalidInput
from tools.compiler import Compiler
from tools.sources import Sources


def settings(compiler: Compiler) -> dict[str, str]:
    """Of the manifest: with the sources they decide every byte."""
    return {
        "vyper": compiler.version.split("+")[0],
        "evm_version": compiler.evm_version,
        "optimize": "gas",  # a pragma in every file, which tools.style checks
    }


def creation_codes(compiler: Compiler) -> dict[str, bytes]:
    """By contract, compiled now."""
    return {
        name: bytes.fromhex(output["bytecode"].removeprefix("0x"))
        for name, output in compiler.contracts.items()
    }


def check_fresh(project: Any) -> dict[str, str]:
    """Refuse a project whose contracts were not compiled from the sources as they are: Ape does not
    notice that an imported module changed. Returns the settings.

    The compiler ends creation code with a hash of every source that went into it.
    """
    digests, found = _digests()
    for name, digest in digests.items():
        code = getattr(project, name).contract_type.deployment_bytecode.to_bytes()
        if digest not in code:
            raise InvalidInput(f"{name} is compiled from other sources", "Run `make compile`.")
    return dict(found)


@cache  # the sources of one run of a command are one
def _digests() -> tuple[dict[str, bytes], dict[str, str]]:
    compiler = Compiler(Sources.here())
    files = compiler.sources.deployables
    lines = compiler.run("integrity", files)
    names = (path.stem for path in files)
    return dict(zip(names, map(bytes.fromhex, lines), strict=True)), settings(compiler)
