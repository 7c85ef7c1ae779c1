"""Hearing of new blocks: over a websocket while there is one, else by looking again and again."""

from __future__ import annotations

import json
import threading
from contextlib import suppress

import structlog
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

_OPEN_SECONDS = 10
_LONGEST_WAIT_SECONDS = 30
_SAFETY = 5  # polls: with a websocket, a look every so many polls all the same

log = structlog.get_logger(__name__)


class Heads:
    """`wait` returns when there may be a new block. A lost websocket is opened again and again."""

    def __init__(self, ws_url: str | None, poll_seconds: float) -> None:
        self._url, self._poll = ws_url, poll_seconds
        self._wake = threading.Event()
        self._stop = threading.Event()
        self.is_subscribed = False

    def start(self) -> None:
        if self._url is not None:
            threading.Thread(target=self._listen, name="heads", daemon=True).start()

    def stop(self) -> None:
        """Also wakes whoever waits."""
        self._stop.set()
        self._wake.set()

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    def wait(self) -> None:
        self._wake.wait(self._poll * _SAFETY if self.is_subscribed else self._poll)
        if not self.is_stopped:
            self._wake.clear()

    def _listen(self) -> None:
        pause = 1.0
        while not self._stop.is_set():
            try:
                with connect(str(self._url), open_timeout=_OPEN_SECONDS) as socket:
                    call = {
                        "id": 1,
                        "jsonrpc": "2.0",
                        "method": "eth_subscribe",
                        "params": ["newHeads"],
                    }
                    socket.send(json.dumps(call))
                    pause = 1.0
                    while not self._stop.is_set():
                        with suppress(TimeoutError):
                            self._hear(json.loads(socket.recv(timeout=_OPEN_SECONDS)))
            except (OSError, TimeoutError, WebSocketException, ValueError) as error:
                log.warning("no websocket: polling", why=str(error), again_in=pause)
            finally:
                self.is_subscribed = False
            self._stop.wait(pause)
            pause = min(pause * 2, _LONGEST_WAIT_SECONDS)

    def _hear(self, message: dict[str, object]) -> None:
        if "error" in message:
            raise ValueError(str(message["error"]))
        self.is_subscribed = True
        self._wake.set()
