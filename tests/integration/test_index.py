"""Index and twin on a real node: against the getters, through a reorganisation, after a restart."""

from __future__ import annotations

from collections import Counter

import pytest

from bulkhead.client.node import Node
from bulkhead.client.pair import Pair, read_health
from bulkhead.index import Index
from bulkhead.model import Status
from bulkhead.vector import Book, Moment
from tools.bench.crowd import LABEL, Crowd
from tools.bench.node import anvil

POSITIONS = 300
PRICES = [2_000, 1_850, 1_700, 4_050, 2_150]  # dollars


@pytest.fixture(scope="module")
def crowd():
    with anvil(has_old_logs=True) as node:
        crowd = Crowd(node, POSITIONS)
        crowd.bustle(600)
        yield crowd


@pytest.fixture
def node(crowd):
    return Node(crowd.market.node.uri)


@pytest.fixture
def open_index(crowd, node, tmp_path):
    deployments = crowd.deployments(node)
    opened = []

    def open_it():
        opened.append(Index(node, deployments, tmp_path / "index.sqlite"))
        return opened[-1]

    yield open_it
    for index in opened:
        index.close()


@pytest.fixture
def scratch(crowd):
    with crowd.market.node.scratch():
        yield


def test_index__real_node__equal_to_the_getters(open_index):
    index = open_index()
    advance = index.sync()
    assert index.verify() == []
    assert len(index.positions(LABEL)) > POSITIONS
    assert advance.events > POSITIONS + 600


def test_judge__real_vault__as_get_health(crowd, node, open_index, scratch):
    """Every position at every price, its whole health included."""
    index, pair = open_index(), Pair(node, LABEL, crowd.deployments(node).pairs[LABEL])
    seen = Counter()
    for price in PRICES:
        crowd.market.go_to(price)
        index.sync()
        book = Book(pair.params, pair.decimals)
        book.update(index.positions(LABEL))
        state = pair.state()
        moment = Moment(pair.params, pair.decimals, state.market, now=state.now, band=state.band)
        status = book.judge(moment).status
        words = node.views([pair.health_view(key) for key in book.keys], index.block)
        healths = list(map(read_health, words))
        assert status.tolist() == [int(health.status) for health in healths]
        assert [moment.health(position) for _, position in book.items()] == healths
        seen.update(health.status for health in healths)
    kinds = Status.HEALTHY, Status.MARGIN_CALL, Status.LIQUIDATABLE, Status.SETTLEABLE
    assert all(seen[kind] > 10 for kind in kinds), seen


def test_index__node_reorganised__back_and_on(crowd, node, open_index):
    index = open_index()
    index.sync()
    before = index.positions(LABEL), index.market(LABEL)
    common = index.block
    with crowd.market.node.scratch():
        crowd.bustle(200)
        crowd.market.go_to(1_700)
        _liquidate_one(crowd, index)
        index.sync()
        assert index.verify() == []
        assert index.positions(LABEL) != before[0]
    # the blocks are gone, the chain is shorter
    advance = index.sync()
    assert advance.rolled_back_to == common == index.block
    assert (index.positions(LABEL), index.market(LABEL)) == before
    with crowd.market.node.scratch():
        crowd.bustle(100)  # another story, from another draw
        index.sync()
        assert index.verify() == []


def test_index__another_process__goes_on_from_there(crowd, open_index, scratch):
    first = open_index()
    first.sync()
    first.close()
    crowd.bustle(100)
    second = open_index()
    advance = second.sync()
    assert 100 <= advance.events < 250
    assert second.verify() == []


def _liquidate_one(crowd, index):
    for owner, number in index.positions(LABEL):
        if crowd.market.vault.view("get_health", owner, number)[0] == Status.LIQUIDATABLE:
            crowd.market.vault.send(owner, "liquidate", owner, number)
            return
    raise AssertionError("nobody to liquidate")
