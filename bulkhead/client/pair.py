"""One vault, read in batches: its terms, its state, its positions rebuilt from events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bulkhead.client.codec import Event, package_abi
from bulkhead.client.deployments import PairEntry
from bulkhead.client.node import Node, View
from bulkhead.model.params import VaultParams
from bulkhead.model.rules import borrow_rate, funding_rate, nav_high, nav_low
from bulkhead.model.types import NEVER, Health, Limits, Market, Position, PriceBand, Status

PositionKey = tuple[str, int]
_POSITION_EVENTS = (
    "PositionAdjusted",
    "PositionClosed",
    "MarginAdded",
    "MarginRemoved",
    "PositionLiquidated",
    "PositionSettled",
)


@dataclass(frozen=True)
class PairState:
    """Everything about a vault at one block. `band` is None where the oracle cannot be read."""

    now: int
    market: Market
    limits: Limits
    band: PriceBand | None
    supply: int
    total_assets: int
    protocol_fees: int
    vault_balance: int

    @property
    def is_winding_down(self) -> bool:
        return self.market.accrued_at == NEVER

    @property
    def is_live(self) -> bool:
        return self.band is not None and self.band.live

    @property
    def mid(self) -> int:
        return (self.band.bid + self.band.ask) // 2 if self.band else 0


@dataclass(frozen=True)
class Rates:
    """WAD per year; a negative one is received."""

    borrow: int
    long: int
    short: int


class Pair:
    """A vault and what surrounds it. Nothing here sends a transaction."""

    def __init__(self, node: Node, label: str, entry: PairEntry) -> None:
        self.node, self.label, self.entry = node, label, entry
        self.base, _, quote = label.partition("/")
        self.abi = package_abi("PairVault")
        values, self.decimals, symbol = node.views(
            [
                self._view("get_params"),
                View(entry.asset, package_abi("IERC20"), "decimals"),
                View(entry.asset, package_abi("IERC20"), "symbol"),
            ]
        )
        self.params = VaultParams(
            **dict(zip(VaultParams.__dataclass_fields__, values, strict=True))
        )
        self.quote = str(symbol) or quote
        self.scale: int = 10 ** (36 - self.decimals)

    @property
    def vault(self) -> str:
        return self.entry.vault

    @property
    def asset(self) -> str:
        return self.entry.asset

    @cached_property
    def share_decimals(self) -> int:
        return int(self.node.views([self._view("decimals")])[0])

    # ---- state ----

    def state(self) -> PairState:
        block = self.node.block()
        market, limits, band, supply, total, fees, balance = self.node.try_views(
            [
                self._view("get_market"),
                self._view("get_limits"),
                View(self.entry.oracle, package_abi("IPriceOracle"), "price_band"),
                self._view("totalSupply"),
                self._view("totalAssets"),
                self._view("protocol_fees"),
                self.balance_view(self.vault),
            ]
        )
        return PairState(
            now=int(block["timestamp"], 16),
            market=Market(*market),
            limits=Limits(*limits),
            band=PriceBand(*band) if band else None,
            supply=supply,
            total_assets=total,
            protocol_fees=fees,
            vault_balance=balance,
        )

    def rates(self, state: PairState) -> Rates:
        """What each side pays a year on its notional, in the present state."""
        if state.is_winding_down:
            return Rates(0, 0, 0)
        borrow = borrow_rate(state.market.reserved, state.market.pool, self.params)
        skew, pool = state.market.skew, state.market.pool
        funding = funding_rate(skew, pool, state.mid, self.params, self.scale)
        return Rates(borrow, borrow + funding, borrow - funding)

    def navs(self, state: PairState) -> tuple[int, int]:
        """What an LP leaves at and enters at, for the shares of all LPs together."""
        band = state.band or PriceBand(0, 0, 0, False)
        market = state.market
        return (
            nav_low(market, band.bid, band.ask, self.scale),
            nav_high(market, band.bid, band.ask, self.scale),
        )

    # ---- positions ----

    def position_view(self, key: PositionKey) -> View:
        return self._view("get_position", *key)

    def health_view(self, key: PositionKey) -> View:
        return self._view("get_health", *key)

    def balance_view(self, account: str) -> View:
        return View(self.asset, package_abi("IERC20"), "balanceOf", (account,))

    def claim_view(self, account: str) -> View:
        return self._view("claimable", account)

    def positions(self, keys: list[PositionKey]) -> list[Position]:
        return [Position(*words) for words in self.node.views(list(map(self.position_view, keys)))]

    def healths(self, keys: list[PositionKey]) -> list[Health]:
        return list(map(read_health, self.node.views(list(map(self.health_view, keys)))))

    def events(self, last: int | None = None) -> list[Event]:
        """Every event of the vault since its birth."""
        return self.abi.decode_logs(self.node.logs([self.vault], self.entry.block, last))

    def open_keys(self) -> list[PositionKey]:
        """The positions that are open, in the order in which they were opened."""
        return open_keys(self.events())

    def _view(self, function: str, *arguments: Any) -> View:
        return View(self.vault, self.abi, function, arguments)


def read_health(words: tuple[Any, ...]) -> Health:
    """The struct that `get_health` answers."""
    return Health(Status(words[0]), *words[1:])


def open_keys(events: list[Event]) -> list[PositionKey]:
    """Positions that a vault's events leave open: an event carries the size afterwards."""
    found: dict[PositionKey, None] = {}
    for event in events:
        if event.name not in _POSITION_EVENTS:
            continue
        key = event["owner"], event["position_id"]
        is_end = event.name in ("PositionClosed", "PositionSettled")
        if is_end or event.values.get("size") == 0:
            found.pop(key, None)
        else:
            found.setdefault(key)
    return list(found)
