"""Building the demo's two pairs through the real factory, and giving everyone their tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ape.api import AccountAPI

from bulkhead.client.codec import call_data
from bulkhead.client.creation import PairCreator
from bulkhead.client.deployments import Deployments, PairEntry
from bulkhead.client.node import Node
from bulkhead.client.pair import Pair
from bulkhead.client.pair_file import LegTerms, MockTerms, PairFile
from bulkhead.client.setup import Deployer, Terms
from bulkhead.client.units import show_percent, to_decimal
from bulkhead.model.types import EMPTY, MAX_UINT256, WAD
from bulkhead.replay.cast import DEPLOYER, EVERYONE, GUARDIAN, TREASURY, WALLETS
from bulkhead.replay.desk import Desk
from bulkhead.replay.series import HEARTBEAT, Series, read_ticks

PROTOCOL_SHARE = WAD // 10
SEED = Decimal(1_000)
_GRACE = 300  # seconds beyond a heartbeat
_STILL = 6 * 86_400  # seconds: the other pair's feed is not asked for while the crash is replayed
_OTHER_PRICE = 30_000 * WAD


@dataclass
class Stage:
    """Two pairs and the people around them; addresses by name and names by address."""

    node: Node
    series: Series
    addresses: dict[str, str]
    desk: Desk
    other: Desk
    other_prices: tuple[int, int]  # WAD: at the start and at the end
    factory: str
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = {address: name for name, address in self.addresses.items()}

    def name(self, address: str) -> str:
        return self.names.get(address, address)


def build(
    node: Node, accounts: list[AccountAPI], project: Any, deployments: Deployments, series: Series
) -> Stage:
    """Factory, two pairs, tokens and approvals for everyone. `accounts` are unlocked in `node`."""
    people = dict(zip(EVERYONE, accounts, strict=False))
    addresses = {name: str(account.address) for name, account in people.items()}
    hands = node, accounts[0], project, deployments, lambda _: None
    terms_of_all = Terms(addresses[DEPLOYER], addresses[TREASURY], PROTOCOL_SHARE)
    factory = Deployer(*hands).deploy(terms_of_all)
    guardian = addresses[GUARDIAN]
    prices = _other_prices(series)
    terms = main_terms(series, guardian), other_terms(prices[0], guardian)
    entries = [PairCreator(*hands).create(term, is_mock=True) for term in terms]
    desks = [
        _desk(node, deployments, term.label, entry, factory)
        for term, entry in zip(terms, entries, strict=True)
    ]
    for desk in desks:
        _fund(node, desk, addresses)
    return Stage(node, series, addresses, desks[0], desks[1], prices, factory)


def main_terms(series: Series, guardian: str) -> PairFile:
    """The reference profile, but for the reserve and the depth that the series asks for."""
    start = series.ticks[0].price
    step = series.ticks[2].time - series.ticks[1].time
    return PairFile(
        label=f"{series.base}/USDC",
        name=f"Bulkhead {series.base}/USDC",
        symbol=f"bh{series.base}-USDC"[:32],
        asset=EMPTY,
        guardian=guardian,
        expected_price=start,
        tolerance=WAD // 20,
        seed=SEED,
        base=LegTerms(
            EMPTY, max(HEARTBEAT, step) + _GRACE, series.deviation, series.floor, series.ceiling
        ),
        quote=None,
        sequencer_feed=EMPTY,
        grace_period=0,
        parameters={
            "reserve_ratio": show_percent(series.reserve_ratio),
            "skew_scale": str(series.skew_scale),
        },
        mock=MockTerms("USD Coin", "USDC", 6, 8),
    )


def other_terms(price: int, guardian: str) -> PairFile:
    """BTC over an asset with 18 decimals."""
    return PairFile(
        label="BTC/DAI",
        name="Bulkhead BTC/DAI",
        symbol="bhBTC-DAI",
        asset=EMPTY,
        guardian=guardian,
        expected_price=price,
        tolerance=WAD // 20,
        seed=SEED,
        base=LegTerms(EMPTY, _STILL, WAD // 200, Decimal(100), Decimal(10_000_000)),
        quote=None,
        sequencer_feed=EMPTY,
        grace_period=0,
        parameters={"skew_scale": "50000"},
        mock=MockTerms("Dai Stablecoin", "DAI", 18, 8),
    )


def _desk(node: Node, deployments: Deployments, label: str, entry: PairEntry, factory: str) -> Desk:
    feed = deployments.mocks[f"{label} base feed"]
    return Desk(node, Pair(node, label, entry), feed, factory, PROTOCOL_SHARE)


def _fund(node: Node, desk: Desk, addresses: dict[str, str]) -> None:
    unit = 10**desk.pair.decimals
    for name, whole in WALLETS.items():
        account = addresses[name]
        node.send(
            account, desk.pair.asset, call_data("mint(address,uint256)", account, whole * unit)
        )
        approve = call_data("approve(address,uint256)", desk.pair.vault, MAX_UINT256)
        node.send(account, desk.pair.asset, approve)


def _other_prices(series: Series) -> tuple[int, int]:
    """Of the other pair's asset when the replay starts and ends; still where there is no file."""
    if series.other is None or not series.other.is_file():
        return _OTHER_PRICE, _OTHER_PRICE
    ticks = read_ticks(series.other)
    first, last = series.ticks[0].time, series.ticks[-1].time
    start = next((tick for tick in ticks if tick.time >= first), ticks[-1])
    end = next((tick for tick in reversed(ticks) if tick.time <= last), ticks[0])
    return _to_feed(start.price), _to_feed(end.price)


def _to_feed(price: int) -> int:
    """Cut to the 8 decimals that the feed has."""
    return int(to_decimal(price, 18) * 10**8) * 10**10
