"""A router over a world's vault. `Desk.send` makes a call on the chain and, in the model, the calls
of the vault that it comes to; then everything is compared, wallets included."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from ape.api import AccountAPI
from ape.contracts import ContractInstance

from bulkhead.model import MAX_UINT256
from bulkhead.orders.types import NO_PERMIT, Permit
from tests import signing
from tests.kit import Done, World
from tests.node import decode_output, method, plain, revert_reason
from tests.order_kit import token_permit

ModelCall = tuple[str, tuple[Any, ...]]


@dataclass
class RouterDesk:
    """Wallets of `people` are watched; nobody has approved the router, nor made it an operator."""

    world: World
    router: ContractInstance
    factory: ContractInstance
    people: list[AccountAPI]

    def fork(self, world: World) -> RouterDesk:
        twin = copy.copy(self)
        twin.world = world
        return twin

    # ---- signatures ----

    def permit(self, account: AccountAPI, value: int, **changes: Any) -> Permit:
        """EIP-2612, for the router."""
        return token_permit(self.world, account, self.router, value, **changes)

    def operator(
        self, account: AccountAPI, operator: Any, *, nonce: int = 0, deadline: int = MAX_UINT256
    ) -> tuple[str, int, bytes]:
        """The vault's `PermitOperator`, as the router takes it."""
        world = self.world
        chain_id = int(world.node.request("eth_chainId"), 16)
        domain = signing.domain(world.vault, world.params.name, chain_id=chain_id)
        values = account, operator, True, nonce, deadline
        message = signing.typed(domain, "PermitOperator", signing.PERMIT_OPERATOR, *values)
        return plain(operator), deadline, signing.sign(account, message)

    # ---- calls ----

    def send(
        self, sender: AccountAPI, function: str, *arguments: Any, modelled: list[ModelCall]
    ) -> Done:
        """`modelled`: calls of the vault by the router that it comes to."""
        world, model = self.world, self.world.model
        now, before, flows = world.at(), self.wallets(), dict(model.flows)
        receipt = world.node.send(sender, self.router, function, *arguments)
        abi = method(self.router, function, len(arguments))
        done = Done(receipt, decode_output(abi, receipt.output), world.events_of(receipt))
        if world.is_mirrored:
            model.take_events()
            for name, given in modelled:
                getattr(model, name)(
                    world.environment(now), self.router.address, *map(plain, given)
                )
            world._check_events(done.events)
            world.check_mirror()
            self._check_wallets(before, flows)
        assert self.holdings() == 0, "the router keeps nothing"
        allowance = world.node.view(world.token, "allowance", self.router, world.vault)
        assert allowance == 0, "the vault is allowed no more than it has pulled"
        return done

    def refuse(self, reason: str, sender: AccountAPI, function: str, *arguments: Any) -> None:
        """Reverts with exactly `reason`, and no wallet has changed."""
        before = self.wallets()
        self.world.at()
        receipt = self.world.node.attempt(sender, self.router, function, *arguments)
        assert not receipt.is_success, f"{function} succeeded"
        assert (revert_reason(receipt.output) if receipt.output else "") == reason
        assert self.wallets() == before

    def adjust(
        self,
        trader: AccountAPI,
        size_delta: int,
        margin_delta: int,
        *,
        position_id: int = 1,
        permit: Permit = NO_PERMIT,
        operators: tuple[tuple[str, int, bytes], ...] = (),
    ) -> Done:
        """At any price."""
        change = position_id, size_delta, margin_delta, MAX_UINT256 if size_delta > 0 else 0
        calls: list[ModelCall] = [
            ("permit_operator", (trader, operator, True, deadline))
            for operator, deadline, _ in operators
            if not self.world.view("is_operator", trader, operator)
        ]
        calls.append(("adjust_position", (*change, trader, trader)))
        arguments = (self.world.vault, *change, permit.words, list(operators))
        return self.send(trader, "adjust_position", *arguments, modelled=calls)

    # ---- views ----

    def holdings(self) -> int:
        return self.world.balance(self.router)

    def wallets(self) -> dict[str, int]:
        accounts = [plain(person) for person in self.people]
        token = self.world.token
        balances = self.world.node.views([(token, "balanceOf", each) for each in accounts])
        return dict(zip(accounts, balances, strict=True))

    def _check_wallets(self, before: dict[str, int], flows: dict[str, int]) -> None:
        """What the model moves by way of the router is the sender's."""
        after, now = self.wallets(), self.world.model.flows
        moved = {each: now.get(each, 0) - flows.get(each, 0) for each in now}
        through = moved.pop(self.router.address, 0)
        changes = {
            each: after[each] - before[each] for each in after if after[each] != before[each]
        }
        assert sum(changes.values()) == through + sum(moved.values())
        assert len(changes) <= 1, "of the sender alone"
