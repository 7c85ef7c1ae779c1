"""A chain in memory: vaults of the exact model, whose events come out as a node's logs.

It can be reorganised at will, and its node can refuse, fail, and change its mind midway.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import random
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from eth_abi import encode

from bulkhead.client.codec import canonical, checksum, package_abi
from bulkhead.client.deployments import Deployments, PairEntry
from bulkhead.client.node import Node
from bulkhead.exceptions import Refused
from bulkhead.model import EMPTY, MAX_UINT256, WAD, Environment, PriceBand, Vault
from bulkhead.profiles import reference_profile

BIRTH = 1_700_000_000
ABI = package_abi("PairVault")
_EVENTS = {entry["name"]: entry["inputs"] for entry in ABI.entries if entry["type"] == "event"}
_MARKET_CALL = ABI.encode("get_market")[:10]
_POSITION_CALL = ABI.encode("get_position", EMPTY, 0)[:10]
_hashes = itertools.count(1)


def account(number: int) -> str:
    return checksum("0x" + number.to_bytes(20, "big").hex())


VAULTS = {"ETH/USDC": account(0x1000), "BTC/DAI": account(0x2000)}
_DECIMALS = {"ETH/USDC": 6, "BTC/DAI": 18}
PEOPLE = [account(number) for number in range(1, 7)]
LP, KEEPER = account(0x77), account(0x88)


@dataclass
class Block:
    number: int
    timestamp: int
    vaults: dict[str, Vault]  # as they are after it
    logs: list[dict[str, Any]]
    hash: str = field(default_factory=lambda: f"0x{next(_hashes):064x}")

    @property
    def header(self) -> dict[str, Any]:
        return {
            "number": hex(self.number), "hash": self.hash, "timestamp": hex(self.timestamp),
        }  # fmt: skip


class Chain:
    """`mine` makes a block of random calls; `reorganise` takes blocks away."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.price = 2000 * WAD
        self.blocks = [Block(0, BIRTH, {}, [])]
        vaults = {}
        for label, address in VAULTS.items():
            decimals = _DECIMALS[label]
            params = reference_profile(decimals)
            vaults[address] = Vault(params, WAD // 10, decimals, BIRTH + 1, address=address)
        self._add(vaults, 1, lambda vault, env: vault.deposit(env, LP, 10 ** (7 + vault.decimals)))

    @property
    def head(self) -> Block:
        return self.blocks[-1]

    def mine(self, blocks: int = 1, calls: int = 3) -> None:
        """Blocks of some calls each; the price moves by up to 3 % in each."""
        for _ in range(blocks):
            self.price += self.price * self.rng.randint(-30, 30) // 1000
            seconds = self.rng.randint(0, 3) * 600
            makers = [self._random_call for _ in range(self.rng.randint(0, calls))]
            self._add(copy.deepcopy(self.head.vaults), seconds, *makers)

    def call(
        self, label: str, function: str, *arguments: Any, seconds: int = 12, is_live: bool = True
    ) -> None:
        """A block with one call to one vault, which must succeed. Without a live price the last
        one is of the block before."""
        address = VAULTS[label]

        def maker(vault: Vault, env: Environment) -> None:
            if vault.address == address:
                getattr(vault, function)(env, *arguments)

        self._add(copy.deepcopy(self.head.vaults), seconds, maker, is_live=is_live)

    def reorganise(self, blocks: int) -> None:
        """The last blocks have never been. What is mined from here on is another story."""
        del self.blocks[-blocks:]

    def _add(
        self,
        vaults: dict[str, Vault],
        seconds: int,
        *makers: Callable[[Vault, Environment], Any],
        is_live: bool = True,
    ) -> None:
        now = self.head.timestamp + seconds
        updated_at = now if is_live else self.head.timestamp
        band = PriceBand(self.price, self.price + self.price // 1000, updated_at, is_live)
        env = Environment(now, band)
        block = Block(self.head.number + 1, now, vaults, [])
        for maker in makers:
            for vault in vaults.values():
                maker(vault, env)
                events = vault.take_events()
                tx = f"0x{next(_hashes):064x}"
                block.logs += [self._log(block, vault, event, tx) for event in events]
        for index, log in enumerate(block.logs):
            log["logIndex"] = hex(index)
        self.blocks.append(block)

    def _log(self, block: Block, vault: Vault, event: Any, tx: str) -> dict[str, Any]:
        inputs = _EVENTS[type(event).__name__]
        words = [
            (canonical(item), value, item["indexed"])
            for item, value in zip(inputs, astuple(event), strict=True)
        ]
        indexed = ["0x" + encode([kind], [value]).hex() for kind, value, is_in in words if is_in]
        plain = [(kind, value) for kind, value, is_in in words if not is_in]
        return {
            "address": vault.address.lower(),
            "topics": [ABI.topic(type(event).__name__), *indexed],
            "data": "0x" + encode([k for k, _ in plain], [v for _, v in plain]).hex(),
            "blockNumber": hex(block.number),
            "blockHash": block.hash,
            "blockTimestamp": hex(block.timestamp),
            "transactionHash": tx,
        }

    def _random_call(self, vault: Vault, env: Environment) -> None:
        """Trading mostly; what the vault refuses has not happened."""
        rng, unit = self.rng, 10**vault.decimals
        who, number = rng.choice(PEOPLE), rng.randint(0, 3)
        try:
            match rng.randint(0, 9):
                case 0:
                    vault.deposit(env, LP, rng.randint(1, 10**6) * unit)
                case 1:
                    vault.redeem(env, LP, rng.randint(1, 10**5) * unit * 1000)
                case 2:
                    vault.add_margin(
                        env, who, number, rng.randint(1, 500) * unit, rng.choice(PEOPLE)
                    )
                case 3:
                    vault.accrue(env, KEEPER)
                case 4 | 5:
                    keys = list(vault.positions)
                    for key in rng.sample(keys, min(len(keys), 4)):
                        self._keep(vault, env, key)
                case 6:
                    size = vault.get_position(who, number).size
                    vault.close_position(env, who, number, 0 if size > 0 else MAX_UINT256)
                case _:
                    size = rng.randint(-20, 20) * WAD // 2
                    margin = rng.randint(-200, 2_000) * unit
                    bound = MAX_UINT256 if size > 0 else 0
                    vault.adjust_position(env, who, number, size, margin, bound)
        except Refused:
            return

    def _keep(self, vault: Vault, env: Environment, key: tuple[str, int]) -> None:
        for function in (vault.liquidate, vault.settle_position, vault.call_margin):
            with contextlib.suppress(Refused):
                function(env, KEEPER, *key)


class ChainNode(Node):
    """A node on such a chain. `grant` blocks and `most` logs are what it tells at once."""

    def __init__(self, chain: Chain) -> None:
        super().__init__("http://127.0.0.1:1")
        self.chain = chain
        self.grant, self.most = 10_000, 10_000
        self.tells_times = True
        self.requests = 0
        self.before_request: Callable[[int], None] = lambda _: None

    def _post_part(self, calls: Any) -> list[dict[str, Any]]:
        answers = []
        for name, parameters in calls:
            self.requests += 1
            self.before_request(self.requests)
            try:
                answers.append({"result": getattr(self, f"_{name}")(*parameters)})
            except _Refusal as error:
                answers.append({"error": {"code": -32005, "message": str(error)}})
        return answers

    def _eth_blockNumber(self) -> str:  # noqa: N802 - the names of the requests
        return hex(self.chain.head.number)

    def _eth_getBlockByNumber(self, tag: str, _: bool) -> dict[str, Any] | None:  # noqa: N802
        number = self.chain.head.number if tag == "latest" else int(tag, 16)
        return self.chain.blocks[number].header if number < len(self.chain.blocks) else None

    def _eth_getLogs(self, query: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: N802
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if last - first + 1 > self.grant:
            raise _Refusal(f"exceed maximum block range: {self.grant}")
        wanted = {address.lower() for address in query["address"]}
        blocks = self.chain.blocks[first : last + 1]
        logs = [log for block in blocks for log in block.logs if log["address"] in wanted]
        if len(logs) > self.most:
            raise _Refusal(f"query returned more than {self.most} results")
        if self.tells_times:
            return logs
        return [{k: v for k, v in log.items() if k != "blockTimestamp"} for log in logs]

    def _eth_call(self, call: dict[str, str], tag: str) -> str:
        vault = self.chain.blocks[int(tag, 16)].vaults[call["to"]]
        data = call["data"]
        if data.startswith(_MARKET_CALL):
            return "0x" + encode([_tuple_of("get_market")], [astuple(vault.get_market())]).hex()
        assert data.startswith(_POSITION_CALL)
        owner, number = checksum("0x" + data[34:74]), int(data[74:138], 16)
        position = astuple(vault.get_position(owner, number))
        return "0x" + encode([_tuple_of("get_position")], [position]).hex()


class _Refusal(Exception):  # noqa: N818 - an answer of the node
    pass


def _tuple_of(function: str) -> str:
    (entry,) = [item for item in ABI.entries if item.get("name") == function]
    return canonical(entry["outputs"][0])


def deployments_of(chain: Chain, *labels: str) -> Deployments:
    pairs = {label: PairEntry(VAULTS[label], EMPTY, EMPTY, 1) for label in labels or tuple(VAULTS)}
    return Deployments(Path("unused.json"), 1337, chain.blocks[0].hash, pairs=pairs)
