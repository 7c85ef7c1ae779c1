"""What an installed package needs is declared: its files, and what it imports."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "bulkhead"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OPTIONAL = {
    "keeper": ("keeper",),
    "report": ("report",),
    "replay": ("report", "contracts"),
    "client/export.py": ("export",),
}


def sources(folder: Path = PACKAGE) -> list[Path]:
    return [path for path in folder.rglob("*.py") if "__pycache__" not in path.parts]


def test_package__every_file_that_is_no_module__is_package_data():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["bulkhead"]
    declared = {path for pattern in patterns for path in PACKAGE.glob(pattern)}
    found = {
        path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert found == declared
    assert PACKAGE / "py.typed" in found


def test_package__every_folder_with_modules__is_a_package():
    folders = {path.parent for path in sources()}
    assert all((folder / "__init__.py").is_file() for folder in folders)


def test_package__every_import__is_declared():
    """By the package itself, or for the parts that need more by their extra."""
    distributions = packages_distributions()
    core = _names(PROJECT["project"]["dependencies"])
    extras = PROJECT["project"]["optional-dependencies"]
    missing = []
    for path in sources():
        inside = path.relative_to(PACKAGE)
        wanted = OPTIONAL.get(inside.as_posix()) or OPTIONAL.get(inside.parts[0], ())
        allowed = core.union(*(_names(extras[extra]) for extra in wanted))
        for name in _imports(path) - set(sys.stdlib_module_names) - {"bulkhead"}:
            providers = {_normal(found) for found in distributions.get(name, [name])}
            if not providers & allowed:
                missing.append(f"{path.relative_to(ROOT)}: {name}")
    assert missing == []


def _imports(path: Path) -> set[str]:
    """Top-level modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def _names(requirements: list[str]) -> set[str]:
    found = (re.match(r"[A-Za-z0-9._-]+", requirement) for requirement in requirements)
    return {_normal(match.group()) for match in found if match}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
