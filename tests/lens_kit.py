"""Pairs of a real factory, each with its exact model beside it, and a lens over them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from ape.api import AccountAPI
from ape.contracts import ContractInstance

from bulkhead.model import MAX_UINT256, Environment, PriceBand, Vault
from bulkhead.profiles import reference_profile
from tests.factory_kit import PRICE, SEED_HOLDER, Yard
from tests.kit import ASK, BID, POOL, PROTOCOL_SHARE, WALLET, World
from tests.node import Node, decode_output, method, plain


def build_pair(
    yard: Yard,
    people: list[AccountAPI],
    *,
    lp: AccountAPI,
    decimals: int = 6,
    token: ContractInstance | None = None,
    **changes: Any,
) -> World:
    """As `kit.build`, of the yard's factory, which takes `PROTOCOL_SHARE` of each fee."""
    node, owner, unit = yard.node, yard.owner, 10**decimals
    if yard.factory.protocol_fee_share() != PROTOCOL_SHARE:
        node.send(owner, yard.factory, "set_protocol_fee", PROTOCOL_SHARE, yard.recipient)
    if token is None:
        token = owner.deploy(yard.project.MockToken, "Mock dollar", "MUSD", decimals)
    oracle = owner.deploy(yard.project.MockOracle, PRICE)
    params = replace(
        reference_profile(decimals, asset=token.address, oracle=oracle.address), **changes
    )
    yard.fund(yard.creator, token)
    seed = max(params.min_margin, unit)
    node.send(owner, token, "mint", yard.creator, seed)
    receipt = yard.attempt(seed=seed, **asdict(params))
    vault = yard.vault_of(receipt)
    model = Vault(params, PROTOCOL_SHARE, decimals, receipt.timestamp, address=vault.address)
    band = PriceBand(PRICE, PRICE, receipt.timestamp, True)
    world = World(yard.chain, owner, vault, token, oracle, model, band)
    model.deposit(Environment(receipt.timestamp, band), yard.factory.address, seed, SEED_HOLDER)
    model.take_events()
    for person in people:
        node.send(owner, token, "mint", person, WALLET * unit)
        node.send(person, token, "approve", vault, MAX_UINT256)
    world.set_band(BID, ASK)
    node.send(owner, token, "mint", lp, POOL * unit)
    world.send("deposit", POOL * unit, sender=lp)
    world.advance(86_400)
    return world


@dataclass(frozen=True)
class Item:
    """A `Result` of a batch."""

    is_success: bool
    amount: int
    reason: str


class Lens:
    """The deployed one, over the vaults of a yard."""

    def __init__(self, yard: Yard, order_book: Any) -> None:
        rehearsal = yard.owner.declare(yard.project.Rehearsal).contract_address
        self.node: Node = yard.node
        self.contract: ContractInstance = yard.owner.deploy(
            yard.project.VaultLens, yard.factory, order_book, rehearsal
        )

    def view(self, function: str, *arguments: Any) -> Any:
        """Views, and what is for `eth_call` although it is none."""
        return self.node.view(self.contract, function, *plain(arguments))

    def batch(self, function: str, *arguments: Any, sender: AccountAPI) -> list[Item]:
        """What a batch answered, whose transaction must succeed."""
        receipt = self.node.send(sender, self.contract, function, *plain(arguments))
        abi = method(self.contract, function, len(arguments))
        return [Item(*item) for item in decode_output(abi, receipt.output)]
