"""Rounds of the keeper on a real node: what is done, what is not, and what it costs."""

from __future__ import annotations

from bulkhead.client.codec import call_data
from bulkhead.keeper.types import Kind
from tests.keeping import Scene

GWEI = 10**9


def balance(scene: Scene, account: str) -> int:
    return scene.node.views([scene.pair.balance_view(account)])[0]


def test_round__hundred_due__all_liquidated_in_two_transactions(scene: Scene):
    scene.open_many(100)
    keeper = scene.keeper()
    before = balance(scene, keeper.chain.sender)
    scene.push(1_845)

    done = keeper.round()

    assert done is not None
    assert [len(batch.call.items) for batch in done.sent] == [64, 36]
    scene.await_blocks(keeper)
    events = scene.events("PositionLiquidated")
    assert len({event["position_id"] for event in events}) == len(events) == 100
    rewards = sum(event["reward"] for event in events)
    assert balance(scene, keeper.chain.sender) == before + rewards
    after = keeper.round()
    assert after is not None and after.sent == []
    totals = keeper.journal.totals()
    assert (totals.mined, totals.items, totals.won) == (2, 100, 100)
    assert keeper.journal.open() == []
    price = keeper.scout.prices.wei(scene.pair.asset, rewards)
    assert price - 100 <= totals.earned <= price  # rounded down once for each event
    spent = sum(int(scene.node.request("eth_getTransactionReceipt", hash_)["gasUsed"], 16)
                for hash_ in keeper.journal.hashes([0, 1]))  # fmt: skip
    assert totals.cost >= spent  # at one wei per gas, at least


def test_round__head_looked_at_already__does_nothing(scene: Scene):
    keeper = scene.keeper()
    assert keeper.round() is not None
    assert keeper.round() is None


def test_round__under_the_line__calls_margin_once_and_again_after_recovery(scene: Scene):
    scene.open_many(2)
    keeper = scene.keeper()
    for price in (1_885, 1_884, 1_950, 1_885):
        scene.push(price)
        keeper.round()
        scene.await_blocks(keeper)
    calls = [event["position_id"] for event in scene.events("MarginCalled")]
    assert sorted(calls) == [1, 1, 2, 2]


def test_round__gain_at_the_reserve__is_settled(scene: Scene):
    scene.open(1, 2)
    scene.push(4_100)
    keeper = scene.keeper()
    keeper.round()
    scene.await_blocks(keeper)
    (event,) = scene.events("PositionSettled")
    assert event["position_id"] == 1
    keeper.round()
    assert keeper.journal.totals().won == 1


def test_round__nothing_unpaid_wanted__leaves_calls_to_others(scene: Scene):
    scene.open(1, 10)
    scene.push(1_885)
    keeper = scene.keeper(unpaid=False)
    done = keeper.round()
    assert done is not None and [item.kind for item in done.found.items] == [Kind.CALL_MARGIN]
    assert done.sent == []


def test_round__dry_run__sends_and_writes_nothing(scene: Scene):
    scene.open(1, 10)
    scene.push(1_845)
    keeper = scene.keeper(dry_run=True)
    done = keeper.round()
    assert done is not None and len(done.plan.planned) == 1
    assert done.sent == [] and keeper.journal.open() == []
    assert scene.events("PositionLiquidated") == []


def test_round__reward_below_gas__waits_for_cheaper_gas(scene: Scene):
    scene.open(1, 10)
    scene.push(1_845)
    keeper = scene.keeper(min_profit="0")
    scene.node.request("anvil_setNextBlockBaseFeePerGas", hex(200 * GWEI))
    scene.node.mine(scene.node.now + 1)

    dear = keeper.round()
    assert dear is not None and dear.sent == []
    assert [item.kind for item in dear.plan.unprofitable] == [Kind.LIQUIDATE]

    scene.node.request("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    scene.node.mine(scene.node.now + 1)
    cheap = keeper.round()
    assert cheap is not None and len(cheap.sent) == 1


def test_round__gas_beyond_the_cap__sends_nothing(scene: Scene):
    scene.open(1, 10)
    scene.push(1_845)
    keeper = scene.keeper(max_fee_gwei="100")
    scene.node.request("anvil_setNextBlockBaseFeePerGas", hex(150 * GWEI))
    scene.node.mine(scene.node.now + 1)
    done = keeper.round()
    assert done is not None and done.plan.planned == [] and done.sent == []


def test_round__feed_silent__waits_and_goes_on(scene: Scene):
    scene.open(1, 10)
    scene.push(1_845)
    scene.node.mine(scene.node.now + 5_000)
    keeper = scene.keeper()
    silent = keeper.round()
    assert silent is not None and silent.found.items == []
    assert silent.found.silent == {scene.vault}

    scene.push(1_845)
    keeper.round()
    scene.await_blocks(keeper)
    assert len(scene.events("PositionLiquidated")) == 1


def test_round__receiver__gets_the_reward(scene: Scene):
    scene.open(1, 10)
    scene.push(1_845)
    receiver = scene.people[9]
    keeper = scene.keeper(receiver=receiver)
    keeper.round()
    scene.await_blocks(keeper)
    (event,) = scene.events("PositionLiquidated")
    assert balance(scene, receiver) == event["reward"] > 0


def test_round__no_coins_for_gas__says_so_and_drops_it(scene: Scene):
    scene.open(1, 10)
    scene.push(1_845)
    keeper = scene.keeper()
    scene.node.request("anvil_setBalance", keeper.chain.sender, hex(10**9))
    scene.node.mine(scene.node.now + 1)

    done = keeper.round()

    assert done is not None and done.sent == []
    assert keeper.journal.open() == []
    assert [notice.title for notice in keeper.memory.untold()] == ["keeper: balance is low"]
    scene.node.request("anvil_setBalance", keeper.chain.sender, hex(10**18))
    scene.node.mine(scene.node.now + 1)
    keeper.round()
    scene.await_blocks(keeper)
    assert len(scene.events("PositionLiquidated")) == 1


def test_round__team_of_two__divides_the_work_and_helps_out(scene: Scene):
    scene.open_many(12)
    scene.push(1_845)
    first = scene.keeper(0, share="1/2", patience=2, dry_run=True)
    second = scene.keeper(1, share="2/2", patience=2, dry_run=True)
    parts = []
    for keeper in (first, second):
        done = keeper.round()
        assert done is not None
        parts.append({item for one in done.plan.planned for item in one.call.items})
    assert len(parts[0]) + len(parts[1]) == 12
    assert parts[0] and parts[1] and not parts[0] & parts[1]

    for _ in range(2):  # the second one is away
        scene.node.mine(scene.node.now + 1)
    helped = first.round()
    assert helped is not None
    assert sum(len(one.call.items) for one in helped.plan.planned) == 12


def test_round__one_poisoned_item__does_not_hold_up_the_others(scene: Scene):
    scene.open_many(5)
    keeper = scene.keeper()
    keeper.round()
    scene.push(1_845)
    # a position that the scout believes in and the chain does not
    book = keeper.scout._books[scene.pair.label]
    book.put((scene.people[9], 77), book[scene.trader, 1])
    done = keeper.round()
    assert done is not None
    assert [failed.item.number for failed in done.plan.failed] == [77]
    assert [len(batch.call.items) for batch in done.sent] == [5]


def test_round__competitor_was_faster__pays_for_nothing(scene: Scene):
    scene.open_many(3)
    slow, fast = scene.keeper(0), scene.keeper(1)
    scene.push(1_845)
    fast.round()
    scene.await_blocks(fast)
    done = slow.round()
    assert done is not None and done.sent == [] and done.plan.failed == []
    assert slow.chain.nonce() == 0


def test_round__both_send_for_the_same_block__loser_pays_little(scene: Scene):
    scene.open_many(3)
    scene.push(1_845)
    node, keepers = scene.node, [scene.keeper(0), scene.keeper(1)]
    node.request("evm_setAutomine", False)
    for keeper in keepers:
        done = keeper.round()
        assert done is not None and len(done.sent) == 1
    node.mine(node.now + 1)
    for keeper in keepers:
        keeper.round()
    totals = [keeper.journal.totals() for keeper in keepers]
    assert sorted(one.won for one in totals) == [0, 3]
    assert [one.mined for one in totals] == [1, 1]
    assert len(scene.events("PositionLiquidated")) == 3
    node.mine(node.now + 1)
    for keeper in keepers:  # and neither tries again
        again = keeper.round()
        assert again is not None and again.sent == []


def test_follow__events_of_others__are_told_to_the_owners_once(scene: Scene):
    scene.open(1, 10)
    keeper = scene.keeper(unpaid=False)
    keeper.round()
    scene.push(1_885)
    call = scene.pair.abi.encode("call_margin", scene.trader, 1)
    scene.node.send(scene.people[5], scene.vault, call)
    keeper.round()
    (notice,) = keeper.memory.untold()
    assert notice.owner == scene.trader
    assert notice.title == "ETH/USDC, position 1: margin call"
    assert "under the margin-call line" in notice.body
    scene.node.send(scene.people[0], scene.feed, call_data("set_answer(int256)", 1_845 * 10**8))
    keeper.round()
    scene.await_blocks(keeper)
    keeper.round()
    titles = [notice.title for notice in keeper.memory.untold()]
    assert titles == ["ETH/USDC, position 1: margin call", "ETH/USDC, position 1: liquidated"]
