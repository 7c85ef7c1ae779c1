"""Put bytecode of third-party contracts, for tests and benchmarks, into `.artifacts/`.

Chainlink's comes from the published npm packages, held to pinned SHA-256s: the feeds as their
publisher compiled them, the sequencer's uptime feed and Multicall3 from source, which is all that
is published of them. OpenZeppelin's and Safe's builds are in `node_modules`. Run by `make test` and
`make bench`; does nothing where everything is there already.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / ".artifacts"
NODE_MODULES = ROOT / "node_modules"

CHAINLINK = "@chainlink/contracts@0.0.12"
CHAINLINK_SHA256 = "b830c29da5f5132a8b3d46d62b03a4bf2aefcff4620f31b9f4a3c63852f2b216"
CHAINLINK_FOLDER = ARTIFACTS / "chainlink-0.0.12"
CHAINLINK_CONTRACTS = ("EACAggregatorProxy", "FluxAggregator", "AccessControlledAggregator")

CHAINLINK_SOURCES = "@chainlink/contracts@1.5.0"
CHAINLINK_SOURCES_SHA256 = "24a8d510e947a74763723845d5f55405997104aecb9d45061f969d25fb917a3d"
COMPILED_FOLDER = ARTIFACTS / "chainlink-1.5.0"
COMPILED = {
    "OptimismSequencerUptimeFeed": "src/v0.8/l2ep/optimism/OptimismSequencerUptimeFeed.sol",
    "Multicall3": "src/v0.8/vendor/multicall/ebd8b64/src/Multicall3.sol",
}
SOLC = "solc-0.8.24"
# The package imports this interface of another one, which it does not bring along.
MESSENGER = "@eth-optimism/contracts/L2/messaging/IL2CrossDomainMessenger.sol"
MESSENGER_SOURCE = """
pragma solidity ^0.8.19;
interface IL2CrossDomainMessenger {
    function xDomainMessageSender() external view returns (address);
}
"""
COMPILE = """
const input = require("fs").readFileSync(0, "utf8")
process.stdout.write(require(process.argv[1]).compile(input))
"""


@dataclass(frozen=True)
class Built:
    """A package in `node_modules` that ships its build: `builds` are files without `.json`."""

    package: str
    version: str
    folder: str
    builds: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(Path(build).name for build in self.builds)


SAFE_BUILDS = tuple(
    f"build/artifacts/contracts/{build}"
    for build in (
        "Safe.sol/Safe",
        "proxies/SafeProxyFactory.sol/SafeProxyFactory",
        "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler",
    )
)
BUILT = (
    Built(
        "@openzeppelin/contracts",
        "4.9.6",
        "openzeppelin-4.9.6",
        tuple(
            f"build/contracts/{name}"
            for name in ("ERC20PresetFixedSupply", "ERC20PresetMinterPauser", "TimelockController")
        ),
    ),
    Built("@safe-global/safe-contracts", "1.4.1", "safe-1.4.1", SAFE_BUILDS),
    Built("@safe-global/safe-smart-account", "1.5.0", "safe-1.5.0", SAFE_BUILDS),
)


class FetchError(Exception):
    """Something that whoever ran the script can put right."""


def write_artifact(folder: Path, name: str, abi: list[Any], bytecode: str) -> None:
    """Write `{contractName, abi, bytecode}`, the form that Ape reads; whole or not at all."""
    if not bytecode.startswith("0x"):
        bytecode = "0x" + bytecode
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{name}.json.partial"
    partial.write_text(json.dumps({"contractName": name, "abi": abi, "bytecode": bytecode}))
    partial.replace(folder / f"{name}.json")


def is_complete(folder: Path, names: tuple[str, ...]) -> bool:
    return all((folder / f"{name}.json").is_file() for name in names)


def download(package: str, folder: Path) -> Path:
    """`npm pack` a package, without installing it. Returns the archive."""
    npm = shutil.which("npm")
    if npm is None:
        raise FetchError("npm is needed to fetch third-party contracts: install Node.js")
    command = [npm, "pack", "--ignore-scripts", "--loglevel=error", package]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise FetchError(f"`npm pack {package}` took more than five minutes: try again") from None
    archives = list(folder.glob("*.tgz"))
    if done.returncode != 0 or len(archives) != 1:
        raise FetchError(f"`npm pack {package}` failed; is the network up?\n{done.stderr.strip()}")
    return archives[0]


def pinned(package: str, sha256: str, folder: Path) -> Path:
    """The archive of a package, if it is the one that is pinned."""
    archive = download(package, folder)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != sha256:
        raise FetchError(
            f"{package} is not the archive that is pinned: SHA-256 {digest}, expected {sha256}"
        )
    return archive


def fetch_chainlink() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        archive = pinned(CHAINLINK, CHAINLINK_SHA256, Path(temporary))
        with tarfile.open(archive) as tar:
            for name in CHAINLINK_CONTRACTS:
                member = tar.extractfile(f"package/abi/v0.6/{name}.json")
                if member is None:
                    raise FetchError(f"{CHAINLINK} has no contract {name}")
                output = json.load(member)["compilerOutput"]
                bytecode = output["evm"]["bytecode"]["object"]
                write_artifact(CHAINLINK_FOLDER, name, output["abi"], bytecode)


def compile_chainlink() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        archive = pinned(CHAINLINK_SOURCES, CHAINLINK_SOURCES_SHA256, Path(temporary))
        sources = {MESSENGER: MESSENGER_SOURCE} | read_sources(archive)
    wanted = set(COMPILED.values())
    selection = {path: {"*": ["abi", "evm.bytecode.object"]} for path in wanted}
    output = solc(
        {
            "language": "Solidity",
            "sources": reachable(sources, wanted),
            "settings": {
                "optimizer": {"enabled": True, "runs": 1_000_000},
                "evmVersion": "paris",
                "metadata": {"bytecodeHash": "none"},
                "outputSelection": selection,
            },
        }
    )
    for name, path in COMPILED.items():
        built = output["contracts"][path][name]
        bytecode = built["evm"]["bytecode"]["object"]
        write_artifact(COMPILED_FOLDER, name, built["abi"], bytecode)


def read_sources(archive: Path) -> dict[str, str]:
    """The Solidity files of a package, by their path in it."""
    found = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.endswith(".sol") and (file := tar.extractfile(member)):
                found[member.name.removeprefix("package/")] = file.read().decode()
    return found


def reachable(sources: dict[str, str], wanted: set[str]) -> dict[str, Any]:
    """As the compiler takes them: the sources that `wanted` import, and what those import."""
    found: dict[str, Any] = {}
    todo = list(wanted)
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found[path] = {"content": sources[path]}
        for name in re.findall(r'from "([^"]+)"', sources[path]):
            relative = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            todo.append(relative if name.startswith(".") else name)
    return found


def solc(request: dict[str, Any]) -> dict[str, Any]:
    """Standard JSON in and out."""
    module, node = NODE_MODULES / SOLC, shutil.which("node")
    if node is None or not module.is_dir():
        raise FetchError(f"{SOLC} is not in node_modules: run `npm ci` first")
    command = [node, "-e", COMPILE, str(module)]
    done = subprocess.run(
        command, input=json.dumps(request), capture_output=True, text=True, timeout=300
    )
    if done.returncode != 0:
        raise FetchError(f"{SOLC} failed: {done.stderr.strip()}")
    output: dict[str, Any] = json.loads(done.stdout)
    errors = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise FetchError(f"{SOLC} refused the sources: {errors[0]}")
    return output


def copy_built(built: Built) -> None:
    source = NODE_MODULES / built.package
    manifest = source / "package.json"
    if not manifest.is_file():
        raise FetchError(f"{built.package} is not in node_modules: run `npm ci` first")
    version = json.loads(manifest.read_text())["version"]
    if version != built.version:
        raise FetchError(f"{built.package} is {version}, expected {built.version}: run `npm ci`")
    for build, name in zip(built.builds, built.names, strict=True):
        artifact = json.loads((source / f"{build}.json").read_text())
        write_artifact(ARTIFACTS / built.folder, name, artifact["abi"], artifact["bytecode"])


def main() -> int:
    try:
        if not is_complete(CHAINLINK_FOLDER, CHAINLINK_CONTRACTS):
            print(f"fetching {CHAINLINK}")
            fetch_chainlink()
        if not is_complete(COMPILED_FOLDER, tuple(COMPILED)):
            print(f"compiling {', '.join(COMPILED)} of {CHAINLINK_SOURCES}")
            compile_chainlink()
        for built in BUILT:
            if not is_complete(ARTIFACTS / built.folder, built.names):
                print(f"copying {built.package} {built.version}")
                copy_built(built)
    except FetchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
