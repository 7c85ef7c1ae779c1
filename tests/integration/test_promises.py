"""The demo's checks see what they are there for: each promise, broken on purpose."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bulkhead.client.deployments import Deployments
from bulkhead.client.local import anvil
from bulkhead.client.units import show
from bulkhead.exceptions import InvariantBroken
from bulkhead.replay import ending, promises
from bulkhead.replay.ledger import reconcile
from bulkhead.replay.play import Play
from bulkhead.replay.run import steal
from bulkhead.replay.series import load
from bulkhead.replay.stage import build


@pytest.fixture(scope="module")
def play(networks, accounts, project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Both pairs with their books open, before the first price update."""
    series = load("oct2025")
    with anvil(series.ticks[0].time - 7200, 20) as node:
        provider = networks.ethereum.local.use_provider(
            "foundry", provider_settings={"host": node.uri}
        )
        with provider:
            deployments = Deployments.open(node, tmp_path_factory.mktemp("deployments"))
            people = [accounts[i] for i in range(20)]
            play = Play(build(node, people, project, deployments, series), lambda note: None)
            ending.begin(play)
            yield play


@pytest.fixture(autouse=True)
def as_before(play: Play) -> Iterator[None]:
    """Each test breaks something of its own."""
    node = play.stage.node
    state = node.request("evm_snapshot")
    yield
    node.request("evm_revert", state)


def test_check__nothing_broken__counts_the_statements(play: Play):
    books = promises.read_books(play.desk)
    assert promises.check(play.desk, books) == 7 + 2 * len(books.positions)
    assert len(books.positions) == 12


def test_check__unit_stolen__breaks_the_third(play: Play):
    steal(play.stage)
    with pytest.raises(InvariantBroken, match=r"^3\. ETH/USDC: the vault's balance"):
        promises.check(play.desk, promises.read_books(play.desk))


def test_check__position_changed_behind_events__breaks_the_first(play: Play):
    books = promises.read_books(play.desk)
    key = next(iter(books.positions))
    told = play.desk.records[key]
    told.basis += 1
    try:
        with pytest.raises(InvariantBroken, match=r"^1\. ETH/USDC: nothing changes a position"):
            promises.check(play.desk, books)
    finally:
        told.basis -= 1


def test_check_untouched__other_pair_moved__breaks_the_second(play: Play):
    other = play.stage.other
    promises.check_untouched(other, play.untouched)
    data = other.pair.abi.encode("deposit", 10**18)
    play.stage.node.send(play.stage.addresses["Lou"], other.pair.vault, data)
    with pytest.raises(InvariantBroken, match=r"^2\. BTC/DAI"):
        promises.check_untouched(other, play.untouched)


def test_call__chain_behind_the_model__is_seen(play: Play):
    balance = play.desk.model.token_balance
    play.desk.model.token_balance += 1
    try:
        with pytest.raises(InvariantBroken, match="balance of the vault differs"):
            play.desk.call("accrue", sender=play.stage.addresses["Keeper"])
    finally:
        play.desk.model.token_balance = balance


def test_reconcile__books_open__every_unit_is_somewhere(play: Play):
    ledger = reconcile(play.desk, play.stage.name)
    assert ledger.difference == 0
    vault = next(row for row in ledger.rows if row.name == "Vault")
    assert vault.flows["margin in"] == 55_000 * 10**6, show(vault.flows["margin in"], 6)
    assert vault.balance == (1_000 + 400_000 + 55_000) * 10**6


def test_reconcile__unit_moved_outside_the_vault__does_not_reconcile(play: Play):
    steal(play.stage)
    ledger = reconcile(play.desk, play.stage.name)
    assert ledger.difference == 2  # one missing in the vault, one that nobody was seen to get
    with pytest.raises(InvariantBroken, match="do not reconcile"):
        ledger.check()
