"""A command's session on one pair, for one account that trades there."""

from __future__ import annotations

from functools import cached_property

import click
from ape.api import AccountAPI
from ape.contracts import ContractInstance

from bulkhead.cli import Session
from bulkhead.client.accounts import contract_at, ensure_allowance, transact
from bulkhead.client.pair import Pair, PositionKey
from bulkhead.client.preview import preview_closes, preview_trade
from bulkhead.client.router import Router
from bulkhead.client.signing import ApeSigner
from bulkhead.client.tables import positions_table, trade_table
from bulkhead.client.units import parse_amount, show
from bulkhead.client.wallet import Wallet
from bulkhead.exceptions import InvalidInput


class Trader(Session):
    """Asks before it sends, unless told not to."""

    def __init__(self, account: AccountAPI | None, label: str | None, is_sure: bool = True) -> None:
        super().__init__(account)
        self.pair_of = Pair(self.node, *self.pair(label))
        self.owner = str(account.address) if account is not None else ""
        self.is_sure = is_sure

    @property
    def vault(self) -> ContractInstance:
        return contract_at(self.pair_of.vault, self.pair_of.abi)

    @cached_property
    def router(self) -> Router:
        assert self.account is not None
        return Router(Wallet(self.pair_of, ApeSigner(self.account)), self.deployments)

    def amount(self, text: str, what: str) -> int:
        return parse_amount(text, self.pair_of.decimals, what)

    def positive(self, text: str, what: str, decimals: int | None = None) -> int:
        """Units of an amount of the quote asset, or of something with other decimals."""
        units = parse_amount(text, self.pair_of.decimals if decimals is None else decimals, what)
        if units <= 0:
            raise InvalidInput(f"{what} must be positive")
        return units

    def confirm(self, question: str) -> None:
        if not self.is_sure:
            click.confirm(question, abort=True)

    def approve(self, amount: int) -> None:
        """Let the vault pull exactly that."""
        pair = self.pair_of
        if ensure_allowance(self.node, self.account, pair.asset, pair.vault, amount):
            self.say(f"approved {show(amount, pair.decimals)} {pair.quote}")

    def adjust(
        self,
        position_id: int,
        size_delta: int,
        margin_delta: int,
        slippage: int,
        is_permit: bool = False,
    ) -> None:
        """Preview, ask, approve or permit, send, and show the position afterwards."""
        pair, key = self.pair_of, (self.owner, position_id)
        preview = preview_trade(pair, key, size_delta, margin_delta, slippage)
        self.console.print(trade_table(pair, preview, position_id))
        self.confirm("Send it?")
        change, bound = (position_id, size_delta, margin_delta), preview.acceptable_price
        if is_permit:
            was_operator = self.router.is_operator
            self.router.adjust(*change, acceptable_price=bound)
            if not was_operator and self.router.is_operator:
                self._say_operator()
        else:
            if margin_delta > 0:
                self.approve(margin_delta)
            transact(self.vault.adjust_position, *change, bound, sender=self.account)
        self.show([key])

    def close(self, position_ids: list[int], slippage: int) -> None:
        """Preview, ask, send in one transaction, and show that the positions are gone."""
        pair = self.pair_of
        previews = preview_closes(pair, self.owner, position_ids, slippage)
        for position_id, preview in zip(position_ids, previews, strict=True):
            self.console.print(trade_table(pair, preview, position_id))
        self.confirm("Send it?")
        bounds = [preview.acceptable_price for preview in previews]
        if len(position_ids) == 1:
            transact(self.vault.close_position, *position_ids, *bounds, sender=self.account)
        else:
            if self.router.make_operator() is not None:
                self._say_operator()
            self.router.close(position_ids, acceptable_prices=bounds)
        self.show([(self.owner, position_id) for position_id in position_ids])

    def _say_operator(self) -> None:
        label = self.pair_of.label
        self.say(f"made the router {self.router.address} an operator in {label}")

    def show(self, keys: list[PositionKey]) -> None:
        pair = self.pair_of
        positions, healths = pair.positions(keys), pair.healths(keys)
        pairs = zip(keys, positions, healths, strict=True)
        still = [item for item in pairs if item[1].size != 0]
        if not still:
            self.say("no open position")
            return
        columns = map(list, zip(*still, strict=True))
        self.console.print(positions_table(pair, *columns, is_narrow=self.is_narrow))
