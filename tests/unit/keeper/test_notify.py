"""Notices: to whom they go, once, and not lost by a channel or a stop."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bulkhead.exceptions import InvalidInput
from bulkhead.keeper.memory import Notice
from bulkhead.keeper.notify import Directory, Notifier, read_directory

OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
NOTICE = Notice("1", OWNER, "margin call", "add margin")
OTHER = Notice("2", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "liquidated", "claim")


class Recorder:
    """A channel that refuses the first few."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals, self.heard = refusals, []
        self.is_done = threading.Event()

    def send(self, title: str, body: str) -> bool:
        self.heard.append((title, body))
        if len(self.heard) > self.refusals:
            self.is_done.set()
            return True
        return False


class Outbox:
    def __init__(self, *notices: Notice) -> None:
        self.notices = list(notices)

    def untold(self) -> list[Notice]:
        return list(self.notices)

    def told(self, notice: Notice) -> None:
        self.notices.remove(notice)


def test_of__owner_and_operator__hear_what_concerns_them():
    owner, operator = Recorder(), Recorder()
    notifier = Notifier(Directory({OWNER: owner}, operator))
    assert notifier.deliver(NOTICE)
    assert notifier.deliver(OTHER)
    assert owner.heard == [("margin call", "add margin")]
    assert [title for title, _ in operator.heard] == ["margin call", "liquidated"]


def test_exchange__delivered__is_struck_out():
    channel, outbox = Recorder(), Outbox(NOTICE)
    notifier = Notifier(Directory({OWNER: channel}, None))
    notifier.start()
    assert notifier.exchange(outbox) == 1
    assert channel.is_done.wait(5)
    notifier.stop(outbox, 5)
    assert outbox.notices == []
    assert len(channel.heard) == 1


def test_stop__channel_refuses__is_kept_for_the_next_start():
    channel, outbox = Recorder(refusals=100), Outbox(NOTICE)
    notifier = Notifier(Directory({OWNER: channel}, None))
    notifier.start()
    notifier.exchange(outbox)
    notifier.stop(outbox, 5)
    assert outbox.notices == [NOTICE]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('operator = ["nothing://x"]', "no such channel nothing://"),
        ('operator = "json://127.0.0.1"', "operator"),
        ('[owners]\n"0x12" = []', "'0x12' is not an address"),
        ('oprator = ["json://127.0.0.1"]', "oprator"),
        ("operator = ", "cannot be read"),
    ],
)
def test_read_directory__bad_file__says_where(tmp_path: Path, text: str, words: str):
    path = tmp_path / "notify.toml"
    path.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_directory(path)
    assert words in str(caught.value)


def test_read_directory__owner_in_lower_case__is_found(tmp_path: Path):
    path = tmp_path / "notify.toml"
    path.write_text(f'[owners]\n"{OWNER.lower()}" = ["json://127.0.0.1:1/secret"]')
    directory = read_directory(path)
    assert len(directory.of(NOTICE)) == 1
    assert directory.of(OTHER) == []
