"""Settings: where each value comes from, and what is said about a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulkhead.exceptions import InvalidInput
from bulkhead.settings import KeeperSettings, load_settings


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def write(text: str) -> None:
        path = tmp_path / "keeper.toml"
        path.write_text(text)
        monkeypatch.setenv("BULKHEAD_SETTINGS", str(path))

    return write


def test_load_settings__nothing_given__has_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.rpc_urls == []
    assert settings.metrics_host == "127.0.0.1"
    assert settings.max_fee == 300 * 10**9
    assert (settings.part, settings.parts) == (1, 1)


def test_load_settings__all_three__argument_then_environment_then_file(write, monkeypatch):
    write('rpc_urls = ["http://file"]\ntip_gwei = "1.5"\nbatch_size = 3\nmin_profit = "-0.01"\n')
    monkeypatch.setenv("BULKHEAD_RPC_URLS", "http://one, http://two")
    monkeypatch.setenv("BULKHEAD_BATCH_SIZE", "4")

    settings = load_settings(batch_size=5)

    assert settings.rpc_urls == ["http://one", "http://two"]
    assert settings.batch_size == 5
    assert settings.tip == 1_500_000_000
    assert settings.min_profit_wei == -(10**16)


def test_load_settings__table__is_read(write, monkeypatch):
    write('[native_prices]\nUSDC = "2000"\n')
    assert load_settings().native_prices == {"USDC": "2000"}
    monkeypatch.setenv("BULKHEAD_NATIVE_PRICES", '{"DAI": "ETH/USDC"}')
    assert load_settings().native_prices["DAI"] == "ETH/USDC"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tip_gwei = 0.5", "tip_gwei: write a number with a fraction as a text"),
        ('tip_gwei = "much"', "tip_gwei: "),
        ("batch_size = 65", "batch_size: "),
        ('share = "3/2"', "share: there is no part 3/2"),
        ('receiver = "0x12"', "receiver: '0x12' is not an address"),
        ("bach_size = 3", "unknown setting 'bach_size'"),
        ("batch_size = ", "cannot be read"),
    ],
)
def test_load_settings__bad_value__says_which(write, text: str, words: str):
    write(text)
    with pytest.raises(InvalidInput) as caught:
        load_settings()
    assert words in str(caught.value)


def test_load_settings__named_file_missing__says_so(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("BULKHEAD_SETTINGS", str(tmp_path / "none.toml"))
    with pytest.raises(InvalidInput, match="no settings at"):
        load_settings()


def test_load_settings__more_decimals_than_wei__is_refused(write):
    write('tip_gwei = "0.0000000001"')
    with pytest.raises(InvalidInput, match="tip_gwei"):
        _ = load_settings().tip


def test_fields__every_one__is_documented_or_plain():
    bare = [name for name, field in KeeperSettings.model_fields.items() if not field.description]
    assert bare == []
