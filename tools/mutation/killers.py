"""Who notices a mutant: first the exact model in random sequences on pyrevm, then the tests."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from vyper.cli.vyper_compile import compile_files
from vyper.compiler.settings import Settings

from tests.stateful import machine, scene
from tests.stateful.machine import Difference, Player, RevmRun, Scenario
from tests.stateful.revm import Revm
from tests.stateful.weather import Climate
from tools.mutation import births
from tools.mutation.sites import Mutant

_PRAGMA = "#pragma optimize gas"
_FASTEST = "#pragma optimize none"  # compiles in half the time
_SMALLER = "#pragma optimize codesize"  # a mutant may be larger than what it was made from
_UNLINKED = {".build", ".cache", "contracts", "out"}

# Numbers that nothing divides, so that every rounding shows; and a kink that is often exceeded.
ODD = {
    "trading_fee": 612_345_678_901_237,
    "liquidation_penalty": 4_321_987_654_321_099,
    "reserve_ratio": 123_456_789_012_345_679,
    "skew_scale": 3_333_333_333_333_333_333_337,
    "borrow_base": 21_098_765_432_109_877,
    "borrow_slope1": 112_345_678_901_234_567,
    "borrow_slope2": 1_765_432_109_876_543_211,
    "borrow_kink": 312_345_678_901_234_567,
    "max_funding": 987_654_321_098_765_431,
    "lp_lockup": 3_607,
}
PROFILES = (*scene.PROFILES, scene.Profile(6, ODD))

# pairs of vaults by their places in `PROFILES`; together every profile, climate and end
SCENARIOS = tuple(
    Scenario(seed, 350, indices, Climate(is_stormy=is_stormy, fates=fates))
    for seed, indices, is_stormy, fates in (
        (11, (6, 1), True, ("", "")),
        (12, (4, 5), False, ("", "")),
        (13, (2, 3), True, ("stale", "dead")),
        (14, (0, 4), True, ("dead", "stale")),
        (15, (1, 5), False, ("stale", "")),
        (16, (3, 6), True, ("", "")),
    )
)


class Stillborn(Exception):  # noqa: N818 - the word for it
    """The compiler refuses the mutant."""


class Workshop:
    """A scratch copy of the contracts, with one mutant in it at a time."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root, self.scratch = root, scratch
        shutil.copytree(root / "contracts", scratch / "contracts")
        config = yaml.safe_load((root / "ape-config.yaml").read_text("utf-8"))
        self._evm_version = str(config["vyper"]["evm_version"])
        self._artifacts = scene.Artifacts()
        self._set_pragma(_PRAGMA, _FASTEST)
        self.original = self._compile()

    def bytecode(self, mutant: Mutant) -> bytes:
        """Not optimised. Raises `Stillborn`."""
        path = self.scratch / "contracts" / mutant.path
        text = path.read_text("utf-8")
        path.write_text(mutant.apply(text), "utf-8")
        try:
            return self._compile()
        except Exception as error:  # whatever the compiler has against it
            raise Stillborn(str(error)) from error
        finally:
            path.write_text(text, "utf-8")

    def is_same(self, mutant: Mutant) -> bool:
        """Whether the optimiser makes the same of both."""
        self._set_pragma(_FASTEST, _SMALLER)
        try:
            return self._compile() == self.bytecode(mutant)
        finally:
            self._set_pragma(_SMALLER, _FASTEST)

    def _set_pragma(self, old: str, new: str) -> None:
        for path in (self.scratch / "contracts").rglob("*.vy"):
            path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    def _compile(self) -> bytes:
        path = self.scratch / "contracts" / "PairVault.vy"
        gc.disable()  # a compilation makes millions of nodes and drops them all at its end
        try:
            found: dict[Any, dict[str, str]] = compile_files(
                [path],
                ["bytecode"],
                paths=[str(self.scratch)],
                settings=Settings(evm_version=self._evm_version),
            )
        finally:
            gc.enable()
        ((output,),) = (answers.values() for answers in found.values())
        return bytes.fromhex(output.removeprefix("0x"))

    # ---- against the model ----

    def difference(self, code: bytes) -> str:
        """Where the exact model and a vault of this code part; empty: nowhere."""
        return births.disagreement(self._artifacts, code) or self._in_sequences(code)

    def _in_sequences(self, code: bytes) -> str:
        revm = Revm(2 * len(code))
        try:
            world = scene.build(revm, PROFILES, _Replaced(self._artifacts, code))
        except Exception as error:  # whatever a broken vault does to its own birth
            return f"cannot be created: {type(error).__name__}"
        base, steps = revm.snapshot(), 0
        for scenario in SCENARIOS:
            player = Player(world, scenario.climate.is_still, thorough=5)
            run = RevmRun(revm, player)
            try:
                for move in machine.drawn(player.world, scenario):
                    run.step(move)
                    steps += 1
            except Difference as difference:
                return f"after {steps:,} operations: {difference.step.action}"
            revm.revert(base)
            base = revm.snapshot()
        return ""


class _Replaced(scene.Artifacts):
    """What has been compiled, with another vault."""

    def __init__(self, artifacts: scene.Artifacts, code: bytes) -> None:
        self._types = artifacts._types
        self._vault = code

    def code(self, name: str) -> bytes:
        return self._vault if name == "PairVault" else super().code(name)


def failing_test(root: Path, mutant: Mutant, tests: Sequence[str]) -> str:
    """The first of `tests` that fails on the mutant, in a scratch copy of the project.

    Only the vault is compiled anew, on top of what has been compiled.
    """
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        project = Path(name)
        for path in root.iterdir():
            if path.name not in _UNLINKED and not path.name.startswith(".git"):
                (project / path.name).symlink_to(path)
        for folder in ("contracts", ".build"):
            shutil.copytree(root / folder, project / folder)
        source = project / "contracts" / mutant.path
        source.write_text(mutant.apply(source.read_text("utf-8")), "utf-8")
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": name}
        ape = str(Path(sys.executable).with_name("ape"))
        command = [ape, "compile", "--force", "--verbosity", "ERROR", "contracts/PairVault.vy"]
        subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)
        options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=no"]
        command = [sys.executable, "-m", "pytest", *options, *tests]
        result = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, check=False
        )
        failed = [line for line in result.stdout.splitlines() if line.startswith("FAILED ")]
        if result.returncode == 0:
            return ""
        if not failed:
            return f"tests ended with {result.returncode}"
        return failed[0].split(" ")[1].split("::")[-1]
