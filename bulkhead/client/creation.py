"""Creating pairs from parameter files: oracle, vault, seed. What is there already is skipped."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from eth_abi.abi import encode as abi_encode

from bulkhead.client.accounts import contract_at, ensure_allowance, transact
from bulkhead.client.codec import package_abi
from bulkhead.client.deployments import ADAPTER_BLUEPRINT, FACTORY, PairEntry
from bulkhead.client.node import View
from bulkhead.client.pair_file import LegTerms, PairFile
from bulkhead.client.sending import Sender
from bulkhead.client.units import parse_amount, show, show_price, to_units
from bulkhead.exceptions import InvalidInput, NotDeployed
from bulkhead.model.params import VaultParams
from bulkhead.model.types import EMPTY

_LEG_TYPE = "(address,uint256,uint256,int256,int256)"
_CONFIG_TYPE = f"({_LEG_TYPE},{_LEG_TYPE},address,uint256)"
_EMPTY_LEG = (EMPTY, 0, 0, 0, 0)
_ENOUGH = 10**7  # whole tokens minted of a mock


@dataclass(frozen=True)
class PairCreator(Sender):
    """Creates pairs through the factory, for whoever has the seed."""

    @property
    def factory(self) -> str:
        return self.deployments.contract(FACTORY)

    def create(self, terms: PairFile, *, is_mock: bool = False) -> PairEntry:
        """Oracle, approval, vault with its seed. Returns the entry, also if it was there."""
        entry = self.deployments.pairs.get(terms.label)
        if entry is not None and self.node.has_code(entry.vault):
            self.say(f"{terms.label} is there already: vault {entry.vault}")
            return entry
        asset, base, quote = self._parts(terms, is_mock=is_mock)
        decimals = int(self.view(asset, "IERC20", "decimals"))
        oracle = self._oracle(terms, base, quote)
        params = terms.vault_params(decimals, asset, oracle)
        self._check_band(oracle, terms.expected_price)
        vault = self._find_vault(params)
        if vault is None:
            vault = self._create_vault(params, to_units(terms.seed, decimals, "seed"), terms)
        entry = self._entry(vault, oracle, asset)
        self.deployments.pairs[terms.label] = entry
        self.deployments.save()
        self.say(f"{terms.label}: vault {vault}")
        return entry

    def _parts(self, terms: PairFile, *, is_mock: bool) -> tuple[str, str, str | None]:
        """Asset, base feed and quote feed: those of the file, or mocks of them."""
        if not is_mock:
            for what, address in (("asset", terms.asset), ("oracle.base.feed", terms.base.feed)):
                if address == EMPTY:
                    raise InvalidInput(
                        f"{what} is missing", "Fill it in, or use --mock on a local chain."
                    )
            return terms.asset, terms.base.feed, terms.quote.feed if terms.quote else None
        mock = terms.mock
        token = self._mock(
            f"{mock.asset_symbol} ({mock.asset_decimals})",
            self.project.MockTokenPermit,
            (mock.asset_name, mock.asset_symbol, mock.asset_decimals),
        )
        amount = _ENOUGH * 10**mock.asset_decimals
        if int(self.view(token, "IERC20", "balanceOf", str(self.account.address))) < amount:
            mint = self.project.MockTokenPermit.at(token).mint
            transact(mint, self.account, amount, sender=self.account)
        unit = 10**mock.feed_decimals
        answer = terms.expected_price * unit // 10**18
        feed = self.project.MockFeed
        base = self._mock(f"{terms.label} base feed", feed, (mock.feed_decimals, answer))
        quote = None
        if terms.quote is not None:
            quote = self._mock(f"{terms.label} quote feed", feed, (mock.feed_decimals, unit))
        return token, base, quote

    def _mock(self, name: str, container: Any, arguments: tuple[Any, ...]) -> str:
        found = self.deployments.mocks.get(name)
        if found is None or not self.node.has_code(found):
            found = str(self.account.deploy(container, *arguments).address)
            self.deployments.mocks[name] = found
            self.deployments.save()
            self.say(f"mock {name} at {found}")
        return found

    def _oracle(self, terms: PairFile, base: str, quote: str | None) -> str:
        config = (
            self._leg(terms.base, base),
            self._leg(terms.quote, quote) if terms.quote and quote else _EMPTY_LEG,
            terms.sequencer_feed,
            terms.grace_period,
        )
        adapter = self.deployments.contract(ADAPTER_BLUEPRINT)
        create = contract_at(self.factory, package_abi("VaultFactory")).create_oracle
        arguments = adapter, abi_encode([_CONFIG_TYPE], [config])
        # The factory answers with the one that is there if the same was made before.
        oracle = str(transact(create.call, *arguments))
        if not self.node.has_code(oracle):
            transact(create, *arguments, sender=self.account)
            self.say(f"oracle at {oracle}")
        return oracle

    def _leg(self, terms: LegTerms, feed: str) -> tuple[str, int, int, int, int]:
        if not self.node.has_code(feed):
            raise NotDeployed(f"there is no feed at {feed} on this network", "Check the file.")
        decimals = int(self.view(feed, "IAggregatorV3", "decimals"))
        low = parse_amount(terms.min_answer, decimals, "min_answer")
        high = parse_amount(terms.max_answer, decimals, "max_answer")
        return feed, terms.heartbeat, terms.deviation, low, high

    def _check_band(self, oracle: str, expected: int) -> None:
        bid, ask, _, is_live = self.view(oracle, "ChainlinkOracle", "price_band")
        self.say(f"oracle answers {show_price(bid)} – {show_price(ask)}")
        if not is_live:
            raise InvalidInput(
                "the oracle is not live", "Check heartbeats and bounds against the feeds."
            )
        if expected == 0:
            raise InvalidInput("expected_price is 0", "Take it from another source.")

    def _create_vault(self, params: VaultParams, seed: int, terms: PairFile) -> str:
        balance = int(self.view(params.asset, "IERC20", "balanceOf", str(self.account.address)))
        if balance < seed:
            decimals = int(self.view(params.asset, "IERC20", "decimals"))
            raise InvalidInput(
                f"the seed is {terms.seed}, and the account has {show(balance, decimals)}",
                "Fund the account that creates the pair.",
            )
        ensure_allowance(self.node, self.account, params.asset, self.factory, seed)
        create = contract_at(self.factory, package_abi("VaultFactory")).create_vault
        arguments = (
            astuple(params), params.oracle, seed, terms.expected_price, terms.tolerance,
        )  # fmt: skip
        transact(create, *arguments, sender=self.account)
        vault = self._find_vault(params)
        if vault is None:
            raise NotDeployed("the factory has not registered the vault", "Check the transaction.")
        return vault

    def _find_vault(self, params: VaultParams) -> str | None:
        """The factory's vault with exactly these parameters."""
        abi, factory = package_abi("VaultFactory"), self.factory
        count = int(self.node.view(factory, abi, "asset_vault_count", params.asset))
        entries = [View(factory, abi, "asset_vault_at", (params.asset, i)) for i in range(count)]
        vaults = self.node.views(entries)
        own = package_abi("PairVault")
        found = self.node.views([View(vault, own, "get_params") for vault in vaults])
        wanted = astuple(params)
        return next((v for v, p in zip(vaults, found, strict=True) if tuple(p) == wanted), None)

    def _entry(self, vault: str, oracle: str, asset: str) -> PairEntry:
        """What the chain says of the vault's birth."""
        logs = self.node.logs([self.factory], self.deployments.block)
        events = package_abi("VaultFactory").decode_logs(logs)
        created = next(e for e in events if e.name == "VaultCreated" and e["vault"] == vault)
        params = self.view(vault, "PairVault", "get_params")
        config = self.view(oracle, "ChainlinkOracle", "get_config")
        return PairEntry(
            vault,
            oracle,
            asset,
            created.block,
            creator=created["creator"],
            protocol_fee_share=str(created["protocol_fee_share"]),
            params=dict(zip(VaultParams.__dataclass_fields__, map(str, params), strict=True)),
            config=as_texts(config),
            guardian=self.view(vault, "PairVault", "guardian"),
        )


def as_texts(value: Any) -> Any:
    """A struct as JSON keeps it exactly."""
    return [as_texts(item) for item in value] if isinstance(value, (list, tuple)) else str(value)
