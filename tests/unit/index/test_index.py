"""An index is what the chain is: rebuilt, resumed, interrupted, reorganised."""

from __future__ import annotations

import sqlite3
from collections import Counter

import pytest

from bulkhead.exceptions import IndexBroken, InvalidInput, NodeError, NotDeployed
from bulkhead.index import Advance, Index, follow
from bulkhead.model import WAD
from tests.unit.index.chain import ABI, PEOPLE, VAULTS, Chain, ChainNode, deployments_of


@pytest.fixture
def chain():
    return Chain(1)


@pytest.fixture
def node(chain):
    return ChainNode(chain)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "index.sqlite"


@pytest.fixture
def open_index(chain, node, path):
    """Opens the file; what is still open is closed at the end."""
    opened = []

    def open_it(*labels, **options):
        opened.append(Index(node, deployments_of(chain, *labels), options.get("path", path)))
        return opened[-1]

    yield open_it
    for index in opened:
        index.close()


def check(index: Index, chain: Chain) -> None:
    """Positions, market and events are the chain's."""
    assert index.block == chain.head.number
    assert index.verify() == []
    for label in index.labels:
        vault = chain.head.vaults[VAULTS[label]]
        assert index.positions(label) == vault.positions
        assert index.market(label) == vault.market
        logs = [
            (block.number, log["logIndex"], log["transactionHash"], block.timestamp)
            for block in chain.blocks
            for log in block.logs
            if log["address"] == VAULTS[label].lower()
        ]
        events = index.events(label)
        assert [(e.block, hex(e.index), e.transaction, time) for e, time in events] == logs


class Follower:
    """What a keeper holds: positions by the reported changes alone."""

    def __init__(self, index: Index) -> None:
        self.held = {label: index.positions(label) for label in index.labels}

    def apply(self, advance: Advance) -> None:
        for label, changes in advance.changes.items():
            for key, position in changes.items():
                if position is None:
                    self.held[label].pop(key, None)
                else:
                    self.held[label][key] = position


# ---- forwards ----


def test_sync__a_long_history__equal_to_the_chain(chain, node, open_index):
    chain.mine(120)
    index = open_index()
    advance = index.sync()
    check(index, chain)
    names = Counter(event.name for label in VAULTS for event, _ in index.events(label))
    wanted = "PositionAdjusted", "MarginAdded", "PositionLiquidated", "Deposit", "Withdraw"
    assert all(names[name] > 0 for name in wanted), names
    assert advance.events == sum(names.values())
    assert advance.rolled_back_to is None


def test_sync__step_by_step__the_same_and_every_change_reported(chain, open_index):
    index, follower = open_index(), None
    index.sync()
    follower = Follower(index)
    for _ in range(60):
        chain.mine()
        follower.apply(index.sync())
        assert follower.held == {label: index.positions(label) for label in VAULTS}
    check(index, chain)


def test_sync__to_a_block__stops_there_and_resumes_in_a_new_process(chain, open_index):
    chain.mine(60)
    for last in (0, 1, 7, 30, 31, None):
        index = open_index()
        advance = index.sync(last)
        assert advance.block == index.block == (chain.head.number if last is None else last)
        index.close()
    check(open_index(), chain)


def test_sync__nothing_new__reads_no_logs(chain, node, open_index):
    chain.mine(5)
    index = open_index()
    index.sync()
    node.most = -1  # every request for logs is refused
    assert index.sync() == Advance(chain.head.number)


def test_sync__wound_down__market_and_settlement_price(chain, open_index):
    label = "ETH/USDC"
    chain.mine(20)
    vault = chain.head.vaults[VAULTS[label]]
    chain.call(label, "wind_down", PEOPLE[0], seconds=8 * 86_400, is_live=False)
    chain.call(label, "settle_position", PEOPLE[1], *next(iter(vault.positions)))
    index = open_index()
    index.sync()
    check(index, chain)
    assert index.settlement_price(label) == chain.head.vaults[VAULTS[label]].settlement_price > 0


def test_sync__pair_added_later__caught_up_with(chain, open_index):
    chain.mine(30)
    first = open_index("ETH/USDC")
    first.sync()
    first.close()
    chain.mine(10)
    both = open_index()
    assert both.block == 0
    both.sync()
    check(both, chain)


def test_sync__reports_progress(chain, node, open_index):
    chain.mine(20)
    node.grant = 6
    told = []
    open_index().sync(progress=lambda *numbers: told.append(numbers))
    assert told[-1] == (chain.head.number, chain.head.number)
    assert len(told) >= 4


# ---- nodes that refuse ----


@pytest.mark.parametrize(("grant", "most"), [(7, 10_000), (10_000, 25), (1, 10_000)])
def test_sync__spans_refused__smaller_ones(chain, node, open_index, grant, most):
    chain.mine(60)
    node.grant, node.most = grant, most
    index = open_index()
    index.sync()
    check(index, chain)


def test_sync__no_span_granted__one_error_and_nothing_lost(chain, node, open_index):
    chain.mine(20)
    index = open_index()
    index.sync()
    at = chain.head.number
    chain.mine(30, calls=6)
    node.most = 0
    with pytest.raises(NodeError, match="more than 0 results"):
        index.sync()
    assert at <= index.block < chain.head.number
    node.most = 10_000
    index.sync()
    check(index, chain)


def test_sync__node_without_times_in_logs__asks_for_them(chain, node, open_index):
    chain.mine(30)
    node.tells_times = False
    index = open_index()
    index.sync()
    check(index, chain)


# ---- interruptions ----


def test_sync__interrupted_at_any_request__nothing_lost_or_doubled(chain, node, open_index):
    node.grant = 5
    stops = 0
    for stop in range(1, 50):
        chain.mine(4)
        index = open_index()

        def fail(number, limit=node.requests + stop):
            if number >= limit:
                raise KeyboardInterrupt

        node.before_request = fail
        try:
            index.sync()
        except KeyboardInterrupt:
            stops += 1
        node.before_request = lambda _: None
        index.close()
    index = open_index()
    index.sync()
    check(index, chain)
    assert stops > 10


@pytest.mark.parametrize("step", ["put_vault", "put_positions", "add_events", "add_blocks"])
def test_sync__interrupted_while_writing__the_block_range_is_not_there(
    chain, open_index, monkeypatch, step
):
    chain.mine(20)
    index = open_index()
    index.sync(10)
    before = {label: (index.positions(label), index.market(label)) for label in VAULTS}

    def fail(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(index._store, step, fail)
        with pytest.raises(KeyboardInterrupt):
            index.sync()
    index.close()
    index = open_index()
    assert index.block == 10
    assert {label: (index.positions(label), index.market(label)) for label in VAULTS} == before
    index.sync()
    check(index, chain)


def test_sync__two_writers__one_error(chain, open_index):
    chain.mine(5)
    one, other = open_index(), open_index()
    one._store.record = lambda _, read=one._store.record: (other.sync(), read(_))[1]
    with pytest.raises(IndexBroken, match="another process"):
        one.sync()
    check(other, chain)


# ---- reorganisations ----


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sync__reorganised__back_to_the_last_common_block(open_index, chain, seed):
    chain.rng.seed(seed)
    chain.mine(10)
    index = open_index()
    index.sync()
    follower = Follower(index)
    for _ in range(40):
        depth = chain.rng.randint(0, min(6, chain.head.number - 2))
        common = chain.head.number - depth
        if depth:
            chain.reorganise(depth)
        chain.mine(chain.rng.randint(1, 8), calls=2)
        advance = index.sync()
        follower.apply(advance)
        # blocks that were read in one go may have to be read again together
        assert (advance.rolled_back_to is None) == (depth == 0)
        assert advance.rolled_back_to is None or advance.rolled_back_to <= common
        check(index, chain)
        assert follower.held == {label: index.positions(label) for label in VAULTS}


def test_sync__chain_became_shorter__follows(chain, open_index):
    chain.mine(30)
    index = open_index()
    index.sync()
    for depth in (1, 5, 10):
        chain.reorganise(depth)
        index.sync()
        check(index, chain)


def test_sync__reorganised_while_reading__never_mixed(chain, node, open_index):
    """At each single request of a sync in turn, and further back than what it reads."""
    chain.mine(10)
    index = open_index()
    index.sync()
    index.close()
    torn = 0
    for moment in range(1, 12):
        chain.mine(3)
        index = open_index()

        def flip(number, at=node.requests + moment):
            if number == at:
                chain.reorganise(6)
                chain.mine(7)

        node.before_request = flip
        advance = index.sync()
        torn += advance.rolled_back_to is not None
        node.before_request = lambda _: None
        index.sync()
        check(index, chain)
        index.close()
    assert torn > 0


def test_sync__changes_at_every_request__gives_up_with_one_error(chain, node, open_index):
    chain.mine(10)
    index = open_index()
    index.sync()

    def flip(_):
        chain.reorganise(3)
        chain.mine(3)

    node.before_request = flip
    with pytest.raises(NodeError, match="faster than it is read"):
        index.sync()
    node.before_request = lambda _: None
    index.sync()
    check(index, chain)


def test_sync__reorganised_beyond_what_is_kept__read_anew(chain, open_index, monkeypatch):
    monkeypatch.setattr(follow, "KEPT_BLOCKS", 5)
    chain.mine(30)
    index = open_index()
    index.sync()
    follower = Follower(index)
    chain.reorganise(20)
    chain.mine(25)
    advance = index.sync()
    assert advance.rolled_back_to == -1
    follower.apply(advance)
    check(index, chain)
    assert follower.held == {label: index.positions(label) for label in VAULTS}


def test_sync__undo_is_kept_for_recent_blocks_only(chain, open_index, monkeypatch, path):
    monkeypatch.setattr(follow, "KEPT_BLOCKS", 5)
    index = open_index()
    for _ in range(20):
        chain.mine(2)
        index.sync()
    index.close()
    with sqlite3.connect(path) as db:
        oldest, count = db.execute("SELECT min(block), count(*) FROM undo").fetchone()
        (hashes,) = db.execute("SELECT count(*) FROM blocks").fetchone()
    assert count > 0
    assert oldest >= chain.head.number - 6
    assert hashes <= 7


def test_sync__node_far_behind__waits_instead_of_forgetting(chain, open_index, monkeypatch):
    monkeypatch.setattr(follow, "KEPT_BLOCKS", 5)
    chain.mine(30)
    index = open_index()
    index.sync()
    at = index.block
    chain.reorganise(20)
    with pytest.raises(NodeError, match="far behind"):
        index.sync()
    assert index.block == at


# ---- against the chain, and what is wrong ----


def test_verify__tampered__says_what(chain, open_index, path):
    label = "ETH/USDC"
    chain.mine(10)
    chain.call(label, "adjust_position", PEOPLE[0], 9, WAD, 10**9, 2**255)
    index = open_index()
    index.sync()
    key = PEOPLE[0], 9
    margin = index.positions(label)[key].margin
    with sqlite3.connect(path) as db:
        db.execute("UPDATE positions SET margin = ? WHERE position_id = '9'", (str(margin + 1),))
    (found,) = index.verify(label)
    assert (found.label, found.what) == (label, key)
    assert f"margin={margin + 1}" in str(found) and f"margin={margin}" in str(found)
    assert index.verify("BTC/DAI") == []


def test_verify__position_missing__shows_in_the_sums(chain, open_index, monkeypatch):
    label = "ETH/USDC"
    monkeypatch.setattr("bulkhead.index.span.changes_position", lambda event: False)
    chain.call(label, "adjust_position", PEOPLE[0], 9, WAD, 10**9, 2**255)
    index = open_index()
    index.sync()
    assert {found.what for found in index.verify(label)} == {"long_size", "long_basis", "reserved"}


def test_sync__first_block_too_late__one_error(chain, open_index):
    label = "ETH/USDC"
    chain.call(label, "adjust_position", PEOPLE[0], 9, WAD, 10**9, 2**255)
    chain.call(label, "add_margin", PEOPLE[1], 9, 10**6, PEOPLE[0])
    index = open_index(label)
    index._store.put_vault(VAULTS[label], chain.head.number, index._store.record(VAULTS[label]))
    with pytest.raises(IndexBroken, match=r"MarginAdded .* no event has opened"):
        index.sync()


def test_open__file_of_another_chain__one_error(chain, open_index, path):
    open_index().close()
    with pytest.raises(InvalidInput, match="another chain"):
        Index(ChainNode(Chain(2)), deployments_of(Chain(2)), path)


def test_open__no_index__one_error(chain, open_index, path):
    path.write_text("something else altogether, and long enough for a header" * 40)
    with pytest.raises(InvalidInput, match="no index"):
        open_index()
    assert path.read_text().startswith("something else")


def test_positions__unknown_pair__one_error(open_index):
    with pytest.raises(NotDeployed, match="DOGE"):
        open_index().positions("DOGE/USDC")


def test_events__by_block_and_name__as_they_were(chain, open_index):
    label = "ETH/USDC"
    chain.mine(40)
    index = open_index(label, path=None)
    index.sync()
    logs = {
        (int(log["blockNumber"], 16), int(log["logIndex"], 16)): log
        for block in chain.blocks
        for log in block.logs
    }
    seen = 0
    for event, _ in index.events(label, 5, 30, ["PositionAdjusted", "Accrued"]):
        assert 5 <= event.block <= 30 and event.name in ("PositionAdjusted", "Accrued")
        assert ABI.decode_logs([logs[event.block, event.index]]) == [event]
        seen += 1
    assert seen > 10
