"""Sending a pair's calls with one key: tried first, then signed, sent and waited for.

A call that the vault would refuse is never sent. Amounts are asset units, sizes WAD base units,
prices WAD. `receiver` and `owner` are by default the key's own address.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from bulkhead.client.codec import Abi, Event, package_abi, revert_reason
from bulkhead.client.pair import Pair, PositionKey
from bulkhead.client.preview import preview_trade
from bulkhead.client.signing import Signer
from bulkhead.exceptions import NodeError, NodeUnreachable, Refused, Unconfirmed
from bulkhead.model.types import MAX_UINT256, NO_BOUND

DEFAULT_SLIPPAGE = 5 * 10**15  # WAD: 0.5 %
_SPARE_GAS_PERCENT = 25  # carry accrues and prices move until it is in a block
_TIMEOUT_SECONDS = 120.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Sent:
    """A transaction that succeeded: what its call answered when tried, and the vault's events."""

    transaction: str
    block: int
    gas_used: int
    result: Any
    events: list[Event]

    def event(self, name: str) -> Event:
        """The last one of that name."""
        return next(event for event in reversed(self.events) if event.name == name)


class Wallet:
    """One key on one pair. Raises Refused with the vault's reason, and Unconfirmed where a
    transaction is not in a block in time."""

    def __init__(
        self, pair: Pair, signer: Signer, *, timeout_seconds: float = _TIMEOUT_SECONDS
    ) -> None:
        self.pair, self.node, self.signer = pair, pair.node, signer
        self._timeout_seconds = timeout_seconds

    @property
    def address(self) -> str:
        return self.signer.address

    # ---- traders ----

    def adjust(
        self,
        position_id: int,
        size_delta: int,
        margin_delta: int = 0,
        *,
        acceptable_price: int | None = None,
        slippage: int = DEFAULT_SLIPPAGE,
        owner: str | None = None,
        receiver: str | None = None,
    ) -> Sent:
        """Open, increase, reduce, or move margin. Answers size and margin afterwards.

        Without an acceptable price it is the expected one and `slippage` (WAD) beyond.
        """
        key = owner or self.address, position_id
        if acceptable_price is None:
            acceptable_price = self.acceptable(key, size_delta, margin_delta, slippage)
        return self._call(
            "adjust_position", position_id, size_delta, margin_delta, acceptable_price,
            key[0], receiver or self.address,
        )  # fmt: skip

    def close(
        self,
        position_id: int,
        *,
        acceptable_price: int | None = None,
        slippage: int = DEFAULT_SLIPPAGE,
        owner: str | None = None,
        receiver: str | None = None,
    ) -> Sent:
        """Close a position as a whole. Answers what is paid out."""
        key = owner or self.address, position_id
        if acceptable_price is None:
            (position,) = self.pair.positions([key])
            if position.size == 0:
                raise Refused("vault: unknown position")
            acceptable_price = self.acceptable(key, -position.size, 0, slippage)
        return self._call(
            "close_position", position_id, acceptable_price, key[0], receiver or self.address
        )

    def add_margin(self, position_id: int, amount: int, *, owner: str | None = None) -> Sent:
        """To anybody's position, with or without a price."""
        return self._call("add_margin", position_id, amount, owner or self.address)

    def claim(self, receiver: str | None = None) -> Sent:
        """What liquidations and settlements have credited. Answers the amount."""
        return self._call("claim", receiver or self.address)

    def set_operator(self, operator: str, approved: bool) -> Sent:
        """Let another account act on all positions of this one in the pair, or no longer."""
        return self._call("set_operator", operator, approved)

    # ---- keepers ----

    def liquidate(self, key: PositionKey, receiver: str | None = None) -> Sent:
        """Answers size closed and reward."""
        return self._call("liquidate", *key, receiver or self.address)

    def settle(self, key: PositionKey) -> Sent:
        """Answers what is credited to the owner."""
        return self._call("settle_position", *key)

    def call_margin(self, key: PositionKey) -> Sent:
        return self._call("call_margin", *key)

    # ---- LPs ----

    def deposit(self, assets: int, *, receiver: str | None = None, min_shares: int = 0) -> Sent:
        """Answers the shares."""
        return self._call("deposit", assets, receiver or self.address, min_shares)

    def redeem(
        self,
        shares: int,
        *,
        receiver: str | None = None,
        owner: str | None = None,
        min_assets: int = 0,
    ) -> Sent:
        """Answers the assets."""
        owner, receiver = owner or self.address, receiver or self.address
        return self._call("redeem", shares, receiver, owner, min_assets)

    def withdraw(
        self,
        assets: int,
        *,
        receiver: str | None = None,
        owner: str | None = None,
        max_shares: int = NO_BOUND,
    ) -> Sent:
        """Answers the shares."""
        owner, receiver = owner or self.address, receiver or self.address
        return self._call("withdraw", assets, receiver, owner, max_shares)

    # ---- anything ----

    def approve(self, amount: int) -> Sent | None:
        """Let the vault pull that much, exactly; None where it may already."""
        token, abi = self.pair.asset, package_abi("IERC20")
        if self.node.view(token, abi, "allowance", self.address, self.pair.vault) >= amount:
            return None
        return self.send(token, abi, "approve", self.pair.vault, amount)

    def send(self, target: str, abi: Abi, function: str, *arguments: Any) -> Sent:
        """Any call of any contract. The events are those of `abi`."""
        message = {"from": self.address, "to": target, "data": abi.encode(function, *arguments)}
        output, gas = self._try(message)
        result = abi.decode(function, len(arguments), output)
        transaction, raw = self._sign(message, gas * (100 + _SPARE_GAS_PERCENT) // 100)
        try:
            self.node.request("eth_sendRawTransaction", raw)
        except NodeUnreachable:  # it may have arrived all the same
            raise Unconfirmed(transaction, 0) from None
        receipt = self._await(transaction)
        block = int(receipt["blockNumber"], 16)
        if int(receipt["status"], 16) != 1:
            self._try(message, hex(block))  # tells why, if that is still so
            raise NodeError(f"{transaction} reverted in block {block}", "Look again, and repeat.")
        events = abi.decode_logs(receipt["logs"])
        return Sent(transaction, block, int(receipt["gasUsed"], 16), result, events)

    def acceptable(
        self, key: PositionKey, size_delta: int, margin_delta: int, slippage: int
    ) -> int:
        """The expected price of an adjustment, and `slippage` (WAD) beyond."""
        if size_delta == 0:
            return MAX_UINT256  # no price matters
        return preview_trade(self.pair, key, size_delta, margin_delta, slippage).acceptable_price

    # ---- internal ----

    def _call(self, function: str, *arguments: Any) -> Sent:
        return self.send(self.pair.vault, self.pair.abi, function, *arguments)

    def _try(self, message: dict[str, str], block: str = "pending") -> tuple[bytes, int]:
        """What the call would answer in the next block, and its gas.

        Not in the latest one: what was opened there could not be reduced there.
        """
        calls = [(name, [message, block]) for name in ("eth_call", "eth_estimateGas")]
        try:
            output, gas = self.node.batch(calls)
        except NodeError as error:
            if error.revert is None:
                raise
            raise Refused(revert_reason(error.revert)) from None
        return bytes.fromhex(output[2:]), int(gas, 16)

    def _sign(self, message: dict[str, str], gas: int) -> tuple[str, str]:
        """Hash and raw form of the transaction, after all that are waiting already."""
        chain_id, nonce, tip, block = self.node.batch(
            [
                ("eth_chainId", []),
                ("eth_getTransactionCount", [self.address, "pending"]),
                ("eth_maxPriorityFeePerGas", []),
                ("eth_getBlockByNumber", ["latest", False]),
            ]
        )
        base_fee = int(block["baseFeePerGas"], 16)
        fields = {
            "type": 2,
            "chainId": int(chain_id, 16),
            "nonce": int(nonce, 16),
            "to": message["to"],
            "value": 0,
            "data": message["data"],
            "gas": gas,
            "maxFeePerGas": 2 * base_fee + int(tip, 16),  # six full blocks of rising fees
            "maxPriorityFeePerGas": int(tip, 16),
            "accessList": [],
        }
        raw = self.signer.sign(fields)
        return "0x" + keccak(raw).hex(), "0x" + raw.hex()

    def _await(self, transaction: str) -> dict[str, Any]:
        """The receipt. A node that does not answer for a while is waited for as well."""
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            with suppress(NodeUnreachable):
                receipt = self.node.request("eth_getTransactionReceipt", transaction)
                if receipt is not None:
                    return dict(receipt)
            if time.monotonic() >= deadline:
                raise Unconfirmed(transaction, self._timeout_seconds)
            time.sleep(_POLL_SECONDS)
