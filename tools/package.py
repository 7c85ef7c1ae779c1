"""The package as a user gets it: a wheel in an environment of its own, away from this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_SMOKE = """
import sys
from importlib.resources import files
from pathlib import Path

import bulkhead
from bulkhead.client import connect
from bulkhead.client.codec import package_abi
from bulkhead.client.signing import KeySigner
from bulkhead.exceptions import NodeUnreachable
from bulkhead.index import Index
from bulkhead.model import WAD, Environment, PriceBand, Vault
from bulkhead.profiles import REFERENCE_PROFILE
from bulkhead.vector import Book, Moment

assert Path(bulkhead.__file__).is_relative_to(sys.prefix), bulkhead.__file__
assert (files("bulkhead") / "py.typed").is_file()
names = [file.name.removesuffix(".json") for file in (files("bulkhead") / "abi").iterdir()]
assert "PairVault" in names and all(package_abi(name).entries for name in names)
vault = Vault(REFERENCE_PROFILE, protocol_fee_share=0, decimals=6, now=0)
env = Environment(now=0, band=PriceBand(2_000 * WAD, 2_001 * WAD, 0))
vault.deposit(env, "lp", 10**12)
vault.adjust_position(env, "trader", 1, WAD, 200 * 10**6, 2_002 * WAD)
book = Book(vault.params, 6)
book.update(vault.positions)
moment = Moment(vault.params, 6, vault.market, now=0, band=env.band)
assert book.judge(moment).status.tolist() == [1]
try:
    connect("http://127.0.0.1:1")
except NodeUnreachable as error:
    assert error.advice
assert KeySigner("0x" + "01" * 32).address.startswith("0x")
assert "ape" not in sys.modules
print(f"bulkhead {bulkhead.__version__}, {len(names)} ABIs, from {Path(bulkhead.__file__).parent}")
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _run(place, "uv", "build", "-q", "--out-dir", folder, str(ROOT))
        (wheel,) = place.glob("*.whl")
        _run(place, "uv", "venv", "-q", "--python", sys.executable, "clean")
        python = place / "clean" / "bin" / "python"
        pins = "--constraints", str(ROOT / "requirements.lock")
        _run(place, "uv", "pip", "install", "-q", "--python", str(python), *pins, str(wheel))
        _run(place, str(python), "-I", "-c", _SMOKE)
    return 0


def _run(place: Path, *command: str) -> None:
    """In a folder where nothing of the checkout is."""
    environment = {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never"} | dict(os.environ)
    environment.pop("PYTHONPATH", None)
    environment.pop("VIRTUAL_ENV", None)
    subprocess.run(command, cwd=place, env=environment, check=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"error: {' '.join(error.cmd[:3])} failed")
