"""The preview of an adjustment against the adjustment itself, made in the same block."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from bulkhead.model import WAD
from tests.kit import any_price
from tests.mocks import OracleFault
from tests.node import decode_output, method
from tests.simulation import Call, simulate
from tests.unit.vault.test_wind_down import end

STEPS = 220
SEED = 20_240_611
WEEK = 7 * 86_400


def adjusted(world, outcome):
    """Price, fee, realised and pay-out of the vault's event; zeros where only margin came in."""
    for name, values in world.events_of(outcome):
        if name == "MarginRemoved":
            return 0, 0, 0, values["amount"]
        if name in ("PositionAdjusted", "PositionClosed"):
            return tuple(values[field] for field in ("price", "fee", "realised", "paid_out"))
    return 0, 0, 0, 0


def adjustment(lens, world, owner, position_id, size_delta, margin_delta):
    """The preview, the real thing, and what can be seen then."""
    key = (owner, position_id)
    change = (size_delta, margin_delta)
    return [
        Call(owner, lens.contract, "preview_adjustment", (world.vault, *key, *change)),
        Call(
            owner,
            world.vault,
            "adjust_position",
            (position_id, *change, any_price(size_delta)),
        ),
        Call(owner, world.vault, "get_position", key),
        Call(owner, world.vault, "get_health", key),
    ]


def check(world, outcomes):
    """What the preview said is what has happened. Returns the refusal."""
    preview, done, position, health = outcomes
    refusal, *numbers, said_position, said_health = preview.result
    assert refusal == ("" if done.is_success else done.reason or "reverted without a reason")
    assert tuple(numbers) == (adjusted(world, done) if done.is_success else (0, 0, 0, 0))
    assert said_position == position.result
    assert said_health == health.result
    return refusal


# ---- whatever it is ----


def draw_change(world, random):
    """Sizes of a few steps, so that they meet again; now and then absurd."""
    step = random.choice((1, 2, 5, 10, 40, 400, 20_000)) * WAD
    size = random.choice((0, 0, 1, 1, 1, -1, -1, -1)) * step
    margin = world.units(random.choice((0, 0, 0, 1, 500, 2_000, 50_000, -1, -500, -30_000)))
    if random.random() < 0.08:
        size = random.choice((-(2**255), 2**255 - 1, 2**127, -(10**36), 1, -1))
    if random.random() < 0.08:
        margin = random.choice((2**97, 2**255 - 1, -(2**255), -1, 1))
    return size, margin


def draw_band(random, price):
    price = price * random.randint(940, 1_070) // 1_000
    width = random.choice((0, 1, price // 1_000))
    return price, (price, price + width)


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_preview__random_adjustments__what_then_happens(
    lens, make_pair, trader, trader2, guardian, decimals
):
    """Opened, increased, reduced, closed, margin moved, refused: long and short."""
    world = make_pair(decimals=decimals, guardian=guardian.address)
    random = Random(SEED + decimals)
    now, price, blocks = world.now, 2_000 * WAD, []
    for number in range(STEPS):
        now += random.choice((1, 12, 3_600, 86_400))
        weather = []
        if random.random() < 0.5:
            price, band = draw_band(random, price)
            is_live = random.random() < 0.9
            weather = [Call(world.owner, world.oracle, "set_band", ((*band, now, is_live),))]
        if number == STEPS * 3 // 4:
            limits = world.params.max_utilisation // 2, world.params.initial_ratio * 2, False
            weather.append(Call(guardian, world.vault, "tighten_limits", limits))
        if number == STEPS * 7 // 8:
            limits = world.params.max_utilisation // 4, world.params.initial_ratio * 2, True
            weather.append(Call(guardian, world.vault, "tighten_limits", limits))
        owner = random.choice((trader, trader2))
        change = draw_change(world, random)
        calls = adjustment(lens, world, owner, random.randint(1, 3), *change)
        blocks.append((now, weather + calls))

    refusals = Counter(check(world, outcomes[-4:]) for outcomes in simulate(world.node, *blocks))

    assert refusals[""] > STEPS // 6, "many went through"
    assert {
        "vault: unknown position",
        "vault: zero amount",
        "vault: no live price",
        "vault: flip through zero",
        "vault: below min margin",
        "vault: below initial ratio",
        "vault: open interest full",
    } <= set(refusals)


# ---- what chance does not bring ----


def play(lens, world, *adjustments):
    """Several in one second. Returns the refusal of the last."""
    calls = [call for each in adjustments for call in adjustment(lens, world, *each)]
    ((*outcomes,),) = simulate(world.node, (world.now + 1, calls))
    found = [check(world, outcomes[i : i + 4]) for i in range(0, len(outcomes), 4)]
    return found[-1]


def test_preview__increased_in_this_block__refused_so(lens, world, trader, side):
    refusal = play(
        lens,
        world,
        (trader, 1, side * 10 * WAD, world.units(2_000)),
        (trader, 1, -side * WAD, 0),
    )
    assert refusal == "vault: increased in this block"


def test_preview__gain_at_reserve__refused_so(lens, world, trader):
    world.adjust(trader, 1, 10 * WAD, world.units(2_000))
    world.set_price(5_000 * WAD)
    assert play(lens, world, (trader, 1, WAD, 0)) == "vault: gain at reserve"


def test_preview__pool_full__refused_so(lens, make_pair, trader, side):
    world = make_pair(max_utilisation=WAD // 100)
    change = side * 300 * WAD, world.units(300_000)
    assert play(lens, world, (trader, 1, *change)) == "vault: pool full"


def test_preview__last_unit_of_room__to_the_unit(lens, make_pair, trader, side):
    """The fee that is left to the pool after the protocol's share makes room for itself."""
    world = make_pair(max_utilisation=WAD // 100)
    low, high = 0, 300 * WAD
    while high - low > 1:
        middle = (low + high) // 2
        calls = adjustment(lens, world, trader, 1, side * middle, world.units(300_000))
        ((preview, done, *_),) = simulate(world.node, (world.now + 1, calls))
        assert (preview.result[0] == "") == done.is_success
        low, high = (middle, high) if done.is_success else (low, middle)
    assert low > 10 * WAD


def test_preview__liquidatable__refused_so(lens, world, trader, side):
    world.adjust(trader, 1, side * 10 * WAD, world.units(2_000))
    world.set_price((2_000 - side * 180) * WAD)
    assert play(lens, world, (trader, 1, -side * WAD // 1_000, 0)) == "vault: liquidatable"


def test_preview__under_water__closes_with_what_is_there(lens, world, trader, side):
    world.adjust(trader, 1, side * 10 * WAD, world.units(2_000))
    world.set_price((2_000 - side * 400) * WAD)
    assert play(lens, world, (trader, 1, -side * 10 * WAD, 0)) == ""


def test_preview__winding_down__exits_at_the_settlement_price(lens, world, trader, keeper, side):
    world.adjust(trader, 1, side * 10 * WAD, world.units(2_000))
    world.set_price((2_000 + side * 50) * WAD)
    end(world, keeper)
    assert play(lens, world, (trader, 1, side * WAD, 0)) == "vault: winding down"
    assert play(lens, world, (trader, 2, side * WAD, world.units(500))) == "vault: winding down"
    assert play(lens, world, (trader, 1, -side * 4 * WAD, -world.units(10))) == ""
    assert play(lens, world, (trader, 1, -side * 10 * WAD, 0)) == ""


def test_preview__unreadable_oracle__no_live_price(lens, world, trader):
    world.adjust(trader, 1, 10 * WAD, world.units(2_000))
    world.set_fault(OracleFault.REVERT)
    assert play(lens, world, (trader, 1, -WAD, 0)) == "vault: no live price"
    assert play(lens, world, (trader, 1, 0, world.units(5))) == ""


def test_preview__oracle_that_burns_all_gas__refused(lens, world, trader):
    world.set_fault(OracleFault.BURN_GAS)
    refusal, *_ = lens.view("preview_adjustment", world.vault, trader, 1, WAD, world.units(500))
    assert refusal == "reverted without a reason"


# ---- and nothing is left of it ----


def test_preview__sent_as_a_transaction__changes_nothing(lens, world, trader, attacker):
    node, contract = world.node, lens.contract
    before = node.request("eth_getTransactionCount", contract.address, "latest")
    arguments = (world.vault, trader, 1, 10 * WAD, world.units(2_000))

    receipt = node.send(attacker, contract, "preview_adjustment", *arguments)

    abi = method(contract, "preview_adjustment", 5)
    refusal, price, *_ = decode_output(abi, receipt.output)
    assert (refusal, price > 0) == ("", True)
    assert receipt.logs == []
    assert node.request("eth_getTransactionCount", contract.address, "latest") == before
    world.check_mirror()


def test_rehearse__by_anyone__always_reverts(lens, world, trader, attacker):
    arguments = (world.vault, trader, 1, 10 * WAD, world.units(2_000))
    receipt = world.node.attempt(attacker, lens.contract, "rehearse", *arguments)
    assert not receipt.is_success
    assert len(receipt.output) == 672


def test_preview__any_gas_limit__right_or_refused(lens, world, trader, attacker):
    """K10: too little gas is never taken for an answer of the vault."""
    arguments = (world.vault, trader, 1, 10 * WAD, world.units(2_000))
    limits = [*range(40_000, 5_000_000, 160_000), 1_000_000, 10_000_000]
    calls = [
        Call(attacker, lens.contract, "preview_adjustment", arguments, gas=gas) for gas in limits
    ]
    ((*outcomes,),) = simulate(world.node, (world.now + 1, calls))
    assert outcomes[-1].result[0] == ""
    for outcome in outcomes:
        if outcome.is_success:
            assert outcome.output == outcomes[-1].output
        else:
            assert outcome.reason in ("", "lens: not enough gas")
    assert {outcome.is_success for outcome in outcomes} == {True, False}
    assert outcomes[limits.index(1_000_000)].reason == "lens: not enough gas"
