"""Where the sources are and what each of them is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PYTHON_FOLDERS = ("bulkhead", "scripts", "tests", "tools")


@dataclass(frozen=True)
class Sources:
    """The files of the project under `root`, each list sorted by path."""

    root: Path

    @classmethod
    def here(cls) -> Sources:
        """The project in the current folder."""
        return cls(Path.cwd())

    @property
    def contracts(self) -> Path:
        """The folder of everything in Vyper."""
        return self.root / "contracts"

    @property
    def vyper(self) -> list[Path]:
        """Every contract, module and interface, mocks included."""
        return _files(self.contracts, "*.vy", "*.vyi")

    @property
    def product(self) -> list[Path]:
        """What goes live: deployables and modules, without mocks."""
        return [path for path in _files(self.contracts, "*.vy") if not self.is_mock(path)]

    @property
    def deployables(self) -> list[Path]:
        """`Pascal.vy` outside of mocks."""
        return [path for path in self.product if not self.is_module(path)]

    @property
    def interfaces(self) -> list[Path]:
        return _files(self.contracts / "interfaces", "*.vyi")

    @property
    def python(self) -> list[Path]:
        files = [path for path in [self.root / "conftest.py"] if path.is_file()]
        for folder in PYTHON_FOLDERS:
            files += _files(self.root / folder, "*.py")
        return files

    def is_mock(self, path: Path) -> bool:
        return "mocks" in path.relative_to(self.contracts).parts

    def is_module(self, path: Path) -> bool:
        """Modules are `snake.vy`: Ape names contracts by stem, and deploys `Pascal.vy` only."""
        return path.suffix == ".vy" and not path.stem[0].isupper()

    def name(self, path: Path) -> str:
        """`path` as shown to a reader and named to the compiler."""
        return path.relative_to(self.root).as_posix()


def _files(folder: Path, *patterns: str) -> list[Path]:
    found = (path for pattern in patterns for path in folder.rglob(pattern))
    return sorted(path for path in found if "__pycache__" not in path.parts)
