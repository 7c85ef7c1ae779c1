"""Network files, `networks/*.toml`: what is at which address on a chain, and the pairs of it.

Checked twice: its form when it is read, its facts against the chain by `problems`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from bulkhead.client.codec import checksum, package_abi
from bulkhead.client.node import Node, View
from bulkhead.client.pair_file import PairFile, load, pair_from
from bulkhead.client.units import parse_amount, parse_decimal, parse_ratio
from bulkhead.exceptions import InvalidInput

FOLDER = Path("networks")
_ROUNDS = 24  # that are looked back on
_PHASE = 2**64  # a proxy's round id is phase * 2**64 + round


def _address(value: str) -> str:
    if checksum(value) != value:
        raise ValueError(f"wrong checksum; did you mean {checksum(value)}?")
    return value


def _exact(value: Any) -> str:
    """Texts and whole numbers: a binary fraction is not what was written."""
    if isinstance(value, float):
        raise ValueError(f'a binary fraction is not exact: write "{value}"')
    return str(value)


Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$"), AfterValidator(_address)]
Number = Annotated[str, BeforeValidator(_exact)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Asset(_Table):
    """An ERC-20 token, named by its symbol."""

    address: Address
    decimals: int = Field(ge=0, le=18)


class Feed(_Table):
    """A Chainlink proxy, named by its `description()`."""

    address: Address
    decimals: int = Field(ge=0, le=18)
    heartbeat: int = Field(gt=0, lt=7 * 86_400)  # seconds
    deviation: Number
    min_answer: Number
    max_answer: Number

    @model_validator(mode="after")
    def _numbers_are_in_order(self) -> Feed:
        try:
            ratio = parse_ratio(self.deviation, "deviation")
            low, high = parse_decimal(self.min_answer), parse_decimal(self.max_answer)
        except InvalidInput as error:
            raise ValueError(str(error)) from None
        if not 0 < ratio < 10**17:
            raise ValueError("deviation must be above 0 and below 10 %")
        if not 0 < low < high:
            raise ValueError("0 < min_answer < max_answer does not hold")
        return self

    def leg(self) -> dict[str, Any]:
        """As a pair file has it."""
        return {"feed": self.address} | self.model_dump(exclude={"address", "decimals"})


class Sequencer(_Table):
    """The uptime feed of an L2, and the seconds after it is back."""

    feed: Address
    grace_period: int = Field(gt=0, le=86_400)


class PairPlan(_Table):
    """A pair, in names of this file; what `parameters` omits is the reference profile."""

    asset: str
    base: str
    quote: str | None = None
    seed: Number
    tolerance: Number = "3 %"
    parameters: dict[str, Number | int] = Field(default_factory=dict)


class Network(_Table):
    """One network."""

    name: str
    ape: str = Field(pattern=r"^[a-z-]+:[a-z-]+$")
    chain_id: int = Field(gt=0)
    assets: dict[str, Asset]
    feeds: dict[str, Feed]
    sequencer: Sequencer | None = None
    pairs: dict[str, PairPlan]

    @model_validator(mode="after")
    def _names_are_known(self) -> Network:
        for label, plan in self.pairs.items():
            if plan.asset not in self.assets:
                raise ValueError(f"pairs.{label}: unknown asset {plan.asset!r}")
            for feed in filter(None, (plan.base, plan.quote)):
                if feed not in self.feeds:
                    raise ValueError(f"pairs.{label}: unknown feed {feed!r}")
        return self

    def pair(self, label: str, expected_price: str, guardian: str | None) -> PairFile:
        """The terms of a pair. `expected_price` is given anew each time: a file's would be old."""
        plan = next((p for name, p in self.pairs.items() if name.lower() == label.lower()), None)
        if plan is None:
            known = ", ".join(self.pairs)
            raise InvalidInput(f"{self.name} has no pair {label!r}", f"Known: {known}.")
        oracle: dict[str, Any] = {"base": self.feeds[plan.base].leg()}
        if plan.quote is not None:
            oracle["quote"] = self.feeds[plan.quote].leg()
        if self.sequencer is not None:
            oracle["sequencer_feed"] = self.sequencer.feed
            oracle["grace_period"] = self.sequencer.grace_period
        content = {
            "label": label.upper(),
            "asset": self.assets[plan.asset].address,
            "expected_price": expected_price,
            "tolerance": plan.tolerance,
            "seed": plan.seed,
            "oracle": oracle,
            "parameters": plan.parameters,
        }
        return pair_from(content | ({"guardian": guardian} if guardian else {}))


def read_network(path: Path) -> Network:
    """Read and check a file. Raises InvalidInput with what is wrong and where."""
    try:
        return Network.model_validate(load(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidInput(f"{path}: {where or 'file'}: {first['msg']}") from None


def network_of(chain_id: int, folder: Path = FOLDER) -> Network:
    """The file of a chain."""
    for path in sorted(folder.glob("*.toml")):
        network = read_network(path)
        if network.chain_id == chain_id:
            return network
    raise InvalidInput(
        f"no file in {folder}/ is for chain {chain_id}", "Write one like the others."
    )


def problems(network: Network, node: Node) -> Iterator[str]:
    """One line for every fact of the file that the chain does not bear out."""
    if node.chain_id != network.chain_id:
        yield f"the node is on chain {node.chain_id}, the file is for {network.chain_id}"
        return
    for symbol, asset in network.assets.items():
        yield from _asset_problems(node, symbol, asset)
    for name, feed in network.feeds.items():
        yield from _feed_problems(node, name, feed)
    if network.sequencer is not None:
        abi = package_abi("IAggregatorV3")
        (answer,) = node.try_views([View(network.sequencer.feed, abi, "latestRoundData")])
        if answer is None or answer[1] not in (0, 1):
            yield f"sequencer {network.sequencer.feed}: not an uptime feed"


def _asset_problems(node: Node, symbol: str, asset: Asset) -> Iterator[str]:
    if not node.has_code(asset.address):
        yield f"{symbol} {asset.address}: no contract"
        return
    abi = package_abi("IERC20")
    found = node.try_views([View(asset.address, abi, name) for name in ("symbol", "decimals")])
    if found != [symbol, asset.decimals]:
        yield f"{symbol} {asset.address}: says {found[0]!r} with {found[1]} decimals"


def _feed_problems(node: Node, name: str, feed: Feed) -> Iterator[str]:
    if not node.has_code(feed.address):
        yield f"{name} {feed.address}: no contract"
        return
    abi = package_abi("IAggregatorV3")
    parts = ("description", "decimals", "latestRoundData")
    description, decimals, latest = node.try_views([View(feed.address, abi, n) for n in parts])
    if (description, decimals) != (name, feed.decimals):
        yield f"{name} {feed.address}: says {description!r} with {decimals} decimals"
        return
    if latest is None or latest[3] == 0:
        yield f"{name} {feed.address}: has not answered yet"
        return
    low, high = (parse_amount(n, decimals) for n in (feed.min_answer, feed.max_answer))
    if not low < latest[1] < high:
        answer = Decimal(latest[1]).scaleb(-decimals)
        yield f"{name} {feed.address}: answers {answer}, out of bounds"
    gap = _longest_gap(node, feed.address, latest)
    if gap > feed.heartbeat:
        yield f"{name} {feed.address}: was silent for {gap} s, heartbeat {feed.heartbeat}"


def _longest_gap(node: Node, address: str, latest: tuple[int, ...]) -> int:
    """Seconds: between the last rounds of this phase, and since the last of them."""
    first = max(1, latest[0] % _PHASE - _ROUNDS) + latest[0] // _PHASE * _PHASE
    abi = package_abi("IAggregatorV3")
    ids = range(first, latest[0])
    rounds = node.try_views([View(address, abi, "getRoundData", (number,)) for number in ids])
    times: list[int] = [found[3] for found in rounds if found and found[3]] + [latest[3], node.now]
    return max(later - earlier for earlier, later in pairwise(times))
