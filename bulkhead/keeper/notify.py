"""Telling owners and the operator, through any channel that `apprise` knows, beside the keeping."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import apprise
import structlog
from eth_utils.address import is_address, to_checksum_address
from pydantic import BaseModel, ConfigDict, ValidationError
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

from bulkhead.exceptions import InvalidInput
from bulkhead.keeper.memory import Notice

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TRIES = 4

log = structlog.get_logger(__name__)


class Channel(Protocol):
    """Where messages go; returns whether it took one."""

    def send(self, title: str, body: str) -> bool: ...


class AppriseChannel:
    """Some of `apprise`'s addresses, such as `mailto://…`, `tgram://…` or `ntfy://…`."""

    def __init__(self, urls: Iterable[str], what: str) -> None:
        self._apprise = apprise.Apprise()
        for url in urls:
            if not self._apprise.add(url):
                scheme = str(url).partition("://")[0]  # what follows is a secret
                raise InvalidInput(f"{what}: no such channel {scheme}://…", "See apprise's list.")

    def send(self, title: str, body: str) -> bool:
        return bool(self._apprise.notify(title=title, body=body))


@dataclass(frozen=True)
class Directory:
    """Channels of owners, by address, and of the operator, who hears everything."""

    owners: dict[str, Channel]
    operator: Channel | None

    def of(self, notice: Notice) -> list[Channel]:
        found = [self.owners[notice.owner]] if notice.owner in self.owners else []
        return [*found, self.operator] if self.operator else found


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    operator: list[str] = []
    owners: dict[str, list[str]] = {}


def read_directory(path: Path) -> Directory:
    """`operator = [urls]` and a table `[owners]` of such lists by address. Raises InvalidInput."""
    advice = "docs/keeping.md has an example."
    try:
        content = _File.model_validate(tomllib.loads(path.read_text("utf-8")))
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise InvalidInput(f"{path}: {where}: {problem['msg']}", advice) from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", advice) from None
    owners: dict[str, Channel] = {}
    for owner, urls in content.owners.items():
        if not is_address(owner):
            raise InvalidInput(f"{path}: {owner!r} is not an address", advice)
        owners[str(to_checksum_address(owner))] = AppriseChannel(urls, f"{path}: {owner}")
    operator = AppriseChannel(content.operator, f"{path}: operator") if content.operator else None
    return Directory(owners, operator)


class Outbox(Protocol):
    """Notices written down and not told yet."""

    def untold(self) -> list[Notice]: ...

    def told(self, notice: Notice) -> None: ...


class Notifier:
    """Delivers on a thread of its own: a slow channel must not hold up a liquidation."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._waiting: dict[str, Notice] = {}
        self._done: list[Notice] = []
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def exchange(self, outbox: Outbox) -> int:
        """Take what is to be told and strike out what was. Returns how many still wait."""
        with self._lock:
            done, self._done = self._done, []
        for notice in done:
            outbox.told(notice)
        untold = outbox.untold()
        with self._lock:
            finished = {notice.id for notice in self._done}
            self._waiting = {one.id: one for one in untold if one.id not in finished}
            count = len(self._waiting)
        if count:
            self._wake.set()
        return count

    def stop(self, outbox: Outbox, seconds: float) -> None:
        """Let what is under way end, for so long at most."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(seconds)
        with self._lock:
            done, self._done = self._done, []
        for notice in done:
            outbox.told(notice)

    def deliver(self, notice: Notice) -> bool:
        """To each channel, a few times. Whether all took it; nobody's channel: there is no one."""
        retrying = Retrying(
            stop=stop_after_attempt(_TRIES),
            wait=wait_random_exponential(multiplier=0.5, max=10),
            retry=retry_if_result(lambda is_taken: not is_taken),
            retry_error_callback=lambda _: False,
            sleep=self._pause,
        )
        taken = [
            retrying(one.send, notice.title, notice.body) for one in self._directory.of(notice)
        ]
        return all(taken)

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                notice = next(iter(self._waiting.values()), None)
            if notice is None:
                self._wake.wait()
                self._wake.clear()
                continue
            is_taken = self.deliver(notice)
            if not is_taken and self._stop.is_set():
                return  # told after the next start
            if not is_taken:
                log.error("a channel does not take a notice", title=notice.title)
            with self._lock:
                self._waiting.pop(notice.id, None)
                self._done.append(notice)
