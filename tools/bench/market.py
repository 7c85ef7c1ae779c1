"""The market that is measured: everything real, and other users in it already."""

from __future__ import annotations

from dataclasses import dataclass, replace

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from bulkhead.model.types import WAD
from bulkhead.profiles import REFERENCE_PROFILE
from tools.bench.contracts import CHAINLINK, Contract, compiled, third_party
from tools.bench.node import Node, Transaction

USDC = 10**6
PRICE = 2_000
INFINITE = 2**256 - 1  # as an allowance
BUY_BOUND, SELL_BOUND = 2_040 * WAD, 1_960 * WAD  # acceptable prices, two percent away
ZERO_ADDRESS = "0x" + "00" * 20
FEED_DECIMALS = 8
LONGS = 300 * WAD  # of other users, all together; half as much is short
LONG_MARGIN = 100_000 * USDC
ROUND_SECONDS = 600  # until a round of the aggregator times out
_LEG = (3_600 + 300, WAD // 200)  # heartbeat and deviation of mainnet's ETH/USD


def person(role: str, number: int = 0) -> str:
    """An address that looks like one: as many zero bytes as any, which is what calldata costs."""
    return str(to_checksum_address(keccak(text=f"{role} {number}")[12:]))


@dataclass(frozen=True)
class Options:
    """What about the market varies between measurements."""

    fee_share: int = 0  # WAD of each fee, to the protocol; a factory starts with none
    positions: int = 10  # longs of other users, before anything is measured
    has_access_control: bool = False  # the aggregator's: it answers only whom it knows
    has_quote_feed: bool = False  # a second proxy and aggregator: ETH/USD over USDC/USD


@dataclass(frozen=True)
class Feed:
    """A Chainlink proxy with the aggregator behind it, which one oracle answers."""

    proxy: Contract
    aggregator: Contract

    def push(self, price: float) -> None:
        """The next round, dollars."""
        number = self.aggregator.view("latestRound") + 1
        answer = round(price * 10**FEED_DECIMALS)
        self.aggregator.send(person("oracle"), "submit", number, answer)


@dataclass(frozen=True)
class Market:
    """One vault and what belongs to it."""

    node: Node
    token: Contract
    feed: Feed
    oracle: Contract
    factory: Contract
    vault: Contract
    creation: Transaction

    def fund(self, user: str, amount: int = 1_000_000 * USDC) -> str:
        """Tokens and an infinite approval."""
        self.token.send(user, "mint", user, amount)
        self.token.send(user, "approve", self.vault.address, INFINITE)
        return user

    def open(self, user: str, position_id: int, size: int, margin: int) -> Transaction:
        """In the block after the last one of mainnet."""
        bound = BUY_BOUND if size > 0 else SELL_BOUND
        return self.vault.send(
            user, "adjust_position", position_id, size, margin, bound, elapsed=12
        )

    def go_to(self, price: float, *, elapsed: int = 12) -> None:
        """The feed answers `price` dollars after some time."""
        self.node.now += elapsed
        self.feed.push(price)


def deploy_feed(node: Node, price: float, *, has_access_control: bool) -> Feed:
    """The proxy of mainnet in front of an aggregator that one submission moves."""
    owner, oracle = person("chainlink"), person("oracle")
    name = "AccessControlledAggregator" if has_access_control else "FluxAggregator"
    arguments = (ZERO_ADDRESS, 0, ROUND_SECONDS, ZERO_ADDRESS, 1, 2**176 - 1, FEED_DECIMALS)
    aggregator = third_party(CHAINLINK, name).deploy(node, owner, *arguments, "ETH / USD")
    aggregator.send(owner, "changeOracles", [], [oracle], [owner], 1, 1, 0)
    proxy = third_party(CHAINLINK, "EACAggregatorProxy").deploy(
        node, owner, aggregator.address, ZERO_ADDRESS
    )
    if has_access_control:
        aggregator.send(owner, "addAccess", proxy.address)
    feed = Feed(proxy, aggregator)
    feed.push(price)
    return feed


def build(node: Node, options: Options) -> Market:
    """Deploy, create the pair through the factory, and let others use it for a while."""
    owner, creator = person("owner"), person("creator")
    token = compiled("MockToken").deploy(node, owner, "USD Coin", "USDC", 6)
    feed = deploy_feed(node, PRICE, has_access_control=options.has_access_control)
    blueprint, _ = compiled("PairVault").deploy_blueprint(node, owner)
    named = blueprint, person("treasury"), owner
    factory = compiled("VaultFactory").deploy(node, owner, *named)
    factory.send(owner, "set_protocol_fee", options.fee_share, person("treasury"))
    oracle = _create_oracle(node, factory, feed, options)
    params = replace(REFERENCE_PROFILE, asset=token.address, oracle=oracle.address)
    token.send(creator, "mint", creator, 1_000_000 * USDC)
    token.send(creator, "approve", factory.address, INFINITE)
    expected = (params, oracle.address, 1_000 * USDC, PRICE * WAD, WAD // 50)
    creation = factory.send(creator, "create_vault", *expected)
    vault = Contract(node, factory.view("vault_at", 0), compiled("PairVault").abi)
    market = Market(node, token, feed, oracle, factory, vault, creation)
    _settle_in(market, options.positions)
    return market


def _create_oracle(node: Node, factory: Contract, feed: Feed, options: Options) -> Contract:
    owner = person("owner")
    adapter = compiled("ChainlinkOracle")
    blueprint, _ = adapter.deploy_blueprint(node, owner)
    factory.send(owner, "set_adapter", blueprint, True)
    quote = (ZERO_ADDRESS, 0, 0, 0, 0)
    if options.has_quote_feed:
        dollar = deploy_feed(node, 1, has_access_control=options.has_access_control)
        quote = (dollar.proxy.address, 86_400, WAD // 400, 10**6, 10**12)
    config = ((feed.proxy.address, *_LEG, 1, 10**14), quote, ZERO_ADDRESS, 0)
    leg = "(address,uint256,uint256,int256,int256)"
    arguments = encode([f"({leg},{leg},address,uint256)"], [config])
    factory.send(owner, "create_oracle", blueprint, arguments)
    created = factory.node.call(
        factory.address, factory.encode("create_oracle", blueprint, arguments)
    )
    address = to_checksum_address(created[-20:])
    return Contract(node, str(address), adapter.abi)


def _settle_in(market: Market, positions: int) -> None:
    """Two LPs, a large short, as many longs of as many users, a keeper who has earned before.

    The longs together are the same however many they are: so are the sums that the vault keeps.
    """
    for number in range(2):
        lp = market.fund(person("lp", number), 100_000_000 * USDC)
        market.vault.send(lp, "deposit", 40_000_000 * USDC)
    users = [person("user", number) for number in range(positions)]
    vault, token = market.vault, market.token
    mints = [(user, token.address, token.encode("mint", user, LONG_MARGIN)) for user in users]
    approval = token.encode("approve", vault.address, INFINITE)
    approvals = [(user, token.address, approval) for user in users]
    size, margin = LONGS // positions, max(LONG_MARGIN // positions, 25 * USDC)
    opening = vault.encode("adjust_position", 1, size, margin, BUY_BOUND)
    openings = [(user, vault.address, opening) for user in users]
    for calls in (mints, approvals, openings):
        market.node.send_all(calls)
    market.open(market.fund(person("hedger")), 1, -LONGS // 2, LONG_MARGIN)
    market.fund(person("keeper"))
    market.go_to(PRICE, elapsed=7_200)  # the LPs' shares are not locked any more
