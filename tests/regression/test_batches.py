"""Batches of keeper calls: what a sender keeps back, and who is called at all."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from bulkhead.model import WAD
from tests.lens_kit import Lens, build_pair
from tests.node import plain
from tests.simulation import Call, simulate, simulate_each

ID = 1


@pytest.fixture
def pairs(yard, people, lp, trader, worlds):
    """Two, with a position in each that is under the line."""
    made = [build_pair(yard, people, lp=lp), build_pair(yard, people, lp=lp, decimals=18)]
    for world in made:
        world.adjust(trader, ID, 10 * WAD, world.units(2_000))
        world.set_price(1_840 * WAD)
        world.is_mirrored = False
    worlds += made
    return made


@pytest.fixture
def lens(yard, pairs):
    return Lens(yard, yard.factory)


def batch(lens, pairs, sender, owner, *, gas):
    keys = [(world.vault, owner, ID) for world in pairs]
    return Call(sender, lens.contract, "liquidate_many", (plain(keys),), gas=gas)


def dear_oracle(price):
    """Code that answers `price` on both sides, after some 350,000 gas: with less it fails, and its
    vault still has enough to say that there is no price."""
    rounds = (350_000 // 26).to_bytes(3, "big").hex()
    word = price.to_bytes(32, "big").hex()
    return (
        f"0x62{rounds}5b600190038060045750"  # count down to nothing
        f"7f{word}6000527f{word}602052426040526001606052"  # bid, ask, now, live
        "60806000f3"
    )


def test_k10__starved_batch__reverts_whole(lens, pairs, trader, keeper):
    """GMX #116, Elfi #95: an inner call ran out of the gas that a keeper had kept back, and that
    was taken for its failure."""
    pairs[1].node.request("anvil_setCode", pairs[1].oracle.address, dear_oracle(1_840 * WAD))
    at, limits = pairs[0].now + 1, [10**7, *range(30_000, 1_000_000, 4_000)]

    chains = [[(at, [batch(lens, pairs, keeper, trader, gas=gas)])] for gas in limits]
    full, *outcomes = [outcome for ((outcome,),) in simulate_each(pairs[0].node, chains)]

    assert [item[0] for item in full.result] == [True, True]
    for outcome in outcomes:
        if outcome.is_success:
            assert outcome.output == full.output
        else:
            assert outcome.reason in ("", "lens: not enough gas")
    assert {outcome.is_success for outcome in outcomes} == {True, False}


def test_r1__foreign_vault_in_a_batch__is_not_called(
    lens, pairs, project, trader, attacker, keeper
):
    """Penpie, GMX #205: a pair of the attacker's own making was taken for one of the protocol's."""
    node = pairs[0].node
    foreign = attacker.deploy(project.PairVault, asdict(pairs[0].params), 0)
    keys = [(pairs[0].vault, trader, ID), (foreign, trader, ID), (pairs[1].vault, trader, ID)]
    for function in ("liquidate_many", "settle_many", "call_margin_many"):
        call = {
            "from": keeper.address,
            "to": lens.contract.address,
            "data": getattr(lens.contract, function).encode_input(plain(keys)).to_0x_hex(),
        }
        trace = node.request("debug_traceCall", call, "latest", {"tracer": "callTracer"})
        called = {to.lower() for to in _called(trace)}
        assert pairs[0].vault.address.lower() in called
        assert foreign.address.lower() not in called
    ((outcome,),) = simulate(
        node, (pairs[0].now + 1, [Call(keeper, lens.contract, "liquidate_many", (plain(keys),))])
    )
    assert [item[0] for item in outcome.result] == [True, False, True]
    assert outcome.result[1][2] == "lens: not a vault"


def _called(frame):
    yield frame["to"]
    for inner in frame.get("calls", []):
        yield from _called(inner)
