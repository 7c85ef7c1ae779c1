"""A short history with a crowd and the keeper: the worst hours of Black Thursday."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulkhead.client.deployments import Deployments
from bulkhead.client.local import anvil
from bulkhead.exceptions import InvariantBroken
from bulkhead.keeper.build import build as build_keeper
from bulkhead.keeper.loop import Keeper
from bulkhead.keeper.signing import ApeSigner
from bulkhead.replay.cast import EVERYONE, KEEPER
from bulkhead.replay.crash import Crash
from bulkhead.replay.series import load
from bulkhead.replay.stage import build
from bulkhead.settings import KeeperSettings

CANDLES = (1584007200, 1584014400)  # 12 March 2020, 10:00 to 12:00 UTC


@pytest.fixture
def crash(networks, accounts, project, tmp_path: Path):
    lines = Path("data/prices/eth_usdt_2020-03_black_thursday_5m.csv").read_text().splitlines()
    inside = [line for line in lines[1:] if CANDLES[0] <= int(line.split(",")[0]) < CANDLES[1]]
    path = tmp_path / "worst.csv"
    path.write_text("\n".join([lines[0], *inside]))
    series = load(str(path))
    with anvil(series.ticks[0].time - 86_400, len(EVERYONE)) as node:
        settings = {"host": node.uri}
        with networks.ethereum.local.use_provider("foundry", provider_settings=settings):
            people = [accounts[i] for i in range(len(EVERYONE))]
            deployments = Deployments.open(node, tmp_path)
            stage = build(node, people, project, deployments, series)
            found = KeeperSettings(
                rpc_urls=[node.uri],
                deployments=tmp_path,
                state=tmp_path,
                pairs=[stage.desk.pair.label],
                native_prices={stage.desk.pair.quote: "2000"},
            )
            keeper = build_keeper(found, ApeSigner(people[EVERYONE.index(KEEPER)]))
            yield Crash(stage, keeper, 40), series.pushes()
            keeper.close()


def test_run__worst_hours__nobody_stays_under_the_line(crash: tuple[Crash, list]):
    run, ticks = crash
    outcome = run.run(ticks, lambda _: None)
    assert outcome.partials + outcome.fulls > 15
    assert max(outcome.delays) == 0
    assert outcome.bad_debt == outcome.model_bad_debt
    assert outcome.penalties < outcome.fixed_penalties
    assert outcome.keeper is not None and outcome.keeper.won == outcome.keeper.items
    assert outcome.keeper.profit > 0


def test_run__keeper_asleep__is_found_out(crash: tuple[Crash, list], monkeypatch):
    run, ticks = crash
    monkeypatch.setattr(Keeper, "round", lambda self: None)
    with pytest.raises(InvariantBroken, match="stayed under the line"):
        run.run(ticks, lambda _: None)
