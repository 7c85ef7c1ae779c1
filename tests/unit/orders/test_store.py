"""Files of orders: written whole, read strictly, shared by many processes."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from bulkhead.exceptions import InvalidInput, InvalidOrder
from bulkhead.orders import OrderStore, Permit, SignedOrder, dump_order, parse_order, sign
from bulkhead.orders.files import MAX_BYTES
from tests.unit.orders.support import DOMAIN, LARGEST, ORDER, ORDERS, OWNER, changed

SIGNED = sign(ORDER, DOMAIN, OWNER)
LONGEST = SignedOrder(
    LARGEST, b"\xff" * 1024, Permit(2**256 - 1, 2**256 - 1, 255, b"\xff" * 32, b"\xff" * 32), DOMAIN
)


@pytest.fixture
def store(tmp_path: Path) -> OrderStore:
    return OrderStore(tmp_path / "orders")


# ---- one file ----


@pytest.mark.parametrize("signed", [*(sign(order, DOMAIN, OWNER) for order in ORDERS), LONGEST])
def test_parse_order__as_dumped__is_the_same(signed: SignedOrder):
    text = dump_order(signed)
    assert parse_order(text) == signed
    assert len(text) < MAX_BYTES / 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"signature": "12ab"}, "signature: '12ab' is no hex string"),
        ({"signature": "0x123"}, "no hex string"),
        ({"signature": "0x"}, "signature of 0 bytes"),
        ({"signature": None}, "no hex string"),
        ({"typed_data": None}, "typed data is no JSON object"),
        ({"note": 1}, "unknown entry 'note'"),
        ({"permit": 5}, "permit is no JSON object"),
        ({"permit": {"value": "1"}}, "permit: deadline is missing"),
        (
            {"permit": {"value": "1", "deadline": "1", "v": "27", "r": "0x12", "s": "0x12"}},
            "permit.r: b'\\x12' is no bytes32",
        ),
    ],
)
def test_parse_order__mistake__is_named(changes: dict[str, Any], words: str):
    content = json.loads(dump_order(SIGNED)) | changes
    with pytest.raises(InvalidInput) as raised:
        parse_order(json.dumps(content))
    assert words in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 10_000, "x" * (MAX_BYTES + 1)])
def test_parse_order__no_order_at_all__refuses(text: str):
    with pytest.raises(InvalidOrder):
        parse_order(text)


# ---- the folder ----


def test_add__and_load__is_there_until_removed(store: OrderStore):
    assert store.load() == []

    path = store.add(SIGNED)
    store.add(SIGNED)

    assert path.name == f"0x{SIGNED.digest.hex()}.json"
    assert store.load() == [SIGNED]
    assert [file.name for file in store.path.iterdir()] == [path.name]
    assert store.remove(SIGNED.digest)
    assert not store.remove(SIGNED.digest)
    assert store.load() == []


def test_add__disk_full__leaves_nothing_behind(store: OrderStore, monkeypatch: pytest.MonkeyPatch):
    def full(handle: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        store.add(SIGNED)
    assert list(store.path.iterdir()) == []


def test_load__bad_files__are_reported_and_the_rest_is_read(store: OrderStore):
    store.add(SIGNED)
    good = store.file_of(SIGNED.digest).read_bytes()
    (store.path / "0x12.json").write_bytes(good)
    (store.path / "binary.json").write_bytes(b"\xff\xfe\x00")
    (store.path / "cut.json").write_bytes(good[:100])
    (store.path / "empty.json").touch()
    (store.path / "folder.json").mkdir()
    (store.path / "large.json").write_bytes(b" " * (MAX_BYTES + 1))
    os.mkfifo(store.path / "pipe.json")
    (store.path / "notes.txt").write_text("not looked at")
    (store.path / ".0x34.json").write_text("nor this")

    assert store.load() == [SIGNED]

    problems = {problem.path.name: str(problem.error) for problem in store.problems}
    assert list(problems) == [
        "0x12.json", "binary.json", "cut.json", "empty.json", "folder.json", "large.json",
        "pipe.json",
    ]  # fmt: skip
    assert "not named after its order" in problems["0x12.json"]
    assert "cannot be read" in problems["binary.json"]
    assert problems["folder.json"] == problems["pipe.json"] == "no file"
    assert "longer than any order" in problems["large.json"]


def test_load__again__parses_only_what_has_changed(
    store: OrderStore, monkeypatch: pytest.MonkeyPatch
):
    store.add(SIGNED)
    other = sign(changed(nonce=2), DOMAIN, OWNER)
    store.load()
    parsed = []

    def parse(text: str) -> SignedOrder:
        parsed.append(parse_order(text))
        return parsed[-1]

    monkeypatch.setattr("bulkhead.orders.store.parse_order", parse)
    store.add(other)
    assert len(store.load()) == len(store.load()) == 2
    assert parsed == [other]


def test_load__file_mended__is_no_problem_any_more(store: OrderStore):
    store.path.mkdir()
    path = store.file_of(SIGNED.digest)
    path.write_text("{")
    assert store.load() == []
    assert [problem.path for problem in store.problems] == [path]

    store.add(SIGNED)

    assert store.load() == [SIGNED]
    assert store.problems == []


def test_watch__orders_come_and_go__tells_each_change_once(store: OrderStore):
    other = sign(changed(nonce=2), DOMAIN, OWNER)
    bad = store.path / "bad.json"
    steps = iter(
        [
            lambda: store.add(SIGNED),
            lambda: None,
            lambda: (store.add(other), bad.write_text("{")),
            lambda: (store.remove(SIGNED.digest), bad.unlink()),
        ]
    )
    waited = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        next(steps)()

    changes = OrderStore(store.path).watch(0.5, wait)
    first, second, third = (next(changes) for _ in range(3))

    assert (first.added, first.removed, first.problems) == ([SIGNED], [], [])
    assert (second.added, second.removed) == ([other], [])
    assert [problem.path for problem in second.problems] == [bad]
    assert (third.added, third.removed, third.problems) == ([], [SIGNED], [])
    assert waited == [0.5] * 4


# ---- many processes ----


def _churn(path: Path, start: int) -> None:
    store = OrderStore(path)
    for nonce in range(start, start + 10):
        signed = SignedOrder(changed(nonce=nonce), SIGNED.signature, None, DOMAIN)
        store.add(signed)
        store.load()
        assert not store.problems
        if nonce % 2:
            store.remove(signed.digest)


def _count(path: Path) -> None:
    store = OrderStore(path)
    for _ in range(20):
        with store.lock():
            orders = store.load()
            signed = SignedOrder(changed(nonce=len(orders)), SIGNED.signature, None, DOMAIN)
            store.add(signed)


@pytest.mark.parametrize(
    ("work", "arguments", "nonces"),
    [
        (_churn, [(0,), (100,)], {*range(0, 10, 2), *range(100, 110, 2)}),
        (_count, [(), ()], set(range(40))),
    ],
    ids=["add, load and remove", "choose a nonce under the lock"],
)
def test_store__two_processes_at_once__lose_nothing(
    store: OrderStore, work: Any, arguments: list[tuple[int, ...]], nonces: set[int]
):
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=work, args=(store.path, *given)) for given in arguments]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert {signed.order.nonce for signed in store.load()} == nonces
    assert store.problems == []
