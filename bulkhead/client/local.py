"""A local chain of one's own: Anvil on a free port of this machine, ended with the program."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

from bulkhead.client.node import Node
from bulkhead.exceptions import NodeError

APE_CHAIN_ID = 1337  # what Ape's test accounts sign for on its local network
_START_SECONDS = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def anvil(timestamp: int, accounts: int) -> Iterator[Node]:
    """A chain whose first block happens at `timestamp` and each further one a second later.

    It keeps no state of old blocks (a long replay would take gigabytes otherwise), but all logs.
    Raises NodeError where Anvil is missing or does not start.
    """
    binary = shutil.which("anvil")
    if binary is None:
        raise NodeError("Anvil is not on PATH", "Run `make setup`, or install it with foundryup.")
    port = free_port()
    process = subprocess.Popen(
        [
            binary, "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(APE_CHAIN_ID),
            "--accounts", str(accounts), "--timestamp", str(timestamp), "--order", "fifo",
            "--prune-history", "50", "--hardfork", "prague", "--silent",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        node = Node(f"http://127.0.0.1:{port}")
        await_node(node, process)
        node.request("anvil_setBlockTimestampInterval", 1)
        yield node
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stderr is not None:
            process.stderr.close()


def await_node(node: Node, process: subprocess.Popen[bytes]) -> None:
    """Return once it answers. Raises NodeError if it does not start."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(NodeError):
            node.request("eth_chainId")
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    said = process.stderr.read().decode().strip() if process.stderr and process.poll() else ""
    raise NodeError(f"Anvil did not start: {said or 'no answer'}", "Try `anvil --version`.")
