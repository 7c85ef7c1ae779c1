"""T5, Y1: a token with hooks hands over control in the middle of each call that moves it. From
there every function of the vault is called, views too, on the compiled bytecode: all are refused,
but for those that answer what is fixed at birth.
"""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.kit import CONSTANT, build
from tests.node import encode
from tests.simulation import Call, simulate, simulate_each

SIZE = 10 * WAD
SMALL = 15 * WAD // 100
DEFAULTS = {
    "uint256": 1,
    "int256": 1,
    "bool": True,
    "uint8": 27,
    "bytes32": bytes(32),
    "bytes": b"",
}
REFUSED = (False, b"")  # the lock reverts without a reason


@pytest.fixture(scope="module")
def selectors(project):
    """Every function of the vault, each number of arguments a function of its own."""
    found = [
        (abi.name, tuple(item.canonical_type for item in abi.inputs))
        for abi in project.PairVault.contract_type.methods
    ]
    assert len(found) == len(set(found)) > 70
    return sorted(found)


@pytest.fixture(scope="module")
def built_scene(chain, project, owner, people, trader, trader2, lp, keeper):
    """A vault in mid-life, with something to gain for every call, over a token that calls `actor`
    before and after it moves anything into the vault or out of it."""
    token = owner.deploy(project.MockTokenHooked, "Hooked", "HOOK", 6)
    world = build(chain, project, owner, people, lp=lp, token=token)
    world.adjust(trader, 1, SIZE, world.units(4_000))
    world.adjust(trader, 2, SMALL, world.units(30))
    world.adjust(trader2, 1, SMALL, world.units(30))
    world.set_price(1_840 * WAD)
    world.send("liquidate", trader2, 1, sender=keeper)
    actor = owner.deploy(project.MockReentrant)
    world.node.send(owner, world.token, "set_hook", world.vault, actor)
    return world, actor


@pytest.fixture
def scene(built_scene, worlds):
    world, actor = built_scene
    twin = world.fork()
    worlds.append(twin)
    return twin, actor


def payload(world, actor, selector):
    """A call of the actor's that would be answered, by a return value or with a reason."""
    name, kinds = selector
    arguments = [actor.address if kind == "address" else DEFAULTS[kind] for kind in kinds]
    return bytes.fromhex(encode(world.vault, name, *arguments)[2:])


def moves(world, trader, trader2, lp, keeper):
    """Each call that moves tokens: (sender, function, arguments), possible as things stand."""
    return {
        "open": (trader, "adjust_position", (7, WAD, world.units(500), MAX_UINT256)),
        "increase": (trader, "adjust_position", (1, WAD, world.units(500), MAX_UINT256)),
        "decrease": (trader, "adjust_position", (1, -WAD, -world.units(5), 0)),
        "margin in": (trader, "adjust_position", (1, 0, 5, 0)),
        "margin out": (trader, "adjust_position", (1, 0, -5, 0)),
        "close": (trader, "close_position", (1, 0)),
        "add_margin": (keeper, "add_margin", (1, 5, trader)),
        "claim": (trader2, "claim", ()),
        "liquidate": (keeper, "liquidate", (trader, 2)),
        "deposit": (lp, "deposit", (10_000,)),
        "mint": (lp, "mint", (10_000_000,)),
        "withdraw": (lp, "withdraw", (10_000,)),
        "redeem": (lp, "redeem", (10_000_000,)),
        "collect": (keeper, "collect_protocol_fees", ()),
    }


def put_factory(world, recipient):
    """The vault's factory is an account here; give it the one answer that the vault asks for."""
    code = "0x73" + recipient.address[2:].lower() + "5f5260205ff3"
    world.node.request("anvil_setCode", world.owner.address, code)


MOVES = [
    "open",
    "increase",
    "decrease",
    "margin in",
    "margin out",
    "close",
    "add_margin",
    "claim",
    "liquidate",
    "deposit",
    "mint",
    "withdraw",
    "redeem",
    "collect",
]


@pytest.mark.parametrize("move", MOVES)
def test_reentrancy__every_selector_from_every_transfer__is_refused(
    scene, trader, trader2, lp, keeper, attacker, selectors, move
):
    world, actor = scene
    put_factory(world, attacker)
    sender, function, arguments = moves(world, trader, trader2, lp, keeper)[move]
    action = Call(sender, world.vault, function, arguments)
    look = Call(keeper, world.vault, "get_market")
    now = world.now + 1
    [[alone, market]] = simulate(world.node, (now, [action, look]))
    assert alone.is_success, alone.reason

    chains = [
        [
            (
                now,
                [
                    Call(keeper, actor, "set_target", (world.vault, payload(world, actor, one))),
                    action,
                    look,
                    Call(keeper, actor, "hook_count"),
                    Call(keeper, actor, "get_hook_call", (0,)),
                    Call(keeper, actor, "get_hook_call", (1,)),
                ],
            )
        ]
        for one in selectors
    ]
    for selector, [[_, acted, after, count, before_hook, after_hook]] in zip(
        selectors, simulate_each(world.node, chains), strict=True
    ):
        assert count.result == 2, "once before the balances move, once after"
        for hook, is_before in ((before_hook, True), (after_hook, False)):
            assert hook.result[0] == is_before
            if selector[0] in CONSTANT:
                assert hook.result[1] is True and hook.result[2] != b"", selector
            else:
                assert hook.result[1:] == REFUSED, f"{selector} from {move}"
        # and the call itself does what it does without it
        assert (acted.output, after.output) == (alone.output, market.output)


def test_reentrancy__same_selectors_outside_a_call__are_answered(scene, keeper, selectors):
    """What makes the test above a test: but for the lock each call has an answer, or a reason."""
    world, actor = scene
    put_factory(world, keeper)
    now = world.now + 1
    chains = [
        [(now, [Call(keeper, actor, "execute", (world.vault, payload(world, actor, one)))])]
        for one in selectors
    ]
    silent = {
        selector[0]
        for selector, [[outcome]] in zip(selectors, simulate_each(world.node, chains), strict=True)
        if not outcome.is_success and outcome.output == b""
    }
    assert not silent


def test_reentrancy__hook_that_reverts__takes_the_transfer_with_it(
    scene, project, owner, trader, keeper
):
    """And a liquidation goes on: its reward is credited."""
    world, _ = scene
    world.is_mirrored = False
    deaf = owner.deploy(project.MockOracle, WAD)  # has no `on_transfer`: each hook call reverts
    world.node.send(owner, world.token, "set_hook", world.vault, deaf)
    world.refuse("token refused", "close_position", 1, 0, sender=trader)
    reward = world.send("liquidate", trader, 2, sender=keeper).result[1]
    assert world.view("claimable", keeper) == reward > 0


def test_reentrancy__lock_is_released__next_call_in_the_transaction_works(
    scene, trader, keeper, lp
):
    """Of a contract that makes several calls, one after the other, none is hindered."""
    world, actor = scene
    world.node.send(keeper, actor, "set_target", "0x" + "00" * 20, b"")
    world.node.send(lp, world.token, "transfer", actor, 1_000)
    approve = bytes.fromhex(encode(world.token, "approve", world.vault, 1_000)[2:])
    world.node.send(keeper, actor, "execute", world.token, approve)
    deposit = bytes.fromhex(encode(world.vault, "deposit", 500)[2:])
    twice = bytes.fromhex(encode(actor, "execute", world.vault, deposit)[2:])
    [[first, second, shares]] = simulate(
        world.node,
        (
            world.now + 1,
            [
                Call(keeper, actor, "execute", (world.vault, deposit)),
                Call(keeper, actor, "execute", (actor, twice)),
                Call(keeper, world.vault, "balanceOf", (actor,)),
            ],
        ),
    )
    assert first.is_success and second.is_success
    assert shares.result > 0
