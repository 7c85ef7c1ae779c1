"""Lint Vyper with natrix's rules.

    python -m tools.vyper_lint

natrix 0.1.9 itself compiles every file on its own three times, and stops with a traceback at a
module that uses two others. So the compiler is run here, once for all files; rules and settings
(`[tool.natrix]` in pyproject.toml) are natrix's. Mocks are left out: they are odd on purpose.
"""

from __future__ import annotations

import json
import sys

from natrix import read_pyproject_config
from natrix.rules.common import Issue, RuleRegistry

from tools.compiler import CompilationError, Compiler
from tools.sources import Sources


def lint(compiler: Compiler) -> list[Issue]:
    """Every issue in what goes live, but for disabled rules. Raises `CompilationError`."""
    config = read_pyproject_config()
    rules = RuleRegistry.get_rules(config["rule_configs"])
    files = compiler.sources.product
    trees = compiler.run("annotated_ast", files) if files else []
    # Only what compiles alone has frame sizes: a module's functions are in those of its host.
    hosts = compiler.sources.deployables
    metadata = dict(zip(hosts, compiler.run("metadata", hosts), strict=True)) if hosts else {}
    issues: list[Issue] = []
    for path, tree in zip(files, trees, strict=True):
        output = json.loads(tree)
        if path in metadata:
            output["metadata"] = json.loads(metadata[path])
        for rule in rules:
            issues += [
                issue for issue in rule.run(output) if issue.code not in config["disabled_rules"]
            ]
    return issues


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
