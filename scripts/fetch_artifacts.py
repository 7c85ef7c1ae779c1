"""Put bytecode of third-party contracts, for tests and benchmarks, into `.artifacts/`.

Chainlink's comes from the published npm package, held to a pinned SHA-256; OpenZeppelin's from
`node_modules`. Run by `make test` and `make bench`; does nothing where everything is there already.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / ".artifacts"

CHAINLINK = "@chainlink/contracts@0.0.12"
CHAINLINK_SHA256 = "b830c29da5f5132a8b3d46d62b03a4bf2aefcff4620f31b9f4a3c63852f2b216"
CHAINLINK_FOLDER = ARTIFACTS / "chainlink-0.0.12"
CHAINLINK_CONTRACTS = ("EACAggregatorProxy", "FluxAggregator", "AccessControlledAggregator")

OPENZEPPELIN_VERSION = "4.9.6"
OPENZEPPELIN_SOURCE = ROOT / "node_modules" / "@openzeppelin" / "contracts"
OPENZEPPELIN_FOLDER = ARTIFACTS / f"openzeppelin-{OPENZEPPELIN_VERSION}"
OPENZEPPELIN_CONTRACTS = ("ERC20PresetFixedSupply", "ERC20PresetMinterPauser")


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


def fetch_chainlink() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        archive = download(CHAINLINK, Path(temporary))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != CHAINLINK_SHA256:
            raise FetchError(
                f"{CHAINLINK} is not the archive that is pinned: SHA-256 {digest}, "
                f"expected {CHAINLINK_SHA256}"
            )
        with tarfile.open(archive) as tar:
            for name in CHAINLINK_CONTRACTS:
                member = tar.extractfile(f"package/abi/v0.6/{name}.json")
                if member is None:
                    raise FetchError(f"{CHAINLINK} has no contract {name}")
                output = json.load(member)["compilerOutput"]
                bytecode = output["evm"]["bytecode"]["object"]
                write_artifact(CHAINLINK_FOLDER, name, output["abi"], bytecode)


def fetch_openzeppelin() -> None:
    manifest = OPENZEPPELIN_SOURCE / "package.json"
    if not manifest.is_file():
        raise FetchError("@openzeppelin/contracts is not in node_modules: run `npm ci` first")
    version = json.loads(manifest.read_text())["version"]
    if version != OPENZEPPELIN_VERSION:
        raise FetchError(
            f"@openzeppelin/contracts is {version}, expected {OPENZEPPELIN_VERSION}: run `npm ci`"
        )
    for name in OPENZEPPELIN_CONTRACTS:
        build = json.loads((OPENZEPPELIN_SOURCE / f"build/contracts/{name}.json").read_text())
        write_artifact(OPENZEPPELIN_FOLDER, name, build["abi"], build["bytecode"])


def main() -> int:
    try:
        if not is_complete(CHAINLINK_FOLDER, CHAINLINK_CONTRACTS):
            print(f"fetching {CHAINLINK}")
            fetch_chainlink()
        if not is_complete(OPENZEPPELIN_FOLDER, OPENZEPPELIN_CONTRACTS):
            print(f"copying OpenZeppelin {OPENZEPPELIN_VERSION}")
            fetch_openzeppelin()
    except FetchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
