"""The promises, checked on what the chain says. Each raises InvariantBroken where it is broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bulkhead.client.node import View
from bulkhead.exceptions import InvariantBroken
from bulkhead.model import Market, Position
from bulkhead.replay.desk import Desk, Record

_SUMS = ("long_size", "short_size", "long_basis", "short_basis", "reserved")


@dataclass(frozen=True)
class Books:
    """What a vault holds and owes, read in one block."""

    market: Market
    balance: int
    fees: int
    positions: dict[tuple[str, int], Position]
    claims: dict[str, int]


def read_books(desk: Desk) -> Books:
    """Of everything that the vault's events mention."""
    pair, keys, creditors = desk.pair, list(desk.records), list(desk.creditors)
    market, fees, balance, *rest = desk.node.views(
        [
            View(pair.vault, pair.abi, "get_market"),
            View(pair.vault, pair.abi, "protocol_fees"),
            pair.balance_view(pair.vault),
            *map(pair.position_view, keys),
            *map(pair.claim_view, creditors),
        ]
    )
    positions = [Position(*words) for words in rest[: len(keys)]]
    return Books(
        Market(*market),
        balance,
        fees,
        dict(zip(keys, positions, strict=True)),
        dict(zip(creditors, rest[len(keys) :], strict=True)),
    )


def check(desk: Desk, books: Books) -> int:
    """All that is true of one vault between two calls. Returns how many statements were checked."""
    pair, market = desk.pair.label, books.market
    hold(
        market.pool >= market.reserved,
        3,
        f"{pair}: the pool ({market.pool}) covers all reserves ({market.reserved})",
    )
    margins = sum(position.margin for position in books.positions.values())
    owed = market.pool + margins + sum(books.claims.values()) + books.fees
    hold(
        books.balance == owed,
        3,
        f"{pair}: the vault's balance ({books.balance}) is pool, margins, claims and fees ({owed})",
    )
    sums = dict.fromkeys(_SUMS, 0)
    for position in books.positions.values():
        side = "long" if position.size > 0 else "short"
        sums[f"{side}_size"] += abs(position.size)
        sums[f"{side}_basis"] += position.basis
        sums["reserved"] += position.reserve
    for name in _SUMS:
        hold(
            sums[name] == getattr(market, name), 3, f"{pair}: {name} is the sum over the positions"
        )
    for key, position in books.positions.items():
        hold(
            position.margin >= desk.pair.params.min_margin,
            6,
            f"{pair}: an open position has the minimum margin",
        )
        told = Record(position.size, position.margin, position.basis, position.reserve)
        hold(
            told == desk.records[key],
            1,
            f"{pair}: nothing changes a position without an event that says so ({key})",
        )
    return 7 + 2 * len(books.positions)


def fingerprint(desk: Desk) -> tuple[Any, ...]:
    """All of a vault's state that anyone could be interested in; equal means untouched."""
    books = read_books(desk)
    supply = desk.node.view(desk.pair.vault, desk.pair.abi, "totalSupply")
    return books, supply


def check_untouched(desk: Desk, before: tuple[Any, ...]) -> None:
    """Promise 2: whatever happens in one pair, another is as it was."""
    hold(fingerprint(desk) == before, 2, f"{desk.pair.label}: the other pair is untouched")


def hold(holds: bool, promise: int, statement: str) -> None:
    if not holds:
        raise InvariantBroken(f"{promise}. {statement}: does not hold")
