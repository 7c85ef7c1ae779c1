"""What every script shares: errors without a traceback, accounts, the network's deployments."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from ape.api import AccountAPI
from ape.exceptions import ApeException
from rich.console import Console

from bulkhead.client.accounts import connected_node, contract_at, transact, unlock
from bulkhead.client.deployments import FOLDER, Deployments, PairEntry
from bulkhead.client.network import FOLDER as NETWORKS
from bulkhead.client.network import Network, network_of
from bulkhead.client.node import Node
from bulkhead.client.pair import Pair
from bulkhead.client.record import record_settings
from bulkhead.exceptions import BulkheadError, InvariantBroken

Command = TypeVar("Command", bound=Callable[..., Any])
WIDE = 150  # columns: enough for full addresses, and what a pipe gets
EXIT_BROKEN = 3  # a promise does not hold: never a user's mistake


class Failure(click.ClickException):
    """Shown as `Error: what went wrong` and what to do about it."""

    def __init__(self, message: str, advice: str, code: int) -> None:
        super().__init__(f"{message}\n{advice}" if advice else message)
        self.exit_code = code


def friendly(command: Command) -> Command:
    """Turn errors that someone at a command line can act on into a message and an exit code."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except InvariantBroken as error:
            raise Failure(f"promise broken: {error}", error.advice, EXIT_BROKEN) from None
        except BulkheadError as error:
            raise Failure(str(error), error.advice, 1) from None
        except ModuleNotFoundError as error:
            advice = (
                "Install the extras: `make setup`, or pip install 'bulkhead[contracts,report]'."
            )
            raise Failure(str(error), advice, 1) from None
        except ApeException as error:
            raise Failure(str(error), "", 1) from None

    return run  # type: ignore[return-value]


class Session:
    """A command's network: its node, what is deployed there, and a terminal to write to."""

    def __init__(self, account: AccountAPI | None = None) -> None:
        is_terminal = sys.stdout.isatty()
        self.console = Console(highlight=False, width=None if is_terminal else WIDE)
        self.node: Node = connected_node()
        folder = Path(os.environ.get("BULKHEAD_DEPLOYMENTS", FOLDER))
        self.deployments = Deployments.open(self.node, folder)
        self.account = unlock(account) if account is not None else None

    @property
    def network(self) -> Network:
        """The file in networks/ that is for this chain."""
        return network_of(self.node.chain_id, Path(os.environ.get("BULKHEAD_NETWORKS", NETWORKS)))

    @property
    def is_narrow(self) -> bool:
        return self.console.width < WIDE

    def say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)

    def pair(self, label: str | None) -> tuple[str, PairEntry]:
        return self.deployments.pair(label)

    def ask(self, question: str, is_sure: bool) -> None:
        if not is_sure:
            click.confirm(question, abort=True)

    def record_settings(self) -> None:
        """What the chain says of ownership and fees goes into the deployments file."""
        record_settings(self.node, self.deployments)


class Operator(Session):
    """A session on one pair, for one account that acts on the vault."""

    def __init__(self, account: AccountAPI | None, label: str | None, is_sure: bool = True) -> None:
        super().__init__(account)
        self.pair_of = Pair(self.node, *self.pair(label))
        self.is_sure = is_sure

    def view(self, function: str, *arguments: Any) -> Any:
        return self.node.view(self.pair_of.vault, self.pair_of.abi, function, *arguments)

    def act(self, function: str, *arguments: Any) -> None:
        """Ask, and call the vault."""
        pair = self.pair_of
        self.ask(f"Send {function} to {pair.label}?", self.is_sure)
        call = getattr(contract_at(pair.vault, pair.abi), function)
        transact(call, *arguments, sender=self.account)
        self.record_settings()
        self.say(f"{pair.label}: {function} done")


pair_option = click.option(
    "--pair", "label", help="Label of the pair; needed if there are several."
)
yes_option = click.option("--yes", "is_sure", is_flag=True, help="Send without asking.")
slippage_option = click.option(
    "--slippage", default="0.5 %", show_default=True, help="How far the price may move against you."
)
