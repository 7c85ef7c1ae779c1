"""Lint Vyper with natrix's rules.

    python -m tools.vyper_lint

natrix 0.1.9 itself compiles every file on its own three times, and stops with a traceback at a
module that uses two others. So the compiler is run here, once for all files; rules and settings
(`[tool.natrix]` in pyproject.toml) are natrix's, less two kinds of false alarm (`is_noise`).
Mocks are left out: they are odd on purpose.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from natrix import read_pyproject_config
from natrix.rules.common import Issue, RuleRegistry

from tools.compiler import CompilationError, Compiler
from tools.sources import Sources

UNUSED_ARGUMENT = "NTX10"
COULD_BE_VIEW_OR_PURE = ("NTX4", "NTX5")
# What has an effect without writing a variable: node types, and functions of the language.
EFFECTS = {"ExtCall", "Log"}
EFFECT_PREFIXES = ("raw_", "create_", "send")

Node = dict[str, Any]


def lint(compiler: Compiler) -> list[Issue]:
    """Every issue in what goes live. Raises `CompilationError`."""
    config = read_pyproject_config()
    rules = RuleRegistry.get_rules(config["rule_configs"])
    files = compiler.sources.product
    outputs = [json.loads(tree) for tree in (compiler.run("annotated_ast", files) if files else [])]
    # Only what compiles alone has frame sizes: a module's functions are in those of its host.
    hosts = compiler.sources.deployables
    metadata = dict(zip(hosts, compiler.run("metadata", hosts), strict=True)) if hosts else {}
    active = names_with_effects([node for output in outputs for node in _functions(output)])
    issues: list[Issue] = []
    for path, output in zip(files, outputs, strict=True):
        output["metadata"] = json.loads(metadata.get(path, "{}"))
        for issue in (issue for rule in rules for issue in rule.run(output)):
            line = issue.start_position[0]
            around = [f for f in _functions(output) if f["lineno"] <= line <= f["end_lineno"]]
            if issue.code not in config["disabled_rules"] and not is_noise(issue, around, active):
                issues.append(issue)
    return issues


def is_noise(issue: Issue, around: list[Node], active: set[str]) -> bool:
    """Whether an issue in the functions `around` it is none.

    An external function's arguments are its interface, used or not (`maxDeposit(receiver)`); a
    function with effects is not `view`, though it writes no variable.
    """
    if issue.code == UNUSED_ARGUMENT:
        decorators = [decorator for node in around for decorator in node["decorator_list"]]
        return any(decorator.get("id") == "external" for decorator in decorators)
    return issue.code in COULD_BE_VIEW_OR_PURE and any(node["name"] in active for node in around)


def names_with_effects(functions: list[Node]) -> set[str]:
    """Functions that call out or log, by themselves or through others (by name, in any file)."""
    calls: defaultdict[str, set[str]] = defaultdict(set)
    for function in functions:
        calls[function["name"]].update(_calls(function))
    active = {
        name
        for name, called in calls.items()
        if EFFECTS & called or any(other.startswith(EFFECT_PREFIXES) for other in called)
    }
    while more := {name for name, called in calls.items() if called & active} - active:
        active |= more
    return active


def _calls(function: Node) -> Iterator[str]:
    """Names of the functions called, and the types of nodes with effects."""
    for node in _nodes(function):
        if node["ast_type"] in EFFECTS:
            yield node["ast_type"]
        elif node["ast_type"] == "Call":
            yield node["func"].get("attr") or node["func"].get("id") or ""


def _functions(output: Node) -> list[Node]:
    return [node for node in output["ast"]["body"] if node["ast_type"] == "FunctionDef"]


def _nodes(value: Any) -> Iterator[Node]:
    """Every node of a syntax tree."""
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item)
    elif isinstance(value, dict):
        if "ast_type" in value:
            yield value
        for item in value.values():
            yield from _nodes(item)


def main() -> int:
    """Exit status 0 without issues, 1 with some, 2 when a file does not compile."""
    try:
        issues = lint(Compiler(Sources.here()))
    except CompilationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for issue in issues:
        print(f"{issue.file}:{issue.position}: {issue.code} {issue.message}", file=sys.stderr)
    return int(bool(issues))


if __name__ == "__main__":
    sys.exit(main())
