"""Third-party bytecode comes from where it is pinned to, or not at all. No network is used."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts import fetch_artifacts


@pytest.fixture
def archive(tmp_path):
    """A package like Chainlink's, of small contracts."""
    path = tmp_path / "chainlink.tgz"
    with tarfile.open(path, "w:gz") as tar:
        output = {"abi": [], "evm": {"bytecode": {"object": "6001"}}}
        built = json.dumps({"compilerOutput": output}).encode()
        names = fetch_artifacts.CHAINLINK_CONTRACTS
        files = {f"abi/v0.6/{name}.json": built for name in names}
        for source in fetch_artifacts.COMPILED.values():
            files[source] = b'import {A} from "./A.sol";'
            files[str(Path(source).with_name("A.sol"))] = b""
        for file, content in files.items():
            member = tarfile.TarInfo(f"package/{file}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def folders(monkeypatch, tmp_path):
    """Artifacts go to, and builds come from, temporary folders."""
    artifacts, modules = tmp_path / "artifacts", tmp_path / "modules"
    monkeypatch.setattr(fetch_artifacts, "ARTIFACTS", artifacts)
    monkeypatch.setattr(fetch_artifacts, "CHAINLINK_FOLDER", artifacts / "chainlink")
    monkeypatch.setattr(fetch_artifacts, "COMPILED_FOLDER", artifacts / "compiled")
    monkeypatch.setattr(fetch_artifacts, "NODE_MODULES", modules)
    for built in fetch_artifacts.BUILT:
        source = modules / built.package
        source.mkdir(parents=True)
        (source / "package.json").write_text(json.dumps({"version": built.version}))
        for build in built.builds:
            (source / build).parent.mkdir(parents=True, exist_ok=True)
            (source / f"{build}.json").write_text('{"abi": [], "bytecode": "0x6002"}')
    return SimpleNamespace(
        chainlink=artifacts / "chainlink",
        compiled=artifacts / "compiled",
        openzeppelin=artifacts / "openzeppelin-4.9.6",
        source=modules / "@openzeppelin/contracts",
    )


@pytest.fixture
def pinned(monkeypatch, archive, folders):
    """The archives are what npm answers, and they are the pinned ones. Counts the downloads."""
    calls = []

    def download(package, folder):
        calls.append(package)
        return archive

    def solc(request):
        output = {"abi": [], "evm": {"bytecode": {"object": "6003"}}}
        paths = fetch_artifacts.COMPILED
        return {"contracts": {path: {name: output} for name, path in paths.items()}}

    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(fetch_artifacts, "CHAINLINK_SHA256", digest)
    monkeypatch.setattr(fetch_artifacts, "CHAINLINK_SOURCES_SHA256", digest)
    monkeypatch.setattr(fetch_artifacts, "download", download)
    monkeypatch.setattr(fetch_artifacts, "solc", solc)
    return calls


def test_main__pinned_archive__writes_artifacts(pinned, folders):
    assert fetch_artifacts.main() == 0
    artifact = json.loads((folders.chainlink / "EACAggregatorProxy.json").read_text())
    assert artifact == {"contractName": "EACAggregatorProxy", "abi": [], "bytecode": "0x6001"}
    artifact = json.loads((folders.compiled / "Multicall3.json").read_text())
    assert artifact == {"contractName": "Multicall3", "abi": [], "bytecode": "0x6003"}
    artifact = json.loads((folders.openzeppelin / "ERC20PresetFixedSupply.json").read_text())
    assert artifact == {"contractName": "ERC20PresetFixedSupply", "abi": [], "bytecode": "0x6002"}


def test_main__second_run__fetches_nothing(pinned, folders):
    assert fetch_artifacts.main() == 0
    assert fetch_artifacts.main() == 0
    assert pinned == [fetch_artifacts.CHAINLINK, fetch_artifacts.CHAINLINK_SOURCES]


def test_main__one_artifact_missing__fetches_again(pinned, folders):
    assert fetch_artifacts.main() == 0
    (folders.chainlink / "FluxAggregator.json").unlink()
    assert fetch_artifacts.main() == 0
    assert (folders.chainlink / "FluxAggregator.json").is_file()
    assert pinned[2:] == [fetch_artifacts.CHAINLINK]


def test_main__other_archive__refused(pinned, folders, monkeypatch, capsys):
    monkeypatch.setattr(fetch_artifacts, "CHAINLINK_SHA256", "00" * 32)
    assert fetch_artifacts.main() == 1
    assert "not the archive that is pinned" in capsys.readouterr().err
    assert not folders.chainlink.exists()


def test_main__other_sources__refused(pinned, folders, monkeypatch, capsys):
    monkeypatch.setattr(fetch_artifacts, "CHAINLINK_SOURCES_SHA256", "00" * 32)
    assert fetch_artifacts.main() == 1
    assert "not the archive that is pinned" in capsys.readouterr().err
    assert not folders.compiled.exists()


def test_solc__not_installed__says_what_to_do(folders):
    with pytest.raises(fetch_artifacts.FetchError, match="npm ci"):
        fetch_artifacts.solc({})


def test_reachable__imports__are_followed_and_no_other_source():
    sources = {
        "a/A.sol": 'import {B} from "../b/B.sol";',
        "b/B.sol": 'import {C} from "c/C.sol";',
        "c/C.sol": "",
        "d/D.sol": "",
    }
    assert set(fetch_artifacts.reachable(sources, {"a/A.sol"})) == set(sources) - {"d/D.sol"}


def test_main__no_node_modules__says_what_to_do(pinned, folders, capsys):
    (folders.source / "package.json").unlink()
    assert fetch_artifacts.main() == 1
    assert "npm ci" in capsys.readouterr().err


def test_main__other_openzeppelin__refused(pinned, folders, capsys):
    (folders.source / "package.json").write_text('{"version": "5.0.0"}')
    assert fetch_artifacts.main() == 1
    assert "is 5.0.0, expected 4.9.6" in capsys.readouterr().err


def test_main__no_npm__says_what_to_do(folders, monkeypatch, capsys):
    monkeypatch.setattr(fetch_artifacts.shutil, "which", lambda name: None)
    assert fetch_artifacts.main() == 1
    assert "npm is needed" in capsys.readouterr().err


def test_main__npm_fails__shows_why(folders, monkeypatch, capsys):
    failed = subprocess.CompletedProcess([], 1, "", "no route to host")
    monkeypatch.setattr(fetch_artifacts.shutil, "which", lambda name: "npm")
    monkeypatch.setattr(fetch_artifacts.subprocess, "run", lambda *args, **kwargs: failed)
    assert fetch_artifacts.main() == 1
    assert "no route to host" in capsys.readouterr().err
