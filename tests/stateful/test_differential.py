"""The chain against the exact model: every stored number, answer, event and refusal, to the unit.

A sequence is played on the models first; one `eth_simulateV1` then does it all on Anvil, and
after each call one more looks at everything (`probe`). A part runs in really mined blocks as well.
Hypothesis draws what a sequence is like; a failing one is printed as a script that repeats it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bulkhead.model import rules
from tests.stateful import coverage, machine, scene, shrink
from tests.stateful.anvil import Anvil
from tests.stateful.machine import Difference, Player, Scenario, Tally
from tests.stateful.weather import Climate
from tests.stateful.world import World

SEQUENCES, LENGTH, LEAST = 125, 500, 50_000
MINED_SEQUENCES, MINED_LENGTH = 5, 500
# two vaults a sequence: 6 and 18 decimals; whole units; and one that charges nothing
PAIRS = ((0, 1), (2, 3), (0, 3), (2, 1), (4, 1), (5, 0))
FATES = (("", ""), ("stale", ""), ("", "dead"), ("dead", "stale"))

scenarios = st.builds(
    Scenario,
    seed=st.integers(0, 2**64 - 1),
    length=st.just(LENGTH),
    indices=st.sampled_from(PAIRS),
    climate=st.builds(Climate, is_stormy=st.booleans(), fates=st.sampled_from(FATES)),
)


# Ape tells fixtures apart by name alone, over all modules, to know when to take the chain back: so
# none of these is called as one of the unit tests.
@pytest.fixture(scope="module")
def simulator() -> Iterator[Anvil]:
    anvil = Anvil()
    yield anvil
    anvil.close()


@pytest.fixture(scope="module")
def simulated(simulator: Anvil) -> World:
    return scene.build(simulator)


def test_vault__random_sequences__equal_the_model_on_anvil(
    simulator: Anvil, simulated: World
) -> None:
    tally = Tally()

    @settings(
        max_examples=SEQUENCES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # `shrink` knows what can be left out
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios)
    def run(scenario: Scenario) -> None:
        player = Player(simulated)
        try:
            machine.play(player, scenario)
            machine.check_simulated(simulator, player)
        except Difference as difference:
            pytest.fail(
                f"{scenario}\n{shrink.report(simulator, player, difference)}", pytrace=False
            )
        tally.merge(player.tally)

    run()
    print(coverage.table(tally))
    assert tally.operations >= LEAST
    assert coverage.missing(tally) == []


def test_shrink__a_model_that_is_wrong__is_found_and_made_short(
    simulator: Anvil, simulated: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # one unit in the fee of a trade: the least that could be wrong
    full_close = rules.full_close
    monkeypatch.setattr(
        rules, "full_close", lambda margin, realised, fee: full_close(margin, realised, fee + 1)
    )
    player = Player(simulated)
    machine.play(player, Scenario(1, 300, (0, 1), Climate()))
    with pytest.raises(Difference) as found:
        machine.check_simulated(simulator, player)
    moves = shrink.thin(player.moves, shrink.fails_on(simulator, player))
    assert len(moves) <= 4  # liquidity, an open position, its close
    assert found.value.step.action in ("close_position", "adjust_position", "settle_position")
    assert "reproduce(MOVES)" in shrink.script(moves)


def test_vault__random_sequences__equal_the_model_in_mined_blocks(
    simulator: Anvil, simulated: World
) -> None:
    tally = Tally()
    for seed in range(MINED_SEQUENCES):
        fates = FATES[seed % len(FATES)]
        climate = Climate(is_stormy=seed % 2 == 1, fates=fates)
        player = Player(simulated)
        machine.play(player, Scenario(seed, MINED_LENGTH, PAIRS[seed], climate))
        state = simulator.rpc("evm_snapshot")
        machine.check_mined(simulator, player)
        simulator.rpc("evm_revert", state)
        tally.merge(player.tally)
    print(coverage.table(tally))
    assert tally.operations >= 2_000
