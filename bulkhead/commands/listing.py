"""The commands about orders that are signed: list, take in, cancel."""

from __future__ import annotations

from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand, account_option

from bulkhead.cli import friendly, pair_option, yes_option
from bulkhead.client.accounts import transact
from bulkhead.client.codec import checksum
from bulkhead.commands.desk import OrderDesk
from bulkhead.exceptions import InvalidInput, InvalidOrder
from bulkhead.orders import EPOCH, SignedOrder, parse_order, verify
from bulkhead.orders.book import Standing
from bulkhead.orders.tables import kind_of, orders_table

_AT_ONCE = 64  # nonces that one transaction cancels


@click.command("orders", cls=ConnectedProviderCommand)
@click.argument("owner", required=False)
@pair_option
@click.option("--prune", is_flag=True, help="Remove those that can never execute any more.")
@friendly
def list_orders(owner: str | None, label: str | None, prune: bool) -> None:
    """List OWNER's orders, or everybody's: what has become of each, and why an open one would not
    execute now."""
    desk = OrderDesk(None, label)
    wanted = checksum(owner) if owner else None
    if prune:
        for signed, standing in desk.book.prune(desk.store):
            desk.say(f"removed {desk.store.file_of(signed.digest)}: {standing.value}")
    found = [s for s in desk.book.own(desk.store.load()) if wanted in (None, s.order.owner)]
    shown = [s for s in found if s.order.vault == desk.pair_of.vault]
    if shown:
        rows = [(s.order, state) for s, state in zip(shown, _states(desk, shown), strict=True)]
        desk.console.print(orders_table(desk.pair_of, rows, is_narrow=desk.is_narrow))
    else:
        desk.say(f"no orders in {desk.pair_of.label}")
    for problem in desk.store.problems:
        desk.say(f"[yellow]skipped {problem}[/yellow]")


def _states(desk: OrderDesk, orders: list[SignedOrder]) -> list[str]:
    standings = desk.book.standings(orders)
    alive = [s for s, found in zip(orders, standings, strict=True) if found is Standing.OPEN]
    simulations = dict(zip((s.digest for s in alive), desk.book.simulate(alive), strict=True))
    states = []
    for signed, standing in zip(orders, standings, strict=True):
        simulation = simulations.get(signed.digest)
        if simulation is None:
            states.append(standing.value)
        else:
            states.append(simulation.reason or "[green]executes now[/green]")
    return states


@click.command(cls=ConnectedProviderCommand)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@pair_option
@friendly
def submit(files: tuple[Path, ...], label: str | None) -> None:
    """Take in FILES of orders that a wallet has signed, for keepers to find."""
    desk = OrderDesk(None, label)
    for path in files:
        try:
            signed = parse_order(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path} cannot be read: {error}") from None
        except InvalidInput as error:
            raise InvalidInput(f"{path}: {error}", error.advice) from None
        there, here = signed.domain, desk.book.domain
        if there != here:
            raise InvalidOrder(
                f"{path} is for the order book {there.book} on chain {there.chain_id}",
                f"Here it is {here.book} on chain {here.chain_id}.",
            )
        verify(desk.node, signed)
        desk.say(
            f"{kind_of(signed.order)}, nonce {signed.order.nonce % EPOCH}: {desk.store.add(signed)}"
        )


@click.command(cls=ConnectedProviderCommand)
@click.argument("nonces", nargs=-1, type=click.IntRange(0))
@click.option("--all", "is_all", is_flag=True, help="Every nonce there is, used or not.")
@account_option()
@pair_option
@yes_option
@friendly
def cancel(
    nonces: tuple[int, ...], is_all: bool, account: AccountAPI, label: str | None, is_sure: bool
) -> None:
    """Cancel the orders with these NONCES, wherever copies of them are."""
    desk = OrderDesk(account, label, is_sure)
    if bool(nonces) == is_all:
        raise InvalidInput("give either nonces or --all")
    chosen = [desk.nonce(number) for number in nonces]
    affected = [s for s in desk.open_orders() if is_all or s.order.nonce in chosen]
    for order in (signed.order for signed in affected):
        desk.say(f"nonce {order.nonce % EPOCH}: {kind_of(order)}, position {order.position_id}")
    for nonce in sorted(set(chosen) - {signed.order.nonce for signed in affected}):
        desk.say(f"nonce {nonce % EPOCH}: no open order here, cancelled all the same")
    desk.confirm("Cancel every order?" if is_all else "Cancel them?")
    contract = desk.book_contract
    if is_all:
        transact(contract.cancel_all, sender=desk.account)
    for start in range(0, len(chosen), _AT_ONCE):
        transact(contract.cancel, chosen[start : start + _AT_ONCE], sender=desk.account)
    for signed in affected:
        desk.store.remove(signed.digest)
    desk.say("cancelled")
