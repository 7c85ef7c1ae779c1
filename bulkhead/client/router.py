"""What takes a wallet several transactions, in one, through the `Router`.

Nothing is approved beforehand. What the router may pull is signed with the call (EIP-2612): exactly
what that call needs, for minutes. In the vault it has to be an operator, which is signed with the
first adjustment and then stays. It acts for whoever sends to it and for nobody else, without an
owner or an upgrade, so it lets nobody do what the key itself could not do in the vault; to take
the permission back nevertheless, `wallet.set_operator(router.address, False)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bulkhead.client.codec import Abi, package_abi
from bulkhead.client.deployments import ROUTER, Deployments
from bulkhead.client.preview import preview_closes
from bulkhead.client.wallet import DEFAULT_SLIPPAGE, Sent, Wallet
from bulkhead.orders.permits import sign_operator, sign_permit
from bulkhead.orders.types import NO_PERMIT, Permit

_PERMIT_SECONDS: Final = 1_200  # until the transaction has to be in a block


class Router:
    """A wallet's calls through the router of its network. Raises what `Wallet` raises, InvalidInput
    for a token that takes no permit, and InvalidSignature for an account that does not sign."""

    def __init__(
        self, wallet: Wallet, deployments: Deployments, *, permit_seconds: int = _PERMIT_SECONDS
    ) -> None:
        """Raises NotDeployed where the network has no router."""
        self.wallet, self.pair, self.node = wallet, wallet.pair, wallet.node
        self.address = deployments.contract(ROUTER)
        self._permit_seconds = permit_seconds
        # its calls, and the vault's events
        events = [entry for entry in self.pair.abi.entries if entry["type"] == "event"]
        self._abi = Abi([*package_abi("Router").entries, *events])

    # ---- traders ----

    def adjust(
        self,
        position_id: int,
        size_delta: int,
        margin_delta: int = 0,
        *,
        acceptable_price: int | None = None,
        slippage: int = DEFAULT_SLIPPAGE,
    ) -> Sent:
        """As `Wallet.adjust`, of a position of the wallet's own, without an approval before.

        Where no margin comes in there is nothing to permit, and the call goes to the vault.
        """
        key = self.wallet.address, position_id
        if acceptable_price is None:
            acceptable_price = self.wallet.acceptable(key, size_delta, margin_delta, slippage)
        change = position_id, size_delta, margin_delta
        if margin_delta <= 0:
            return self.wallet.adjust(*change, acceptable_price=acceptable_price)
        permits = self._permit(margin_delta).words, self._operators()
        return self._call("adjust_position", self.pair.vault, *change, acceptable_price, *permits)

    def close(
        self,
        position_ids: Sequence[int],
        *,
        acceptable_prices: Sequence[int] | None = None,
        slippage: int = DEFAULT_SLIPPAGE,
    ) -> Sent:
        """Close positions of the wallet's own as a whole, all of them or none. Answers what each
        has paid out.

        Without acceptable prices they are the expected ones, in this order, and `slippage` (WAD)
        beyond. The first time, `make_operator` goes before, once the model has closed them all.
        Raises InvalidInput for a position that is not there.
        """
        previews = preview_closes(self.pair, self.wallet.address, position_ids, slippage)
        if acceptable_prices is None:
            acceptable_prices = [preview.acceptable_price for preview in previews]
        closes = [
            (self.pair.vault, *close) for close in zip(position_ids, acceptable_prices, strict=True)
        ]
        self.make_operator()
        return self._call("close_positions", closes)

    @property
    def is_operator(self) -> bool:
        """Whether the router may act on the wallet's positions in the vault already."""
        pair, owner = self.pair, self.wallet.address
        return bool(self.node.view(pair.vault, pair.abi, "is_operator", owner, self.address))

    def make_operator(self) -> Sent | None:
        """By a transaction, for a close that takes no signature; None where it is one already."""
        return None if self.is_operator else self.wallet.set_operator(self.address, True)

    # ---- LPs ----

    def deposit(self, assets: int, *, min_shares: int = 0) -> Sent:
        """As `Wallet.deposit`, without an approval before. Answers the shares."""
        permit = self._permit(assets).words
        return self._call("deposit", self.pair.vault, assets, min_shares, permit)

    # ---- internal ----

    def _call(self, function: str, *arguments: Any) -> Sent:
        return self.wallet.send(self.address, self._abi, function, *arguments)

    def _deadline(self) -> int:
        # after a pause the last block of a chain without traffic is an hour old
        return int(self.node.block("pending")["timestamp"], 16) + self._permit_seconds

    def _permit(self, amount: int) -> Permit:
        token, signer = self.pair.asset, self.wallet.signer
        allowance = self.node.view(
            token, package_abi("IERC20"), "allowance", signer.address, self.address
        )
        if allowance >= amount:
            return NO_PERMIT
        return sign_permit(self.node, token, signer, self.address, amount, self._deadline())

    def _operators(self) -> list[tuple[str, int, bytes]]:
        if self.is_operator:
            return []
        deadline = self._deadline()
        signature = sign_operator(self.pair, self.wallet.signer, self.address, deadline)
        return [(self.address, deadline, signature)]
