"""The cost of every operation: not above its committed snapshot, the same in any crowd."""

from __future__ import annotations

import pytest

from tools.bench import report
from tools.bench.market import Options, build
from tools.bench.node import anvil
from tools.bench.operations import SCENES, measure


def measured(options: Options) -> dict[str, int]:
    with anvil() as node:
        return {name: made.gas_used for name, made in measure(build(node, options)).items()}


@pytest.fixture(scope="module")
def headline() -> dict[str, int]:
    return measured(Options())


def test_gas__every_operation__not_above_snapshot(headline: dict[str, int]) -> None:
    assert report.regressions(headline, report.committed()["operations"]) == []


def test_gas__every_operation__on_target(headline: dict[str, int]) -> None:
    assert report.over_target(headline) == []


def test_gas__measured_twice__same(headline: dict[str, int]) -> None:
    assert measured(Options()) == headline


@pytest.mark.parametrize("positions", [1, 300])
def test_gas__other_number_of_positions__same(headline: dict[str, int], positions: int) -> None:
    assert measured(Options(positions=positions)) == headline


def test_measure__chosen_names__only_these(headline: dict[str, int]) -> None:
    assert set(headline) == set(SCENES)
    with anvil() as node:
        done = measure(build(node, Options()), ["add_margin"])
    assert {name: made.gas_used for name, made in done.items()} == {
        "add_margin": headline["add_margin"]
    }


@pytest.mark.parametrize(
    ("found", "expected", "problems"),
    [
        ({"open": 100_500}, {"open": 100_000}, []),
        ({"open": 100_501}, {"open": 100_000}, ["open: 100,501 gas, the snapshot has 100,000"]),
        ({"open": 1}, {"open": 100_000}, []),
        ({}, {"open": 1}, ["open: not measured any more"]),
        ({"open": 1}, {}, ["open: not in the snapshot"]),
    ],
)
def test_regressions__against_snapshot__half_a_percent(
    found: dict[str, int], expected: dict[str, int], problems: list[str]
) -> None:
    assert report.regressions(found, expected) == problems


def test_over_target__at_and_above__only_above() -> None:
    assert report.over_target({"open": 145_000, "close": 92_001}) == ["close"]


def test_over_target__counted_above_another__with_what_that_costs() -> None:
    assert report.over_target({"open": 100_000, "signed_order": 145_000}) == []
    assert report.over_target({"open": 100_000, "signed_order": 145_001}) == ["signed_order"]
