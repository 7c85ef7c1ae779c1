"""Real third-party contracts: the bytecode that runs on mainnet in place of our own look-alikes.

`scripts/fetch_artifacts.py` puts it into `.artifacts/`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ape.api import AccountAPI, ReceiptAPI
from ape.contracts import ContractContainer, ContractInstance
from ethpm_types import ContractType

ARTIFACTS = Path(__file__).resolve().parent.parent / ".artifacts"
CHAINLINK = "chainlink-0.0.12"
OPENZEPPELIN = "openzeppelin-4.9.6"
ZERO_ADDRESS = "0x" + "00" * 20


@cache
def load(package: str, name: str) -> ContractContainer:
    """The container of one contract, to be deployed by any account."""
    path = ARTIFACTS / package / f"{name}.json"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run `python scripts/fetch_artifacts.py`")
    artifact = json.loads(path.read_text())
    return ContractContainer(
        ContractType(
            contractName=artifact["contractName"],
            abi=artifact["abi"],
            deploymentBytecode={"bytecode": artifact["bytecode"]},
        )
    )


@dataclass
class RealFeed:
    """A Chainlink proxy, the aggregator behind it and the one oracle that may submit answers."""

    proxy: ContractInstance
    aggregator: ContractInstance
    oracle: AccountAPI
    round_id: int = field(default=0)

    @property
    def address(self) -> str:
        """What an adapter is given."""
        return str(self.proxy.address)

    def push(self, answer: int) -> ReceiptAPI:
        """Submit `answer` (feed units) as the next round of the present aggregator."""
        self.round_id += 1
        return self.aggregator.submit(self.round_id, answer, sender=self.oracle)

    def change_phase(self, owner: AccountAPI) -> None:
        """Put a new aggregator, without an answer yet, behind the proxy: an upgrade."""
        self.aggregator = deploy_aggregator(owner, self.oracle, self.aggregator.decimals())
        self.round_id = 0
        self.proxy.proposeAggregator(self.aggregator, sender=owner)
        self.proxy.confirmAggregator(self.aggregator, sender=owner)


def deploy_aggregator(
    owner: AccountAPI,
    oracle: AccountAPI,
    decimals: int,
    *,
    min_answer: int = 1,
    max_answer: int = 2**176 - 1,
    contract: str = "FluxAggregator",
) -> ContractInstance:
    """An aggregator which one submission of `oracle` moves; it pays nothing and needs no LINK."""
    aggregator = owner.deploy(
        load(CHAINLINK, contract),
        ZERO_ADDRESS,  # LINK
        0,  # payment per submission
        600,  # seconds until a round times out
        ZERO_ADDRESS,  # validator
        min_answer,
        max_answer,
        decimals,
        "ETH / USD",
    )
    aggregator.changeOracles([], [oracle], [owner], 1, 1, 0, sender=owner)
    return aggregator


def deploy_feed(
    owner: AccountAPI,
    oracle: AccountAPI,
    answer: int,
    *,
    decimals: int = 8,
    is_access_controlled: bool = False,
    **bounds: int,
) -> RealFeed:
    """A proxy with an aggregator of `decimals`, answered once with `answer` (feed units).

    `bounds`: `min_answer` and `max_answer`, beyond which the aggregator refuses answers.

    `is_access_controlled`: the aggregator answers only whom it knows, as on mainnet, for one
    storage read more.
    """
    contract = "AccessControlledAggregator" if is_access_controlled else "FluxAggregator"
    aggregator = deploy_aggregator(owner, oracle, decimals, contract=contract, **bounds)
    proxy = owner.deploy(load(CHAINLINK, "EACAggregatorProxy"), aggregator, ZERO_ADDRESS)
    if is_access_controlled:
        aggregator.addAccess(proxy, sender=owner)
    feed = RealFeed(proxy, aggregator, oracle)
    feed.push(answer)
    return feed


def deploy_token(owner: AccountAPI, supply: int) -> ContractInstance:
    """OpenZeppelin's ERC-20 with 18 decimals; the whole supply (token units) is the owner's."""
    return owner.deploy(
        load(OPENZEPPELIN, "ERC20PresetFixedSupply"), "OpenZeppelin", "OZ", supply, owner
    )
