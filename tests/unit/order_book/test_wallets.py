"""Owners and operators that are contracts: Safes as on mainnet, and another EIP-1271 wallet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from bulkhead.model import WAD
from bulkhead.orders.types import OrderStatus, Trigger
from tests.node import revert_reason
from tests.order_kit import FEE, MARGIN, SIZE, Desk, build_desk
from tests.safes import deploy_safe, sign_for
from tests.signing import sign_all

KINDS = ("Safe 1.4.1", "Safe 1.5.0", "MockWallet")


@dataclass
class Wallet:
    """Two of its three owners sign."""

    contract: Any
    owners: list[Any]
    is_safe: bool

    def sign(self, desk: Desk, order: Any, count: int = 2) -> bytes:
        signers = self.owners[:count]
        if self.is_safe:
            return sign_for(self.contract, signers, desk.digest(order), desk.chain_id)
        return sign_all(signers, desk.message(order))


@pytest.fixture(scope="module", params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def wallets(project, owner, trader, trader2, lp, kind) -> list[Wallet]:
    """Two of the same owners."""
    owners = [trader, trader2, lp]
    if kind.startswith("Safe"):
        version = kind.removeprefix("Safe ")
        contracts = [deploy_safe(owner, version, owners, 2) for _ in range(2)]
    else:
        contracts = [owner.deploy(project.MockWallet, owners, 2) for _ in range(2)]
    return [Wallet(contract, owners, kind.startswith("Safe")) for contract in contracts]


@pytest.fixture(scope="module")
def built_desk(project, owner, people, built_world, wallets) -> Desk:
    """Both wallets have tokens and have allowed the book, as everyone has."""
    world, contracts = built_world, [wallet.contract for wallet in wallets]
    for contract in contracts:
        world.node.send(owner, world.token, "mint", contract, world.units(100_000))
    return build_desk(project, owner, world, [*people, *contracts])


def test_wallet__opens_tops_up_and_closes(desk, world, wallets, keeper, side):
    """Entry, automatic top-up and stop of a wallet that is asleep."""
    wallet = wallets[0]
    me = wallet.contract
    entry = desk.order(me, side)
    before = desk.wallets()[me.address]
    desk.execute(entry, keeper, signature=wallet.sign(desk, entry))
    assert before - desk.wallets()[me.address] == world.units(MARGIN + FEE)
    world.set_price((2_000 - side * 100) * WAD)
    terms = {"size_delta": 0, "reduce_only": False, "trigger": Trigger.HEALTH_BELOW}
    top_up = desk.exit(me, margin_delta=world.units(300), trigger_value=2 * WAD, **terms)
    desk.execute(top_up, keeper, signature=wallet.sign(desk, top_up))
    stop = desk.exit(
        me,
        nonce=2,
        trigger=Trigger.PRICE_AT_OR_BELOW if side > 0 else Trigger.PRICE_AT_OR_ABOVE,
        trigger_value=(2_000 - side * 90) * WAD,
    )
    done = desk.execute(stop, keeper, signature=wallet.sign(desk, stop, 3))
    assert done.outcome.size == 0
    assert done.outcome.paid_out > 0
    assert desk.status(me, 0) is desk.status(me, 2) is OrderStatus.EXECUTED


def refused(desk: Desk, order: Any, signature: bytes, keeper: Any) -> str | None:
    """The book's reason, or the wallet's own."""
    receipt = desk.attempt(order, signature, keeper)
    assert not receipt.is_success
    assert desk.view("order_status", order.signer, order.nonce) == OrderStatus.OPEN
    return revert_reason(receipt.output)


def test_wallet__too_few_signatures__reverts(desk, wallets, keeper, kind):
    """A Safe says so in its own words."""
    wallet = wallets[0]
    order = desk.order(wallet.contract)
    expected = "GS020" if kind.startswith("Safe") else "orders: signature invalid"
    assert refused(desk, order, wallet.sign(desk, order, 1), keeper) == expected


def test_wallet__signature_for_another_of_the_same_owners__reverts(desk, wallets, keeper, kind):
    """K6: the account is in the digest."""
    first, second = wallets
    order, other = desk.order(first.contract), desk.order(second.contract)
    reason = refused(desk, other, first.sign(desk, order), keeper)
    assert reason == ("GS026" if kind.startswith("Safe") else "orders: signature invalid")
    desk.execute(order, keeper, signature=first.sign(desk, order))


def test_wallet__cancels__order_is_dead(desk, wallets, keeper):
    wallet = wallets[0]
    order = desk.order(wallet.contract)
    desk.cancel(wallet.contract, 0)
    receipt = desk.attempt(order, wallet.sign(desk, order), keeper)
    assert revert_reason(receipt.output) == "orders: cancelled"


def test_wallet__as_operator__pays(desk, world, wallets, trader, keeper, side):
    """A desk's wallet trades for an owner with a key."""
    wallet = wallets[0]
    world.send("set_operator", wallet.contract, True, sender=trader)
    order = desk.order(trader, side, signer=wallet.contract)
    before = desk.wallets()
    desk.execute(order, keeper, signature=wallet.sign(desk, order))
    after = desk.wallets()
    assert world.position(trader, 1).size == side * SIZE
    assert after[trader.address] == before[trader.address]
    assert before[wallet.contract.address] - after[wallet.contract.address] == world.units(
        MARGIN + FEE
    )


def test_wallet__key_of_an_owner_alone__is_not_the_wallet(desk, wallets, trader, keeper, kind):
    order = desk.order(wallets[0].contract)
    reason = refused(desk, order, desk.sign(order, trader), keeper)
    assert reason in ("GS020", "orders: signature invalid")
