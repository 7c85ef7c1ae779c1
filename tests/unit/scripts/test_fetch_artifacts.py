"""Third-party bytecode comes from where it is pinned to, or not at all. No network is used."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from types import SimpleNamespace

import pytest

from scripts import fetch_artifacts


@pytest.fixture
def archive(tmp_path):
    """A package like Chainlink's, of small contracts."""
    path = tmp_path / "chainlink.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name in fetch_artifacts.CHAINLINK_CONTRACTS:
            output = {"abi": [], "evm": {"bytecode": {"object": "6001"}}}
            content = json.dumps({"compilerOutput": output}).encode()
            member = tarfile.TarInfo(f"package/abi/v0.6/{name}.json")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def folders(monkeypatch, tmp_path):
    """Artifacts go to, and OpenZeppelin comes from, temporary folders."""
    chainlink, openzeppelin, source = (tmp_path / name for name in ("chainlink", "oz", "source"))
    monkeypatch.setattr(fetch_artifacts, "CHAINLINK_FOLDER", chainlink)
    monkeypatch.setattr(fetch_artifacts, "OPENZEPPELIN_FOLDER", openzeppelin)
    monkeypatch.setattr(fetch_artifacts, "OPENZEPPELIN_SOURCE", source)
    builds = source / "build" / "contracts"
    builds.mkdir(parents=True)
    (source / "package.json").write_text('{"version": "4.9.6"}')
    for name in fetch_artifacts.OPENZEPPELIN_CONTRACTS:
        (builds / f"{name}.json").write_text('{"abi": [], "bytecode": "0x6002"}')
    return SimpleNamespace(chainlink=chainlink, openzeppelin=openzeppelin, source=source)


@pytest.fixture
def pinned(monkeypatch, archive, folders):
    """The archive is what npm answers, and it is the pinned one. Counts the downloads."""
    calls = []

    def download(package, folder):
        calls.append(package)
        return archive

    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setattr(fetch_artifacts, "CHAINLINK_SHA256", digest)
    monkeypatch.setattr(fetch_artifacts, "download", download)
    return calls


def test_main__pinned_archive__writes_artifacts(pinned, folders):
    assert fetch_artifacts.main() == 0
    artifact = json.loads((folders.chainlink / "EACAggregatorProxy.json").read_text())
    assert artifact == {"contractName": "EACAggregatorProxy", "abi": [], "bytecode": "0x6001"}
    artifact = json.loads((folders.openzeppelin / "ERC20PresetFixedSupply.json").read_text())
    assert artifact == {"contractName": "ERC20PresetFixedSupply", "abi": [], "bytecode": "0x6002"}


def test_main__second_run__fetches_nothing(pinned, folders):
    assert fetch_artifacts.main() == 0
    assert fetch_artifacts.main() == 0
    assert pinned == [fetch_artifacts.CHAINLINK]


def test_main__one_artifact_missing__fetches_again(pinned, folders):
    assert fetch_artifacts.main() == 0
    (folders.chainlink / "FluxAggregator.json").unlink()
    assert fetch_artifacts.main() == 0
    assert (folders.chainlink / "FluxAggregator.json").is_file()
    assert len(pinned) == 2


def test_main__other_archive__refused(pinned, folders, monkeypatch, capsys):
    monkeypatch.setattr(fetch_artifacts, "CHAINLINK_SHA256", "00" * 32)
    assert fetch_artifacts.main() == 1
    assert "not the archive that is pinned" in capsys.readouterr().err
    assert not folders.chainlink.exists()


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
