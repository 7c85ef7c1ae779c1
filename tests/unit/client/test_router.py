"""One transaction through the router, by a key that has approved nothing beforehand."""

from __future__ import annotations

import pytest

from bulkhead.client.codec import package_abi
from bulkhead.client.router import Router
from bulkhead.client.signing import ApeSigner, KeySigner
from bulkhead.client.wallet import Wallet
from bulkhead.exceptions import InvalidInput, InvalidSignature, NotDeployed, Refused
from bulkhead.model import MAX_UINT256, WAD
from tests.unit.client.support import KEY

SIZE = 10 * WAD


@pytest.fixture
def router(client, world, owner):
    """Of a key with money, which has sent nothing yet."""
    wallet = client.wallet(KeySigner(KEY))
    world.node.request("anvil_setBalance", wallet.address, hex(10**18))
    world.node.send(owner, world.token, "mint", wallet.address, world.units(100_000))
    return Router(wallet, client.deployments)


def sent(router) -> int:
    """Transactions so far."""
    return int(router.node.request("eth_getTransactionCount", router.wallet.address, "latest"), 16)


def allowances(router) -> tuple[int, int]:
    """What the router and the vault may still pull."""
    token, abi = router.pair.asset, package_abi("IERC20")
    return tuple(
        router.node.view(token, abi, "allowance", router.wallet.address, spender)
        for spender in (router.address, router.pair.vault)
    )


def sizes(router, *ids: int) -> list[int]:
    keys = [(router.wallet.address, position_id) for position_id in ids]
    return [position.size for position in router.pair.positions(keys)]


def open_three(router, world, size: int = SIZE) -> None:
    for position_id in (1, 2, 3):
        router.adjust(position_id, size, world.units(2_000))
    world.advance(1)


# ---- adjust ----


def test_adjust__first_open__one_transaction_and_nothing_left_allowed(router, world):
    before = world.balance(router.wallet.address)
    opened = router.adjust(7, SIZE, world.units(2_000))
    assert sent(router) == 1
    assert opened.result[0] == opened.event("PositionAdjusted")["size"] == sizes(router, 7)[0]
    assert world.balance(router.wallet.address) == before - world.units(2_000)
    assert allowances(router) == (0, 0)
    assert router.is_operator

    more = router.adjust(7, SIZE, world.units(500))
    assert more.result[0] == 2 * SIZE
    assert allowances(router) == (0, 0)
    world.advance(1)
    router.adjust(7, -SIZE, -world.units(100))
    assert sizes(router, 7) == [SIZE]
    assert sent(router) == 3

    router.wallet.set_operator(router.address, False)
    assert not router.is_operator


def test_adjust__account_of_ape__signs_too(client, world, trader):
    router = Router(Wallet(client.pair(), ApeSigner(trader)), client.deployments)
    before = sent(router)
    router.adjust(1, -SIZE, world.units(2_000))
    assert sizes(router, 1) == [-SIZE]
    assert sent(router) == before + 1


def test_adjust__permits_used_by_somebody_else__opens_all_the_same(
    router, world, trader, monkeypatch
):
    """K16: between signing and sending somebody hands both in."""
    send = router.wallet.send

    def be_overtaken(target, abi, function, *arguments):
        *_, permit, operators = arguments
        owner = router.wallet.address
        world.node.send(trader, world.token, "permit", owner, router.address, *permit)
        for operator, deadline, signature in operators:
            given = owner, operator, True, deadline, signature
            world.node.send(trader, world.vault, "permit_operator", *given)
        return send(target, abi, function, *arguments)

    monkeypatch.setattr(router.wallet, "send", be_overtaken)
    router.adjust(7, SIZE, world.units(2_000))
    assert sizes(router, 7) == [SIZE]
    assert allowances(router) == (0, 0)


def test_adjust__permits_expired__refused_and_nothing_sent(router, client, world):
    late = Router(router.wallet, client.deployments, permit_seconds=-1)
    with pytest.raises(Refused, match="vault: signature expired"):
        late.adjust(7, SIZE, world.units(2_000))
    router.make_operator()
    with pytest.raises(Refused, match="tokens: permit refused") as caught:
        late.adjust(7, SIZE, world.units(2_000))
    assert "still good" in caught.value.advice
    assert sent(router) == 1


def test_adjust__token_without_permits__says_so(router, world, project):
    code = project.MockToken.contract_type.runtime_bytecode.bytecode
    world.node.request("anvil_setCode", world.token.address, code)
    for call in (
        lambda: router.adjust(7, SIZE, world.units(2_000)),
        lambda: router.deposit(world.units(1_000)),
    ):
        with pytest.raises(InvalidInput, match="takes no permit") as caught:
            call()
        assert caught.value.advice == "Approve the allowance instead."
    assert sent(router) == 0
    router.wallet.approve(world.units(2_000))
    router.wallet.adjust(7, SIZE, world.units(2_000))


@pytest.mark.parametrize("is_able", [False, True])
def test_adjust__account_that_does_not_sign__says_so(router, world, monkeypatch, is_able):
    """A contract's account, or one whose holder has said no."""

    def decline(_message):
        if not is_able:
            raise NotImplementedError

    monkeypatch.setattr(router.wallet.signer, "sign_message", decline)
    words = "has not signed" if is_able else "cannot sign messages"
    with pytest.raises(InvalidSignature, match=words):
        router.adjust(7, SIZE, world.units(2_000))
    assert sent(router) == 0


def test_router__network_without_one__says_what_to_run(router, client):
    client.deployments.contracts.clear()
    with pytest.raises(NotDeployed, match="Router is not deployed"):
        Router(router.wallet, client.deployments)


# ---- close ----


def test_close__several__at_the_prices_of_their_order(router, world, trader):
    """Buying back into a long market, each close makes the next dearer, without any slippage."""
    theirs = 9, 10 * SIZE, world.units(50_000), MAX_UINT256
    world.node.send(trader, world.vault, "adjust_position", *theirs)
    open_three(router, world, -SIZE)
    before, count = world.balance(router.wallet.address), sent(router)
    closed = router.close([3, 1], slippage=0)
    assert sent(router) == count + 1
    assert sizes(router, 1, 2, 3) == [0, -SIZE, 0]
    paid = [event["paid_out"] for event in closed.events if event.name == "PositionClosed"]
    assert len(paid) == 2
    assert world.balance(router.wallet.address) == before + sum(paid) > before


def test_close__not_an_operator_yet__becomes_one_first(router, world):
    wallet = router.wallet
    wallet.approve(world.units(4_000))
    for position_id in (1, 2):
        wallet.adjust(position_id, SIZE, world.units(2_000))
    world.advance(1)
    count = sent(router)
    router.close([1, 2])
    assert sent(router) == count + 2
    assert router.is_operator
    assert sizes(router, 1, 2) == [0, 0]


def test_close__bad_ids__says_which_and_nothing_is_sent(router, world, trader):
    open_three(router, world)
    theirs = 9, WAD, world.units(1_000), MAX_UINT256
    world.node.send(trader, world.vault, "adjust_position", *theirs)
    count = sent(router)
    for ids, words in (
        ([1, 8, 2], f"{router.wallet.address} has no position 8 in ETH/USDC"),
        ([1, 9], "has no position 9"),  # which somebody else has
        ([2, 1, 2], "named twice"),
        ([], "0 positions"),
        (range(17), "17 positions"),
    ):
        with pytest.raises(InvalidInput, match=words):
            router.close(ids)
    with pytest.raises(Refused, match="price beyond acceptable"):
        router.close([1, 2], acceptable_prices=[0, MAX_UINT256])
    assert sent(router) == count
    assert sizes(router, 1, 2, 3) == [SIZE] * 3


# ---- deposit ----


def test_deposit__permit__one_transaction_without_an_operator(router, world):
    deposited = router.deposit(world.units(10_000))
    assert sent(router) == 1
    assert deposited.result == world.view("balanceOf", router.wallet.address) > 0
    assert deposited.event("Deposit")["shares"] == deposited.result
    assert allowances(router) == (0, 0)
    assert not router.is_operator
    with pytest.raises(Refused, match="bound missed"):
        router.deposit(world.units(10_000), min_shares=2 * deposited.result)
    assert sent(router) == 1
