"""What operators do: hand over to a Safe, guard, collect, export, drill; each asks first."""

from __future__ import annotations

import csv
from pathlib import Path

import click
import pytest
from pyarrow import parquet

from bulkhead.client.codec import call_data, package_abi
from bulkhead.client.deployments import FACTORY
from scripts import export, fees, guardian, handover, keep_once, lp, status, trade, wind_down
from tests.forked.conftest import ACCOUNT, PAIR, Fork, ok
from tests.forked.safe import Safe, deploy_safe
from tests.forked.testnet import OWNER, artifact, deploy

ME = ("--account", "TEST::0")
VAULT = package_abi("PairVault")


def refused(fork: Fork, command: click.Command, *arguments: str, words: str) -> None:
    result = fork.run(command, *arguments)
    assert result.exit_code == 1, result.output
    assert words in result.output


# ---- hand-over ----


@pytest.mark.parametrize("package", ["safe-1.4.1", "safe-1.5.0"])
def test_handover__to_a_safe__owns_after_it_accepts(fork: Fork, package: str):
    safe = deploy_safe(fork.node, package)
    factory, abi = fork.deployments.contract(FACTORY), package_abi("VaultFactory")
    said = ok(fork.run(handover.cli, "factory", safe.address, *ACCOUNT))
    accept = abi.encode("accept_ownership")
    assert f"{safe.address} now has to send to {factory}, data {accept}" in said
    assert fork.node.view(factory, abi, "owner") == OWNER

    safe.execute(factory, accept)
    ok(fork.run(handover.cli, "record"))

    assert fork.deployments.settings["owner"] == safe.address
    assert int(fork.deployments.settings["pending_owner"], 16) == 0
    refused(fork, fees.cli, "set", "10 %", *ACCOUNT, words="ownable")
    safe.execute(factory, abi.encode("set_protocol_fee", 10**17, safe.address))
    assert fork.node.view(factory, abi, "fee_recipient") == safe.address


def test_handover__to_no_contract__refused(fork: Fork):
    other = "0x" + "11" * 20
    refused(fork, handover.cli, "factory", other, *ACCOUNT, words="no contract at")


def test_timelock__as_owner__acts_after_its_delay(fork: Fork):
    """As docs/deploying.md recommends; OpenZeppelin's TimelockController of 4.9.6, as published."""
    timelock = artifact("openzeppelin-4.9.6", "TimelockController")
    at, delay = deploy(fork.node, timelock.init_code(172_800, [OWNER], [OWNER], OWNER)), 172_800
    factory, abi = fork.deployments.contract(FACTORY), package_abi("VaultFactory")
    ok(fork.run(handover.cli, "factory", at, *ACCOUNT))

    def through(data: str) -> None:
        call = factory, 0, bytes.fromhex(data[2:]), bytes(32), bytes(32)
        fork.node.send(OWNER, at, timelock.abi.encode("schedule", *call, delay))
        fork.node.mine(fork.node.now + delay)
        fork.node.send(OWNER, at, timelock.abi.encode("execute", *call))

    through(abi.encode("accept_ownership"))
    through(abi.encode("set_protocol_fee", 10**17, OWNER))
    assert fork.node.view(factory, abi, "protocol_fee_share") == 10**17


def test_safe__as_trader__opens_and_closes(fork: Fork):
    safe: Safe = deploy_safe(fork.node, "safe-1.4.1")
    pair = fork.deployments.pairs[PAIR]
    ok(fork.run(lp.cli, "deposit", "100000", *ACCOUNT))
    fork.node.send(OWNER, pair.asset, call_data("mint(address,uint256)", safe.address, 10**9))
    safe.execute(pair.asset, package_abi("IERC20").encode("approve", pair.vault, 10**9))
    safe.execute(pair.vault, VAULT.encode("adjust_position", 7, 10**18, 10**9, 2**255))
    assert fork.node.view(pair.vault, VAULT, "get_position", safe.address, 7)[0] == 10**18
    fork.node.mine(fork.node.now + 12)
    safe.execute(pair.vault, VAULT.encode("close_position", 7, 0))
    assert fork.node.view(pair.asset, package_abi("IERC20"), "balanceOf", safe.address) > 9 * 10**8


# ---- guardian ----


def test_guardian__tighten_schedule_apply__asks_and_follows_the_rules(fork: Fork):
    shown = ok(fork.run(guardian.cli, "pending"))
    assert "max utilisation: 85.00 %" in shown and "nothing is scheduled" in shown

    tighten = "tighten", "--max-utilisation", "50 %", "--reduce-only"
    answered = fork.run(guardian.cli, *tighten, *ME, answer="n\n")
    assert "max utilisation: 85.00 % -> 50.00 %" in answered.output and answered.exit_code == 1
    assert "max utilisation: 85.00 %" in ok(fork.run(guardian.cli, "pending"))

    ok(fork.run(guardian.cli, *tighten, *ACCOUNT))
    assert "reduce only: True" in ok(fork.run(guardian.cli, "pending"))
    looser = "--max-utilisation", "85 %", "--no-reduce-only"
    refused(fork, guardian.cli, "tighten", *looser, *ACCOUNT, words="limits not tighter")
    refused(fork, guardian.cli, "apply", *ACCOUNT, words="nothing is scheduled")

    ok(fork.run(guardian.cli, "schedule", *looser, *ACCOUNT))
    assert "max utilisation: 50.00 % -> 85.00 %" in ok(fork.run(guardian.cli, "pending"))
    refused(fork, guardian.cli, "apply", *ACCOUNT, words="limits too early")
    fork.node.mine(fork.node.now + 2 * 86_400)
    ok(fork.run(guardian.cli, "apply", *ACCOUNT))
    assert "max utilisation: 85.00 %\n" in ok(fork.run(guardian.cli, "pending"))


def test_guardian_transfer__to_a_safe__guards_after_it_accepts(fork: Fork):
    safe = deploy_safe(fork.node, "safe-1.4.1")
    ok(fork.run(guardian.cli, "transfer", safe.address, *ACCOUNT))
    safe.execute(fork.deployments.pairs[PAIR].vault, VAULT.encode("accept_guardian"))
    ok(fork.run(handover.cli, "record"))
    assert fork.deployments.pairs[PAIR].guardian == safe.address


# ---- wind-down, fees, export ----


def test_wind_down__dead_feed__drills_asks_and_does_it(fork: Fork):
    ok(fork.run(lp.cli, "deposit", "100000", *ACCOUNT))
    ok(fork.run(trade.cli, "open", "long", "--margin", "1000", "--leverage", "5", *ACCOUNT))
    refused(fork, wind_down.cli, "now", *ACCOUNT, words="possible seven days later")
    fork.node.mine(fork.node.now + 8 * 86_400)
    height = fork.node.block()["number"]

    drill = ok(fork.run(wind_down.cli, "now", "--drill", *ME))
    assert "1 open positions would settle" in drill
    assert fork.run(wind_down.cli, "now", *ME, answer="n\n").exit_code == 1
    assert fork.node.block()["number"] == height

    ok(fork.run(wind_down.cli, "now", *ACCOUNT))
    assert "winding down" in ok(fork.run(status.cli))
    assert "/ 1: done" in ok(fork.run(keep_once.cli, *ME))


def test_fees__nothing_owed__shows_and_sends_nothing(fork: Fork):
    assert f"{PAIR}: 0 USDC" in ok(fork.run(fees.cli, "show"))
    height = fork.node.block()["number"]
    ok(fork.run(fees.cli, "collect", *ACCOUNT))
    assert fork.node.block()["number"] == height


def test_fees__share_for_pairs_to_come__is_recorded(fork: Fork):
    ok(fork.run(fees.cli, "set", "10 %", *ACCOUNT))
    assert fork.deployments.settings["protocol_fee_share"] == str(10**17)


def test_export__each_kind__has_the_events_exactly(fork: Fork, tmp_path: Path):
    feed, node = fork.feeds["ETH / USD"], fork.node
    ok(fork.run(lp.cli, "deposit", "100000", *ACCOUNT))
    ok(fork.run(trade.cli, "open", "long", "--margin", "1000", "--leverage", "10", *ACCOUNT))
    feed.push(node, node.view(feed.aggregator, feed.abi, "latestAnswer") * 92 // 100)
    ok(fork.run(keep_once.cli, *ME))
    rows = {}
    for kind in ("positions", "liquidity", "liquidations"):
        file = tmp_path / f"{kind}.csv"
        ok(fork.run(export.cli, kind, str(file)))
        with file.open() as opened:
            rows[kind] = list(csv.DictReader(opened))
    ok(fork.run(export.cli, "positions", str(tmp_path / "positions.parquet")))
    table = parquet.read_table(tmp_path / "positions.parquet").to_pylist()
    texts = [{k: "" if v is None else str(v) for k, v in row.items()} for row in table]
    assert texts == rows["positions"]

    assert [row["event"] for row in rows["positions"]] == ["PositionAdjusted", "PositionLiquidated"]
    assert [row["assets"] for row in rows["liquidity"]] == [str(20 * 10**6), str(10**11)]
    (liquidation,) = rows["liquidations"]
    events = VAULT.decode_logs(node.logs([fork.deployments.pairs[PAIR].vault], 0))
    found = next(event for event in events if event.name == "PositionLiquidated")
    for field, value in found.values.items():
        assert liquidation[field] == str(value)
    refused(fork, export.cli, "liquidity", str(tmp_path / "liquidity.csv"), words="--force")
    refused(fork, export.cli, "liquidity", str(tmp_path / "x.json"), words=".csv or .parquet")
