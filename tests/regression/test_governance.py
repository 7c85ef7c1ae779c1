"""Governance: what guardian, factory owner and creator can not do."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from eth_abi import encode as codec_encode

from bulkhead.model import MAX_UINT256, WAD, Status
from tests.factory_kit import SEED, SEED_HOLDER, Yard
from tests.node import decode_output, encode, method, revert_reason
from tests.regression.surface import methods, payload

DAY = 86_400
UNIT = 10**6

# ---- C1 ----


def test_c1__guardian_tightens_all__healthy_stays_healthy(world, trader, keeper, guardian, side):
    """Perennial P3#29, GMX #179: a raised maintenance ratio made positions liquidatable that their
    owners had opened by the rules."""
    world.set_price(2_000 * WAD)
    world.adjust(trader, 1, side * 100 * WAD, world.units(10_500))
    before = world.health(trader, 1)
    world.send("tighten_limits", 0, WAD, True, sender=guardian)
    after = world.health(trader, 1)
    assert after.status == Status.HEALTHY
    assert after.equity == pytest.approx(before.equity, abs=world.units(0.01))
    assert (after.maintenance, after.margin_call, after.initial) == (
        before.maintenance,
        before.margin_call,
        before.initial,
    )
    world.refuse("still healthy", "liquidate", trader, 1, sender=keeper)
    # nor are the terms of a withdrawal others than those it was opened by
    spare = after.equity - after.initial
    world.adjust(trader, 1, 0, -(spare - world.units(1)))


def test_c1__limits_loosened_and_tightened_again__maintenance_is_that_of_birth(
    world, trader, guardian
):
    world.set_price(2_000 * WAD)
    world.adjust(trader, 1, 100 * WAD, world.units(10_500))
    before = world.health(trader, 1).maintenance
    world.send("schedule_limits", WAD, world.params.margin_call_ratio, False, sender=guardian)
    world.send("apply_limits", sender=guardian, at=world.now + 2 * DAY + 1)
    world.send("renounce_guardian", sender=guardian)
    assert world.health(trader, 1).maintenance == before
    assert world.health(trader, 1).status == Status.HEALTHY


# ---- C2 ----

EDGES = [  # field, the last that is accepted, the first that is not; what else it takes
    ("initial_ratio", WAD, WAD + 1, {}),
    ("initial_ratio", 375 * WAD // 10_000, 375 * WAD // 10_000 - 1, {}),  # = margin-call ratio
    ("margin_call_ratio", 5 * WAD // 100, 5 * WAD // 100 + 1, {}),
    ("margin_call_ratio", 25 * WAD // 1_000, 25 * WAD // 1_000 - 1, {}),  # = maintenance ratio
    ("maintenance_ratio", 375 * WAD // 10_000, 375 * WAD // 10_000 + 1, {}),
    (
        "maintenance_ratio",
        WAD // 100,
        WAD // 100 - 1,
        {"trading_fee": 0, "liquidation_penalty": 0},
    ),
    ("maintenance_ratio", 112 * WAD // 10_000, 112 * WAD // 10_000 - 1, {}),  # 2 * the costs
    ("trading_fee", WAD // 100, WAD // 100 + 1, {"liquidation_penalty": 0}),
    ("trading_fee", WAD // 100, MAX_UINT256 - 5 * WAD // 1_000 + 1, {"liquidation_penalty": 0}),
    ("liquidation_penalty", 119 * WAD // 10_000, 119 * WAD // 10_000 + 1, {}),
    ("liquidation_penalty", 0, MAX_UINT256, {}),
    ("keeper_min_reward", 5 * UNIT, 5 * UNIT + 1, {}),
    ("keeper_min_reward", 5, 6, {"min_margin": 23}),
    ("min_margin", 1, 0, {"keeper_min_reward": 0}),
    ("reserve_ratio", WAD // 100, WAD // 100 - 1, {}),
    ("reserve_ratio", 10 * WAD, 10 * WAD + 1, {}),
    ("max_utilisation", 0, WAD + 1, {}),
    ("max_utilisation", WAD, WAD + 1, {}),
    ("skew_scale", 10**18, 10**18 - 1, {}),
    ("skew_scale", 10**36, 10**36 + 1, {}),
    ("borrow_base", 10 * WAD, 10 * WAD + 1, {}),
    ("borrow_slope1", 10 * WAD, 10 * WAD + 1, {}),
    ("borrow_slope2", 10 * WAD, 10 * WAD + 1, {}),
    ("borrow_kink", 1, 0, {}),
    ("borrow_kink", WAD - 1, WAD, {}),
    ("max_funding", 10 * WAD, 10 * WAD + 1, {}),
    ("lp_lockup", 30 * DAY, 30 * DAY + 1, {}),
]


def test_c2__every_number__has_an_edge(yard):
    """A new parameter has to come into the table above."""
    numbers = {name for name, value in yard.params().items() if isinstance(value, int)}
    assert {edge[0] for edge in EDGES} == numbers


@pytest.mark.parametrize(("field", "good", "bad", "others"), EDGES)
def test_c2__parameter__bounded_at_its_edge(yard, field, good, bad, others):
    """Perennial P3#27, #40, #41, #58: fees, ratios and delays that whoever set them could put
    beyond anything sensible."""
    yard.refuse("vault: parameter out of bounds", **others, **{field: bad})
    vault = yard.create(**others, **{field: good})
    assert getattr(vault.get_params(), field) == good


def test_c2__protocol_share__bounded_by_vault_and_factory(yard, project):
    params = yard.params()
    yard.owner.deploy(project.PairVault, params, WAD // 5)
    yard.factory.set_protocol_fee(WAD // 5, yard.recipient, sender=yard.owner)
    receipt = yard.node.attempt(
        yard.owner, yard.factory, "set_protocol_fee", WAD // 5 + 1, yard.recipient
    )
    assert revert_reason(receipt.output) == "factory: share too high"
    types = project.PairVault.constructor.abi
    code = project.PairVault.contract_type.deployment_bytecode.bytecode
    arguments = payload_of_constructor(types, params, WAD // 5 + 1)
    call = {"from": yard.owner.address, "data": code + arguments.hex(), "gas": hex(10**7)}
    transaction = yard.node.request("eth_sendTransactionSync", call)
    assert int(transaction["status"], 16) == 0


def payload_of_constructor(abi: Any, params: dict[str, Any], share: int) -> bytes:
    """Constructor arguments, encoded."""
    return codec_encode(
        [item.canonical_type for item in abi.inputs], [tuple(params.values()), share]
    )


def test_c2__guardians_limits__bounded_at_their_edges(world, guardian):
    lowest = world.params.margin_call_ratio
    for reason, arguments in (
        ("limits out of bounds", (WAD, lowest - 1, False)),
        ("limits out of bounds", (WAD, WAD + 1, False)),
        ("limits out of bounds", (WAD + 1, WAD, False)),
    ):
        world.refuse(reason, "schedule_limits", *arguments, sender=guardian)
    for arguments in ((WAD, lowest, False), (0, WAD, True)):
        world.send("schedule_limits", *arguments, sender=guardian)


# ---- C3 ----


@dataclass(frozen=True)
class Harbour:
    """A pair in use, and the accounts whose funds are looked at."""

    yard: Yard
    vault: Any
    victim: Any  # has a position, something to claim, and a wallet that the vault may draw on
    lp: Any
    roles: list[Any]


@pytest.fixture
def harbour(yard, trader, lp, guardian, attacker, recipient, owner) -> Harbour:
    node = yard.node
    node.send(owner, yard.factory, "set_protocol_fee", WAD // 10, recipient)
    vault = yard.create(guardian=guardian.address)
    roles = [guardian, owner, recipient, attacker]
    for account in (trader, lp, *roles):
        node.send(owner, yard.token, "mint", account, 10**6 * UNIT)
        node.send(account, yard.token, "approve", vault, MAX_UINT256)
    node.send(lp, vault, "deposit", 5 * 10**5 * UNIT)
    for number, account in enumerate(roles, start=1):
        node.send(account, vault, "deposit", 1_000 * UNIT)
        node.send(account, vault, "adjust_position", number, WAD, 300 * UNIT, MAX_UINT256)
    node.send(trader, vault, "adjust_position", 2, WAD // 5, 22 * UNIT, MAX_UINT256)
    node.send(owner, yard.oracle, "set_price", 1_930 * WAD)
    node.send(attacker, vault, "liquidate", trader, 2)
    node.send(trader, vault, "adjust_position", 1, 5 * WAD, 700 * UNIT, MAX_UINT256)
    node.mine(node.now + 7_200)
    return Harbour(yard, vault, trader, lp, roles)


class Draws:
    """Arguments that might mean something: the accounts, positions and amounts that there are."""

    def __init__(self, harbour: Harbour, seed: int) -> None:
        self.random = random.Random(seed)
        self.harbour = harbour
        self.amounts = [0, 1, 10**6, 100 * UNIT, 5_000 * UNIT, WAD, 5 * WAD, 2**111, MAX_UINT256]

    def call(self, role: Any) -> tuple[Any, bytes]:
        """A function of vault or factory, and call data."""
        is_vault = self.random.random() < 0.85
        target = self.harbour.vault if is_vault else self.harbour.yard.factory
        names = sorted({abi.name for abi in methods(target, is_view=False)} - {"create_vault"})
        name = self.random.choice(names)
        abi = self.random.choice([abi for abi in methods(target) if abi.name == name])
        return target, payload(abi, tuple(self.value(item, role) for item in abi.inputs))

    def value(self, item: Any, role: Any) -> Any:
        pick = self.random.choice
        kind = str(item.canonical_type)
        if item.name == "owner":
            return pick([self.harbour.victim, self.harbour.victim, self.harbour.lp, role]).address
        if kind == "address":
            vault = self.harbour.vault
            return pick([role, role, self.harbour.victim, self.harbour.lp, vault]).address
        if item.name == "position_id":
            return pick([1, 2, 3])
        if item.name == "acceptable_price":
            return pick([0, MAX_UINT256])
        if kind == "bool":
            return pick([True, False])
        if kind == "int256":
            return pick([1, -1]) * min(pick(self.amounts), 2**200)
        if kind == "uint8":
            return pick([27, 28])
        if kind.startswith("bytes"):
            return self.random.randbytes(int(kind[5:] or 65))
        return pick(self.amounts)


@pytest.mark.parametrize("seed", range(4))
def test_c3__any_call_of_any_role__takes_nothing_from_anyone(harbour, seed):
    """Tracer H-03: the owner of a market could take its funds. And C1: no call in it makes a
    healthy position liquidatable.

    Guardian, factory owner, fee recipient and a stranger call whatever they like, a few hundred
    times in one block, so at one price and time; after every call the victims have what they had.
    """
    draws = Draws(harbour, seed)
    vault, token, node = harbour.vault, harbour.yard.token, harbour.yard.node
    watched = [
        (vault, "get_position", (harbour.victim, 1)),
        (vault, "claimable", (harbour.victim,)),
        (token, "balanceOf", (harbour.victim,)),
        (token, "balanceOf", (harbour.lp,)),
        (vault, "balanceOf", (harbour.lp,)),
        (vault, "totalAssets", ()),
        (vault, "totalSupply", ()),
        (vault, "get_health", (harbour.victim, 1)),
        (vault, "is_operator", (harbour.victim, draws.random.choice(harbour.roles))),
        (vault, "allowance", (harbour.lp, draws.random.choice(harbour.roles))),
    ]
    looks = [
        {"from": harbour.lp.address, "to": target.address, "data": encode(target, name, *arguments)}
        for target, name, arguments in watched
    ]
    calls = []
    for _ in range(150):
        role = draws.random.choice(harbour.roles)
        target, data = draws.call(role)
        call = {"from": role.address, "to": target.address, "data": "0x" + data.hex()}
        calls.append(call | {"gas": hex(5 * 10**6)})
    interleaved = looks + [item for call in calls for item in (call, *looks)]
    block = {
        "blockOverrides": {"time": hex(node.now + 1), "gasLimit": hex(10**10)},
        "calls": interleaved,
    }
    answers = node.request("eth_simulateV1", {"blockStateCalls": [block]}, "latest")[0]["calls"]
    width = len(looks)
    rows = [answers[:width]]
    rows += [answers[at + 1 : at + 1 + width] for at in range(width, len(answers), width + 1)]
    states = [
        [
            decode_output(method(t, name, len(arguments)), bytes.fromhex(row[i]["returnData"][2:]))
            for i, (t, name, arguments) in enumerate(watched)
        ]
        for row in rows
    ]
    succeeded = sum(int(answers[at]["status"], 16) for at in range(width, len(answers), width + 1))
    assert succeeded >= 20, "the draws must mean something"
    position, claims, wallet, lp_wallet, shares, assets, supply, health, *_ = states[0]
    assert health[0] == Status.HEALTHY
    for state in states[1:]:
        size, margin, *rest = state[0]
        assert (size, *rest) == (position[0], *position[2:])
        assert margin >= position[1]
        assert state[1] >= claims
        assert state[2] >= wallet
        assert state[3] >= lp_wallet
        assert state[4] >= shares
        assert shares * state[5] // state[6] >= shares * assets // supply - 2
        assert state[7][0] == Status.HEALTHY
        assert state[7][3] == health[3]  # maintenance
        assert not state[8]
        assert state[9] == 0


# ---- R1, R3, R4 ----


def test_r1__hostile_pair__touches_nobody(harbour, project, attacker):
    """Penpie 2024 ($27M), GMX #205: anyone could register a market, and its token called back into
    the contracts that served all of them.

    A pair of the attacker's own: his token, with hooks, and his oracle. Every hook calls the
    honest vault, in all the ways in which money leaves it.
    """
    yard, honest, victim = harbour.yard, harbour.vault, harbour.victim
    node = yard.node
    before = (
        honest.get_market(),
        honest.get_position(victim, 1),
        yard.token.balanceOf(honest),
        honest.totalSupply(),
    )
    actor = yard.owner.deploy(project.MockReentrant)
    token = attacker.deploy(project.MockTokenHooked, "Mock dollar", "MUSD", 6)
    oracle = attacker.deploy(project.MockOracle, 2_000 * WAD)
    node.send(attacker, token, "set_hook", attacker, actor)
    yard.fund(attacker, token)
    tries = [
        ("close_position", 1, 0, victim, attacker),
        ("adjust_position", 1, 0, -1, 0, victim, attacker),
        ("claim", attacker),
        ("redeem", 10**9, attacker, harbour.lp),
        ("transferFrom", harbour.lp, attacker, 10**9),
        ("liquidate", victim, 1, attacker),
        ("settle_position", victim, 1),
    ]
    for number, (function, *arguments) in enumerate(tries):
        payload = encode(honest, function, *arguments)
        node.send(attacker, actor, "set_target", honest, payload)
        hostile = yard.create(
            sender=attacker, asset=token.address, oracle=oracle.address, name=f"Trap {number}"
        )
        assert actor.hook_count() == 2
        assert not any(actor.get_hook_call(i).is_success for i in range(2)), function
        assert not yard.factory.is_verified(hostile)
        assert hostile.asset() != honest.asset()
    after = (
        honest.get_market(),
        honest.get_position(victim, 1),
        yard.token.balanceOf(honest),
        honest.totalSupply(),
    )
    assert after == before


def test_r1__vault_of_nobody__is_not_registered(yard, project, attacker):
    """The same code, with the same parameters, from another deployer."""
    copy = attacker.deploy(project.PairVault, yard.params(), 0)
    assert not yard.factory.is_vault(copy)
    assert not yard.factory.is_verified(copy)
    assert yard.factory.vault_count() == 0


def test_r3__front_run_creation__takes_neither_address_nor_terms(yard, attacker):
    """Wintermute (20M OP): funds were sent to an address that another could deploy to first."""
    expected = yard.vault_address(yard.creator, yard.params())
    yard.fund(attacker)
    for changes in ({}, {"guardian": attacker.address}):
        assert yard.create(sender=attacker, **changes) != expected
    assert not yard.chain.provider.get_code(expected)
    vault = yard.create()
    assert vault == expected
    assert yard.factory.vault_count() == 3


def test_r4__new_vault__is_never_empty(yard, attacker, lp, project):
    """Sonne ($20M): a market stood empty for one block between its creation and its seed, and its
    first depositor set the price of a share."""
    receipt = yard.attempt()
    vault = yard.vault_of(receipt)
    assert vault.totalSupply() == vault.balanceOf(SEED_HOLDER) == SEED * 1_000
    # the attack as it was: one unit in, a gift to move the price of a share, and the next one pays
    for account in (attacker, lp):
        yard.fund(account)
        yard.node.send(account, yard.token, "approve", vault, MAX_UINT256)
    yard.node.send(attacker, vault, "deposit", 1)
    yard.node.send(attacker, yard.token, "transfer", vault, 500 * SEED)
    yard.node.send(lp, vault, "deposit", 10 * SEED)
    assert vault.convertToAssets(vault.balanceOf(lp)) >= 10 * SEED - 1
    assert vault.convertToAssets(vault.balanceOf(attacker)) <= 1
    # and all who can leave have left
    yard.node.mine(yard.node.now + 7_200)
    for account in (attacker, lp):
        yard.node.send(account, vault, "redeem", vault.balanceOf(account))
    assert vault.totalSupply() == SEED * 1_000
    assert vault.get_market().pool >= SEED
