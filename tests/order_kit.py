"""An order book over a world's vault, with its exact model beside it.

`Desk.execute` and `Desk.refuse` do for orders what `World.send` and `World.refuse` do for calls of
the vault: every number is compared, wallets included.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import pytest
from ape.api import AccountAPI
from ape.contracts import ContractInstance
from eth_account.messages import SignableMessage
from eth_utils import to_checksum_address

from bulkhead.exceptions import Refused
from bulkhead.model import MAX_UINT256, WAD
from bulkhead.model.orders import OrderBook, Outcome
from bulkhead.orders.types import NO_PERMIT, Order, OrderStatus, Permit, Trigger
from tests import signing
from tests.kit import Events, World, any_price
from tests.node import Receipt, decode_output, method, plain, revert_reason

FIELDS = [
    ("owner", "address"),
    ("signer", "address"),
    ("vault", "address"),
    ("position_id", "uint256"),
    ("opened_at", "uint256"),
    ("size_delta", "int256"),
    ("margin_delta", "int256"),
    ("reduce_only", "bool"),
    ("acceptable_price", "uint256"),
    ("trigger", "uint8"),
    ("trigger_value", "uint256"),
    ("keeper_fee", "uint256"),
    ("nonce", "uint256"),
    ("valid_from", "uint256"),
    ("deadline", "uint256"),
]
"""Written out once more, so that nothing is held against itself."""

NAME = "Bulkhead OrderBook"
SIZE = 10 * WAD
MARGIN, FEE = 1_500, 3  # whole tokens, of an order that opens


@dataclass(frozen=True)
class Executed:
    receipt: Receipt
    outcome: Outcome
    events: Events  # the book's own


class Desk:
    """One order book. Wallets of `people` are watched; all have approved book and vault."""

    def __init__(
        self, world: World, book: ContractInstance, factory: ContractInstance, people: list[Any]
    ) -> None:
        self.world, self.book, self.factory, self.people = world, book, factory, people
        self.model = OrderBook({world.vault.address: world.model}, address=book.address)
        self.chain_id = int(world.node.request("eth_chainId"), 16)

    def fork(self, world: World) -> Desk:
        """The same contracts with models of one's own."""
        twin = copy.copy(self)
        twin.world = world
        twin.model = copy.deepcopy(self.model)
        twin.model.vaults = {world.vault.address: world.model}
        return twin

    # ---- orders ----

    def order(self, owner: Any, side: int = 1, **changes: Any) -> Order:
        """By default one that opens position 1 at any price, and is good for a day."""
        world, size_delta = self.world, changes.get("size_delta", side * SIZE)
        fields: dict[str, Any] = {
            "owner": plain(owner),
            "signer": plain(owner),
            "vault": world.vault.address,
            "position_id": 1,
            "opened_at": 0,
            "size_delta": size_delta,
            "margin_delta": world.units(MARGIN),
            "reduce_only": False,
            "acceptable_price": any_price(size_delta),
            "trigger": Trigger.NONE,
            "trigger_value": 0,
            "keeper_fee": world.units(FEE),
            "nonce": 0,
            "valid_from": world.now,
            "deadline": world.now + 86_400,
        }
        return Order(**fields | {name: plain(value) for name, value in changes.items()})

    def exit(self, owner: Any, **changes: Any) -> Order:
        """One that closes the owner's position 1, at any price, its fee out of what it pays."""
        position = self.world.position(owner, 1)
        size_delta = changes.pop("size_delta", -position.size)
        terms = {"opened_at": position.opened_at, "margin_delta": 0, "reduce_only": True}
        return self.order(owner, size_delta=size_delta, **terms | {"nonce": 1} | changes)

    def domain(self, **changes: Any) -> dict[str, Any]:
        return signing.domain(self.book, NAME, chain_id=self.chain_id) | changes

    def message(self, order: Order, **changes: Any) -> SignableMessage:
        """EIP-712; `changes` of the domain."""
        return signing.typed(self.domain(**changes), "Order", FIELDS, *order.words)

    def sign(self, order: Order, account: AccountAPI | None = None) -> bytes:
        """By its signer's key, or another."""
        keys = {person.address: person for person in self.people}
        return signing.sign(account or keys[order.signer], self.message(order))

    def permit(
        self, account: AccountAPI, value: int, *, deadline: int = MAX_UINT256, spender: Any = None
    ) -> Permit:
        """EIP-2612, by default for the book."""
        return token_permit(self.world, account, spender or self.book, value, deadline=deadline)

    def open(self, trader: AccountAPI, side: int = 1) -> None:
        """The trader's position 1, without an order."""
        self.world.adjust(trader, 1, side * SIZE, self.world.units(MARGIN))

    # ---- calls ----

    def attempt(
        self,
        order: Order | tuple[Any, ...],
        signature: bytes,
        keeper: Any,
        receiver: Any = None,
        permit: Permit | None = None,
    ) -> Receipt:
        """Hand in an order that may be refused."""
        words = order.words if isinstance(order, Order) else order
        function, arguments = "execute", [words, signature]
        if permit is not None:
            function = "execute_with_permit"
            arguments.append(permit.words)
        if receiver is not None:
            arguments.append(receiver)
        return self.world.node.attempt(keeper, self.book, function, *arguments)

    def execute(
        self,
        order: Order,
        keeper: AccountAPI,
        *,
        signature: bytes | None = None,
        receiver: Any = None,
        permit: Permit | None = None,
        at: int | None = None,
    ) -> Executed:
        """The order executes, on chain as in the model."""
        world = self.world
        signature = self.sign(order) if signature is None else signature
        now = world.at(at)
        before = self.wallets()
        receipt = self.attempt(order, signature, keeper, receiver, permit)
        assert receipt.is_success, f"refused: {revert_reason(receipt.output)!r}"
        outcome = Outcome(*decode_output(method(self.book, "execute", 2), receipt.output))
        done = Executed(receipt, outcome, self.events_of(receipt))
        assert receipt.timestamp == now
        book = self.book.address
        assert self.wallets()[book] == before[book], "the book keeps nothing"
        if world.is_mirrored:
            world.model.take_events()
            self.model.events.clear()
            flows = dict(world.model.flows)
            expected = self.model.execute(
                world.environment(now), plain(keeper), order, True, plain(receiver)
            )
            assert outcome == expected
            self._check_events(done.events, self.digest(order))
            world._check_events(world.events_of(receipt))
            world.check_mirror()
            changes = {
                account: world.model.flows.get(account, 0) - flows.get(account, 0)
                for account in before
            }
            after = self.wallets()
            assert {each: after[each] - before[each] for each in before} == changes
        return done

    def refuse(
        self,
        reason: str,
        order: Order,
        keeper: AccountAPI,
        *,
        signature: bytes | None = None,
        permit: Permit | None = None,
        at: int | None = None,
    ) -> None:
        """The book reverts with exactly `reason`, `simulate` says so, and nothing has changed."""
        world = self.world
        is_signed = signature is None
        signature = self.sign(order) if signature is None else signature
        nonces = self.view("order_status", order.signer, order.nonce), self.wallets()
        now = world.at(at)
        receipt = self.attempt(order, signature, keeper, permit=permit)
        assert not receipt.is_success, "executed"
        assert receipt.timestamp == now
        assert (revert_reason(receipt.output) if receipt.output else "") == reason
        assert nonces == (self.view("order_status", order.signer, order.nonce), self.wallets())
        simulated = self.simulate(order, signature, keeper, permit)
        assert simulated == (False, Outcome(0, 0, 0, 0), reason or "reverted without a reason")
        if world.is_mirrored:
            book = copy.deepcopy(self.model)
            with pytest.raises(Refused) as refused:
                book.execute(world.environment(now), plain(keeper), order, is_signed)
            assert refused.value.reason == reason, "the model's reason"

    def simulate(
        self, order: Order, signature: bytes, keeper: Any, permit: Permit | None = None
    ) -> tuple[bool, Outcome, str]:
        """What the view says, for the keeper."""
        world = self.world
        words = (order.words, signature, (permit or NO_PERMIT).words)
        data = self.book.simulate.encode_input(*words).to_0x_hex()
        call = {"from": plain(keeper), "to": self.book.address, "data": data, "gas": hex(10**7)}
        output = bytes.fromhex(world.node.request("eth_call", call, "latest")[2:])
        is_success, outcome, reason = decode_output(method(self.book, "simulate", 3), output)
        return is_success, Outcome(*outcome), reason

    def cancel(self, signer: Any, *nonces: int) -> Events:
        """Returns the book's events; compared with the model's."""
        return self._signer_call(signer, "cancel", list(nonces))

    def cancel_all(self, signer: Any) -> Events:
        return self._signer_call(signer, "cancel_all")

    def _signer_call(self, signer: Any, function: str, *arguments: Any) -> Events:
        self.world.at()
        receipt = self.world.node.send(signer, self.book, function, *arguments)
        events = self.events_of(receipt)
        self.model.events.clear()
        getattr(self.model, function)(plain(signer), *arguments)
        self._check_events(events)
        return events

    # ---- views ----

    def view(self, function: str, *arguments: Any) -> Any:
        return self.world.node.view(self.book, function, *arguments)

    def digest(self, order: Order) -> bytes:
        """eth-account's."""
        return signing.digest(self.message(order))

    def status(self, signer: Any, nonce: int) -> OrderStatus:
        """Of chain and model."""
        status = OrderStatus(self.view("order_status", signer, nonce))
        assert self.model.order_status(plain(signer), nonce) is status
        return status

    def wallets(self) -> dict[str, int]:
        """Of everyone who is watched, and of the book."""
        accounts = sorted({plain(each) for each in [*self.people, self.book]})
        token = self.world.token
        balances = self.world.node.views([(token, "balanceOf", each) for each in accounts])
        return dict(zip(accounts, balances, strict=True))

    def events_of(self, receipt: Receipt) -> Events:
        """The book's own, fields in the order of the ABI."""
        return list(self._decoded(receipt))

    def _decoded(self, receipt: Receipt) -> Iterator[tuple[str, dict[str, Any]]]:
        decode = self.world.chain.provider.network.ecosystem.decode_logs
        own = [
            log for log in receipt.logs if to_checksum_address(log["address"]) == self.book.address
        ]
        for log in decode(own, *self.book.contract_type.events):
            names = [item.name for item in log.abi.inputs]
            yield log.event_name, {name: plain(log.event_arguments[name]) for name in names}

    def _check_events(self, events: Events, digest: bytes | None = None) -> None:
        expected = [(type(event).__name__, asdict(event)) for event in self.model.events]
        found = []
        for name, values in events:
            if "digest" in values:
                assert bytes(values["digest"]) == digest
            found.append((name, {key: value for key, value in values.items() if key != "digest"}))
        assert found == expected


def build_desk(project: Any, owner: AccountAPI, world: World, people: list[AccountAPI]) -> Desk:
    """Everyone has approved the book and made it an operator; no order has been executed."""
    factory = owner.deploy(project.MockFactory)
    factory.set_vault(world.vault, True, sender=owner)
    book = owner.deploy(project.OrderBook, factory)
    for person in people:
        world.node.send(person, world.token, "approve", book, MAX_UINT256)
        world.send("set_operator", book, True, sender=person)
    return Desk(world, book, factory, people)


def token_permit(
    world: World, account: AccountAPI, spender: Any, value: int, *, deadline: int = MAX_UINT256
) -> Permit:
    """EIP-2612, of a token that is called Dollar."""
    nonce = world.node.view(world.token, "nonces", account)
    chain_id = int(world.node.request("eth_chainId"), 16)
    domain = signing.domain(world.token, "Dollar", chain_id=chain_id)
    message = signing.typed(
        domain, "Permit", signing.PERMIT, account, spender, value, nonce, deadline
    )
    signature = signing.sign(account, message)
    return Permit(value, deadline, signature[64], signature[:32], signature[32:64])


def changed(order: Order, **fields: Any) -> Order:
    return replace(order, **fields)
