"""The journal and the memory: on the disk before anything leaves, and whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.exceptions import InvalidInput
from bulkhead.keeper.database import Database
from bulkhead.keeper.journal import Attempt, Journal, Status
from bulkhead.keeper.memory import Memory, Notice
from bulkhead.keeper.types import Call, Fees, Kind

CALL = Call(Kind.LIQUIDATE, "0x1", "0xabcd", 400_000, ("LIQUIDATE:v:a:1", "LIQUIDATE:v:b:2"))
HUGE = 2**100  # wider than SQLite's integers


def attempt(name: str, max_fee: int = 100, block: int = 5) -> Attempt:
    return Attempt(name, f"raw {name}", Fees(max_fee, 1), block)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = Database(tmp_path / "keeper.sqlite")
    yield found
    found.close()


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database)


@pytest.fixture
def memory(database: Database) -> Memory:
    return Memory(database, cooldown_seconds=12)


def test_record__opened_again__is_all_there(tmp_path: Path):
    path = tmp_path / "again.sqlite"
    first = Database(path)
    batch = Journal(first).record(CALL, 7, attempt("0xa", HUGE))
    first.close()
    second = Database(path)
    journal = Journal(second)
    assert journal.open() == [batch]
    assert journal.attempts(batch) == [attempt("0xa", HUGE)]
    assert journal.in_flight() == set(CALL.items)
    second.close()


def test_open__second_process__is_refused(database: Database):
    with pytest.raises(InvalidInput, match="another keeper works"):
        Database(database.path)


def test_open__file_that_is_none__is_refused(tmp_path: Path):
    path = tmp_path / "text.sqlite"
    path.write_text("no database at all, but long enough to be looked at" * 40)
    with pytest.raises(InvalidInput, match="cannot be read"):
        Database(path)


def test_change__error_inside__changes_nothing(database: Database, journal: Journal):
    journal.record(CALL, 7, attempt("0xa"))

    def fail() -> None:
        with database.change() as connection:
            connection.execute("DELETE FROM attempts")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert journal.hashes([7]) == {"0xa": 1}


def test_mine__two_with_one_nonce__displaces_the_other(journal: Journal):
    first = journal.record(CALL, 7, attempt("0xa"))
    second = journal.record(CALL, 7, attempt("0xb"))

    journal.mine(first, 9, "0xblock", cost=HUGE, earned=3 * HUGE, won=1)

    assert journal.open() == []
    assert journal.get(first.id).status == Status.MINED
    assert journal.get(second.id).status == Status.DISPLACED
    totals = journal.totals()
    assert (totals.items, totals.won, totals.profit) == (2, 1, 2 * HUGE)


def test_reopen__after_a_reorganisation__is_open_and_counts_nothing(journal: Journal):
    batch = journal.record(CALL, 7, attempt("0xa"))
    journal.mine(batch, 9, "0xblock", cost=1, earned=2, won=2)
    assert [one.id for one in journal.mined_since(9)] == [batch.id]
    assert journal.mined_since(10) == []

    journal.reopen(batch)

    assert [one.id for one in journal.open()] == [batch.id]
    assert journal.totals().mined == 0


def test_add__same_attempt_again__moves_its_block(journal: Journal):
    batch = journal.record(CALL, 7, attempt("0xa"))
    journal.add(batch, attempt("0xa", block=8))
    journal.add(batch, attempt("0xb", 120, block=8))
    assert [one.block for one in journal.attempts(batch)] == [8, 8]
    assert [one.hash for one in journal.attempts(batch)] == ["0xa", "0xb"]


def test_rest__failures__double_from_the_second_on(memory: Memory):
    memory.rest(["a"], 1_000)
    assert memory.resting(1_000) == set()
    memory.rest(["a"], 1_000)
    assert memory.resting(1_011) == {"a"}
    assert memory.resting(1_012) == set()
    memory.rest(["a"], 1_012)
    assert memory.resting(1_035) == {"a"}
    assert memory.resting(1_036) == set()
    memory.wake(["a"])
    memory.rest(["a"], 1_040)
    assert memory.resting(1_040) == set()


def test_rest__many_failures__at_most_ten_minutes(memory: Memory):
    for _ in range(40):
        memory.rest(["a"], 1_000)
    assert memory.resting(1_000 + 599) == {"a"}
    assert memory.resting(1_000 + 600) == set()
    memory.rest(["a"], 1_000 + 1_800)
    assert memory.resting(1_000 + 1_800) == set()


def test_advance__same_events_again__tells_once(memory: Memory):
    notice = Notice("tx:MarginCalled", "0xowner", "margin call", "add margin")
    memory.advance(5, "0x5", [notice], ["v:a:1"])
    memory.told(notice)
    memory.advance(6, "0x6", [notice], ["v:a:1"])
    assert memory.cursor() == (6, "0x6")
    assert memory.untold() == []
    assert memory.called() == {"v:a:1"}
    memory.forget_calls(["v:a:1"])
    assert memory.called() == set()
