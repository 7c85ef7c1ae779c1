"""Every kind of order from end to end: signed through the command line by one account, found in the
folder and executed by another, on a chain of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bulkhead.exceptions import InvalidSignature
from bulkhead.orders import OrderStore, sign
from bulkhead.orders.book import Standing
from bulkhead.orders.tables import kind_of
from scripts import trade
from tests.integration.market import KEEPER, TRADER, Market

FEE = 2 * 10**6  # the vault's smallest reward
ETH = 10**18


def opened(market: Market, side: str, leverage: int) -> int:
    """A position of 1,000 dollars, opened by hand. Returns its id."""
    market.trade("open", side, "--margin", "1000", "--leverage", str(leverage))
    return 1


# ---- one test a kind ----


def test_limit__price_comes__opens_at_it_or_better(market: Market):
    said = market.trade("limit", "long", "--price", "1950", "--margin", "1000", "--leverage", "5")
    assert "an operator in ETH/USDC" in said
    assert "approved 1,002 USDC for the order book" in said
    signed = market.order("limit entry")
    assert market.keep() == []
    assert market.why_not(signed) == "vault: price beyond acceptable"

    market.set_price(1_900)

    assert market.keep() == ["limit entry"]
    position = market.position(signed.order.position_id)
    assert position.size == signed.order.size_delta == 5_000 * 10**18 * ETH // (1_950 * ETH)
    assert market.paid == FEE
    assert market.allowance() == 0
    assert market.why_not(signed) == "orders: already executed"


def test_stop_entry__market_rises__opens_then(market: Market):
    market.trade("stop", "short", "--price", "1900", "--margin", "1000", "--size", "2.5")
    signed = market.order("stop entry")
    market.set_price(1_950)
    assert market.keep() == []
    assert market.why_not(signed) == "orders: not triggered"

    market.set_price(1_914)  # the bid is 1,899.7

    assert market.keep() == ["stop entry"]
    assert market.position(signed.order.position_id).size == -25 * ETH // 10


def test_take_profit__price_comes__closes_all_that_has_become(market: Market):
    opened(market, "long", 3)
    said = market.trade("take-profit", "--id", "1", "--price", "2200")
    assert "approved" not in said  # the fee comes out of what is paid
    market.trade("adjust", "--id", "1", "--size-delta", "0.5")
    assert market.keep() == []
    market.set_price(2_300)
    before = market.balance(TRADER)

    assert market.keep() == ["take profit"]

    assert market.position(1).size == 0
    assert market.paid == FEE
    assert market.balance(TRADER) > before + 1_300 * 10**6


def test_stop__gap_through_it__closes_all_the_same(market: Market):
    opened(market, "long", 3)
    market.trade("stop", "--id", "1", "--price", "1900")
    market.set_price(1_920)
    assert market.keep() == []

    market.set_price(1_600)

    assert market.keep() == ["stop"]
    assert market.position(1).size == 0


def test_stop__part_of_a_short__leaves_the_rest(market: Market):
    opened(market, "short", 4)
    size = market.position(1).size
    said = market.trade("stop", "--id", "1", "--price", "2100", "--size", "0.5")
    assert "approved 2 USDC" in said

    market.set_price(2_090)

    assert market.keep() == ["stop"]
    assert market.position(1).size == size + ETH // 2
    assert market.allowance() == 0


def test_stop__position_opened_anew_under_the_id__is_not_its(market: Market):
    opened(market, "long", 3)
    market.trade("stop", "--id", "1", "--price", "1900")
    market.trade("close", "--id", "1")
    opened(market, "long", 3)

    market.set_price(1_800)

    assert market.keep() == []
    signed = market.order("stop")
    assert market.why_not(signed) == "orders: another position"
    assert market.book.prune(market.store) == [(signed, Standing.OUTLIVED)]


def test_top_up__health_falls__adds_margin(market: Market):
    opened(market, "long", 8)
    market.trade("top-up", "--id", "1", "--margin", "500", "--health", "2.5")
    margin = market.position(1).margin
    assert market.keep() == []

    market.set_price(1_880)

    assert market.keep() == ["top-up"]
    assert market.position(1).margin == margin + 500 * 10**6
    assert market.keep() == []


@pytest.mark.parametrize(("price", "kind"), [(2_500, "take profit"), (1_700, "stop")])
def test_bracket__one_exit_executes__the_other_is_cancelled(market: Market, price: int, kind: str):
    bracket = "bracket", "long", "--margin", "1000", "--leverage", "3"
    said = market.trade(*bracket, "--take-profit", "2400", "--stop", "1800")
    assert "then, whichever is first" in said
    entry, profit, loss = map(market.order, ("limit entry", "take profit", "stop"))
    assert profit.order.nonce == loss.order.nonce != entry.order.nonce
    assert market.why_not(loss) == "orders: no such position"

    assert market.keep() == ["limit entry"]
    assert market.keep() == []
    market.set_price(price)
    assert market.keep() == [kind]

    assert market.position(entry.order.position_id).size == 0
    market.set_price(2_500 if kind == "stop" else 1_700)
    assert market.keep() == []
    for signed in (profit, loss):
        assert market.why_not(signed) == "orders: already executed"
    assert market.paid == 2 * FEE
    market.trade("orders", "--prune")
    assert market.store.load() == []


def test_bracket__of_a_short_at_a_price__lives_with_its_entry(market: Market):
    bracket = "bracket", "short", "--price", "2100", "--margin", "1000", "--size", "1"
    market.trade(*bracket, "--take-profit", "1900", "--stop", "2300", "--for", "2h")
    assert market.keep() == []
    market.set_price(2_150)
    assert market.keep() == ["limit entry"]
    market.set_price(1_800)
    assert market.keep() == ["take profit"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("sign", []), ("OrderStore.add", ["stop", "take profit"])],
    ids=["declined at the last signature", "disk full at the last file"],
)
def test_bracket__cut_short__never_leaves_an_entry_without_exits(
    market: Market, monkeypatch: pytest.MonkeyPatch, name: str, kept: list[str]
):
    whole = {"sign": sign, "OrderStore.add": OrderStore.add}[name]
    calls = []

    def cut(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 3:
            raise InvalidSignature("cut short")
        return whole(*arguments)

    monkeypatch.setattr(f"bulkhead.commands.desk.{name}", cut)
    bracket = "bracket", "long", "--margin", "1000", "--leverage", "3"
    said = market.refuse(*bracket, "--take-profit", "2400", "--stop", "1800")
    assert "cut short" in said
    assert sorted(kind_of(signed.order) for signed in market.store.load()) == kept


def test_stop__behind_liquidation__is_warned_of(market: Market):
    warning = "liquidated before, at 1,8"
    opened(market, "long", 8)
    assert warning in market.trade("stop", "--id", "1", "--price", "1800")
    assert warning not in market.trade("stop", "--id", "1", "--price", "1850")
    bracket = "bracket", "short", "--margin", "1000", "--leverage", "3", "--take-profit", "1500"
    assert "liquidated before, at 2,5" in market.trade(*bracket, "--stop", "2600")


def test_limit__pool_is_full_now__is_warned_of_and_signed(market: Market):
    said = market.trade("limit", "long", "--price", "1950", "--margin", "20000", "--leverage", "5")
    assert "now it would be refused: vault: pool full" in said
    assert len(market.store.load()) == 1


# ---- permits ----


def test_permit__several_orders__each_may_be_the_first(market: Market):
    limit = "limit", "long", "--margin", "100", "--size", "0.1", "--permit", "--price"
    said = [market.trade(*limit, price) for price in ("1950", "1960", "1970")]

    assert "approved" not in "".join(said)
    permits = {signed.permit for signed in market.store.load()}
    assert {permit.value for permit in permits} == {3 * 102 * 10**6}
    assert market.allowance() == 0
    market.set_price(1_900)
    assert market.keep() == ["limit entry"] * 3
    assert market.allowance() == 0


def test_permit__then_an_approval__is_taken_out_of_the_files(market: Market):
    limit = "limit", "long", "--margin", "100", "--size", "0.1", "--price"
    market.trade(*limit, "1950", "--permit")

    assert "approved 204 USDC" in market.trade(*limit, "1960")

    assert {signed.permit for signed in market.store.load()} == {None}
    market.set_price(1_900)
    assert market.keep() == ["limit entry"] * 2


def test_permit__bracket__only_its_entry_has_it(market: Market):
    bracket = "bracket", "long", "--margin", "1000", "--leverage", "3", "--permit"
    market.trade(*bracket, "--take-profit", "2400", "--stop", "1800")
    assert market.order("stop").permit is None
    assert market.keep() == ["limit entry"]
    market.set_price(1_700)
    assert market.keep() == ["stop"]


def test_permit__token_without__says_so(market: Market):
    market.take_permits_away()
    limit = "limit", "long", "--price", "1950", "--margin", "100", "--size", "0.1"
    assert "takes no permit" in market.refuse(*limit, "--permit")
    assert market.store.load() == []


# ---- cancel, orders, submit ----


def test_cancel__a_nonce__only_its_order_is_dead(market: Market):
    for price in ("1950", "1960", "1970"):
        market.trade("limit", "long", "--price", price, "--margin", "100", "--size", "0.1")
    signed = {s.order.nonce: s for s in market.store.load()}
    assert sorted(signed) == [0, 1, 2]
    assert market.allowance() == 3 * 102 * 10**6

    said = market.trade("cancel", "1", "7")

    assert "nonce 1: limit entry" in said
    assert "nonce 7: no open order here" in said
    market.store.add(signed[1])  # a keeper still has a copy
    market.set_price(1_900)
    assert market.keep() == ["limit entry"] * 2
    assert market.why_not(signed[1]) == "orders: cancelled"
    opened(market, "long", 3)
    for used in ("0", "1"):
        shared = "stop", "--id", "1", "--price", "1800", "--nonce", used
        assert f"{used} is used up or cancelled" in market.refuse(*shared)
    # 0 and 2 are executed, 1 and 7 cancelled
    assert market.book.free_nonces(market.store, TRADER, 6) == [3, 4, 5, 6, 8, 9]


def test_cancel_all__later_orders__are_of_the_next_epoch(market: Market):
    limit = "limit", "long", "--price", "1950", "--margin", "100", "--size", "0.1"
    market.trade(*limit)
    (old,) = market.store.load()

    market.trade("cancel", "--all")

    assert market.store.load() == []
    market.trade(*limit)
    (new,) = market.store.load()
    assert new.order.nonce == 2**64
    assert market.book.standings([old, new]) == [Standing.CANCELLED, Standing.OPEN]
    market.trade("cancel", "0")
    assert market.book.standings([new]) == [Standing.CANCELLED]


def test_orders__of_every_state__says_why_each_would_not_execute(market: Market):
    opened(market, "long", 3)
    market.trade("take-profit", "--id", "1", "--price", "2200", "--for", "1h")
    nonce = str(market.order("take profit").order.nonce)
    market.trade("stop", "--id", "1", "--price", "1900", "--nonce", nonce)
    market.trade("limit", "long", "--price", "2100", "--margin", "100", "--size", "0.1")
    (market.orders / "note.json").write_text("{")

    said = market.trade("orders", TRADER)
    assert said.count("orders: not triggered") == 2
    assert "executes now" in said
    assert "skipped" in said and "note.json: no JSON" in said

    market.set_price(1_850)
    assert sorted(market.keep()) == ["limit entry", "stop"]
    assert market.trade("orders").count("executed") == 3
    market.trade("orders", "--prune")
    assert market.trade("orders", KEEPER).startswith("no orders in ETH/USDC")


def test_standings__after_the_deadline__is_expired(market: Market):
    limit = "limit", "long", "--price", "1950", "--margin", "100", "--size", "0.1"
    market.trade(*limit, "--for", "90m")
    (signed,) = market.store.load()
    market.node.mine(signed.order.deadline)
    assert market.book.standings([signed]) == [Standing.OPEN]
    market.node.mine(signed.order.deadline + 1)
    assert market.book.standings([signed]) == [Standing.EXPIRED]
    assert market.why_not(signed) == "orders: expired"


def test_submit__signed_elsewhere__is_taken_in_if_it_is_good(market: Market, tmp_path: Path):
    market.trade("limit", "long", "--price", "2100", "--margin", "100", "--size", "0.1")
    (signed,) = market.store.load()
    file = tmp_path / "mine.json"
    content = json.loads(market.store.file_of(signed.digest).read_text())
    market.store.remove(signed.digest)
    file.write_text(json.dumps(content))

    market.trade("submit", str(file))
    assert market.store.load() == [signed]

    content["typed_data"]["message"]["keeper_fee"] = "3000000"
    file.write_text(json.dumps(content))
    result = market.run(trade.cli, "submit", str(file))
    assert result.exit_code == 1 and "not by" in result.output
    content["typed_data"]["domain"]["chainId"] = 1
    file.write_text(json.dumps(content))
    result = market.run(trade.cli, "submit", str(file))
    assert result.exit_code == 1 and "on chain 1" in result.output
    assert market.store.load() == [signed]


# ---- refusals ----


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("limit long --price 0 --margin 100 --size 1", "--price must be positive"),
        ("limit long --price 1950 --margin 100", "--leverage or --size"),
        ("limit long --price 1950 --margin 100 --leverage 50", "below initial ratio"),
        ("limit long --price 1950 --margin 1 --leverage 2", "below min margin"),
        ("limit long --price 1950 --margin 100 --size 1 --for soon", "Write it like 12h"),
        ("stop long --price 2100 --size 1", "an entry needs --margin"),
        ("stop --price 2100", "position's --id"),
        ("stop --id 7 --price 2100", "no position 7"),
        ("take-profit --id 7 --price 2100", "no position 7"),
        ("top-up --id 7 --margin 100", "no position 7"),
        ("limit long --price 1950 --margin 100 --size 1 --fee=-1", "keeper_fee: -1000000"),
        (
            "bracket long --price 2000 --margin 100 --size 0.1 --take-profit 1900 --stop 1800",
            "must rise: stop < entry < take profit",
        ),
        ("cancel", "either nonces or --all"),
        ("cancel 1 --all", "either nonces or --all"),
    ],
)
def test_orders__bad_input__says_what_to_do_and_does_nothing(
    market: Market, arguments: str, words: str
):
    before = market.node.block()["number"]
    assert words in market.refuse(*arguments.split())
    assert market.node.block()["number"] == before
    assert market.store.load() == []


def test_limit__answered_no__does_nothing(market: Market):
    before = market.node.block()["number"]
    arguments = "limit", "long", "--price", "1950", "--margin", "100", "--size", "0.1"
    result = market.run(trade.cli, *arguments, "--account", "TEST::0", answer="n\n")
    assert result.exit_code == 1
    assert "Aborted" in result.output
    assert market.node.block()["number"] == before
    assert market.store.load() == []


def test_limit__nothing_deployed__says_what_to_run(market: Market, tmp_path: Path):
    market.folder = tmp_path / "empty"
    arguments = "limit", "long", "--price", "1950", "--margin", "100", "--size", "0.1"
    assert "there are: none" in market.refuse(*arguments)
