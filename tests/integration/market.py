"""A pair on a chain of its own, a trader at a command line, a keeper with a folder of orders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import ape
import click
import pytest
from click.testing import CliRunner, Result

from bulkhead.client.codec import call_data, package_abi
from bulkhead.client.deployments import ORDER_BOOK, Deployments
from bulkhead.client.node import Node
from bulkhead.client.pair import Pair
from bulkhead.exceptions import Refused
from bulkhead.model import Position
from bulkhead.orders import OrderStore, SignedOrder
from bulkhead.orders.book import OrderBook
from bulkhead.orders.tables import kind_of
from scripts import trade

TRADER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"  # TEST::0
KEEPER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"  # TEST::1


@dataclass
class Market:
    """ETH/USDC at 2,000 dollars, until `set_price`."""

    node: Node
    folder: Path
    orders: Path = Path()
    paid: int = 0  # to the keeper so far

    @property
    def deployments(self) -> Deployments:
        return Deployments.open(self.node, self.folder)

    @property
    def pair(self) -> Pair:
        return Pair(self.node, *self.deployments.pair("ETH/USDC"))

    @property
    def book(self) -> OrderBook:
        return OrderBook(self.node, self.deployments.contract(ORDER_BOOK))

    @property
    def store(self) -> OrderStore:
        return OrderStore(self.orders)

    def run(self, command: click.Command, *arguments: str, answer: str | None = None) -> Result:
        network = "--network", f"ethereum:local:{self.node.uri}"
        environment = {
            "BULKHEAD_DEPLOYMENTS": str(self.folder),
            "BULKHEAD_ORDERS": str(self.orders),
        }
        return CliRunner().invoke(command, [*arguments, *network], input=answer, env=environment)

    def trade(self, *arguments: str) -> str:
        """A command of the trader's that succeeds. Returns what it says."""
        is_sending = arguments[0] not in ("orders", "submit")
        sending = ("--account", "TEST::0", "--yes") if is_sending else ()
        result = self.run(trade.cli, *arguments, *sending)
        assert result.exit_code == 0, result.output
        return result.output

    def refuse(self, *arguments: str) -> str:
        """A command that ends with an error and what to do, not a traceback."""
        result = self.run(trade.cli, *arguments, "--account", "TEST::0", "--yes")
        assert result.exit_code == 1, result.output
        assert isinstance(result.exception, SystemExit)
        assert "Error: " in result.output
        return result.output

    def set_price(self, dollars: int) -> None:
        feed = self.deployments.mocks["ETH/USDC base feed"]
        self.node.send(TRADER, feed, call_data("set_answer(int256)", dollars * 10**8))

    def take_permits_away(self) -> None:
        """The mock dollar is one without EIP-2612 from now on."""
        code = ape.project.MockToken.contract_type.runtime_bytecode
        self.node.request("anvil_setCode", self.pair.asset, code.bytecode)

    def keep(self) -> list[str]:
        """The keeper executes what it can of the folder, once. Returns the kinds of what it did."""
        book, done = self.book, []
        orders = book.own(self.store.load())
        for signed, simulation in zip(orders, book.simulate(orders, KEEPER), strict=True):
            if not simulation.is_success:
                continue
            function, permit = "execute", ()
            if signed.permit is not None:
                function, permit = "execute_with_permit", (signed.permit.words,)
            data = book.abi.encode(function, signed.order.words, signed.signature, *permit)
            receipt = self.node.send(KEEPER, book.address, data)
            (event,) = (e for e in book.abi.decode_logs(receipt.logs) if e.name == "OrderExecuted")
            assert event["digest"] == signed.digest
            position = self.position(signed.order.position_id)
            assert position.size == simulation.size
            assert position.margin == pytest.approx(simulation.margin, abs=9)  # seconds of carry
            self.paid += event["keeper_fee"]
            done.append(kind_of(signed.order))
        assert self.balance(KEEPER) == self.paid
        return done

    def why_not(self, signed: SignedOrder) -> str:
        """Why an order would not execute now; and it does not."""
        (simulation,) = self.book.simulate([signed], KEEPER)
        assert not simulation.is_success
        data = self.book.abi.encode("execute", signed.order.words, signed.signature)
        with pytest.raises(Refused, match=simulation.reason):
            self.node.send(KEEPER, self.book.address, data)
        return simulation.reason

    def order(self, kind: str) -> SignedOrder:
        (found,) = (signed for signed in self.store.load() if kind_of(signed.order) == kind)
        return found

    def position(self, position_id: int) -> Position:
        return self.pair.positions([(TRADER, position_id)])[0]

    def balance(self, account: str) -> int:
        return int(self.node.views([self.pair.balance_view(account)])[0])

    def allowance(self) -> int:
        abi = package_abi("IERC20")
        return int(self.node.view(self.pair.asset, abi, "allowance", TRADER, self.book.address))
