"""The scripts as someone at a command line meets them: on a chain of their own, through the CLI."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import ape
import click
import pytest
from click.testing import CliRunner, Result

from bulkhead.client.codec import call_data, package_abi
from bulkhead.client.deployments import FACTORY, VAULT_BLUEPRINT, Deployments
from bulkhead.client.local import anvil
from bulkhead.client.node import Node
from scripts import create_pair, deploy, keep_once, lp, status, trade

START = 1_800_000_000
OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"  # TEST::0
ACCOUNT = ("--account", "TEST::0")
ETH_USDC = "pairs/eth-usdc.toml"

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with anvil(START, 10) as node:
        yield node


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deployments")


@pytest.fixture(scope="module")
def run(node: Node, folder: Path) -> Run:
    """Run a command on the chain; `answer` is what is typed at its question."""

    def run(command: click.Command, *arguments: str, answer: str | None = None) -> Result:
        network = "--network", f"ethereum:local:{node.uri}"
        environment = {"BULKHEAD_DEPLOYMENTS": str(folder)}
        return CliRunner().invoke(command, [*arguments, *network], input=answer, env=environment)

    return run


@pytest.fixture(scope="module")
def deployed(run: Run, node: Node, folder: Path) -> Deployments:
    """A factory, and ETH/USDC with mocks, with liquidity."""
    assert_ok(run(deploy.cli, *ACCOUNT))
    assert_ok(run(create_pair.cli, ETH_USDC, "--mock", *ACCOUNT))
    assert_ok(run(lp.cli, "deposit", "100000", "--yes", *ACCOUNT))
    return Deployments.open(node, folder)


@pytest.fixture
def pair(deployed: Deployments, node: Node, folder: Path, tmp_path: Path) -> Iterator[Deployments]:
    """As deployed; the chain and the file are put back after the test."""
    state = node.request("evm_snapshot")
    kept = shutil.copytree(folder, tmp_path / "kept")
    yield deployed
    assert node.request("evm_revert", state)
    shutil.copytree(kept, folder, dirs_exist_ok=True)


def assert_ok(result: Result) -> None:
    assert result.exit_code == 0, result.output


def assert_refused(result: Result, *words: str) -> None:
    """An error with what is wrong and what to do, not a traceback."""
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Error: " in result.output
    for word in words:
        assert word in result.output


def position(node: Node, pair: Deployments, position_id: int) -> tuple[int, ...]:
    vault = pair.pairs["ETH/USDC"].vault
    return node.view(vault, package_abi("PairVault"), "get_position", OWNER, position_id)


def nonce(node: Node) -> int:
    """Transactions that the account has sent."""
    return int(node.request("eth_getTransactionCount", OWNER, "latest"), 16)


# ---- deploy, create_pair ----


def test_deploy__twice__deploys_once(run: Run, pair: Deployments, node: Node):
    before = node.block()["number"]

    result = run(deploy.cli, *ACCOUNT)

    assert_ok(result)
    assert "VaultFactory is at" in result.output
    assert node.block()["number"] == before


def test_deploy__interrupted_before_factory__repeats_the_rest(
    run: Run, pair: Deployments, node: Node, folder: Path
):
    content = json.loads(pair.path.read_text())
    blueprint = content["contracts"]["PairVault blueprint"]
    del content["contracts"]["VaultFactory"]
    pair.path.write_text(json.dumps(content))

    assert_ok(run(deploy.cli, *ACCOUNT))

    found = Deployments.open(node, folder).contracts
    assert asdict(found["PairVault blueprint"]) == blueprint
    assert found["VaultFactory"].address == pair.contracts["VaultFactory"].address


def test_deploy__record_lost__is_found_again_and_nothing_sent(
    run: Run, pair: Deployments, node: Node, folder: Path
):
    pair.path.unlink()
    height = node.block()["number"]

    assert_ok(run(deploy.cli, *ACCOUNT))

    assert node.block()["number"] == height
    found = Deployments.open(node, folder)
    assert found.block == pair.block + 1  # the first of the parts
    addresses = {name: entry.address for name, entry in found.contracts.items()}
    assert addresses == {name: entry.address for name, entry in pair.contracts.items()}


def test_deploy__other_arguments__needs_redeploy(
    run: Run, pair: Deployments, node: Node, folder: Path
):
    arguments = "--fee-recipient", pair.pairs["ETH/USDC"].vault, *ACCOUNT
    assert_refused(run(deploy.cli, *arguments), "of other sources or arguments", "--redeploy")

    assert_ok(run(deploy.cli, "--redeploy", *arguments))

    found = Deployments.open(node, folder)
    assert found.contract(FACTORY) != pair.contract(FACTORY)
    assert found.contract(VAULT_BLUEPRINT) == pair.contract(VAULT_BLUEPRINT)
    assert found.pairs == {}


def test_deploy__fee_above_bound__shows_the_reason(run: Run, pair: Deployments):
    assert_refused(run(deploy.cli, "--protocol-fee", "21 %", *ACCOUNT), "factory: share too high")


def test_create_pair__created_before_file_was_written__is_found(
    run: Run, pair: Deployments, node: Node, folder: Path
):
    content = json.loads(pair.path.read_text())
    entry = content["pairs"].pop("ETH/USDC")
    pair.path.write_text(json.dumps(content))

    assert_ok(run(create_pair.cli, ETH_USDC, "--mock", *ACCOUNT))

    assert Deployments.open(node, folder).pairs["ETH/USDC"].vault == entry["vault"]


def test_create_pair__eighteen_decimals__has_the_files_terms(
    run: Run, pair: Deployments, node: Node, folder: Path
):
    assert_ok(run(create_pair.cli, "pairs/btc-dai.toml", "--mock", *ACCOUNT))

    entry = Deployments.open(node, folder).pairs["BTC/DAI"]
    params = node.view(entry.vault, package_abi("PairVault"), "get_params")
    assert params[3:5] == ("Bulkhead BTC/DAI", "bhBTC-DAI")
    assert params[10:12] == (2 * 10**18, 20 * 10**18)
    assert params[14] == 50_000 * 10**18
    shown = run(status.cli)
    assert_ok(shown)
    for words in ("2 pairs", "101,000.00 USDC", "1,000.00 DAI", "open"):
        assert words in shown.output


def test_create_pair__without_mocks__names_the_missing_feed(run: Run, pair: Deployments):
    result = run(create_pair.cli, "pairs/btc-dai.toml", *ACCOUNT)
    assert_refused(result, "network")


def test_create_pair__no_such_file__says_so(run: Run, pair: Deployments):
    assert_refused(run(create_pair.cli, "nowhere.toml", *ACCOUNT), "nowhere.toml", "pairs/")


# ---- trade ----


def test_trade__open_adjust_close__moves_the_position(run: Run, pair: Deployments, node: Node):
    opened = run(
        trade.cli, "open", "long", "--margin", "1000", "--leverage", "8", "--yes", *ACCOUNT
    )
    assert_ok(opened)
    assert "liquidation" in opened.output
    size, margin, *_ = position(node, pair, 1)
    assert size * 2015 // 10**18 == pytest.approx(8000, abs=1)

    more = run(trade.cli, "add-margin", "50.5", "--id", "1", "--yes", *ACCOUNT)
    assert_ok(more)
    assert position(node, pair, 1)[1] == margin + 50_500_000

    second = "open", "short", "--margin", "300", "--size", "1", "--id", "2", "--yes"
    assert_ok(run(trade.cli, *second, *ACCOUNT))
    other = position(node, pair, 2)[1]
    moved = run(trade.cli, "move-margin", "50.5", "--from", "1", "--to", "2", "--yes", *ACCOUNT)
    assert_ok(moved)
    assert position(node, pair, 1)[1] == margin
    assert position(node, pair, 2)[1] == other + 50_500_000
    assert_ok(run(trade.cli, "close", "--id", "2", "--yes", *ACCOUNT))

    adjust = "adjust", "--id", "1", "--size-delta=-1", "--margin-delta=-10", "--yes"
    assert_ok(run(trade.cli, *adjust, *ACCOUNT))
    assert position(node, pair, 1)[0] == size - 10**18

    shown = run(trade.cli, "show", OWNER)
    assert_ok(shown)
    assert f"{OWNER} / 1" in shown.output

    assert_ok(run(trade.cli, "close", "--id", "1", "--yes", *ACCOUNT))
    assert position(node, pair, 1)[0] == 0


def test_trade_open__answered_no__sends_nothing(run: Run, pair: Deployments, node: Node):
    before = node.block()["number"]
    arguments = "open", "short", "--margin", "1000", "--size", "1.5"

    result = run(trade.cli, *arguments, *ACCOUNT, answer="n\n")

    assert result.exit_code == 1
    assert "Aborted" in result.output
    assert node.block()["number"] == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("open", "long", "--margin", "1000", "--leverage", "50"), ("below initial ratio", "Add")),
        (("open", "long", "--margin", "1", "--leverage", "2"), ("below min margin",)),
        (("open", "long", "--margin", "1000"), ("--leverage or --size",)),
        (("open", "long", "--margin", "x", "--leverage", "2"), ("--margin", "not a number")),
        (("open", "long", "--margin", "0.0000001", "--size", "1"), ("6 decimals",)),
        (("open", "long", "--margin", "5", "--size", "1", "--pair", "X/Y"), ("unknown pair",)),
        (("close", "--id", "7"), ("no position 7",)),
        (("adjust", "--id", "7", "--size-delta", "1", "--slippage", "100 %"), ("slippage",)),
        (("add-margin", "5", "--id", "7"), ("unknown position",)),
        (("move-margin", "5", "--from", "7", "--to", "8"), ("unknown position",)),
        (("move-margin", "5", "--from", "7", "--to", "7"), ("same position",)),
    ],
)
def test_trade__bad_input__says_what_to_do(run: Run, pair: Deployments, arguments, words):
    assert_refused(run(trade.cli, *arguments, "--yes", *ACCOUNT), *words)


def test_trade_claim__nothing_owed__says_so(run: Run, pair: Deployments):
    result = run(trade.cli, "claim", *ACCOUNT)
    assert_ok(result)
    assert "nothing to claim" in result.output


# ---- one transaction ----


def test_trade_permit__open_adjust_close_both__approves_nothing(
    run: Run, pair: Deployments, node: Node
):
    sent = nonce(node)
    first = "open", "long", "--margin", "1000", "--size", "2", "--permit", "--yes"
    opened = run(trade.cli, *first, *ACCOUNT)
    assert_ok(opened)
    assert "approved" not in opened.output
    assert "made the router" in opened.output
    second = "open", "short", "--margin", "500", "--size", "1", "--permit", "--yes"
    again = run(trade.cli, *second, *ACCOUNT)
    assert_ok(again)
    assert "made the router" not in again.output
    adjust = "adjust", "--id", "1", "--size-delta=1", "--margin-delta=100", "--permit", "--yes"
    assert_ok(run(trade.cli, *adjust, *ACCOUNT))
    assert nonce(node) == sent + 3
    assert position(node, pair, 1)[0] == 3 * 10**18

    close = "close", "--id", "1", "--id", "2"
    refused = run(trade.cli, *close, *ACCOUNT, answer="n\n")
    assert refused.exit_code == 1
    assert nonce(node) == sent + 3
    closed = run(trade.cli, *close, "--yes", *ACCOUNT)
    assert_ok(closed)
    assert "position 1" in closed.output and "position 2" in closed.output
    assert nonce(node) == sent + 4
    assert position(node, pair, 1)[0] == position(node, pair, 2)[0] == 0


def test_trade_close__one_of_several_unknown__closes_none(run: Run, pair: Deployments, node: Node):
    arguments = "open", "long", "--margin", "1000", "--leverage", "5", "--yes"
    assert_ok(run(trade.cli, *arguments, *ACCOUNT))
    sent = nonce(node)
    result = run(trade.cli, "close", "--id", "1", "--id", "7", "--yes", *ACCOUNT)
    assert_refused(result, "no position 7", "ape run trade show")
    assert nonce(node) == sent
    assert position(node, pair, 1)[0] > 0


@pytest.mark.parametrize(
    "command",
    [
        (trade.cli, "open", "long", "--margin", "1000", "--leverage", "5"),
        (lp.cli, "deposit", "1000"),
    ],
)
def test_permit__token_without__says_what_to_do(
    run: Run, pair: Deployments, node: Node, command: tuple[Any, ...]
):
    code = ape.project.MockToken.contract_type.runtime_bytecode
    node.request("anvil_setCode", pair.pairs["ETH/USDC"].asset, code.bytecode)
    sent = nonce(node)
    assert_refused(run(*command, "--permit", "--yes", *ACCOUNT), "takes no permit", "Approve")
    assert nonce(node) == sent


def test_lp_deposit__permit__one_transaction(run: Run, pair: Deployments, node: Node):
    sent = nonce(node)
    result = run(lp.cli, "deposit", "5000", "--permit", "--yes", *ACCOUNT)
    assert_ok(result)
    assert "holds 105,000 shares" in result.output
    assert nonce(node) == sent + 1


# ---- lp ----


def test_lp_redeem__after_the_lock__pays_out(run: Run, pair: Deployments, node: Node):
    assert_refused(run(lp.cli, "redeem", "50%", "--yes", *ACCOUNT), "shares locked")
    node.mine(node.now + 3601)

    result = run(lp.cli, "redeem", "50%", "--yes", *ACCOUNT)

    assert_ok(result)
    assert "50,000 shares for 50,000 USDC" in result.output
    shown = run(lp.cli, "show", OWNER)
    assert_ok(shown)
    assert "holds 50,000 shares" in shown.output


def test_lp_show__fresh_shares__shows_the_lock(run: Run, pair: Deployments):
    result = run(lp.cli, "show", OWNER)
    assert_ok(result)
    assert "locked: 100,000 shares until 2027-01-15" in result.output


# ---- status ----


def test_status__with_a_position__shows_rates_and_health(run: Run, pair: Deployments, node: Node):
    arguments = "open", "short", "--margin", "500", "--leverage", "5", "--yes"
    assert_ok(run(trade.cli, *arguments, *ACCOUNT))

    result = run(status.cli)

    assert_ok(result)
    for words in ("price band", "utilisation", "longs pay a year", "1 open position", "healthy"):
        assert words in result.output


def test_status__feed_silent__shows_it_and_trading_refuses(run: Run, pair: Deployments, node: Node):
    node.mine(node.now + 4000)

    result = run(status.cli)
    assert_ok(result)
    assert "not live" in result.output
    arguments = "open", "long", "--margin", "500", "--size", "1", "--yes"
    assert_refused(run(trade.cli, *arguments, *ACCOUNT), "no live price", "Wait for the oracle")


def test_status__nothing_deployed__says_what_to_run(node: Node, tmp_path: Path):
    arguments = ["--network", f"ethereum:local:{node.uri}"]
    environment = {"BULKHEAD_DEPLOYMENTS": str(tmp_path)}
    result = CliRunner().invoke(status.cli, arguments, env=environment)
    assert_refused(result, "there are: none", "create_pair")


def test_status__feed_of_another_price__moves_the_band(run: Run, pair: Deployments, node: Node):
    feed = pair.mocks["ETH/USDC base feed"]
    node.send(OWNER, feed, call_data("set_answer(int256)", 1_000 * 10**8))
    result = run(status.cli, "--pair", "eth/usdc")
    assert_ok(result)
    assert "992.519" in result.output


# ---- keep_once ----


def test_keep_once__after_a_fall__liquidates_what_is_due(run: Run, pair: Deployments, node: Node):
    for side, leverage in (("long", "10"), ("short", "2")):
        arguments = "open", side, "--margin", "1000", "--leverage", leverage, "--yes"
        assert_ok(run(trade.cli, *arguments, *ACCOUNT))
    size = position(node, pair, 1)[0]
    feed = pair.mocks["ETH/USDC base feed"]
    node.send(OWNER, feed, call_data("set_answer(int256)", 1_850 * 10**8))

    dry = run(keep_once.cli, "--dry-run", *ACCOUNT)
    assert_ok(dry)
    assert "2 open positions, 1 due" in dry.output
    assert position(node, pair, 1)[0] == size

    result = run(keep_once.cli, *ACCOUNT)
    assert_ok(result)
    assert f"liquidate {OWNER} / 1: done" in result.output
    assert 0 < position(node, pair, 1)[0] < size
    again = run(keep_once.cli, *ACCOUNT)
    assert_ok(again)
    assert "0 due" in again.output
