"""What a keeper asks of a chain: head, nonces, receipts, a simulation; and the way to send."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from bulkhead.client.codec import package_abi, revert_reason
from bulkhead.client.node import Node
from bulkhead.exceptions import InvalidInput, NodeError, NodeUnreachable, Refused
from bulkhead.keeper.types import Answer, Call, Head, Kind, Simulation

_TIMEOUT_SECONDS = 10
_ROUNDS = 3  # through all nodes, before a request is given up


class Nodes(Node):
    """Several nodes of one chain as one: a request goes to the next where one does not answer."""

    def __init__(self, uris: Sequence[str], *, wait_seconds: float = 2) -> None:
        if not uris:
            raise InvalidInput("no node", "Set rpc_urls, or BULKHEAD_RPC_URLS.")
        super().__init__(uris[0], _TIMEOUT_SECONDS)
        self._nodes = [Node(uri, _TIMEOUT_SECONDS) for uri in uris]
        self._at = 0
        self._retrying = Retrying(
            retry=retry_if_exception_type(NodeUnreachable),
            stop=stop_after_attempt(_ROUNDS * len(uris)),
            wait=wait_random_exponential(multiplier=0.05, max=wait_seconds),
            before_sleep=self._give_up_on,
            reraise=True,
        )

    @property
    def has_others(self) -> bool:
        return len(self._nodes) > 1

    def next(self) -> None:
        """Ask the next node from now on."""
        self._at = (self._at + 1) % len(self._nodes)
        self.uri = self._nodes[self._at].uri

    def check_same_chain(self) -> None:
        """Raises InvalidInput where two of the nodes that answer are on different chains."""
        found: dict[str, str] = {}
        for node in self._nodes:
            with suppress(NodeUnreachable):
                found.setdefault(str(node.block(0)["hash"]), node.uri)
        if len(found) > 1:
            raise InvalidInput(f"different chains: {' and '.join(found.values())}", "See rpc_urls.")

    def _give_up_on(self, _: RetryCallState) -> None:
        self.next()

    def _post(self, calls: Sequence[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = self._retrying(lambda: self._nodes[self._at]._post(calls))
        return answers


class Chain:
    """One chain as a keeper with one key sees it."""

    def __init__(self, node: Node, sender: str, relay: Node | None = None) -> None:
        self.node, self.sender, self.relay = node, sender, relay
        self.lens, self.book = package_abi("VaultLens"), package_abi("OrderBook")
        self._can_simulate = True

    # ---- reading ----

    def head(self) -> Head:
        block, fees = self.node.batch(
            [
                ("eth_getBlockByNumber", ["latest", False]),
                ("eth_feeHistory", ["0x1", "latest", []]),
            ]
        )
        return Head(
            int(block["number"], 16),
            block["hash"],
            int(block["timestamp"], 16),
            _next_base_fee(block, fees),
        )

    def nonce(self) -> int:
        """Transactions of the sender that are in blocks."""
        return int(self.node.request("eth_getTransactionCount", self.sender, "latest"), 16)

    def balance(self) -> int:
        return int(self.node.request("eth_getBalance", self.sender, "latest"), 16)

    def receipts(self, hashes: Sequence[str]) -> dict[str, dict[str, Any]]:
        """By hash, of those that are in a block."""
        found = self.node.batch([("eth_getTransactionReceipt", [one]) for one in hashes])
        return {one: receipt for one, receipt in zip(hashes, found, strict=True) if receipt}

    def knows(self, transaction: str) -> bool:
        """Whether the node has it, in a block or waiting."""
        return self.node.request("eth_getTransactionByHash", transaction) is not None

    # ---- trying and sending ----

    def simulate(self, call: Call) -> Simulation:
        """As a transaction of the sender in the next block, with the call's own gas limit: an item
        that the limit starves fails here, too. Raises Refused where the call reverts as a whole."""
        message = {
            "from": self.sender,
            "to": call.target,
            "data": call.data,
            "gas": hex(call.gas),
        }
        output, gas_used = self._try(message, call.gas)
        if call.kind == Kind.EXECUTE_WITH_PERMIT:
            *_, fee = self.book.decode(call.kind.value, 4, output)
            return Simulation(gas_used, (Answer(True, fee, ""),))
        words = self.lens.decode(call.kind.value, _ARGUMENTS[call.kind], output)
        return Simulation(gas_used, tuple(Answer(*word) for word in words))

    def _try(self, message: dict[str, str], limit: int) -> tuple[bytes, int]:
        if self._can_simulate:
            blocks = {"blockStateCalls": [{"calls": [message]}]}
            try:
                (found,) = self.node.request("eth_simulateV1", blocks, "latest")[0]["calls"]
            except NodeUnreachable:
                raise
            except NodeError:  # an older node
                self._can_simulate = False
            else:
                output = bytes.fromhex(found["returnData"][2:])
                if int(found["status"], 16) != 1:
                    raise Refused(revert_reason(output))
                return output, int(found["gasUsed"], 16)
        try:
            output = bytes.fromhex(self.node.request("eth_call", message, "latest")[2:])
        except NodeUnreachable:
            raise
        except NodeError as error:
            raise Refused(str(error)) from None
        return output, limit  # not known: the most that it could be

    def send(self, raw: str) -> None:
        """To the relay if there is one. Raises NodeError where it is refused."""
        try:
            (self.relay or self.node).request("eth_sendRawTransaction", raw)
        except NodeUnreachable:
            raise
        except NodeError as error:
            if not any(words in str(error).lower() for words in _ALREADY):
                raise


def _next_base_fee(block: dict[str, Any], history: dict[str, Any] | None) -> int:
    """The last of the history is the next block's; a node without one leaves the present one's."""
    known = (history or {}).get("baseFeePerGas") or [block.get("baseFeePerGas") or "0x0"]
    return int(known[-1], 16)


_ARGUMENTS = {Kind.LIQUIDATE: 2, Kind.EXECUTE: 3, Kind.SETTLE: 1, Kind.CALL_MARGIN: 1}
_ALREADY = ("already known", "already imported", "known transaction", "already exists")
