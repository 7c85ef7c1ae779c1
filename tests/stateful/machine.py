"""Plays sequences of steps on the models, and holds a chain against what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from eth_utils import keccak

from bulkhead.model import WAD, InvariantBroken
from tests.stateful import probe, promises
from tests.stateful.anvil import Answer, Anvil, Block
from tests.stateful.draw import Drawer
from tests.stateful.revm import Revm
from tests.stateful.weather import Climate
from tests.stateful.words import STRANGER, Log, reason_of
from tests.stateful.world import Call, Outcome, Step, World

Move = tuple[Step, probe.Focus]
_MOCKED = ("set_band", "set_fault", "donate")
_EVERYTHING = bytes(32)  # asks a probe for the answers instead of their hash


class Scenario(NamedTuple):
    """All that a sequence follows from."""

    seed: int
    length: int
    indices: tuple[int, ...]
    climate: Climate


class Difference(AssertionError):  # noqa: N818 - the word for it
    """Chain and model disagree, or a promise is broken, at the `index`th step."""

    def __init__(self, index: int, step: Step, text: str) -> None:
        super().__init__(f"step {index}, {step}: {text}")
        self.index, self.step = index, step


@dataclass
class Tally:
    """What really happened, by action and by reason."""

    successes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    def add(self, step: Step, outcome: Outcome) -> None:
        if outcome.is_success:
            self.successes[step.action] += 1
        else:
            self.refusals[outcome.reason or step.tag] += 1

    def merge(self, other: Tally) -> None:
        self.successes += other.successes
        self.refusals += other.refusals
        self.events += other.events

    @property
    def steps(self) -> int:
        return self.successes.total() + self.refusals.total()

    @property
    def operations(self) -> int:
        """Calls of vaults."""
        return self.steps - sum(self.successes[action] for action in _MOCKED)


class Player:
    """Plays on a fork of the world as it was built."""

    def __init__(self, world: World, is_still: bool = False, thorough: int = 1) -> None:
        """Everything is looked at after each `thorough`th step."""
        self.origin, self.world, self.is_still = world, world.fork(), is_still
        self.thorough = thorough
        self.moves: list[Move] = []
        self.outcomes: list[Outcome] = []
        self.tally = Tally()

    def play(self, move: Move) -> Outcome:
        """Raises `Difference` where a promise breaks."""
        step, focus = move
        self.moves.append(move)
        place = self.world.places[step.vault]
        is_call = step.action not in _MOCKED
        was = None
        if is_call:
            was = promises.before(place, step, self.world.now + step.seconds, self.is_still)
        outcome = self.world.run(step, focus, len(self.moves) % self.thorough == 0)
        if was is not None:
            try:
                promises.check(place, step, was, outcome.is_success, self.is_still)
            except InvariantBroken as broken:
                raise Difference(len(self.moves) - 1, step, str(broken)) from broken
        self.outcomes.append(outcome)
        self.tally.add(step, outcome)
        for topic in [log[0][0] for log in outcome.logs]:
            self.tally.events[self.world.codec.name_of(((topic,), b""))] += 1
        return outcome

    def differ(self, index: int, text: str) -> Difference:
        return Difference(index, self.moves[index][0], text)


def drawn(world: World, scenario: Scenario) -> Iterator[Move]:
    """The moves of a scenario; each is drawn from what the ones before have led to."""
    if scenario.climate.is_still:
        sides = (1_999 * WAD, 2_001 * WAD, 0, True)
        for index in scenario.indices:
            yield Step(1, index, "set_band", STRANGER, sides), ("ann", 0, "lena", 1)
    drawer = Drawer(
        world, Random(scenario.seed), scenario.climate, scenario.indices, scenario.length
    )
    for _ in range(scenario.length):
        yield drawer.next()


def play(player: Player, scenario: Scenario) -> None:
    """Raises `Difference`; the player keeps what was played until then."""
    for move in drawn(player.world, scenario):
        player.play(move)


# ---- against a chain ----


def compare(outcome: Outcome, answer: Answer) -> str:
    """What differs between the model's outcome of a call and the chain's; empty: nothing."""
    if outcome.is_success != answer.is_success:
        was = "succeeded" if answer.is_success else f"refused: {reason_of(answer.output or b'')!r}"
        should = "succeed" if outcome.is_success else f"be refused: {outcome.reason!r}"
        return f"the chain {was}, should {should}"
    if outcome.output is not None and answer.output not in (None, outcome.output):
        return f"the chain answered {_readable(answer)}, should {outcome.output.hex()}"
    is_of_vault = outcome.call.target.startswith("vault")
    if is_of_vault and outcome.is_success and answer.logs != outcome.logs:
        return f"logs: chain {_logs(answer.logs)}, model {_logs(outcome.logs)}"
    return ""


def _readable(answer: Answer) -> str:
    output = answer.output or b""
    return output.hex() if answer.is_success else repr(reason_of(output))


def _logs(logs: list[Log]) -> list[list[str]]:
    """The event's hash, then its words: indexed ones first."""
    found = []
    for topics, data in logs:
        words = [*topics[1:], *(data[i : i + 32] for i in range(0, len(data), 32))]
        numbers = [int.from_bytes(item, "big", signed=True) for item in words]
        found.append([topics[0][:4].hex(), *map(str, numbers)])
    return found


def blocks(outcomes: Sequence[Outcome]) -> list[Block]:
    """Every call and the look at everything after it, grouped by moment."""
    found: list[tuple[int, list[Call]]] = []
    for outcome in outcomes:
        if not found or found[-1][0] != outcome.now:
            found.append((outcome.now, []))
        found[-1][1].extend((outcome.call, outcome.probe))
    return list(found)


def check_simulated(anvil: Anvil, player: Player) -> None:
    """One request for the whole sequence."""
    outcomes = player.outcomes
    answers = anvil.simulate(player.world.names, blocks(outcomes))
    for index, outcome in enumerate(outcomes):
        answer, seen = answers[2 * index], answers[2 * index + 1]
        text = compare(outcome, answer)
        if text:
            raise player.differ(index, text)
        if seen.output != keccak(outcome.view):
            raise player.differ(index, _look_closer(anvil, player, index))


def check_mined(anvil: Anvil, player: Player) -> None:
    """Block by block; what a transaction answered is known for simulated ones only."""
    names, index = player.world.names, 0
    for now, calls in blocks(player.outcomes):
        answers = anvil.mine_calls(names, now, calls[::2])
        for answer in answers:
            text = compare(player.outcomes[index], answer)
            if text:
                raise player.differ(index, text)
            index += 1
        last = player.outcomes[index - 1]
        look = last.probe._replace(data=last.probe.data + _EVERYTHING)
        found = anvil.call(names, look)
        if found != last.view:
            raise player.differ(
                index - 1, "; ".join(probe.differences(last.views, found, last.view))
            )


def _look_closer(anvil: Anvil, player: Player, index: int) -> str:
    outcomes = player.outcomes[: index + 1]
    last = outcomes[-1]
    state = blocks(outcomes)
    state[-1][1][-1] = last.probe._replace(data=last.probe.data + _EVERYTHING)  # type: ignore[index]
    answer = anvil.simulate(player.world.names, state)[-1]
    return "; ".join(probe.differences(last.views, answer.output or b"", last.view))


class RevmRun:
    """Holds pyrevm against a player, step by step."""

    def __init__(self, revm: Revm, player: Player) -> None:
        self.revm, self.player = revm, player

    def step(self, move: Move) -> None:
        outcome = self.player.play(move)
        names, index = self.player.world.names, len(self.player.moves) - 1
        self.revm.set_time(outcome.now)
        text = compare(outcome, self.revm.call(names, outcome.call))
        if text:
            raise self.player.differ(index, text)
        look = outcome.probe._replace(data=outcome.probe.data + _EVERYTHING)
        found = self.revm.call(names, look).output or b""
        if found != outcome.view:
            raise self.player.differ(
                index, "; ".join(probe.differences(outcome.views, found, outcome.view))
            )
