"""A vault on a mock token and a mock oracle, with its exact model beside it.

`World.send` makes a call on the chain at an exact second, makes the same call in `bulkhead.model`,
and compares: return value, events, positions, market, what the vault holds. So every test that goes
through it checks every number to the unit, and is free to state only what it is about.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, fields, replace
from typing import Any

import pytest
from ape.api import AccountAPI
from ape.contracts import ContractInstance
from ape.managers.chain import ChainManager
from eth_utils import to_checksum_address

from bulkhead.exceptions import Refused
from bulkhead.model import (
    MAX_UINT256,
    WAD,
    Environment,
    Health,
    Market,
    Position,
    PriceBand,
    Status,
    Vault,
    VaultParams,
)
from bulkhead.profiles import reference_profile
from tests.mocks import OracleFault
from tests.node import Node, Receipt, decode_output, method, plain, revert_reason

PRICE = 2_000 * WAD
BID, ASK = 1_998 * WAD, 2_002 * WAD
POOL = 10_000_000  # whole tokens of the LP
WALLET = 100_000_000  # whole tokens that everyone has beyond that
PROTOCOL_SHARE = WAD // 10
SIDES = {"long": 1, "short": -1}

_MODEL_NAMES = {"transferFrom": "transfer_from"}
_NOT_SUMS = ("carry_long", "carry_short", "pool", "accrued_at")

Events = list[tuple[str, dict[str, Any]]]


# what a vault answers in any moment alike: fixed at birth, so without a lock
CONSTANT = {
    "DOMAIN_SEPARATOR",
    "asset",
    "decimals",
    "get_params",
    "name",
    "protocol_fee_share",
    "symbol",
}


def any_price(size_delta: int) -> int:
    """An acceptable price that accepts everything."""
    return MAX_UINT256 if size_delta > 0 else 0


@dataclass(frozen=True)
class Done:
    """A call that succeeded: what it answered, and the vault's events as (name, {field: value})."""

    receipt: Receipt
    result: Any
    events: Events

    def event(self, name: str) -> dict[str, Any]:
        """The only event of that name."""
        (found,) = [values for event, values in self.events if event == name]
        return found

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]


class World:
    """One vault, its token, oracle and clock, and the model of it.

    Token amounts are given in units; `units(1)` is one whole token. Calls happen one second after
    the last block unless `at` (unix seconds) says when.
    """

    def __init__(
        self,
        chain: ChainManager,
        owner: AccountAPI,
        vault: ContractInstance,
        token: ContractInstance,
        oracle: ContractInstance,
        model: Vault,
        band: PriceBand,
    ) -> None:
        self.chain, self.owner, self.node = chain, owner, Node(chain)
        self.vault, self.token, self.oracle = vault, token, oracle
        self.model, self.band = model, band
        self.is_mirrored = True  # False: calls go to the chain alone, from here on
        self.is_readable = True  # the oracle answers at all
        self.donated = 0  # units sent to the vault outside of its calls
        self.creditors: set[str] = set()  # accounts that may have something to claim

    def fork(self) -> World:
        """The same contracts with a model of one's own, for a test that the chain forgets."""
        twin = copy.copy(self)
        twin.model = copy.deepcopy(self.model)
        twin.creditors = set(self.creditors)
        return twin

    # ---- numbers ----

    @property
    def params(self) -> VaultParams:
        return self.model.params

    @property
    def scale(self) -> int:
        """Token amount = size * price / scale."""
        return self.model.scale

    def units(self, whole: float) -> int:
        """Asset units of whole tokens; up to six decimals, exactly."""
        return round(whole * 10**6) * 10**self.model.decimals // 10**6

    # ---- time ----

    @property
    def now(self) -> int:
        """Unix seconds of the last block: what views see."""
        return self.node.now

    def advance(self, seconds: int) -> int:
        """Mine an empty block `seconds` after the last one; returns its time."""
        now = self.now + seconds
        self.node.mine(now)
        return now

    def at(self, timestamp: int | None = None) -> int:
        """The next transaction happens then, by default in the next second."""
        timestamp = self.now + 1 if timestamp is None else timestamp
        self.node.set_next(timestamp)
        return timestamp

    def environment(self, now: int | None = None) -> Environment:
        """What the model is told of the world; by default as views see it."""
        band = self.band if self.is_readable else None
        return Environment(self.now if now is None else now, band)

    # ---- oracle ----

    def set_band(
        self,
        bid: int,
        ask: int,
        *,
        live: bool = True,
        updated_at: int | None = None,
        at: int | None = None,
    ) -> None:
        """Both sides (WAD), by default updated now."""
        now = self.at(at)
        band = PriceBand(bid, ask, now if updated_at is None else updated_at, live)
        self.node.send(self.owner, self.oracle, "set_band", astuple(band))
        self.band = band

    def set_price(self, price: int, *, at: int | None = None) -> None:
        """A band without width, live."""
        self.set_band(price, price, at=at)

    def set_live(self, live: bool, *, at: int | None = None) -> None:
        """Leaves the price and its time as they are."""
        self.at(at)
        self.node.send(self.owner, self.oracle, "set_live", live)
        self.band = replace(self.band, live=live)

    def set_fault(self, fault: OracleFault, *, at: int | None = None) -> None:
        """Make the oracle unreadable, or readable again (a long answer is cut, and readable)."""
        self.at(at)
        self.node.send(self.owner, self.oracle, "set_fault", int(fault))
        self.is_readable = fault in (OracleFault.NONE, OracleFault.LONG_RETURN)

    # ---- calls ----

    def send(
        self,
        function: str,
        *arguments: Any,
        sender: AccountAPI | ContractInstance,
        at: int | None = None,
        modelled: tuple[Any, ...] | None = None,
    ) -> Done:
        """Call the vault and the model, and compare everything.

        `modelled`: other arguments for the model, where it does not take the contract's.
        """
        now = self.at(at)
        receipt = self.node.send(sender, self.vault, function, *arguments)
        assert receipt.timestamp == now
        result = decode_output(method(self.vault, function, len(arguments)), receipt.output)
        done = Done(receipt, result, self.events_of(receipt))
        if self.is_mirrored:
            given = plain(arguments if modelled is None else modelled)
            self.model.take_events()
            expected = self._call_model(self.model, function, now, sender, given)
            assert done.result == expected, f"what {function} answered"
            self._check_events(done.events)
            self.check_mirror()
        return done

    def refuse(
        self,
        reason: str,
        function: str,
        *arguments: Any,
        sender: AccountAPI | ContractInstance,
        at: int | None = None,
        modelled: tuple[Any, ...] | None = None,
    ) -> None:
        """The call reverts with exactly `vault: reason`, and the model refuses it so, too.

        An empty `reason`: checked arithmetic reverts without one.
        """
        now = self.at(at)
        receipt = self.node.attempt(sender, self.vault, function, *arguments)
        assert not receipt.is_success, f"{function} succeeded"
        assert receipt.timestamp == now
        text = f"vault: {reason}" if reason else ""
        found = revert_reason(receipt.output) if receipt.output else ""
        assert found == text, f"why {function} reverted"
        if self.is_mirrored:
            given = plain(arguments if modelled is None else modelled)
            with pytest.raises(Refused) as refused:
                self._call_model(copy.deepcopy(self.model), function, now, sender, given)
            assert refused.value.reason == text, "the model's reason"

    def _call_model(self, model: Vault, function: str, now: int, sender: Any, given: Any) -> Any:
        call = getattr(model, _MODEL_NAMES.get(function, function))
        return call(self.environment(now), plain(sender), *given)

    # ---- short forms ----

    def adjust(
        self,
        trader: AccountAPI,
        position_id: int,
        size_delta: int,
        margin_delta: int = 0,
        *,
        at: int | None = None,
    ) -> Done:
        """`adjust_position` of one's own position at any price. Sizes in base units (WAD)."""
        arguments = (position_id, size_delta, margin_delta, any_price(size_delta))
        return self.send("adjust_position", *arguments, sender=trader, at=at)

    def close(self, trader: AccountAPI, position_id: int, *, at: int | None = None) -> Done:
        """`close_position` of one's own position at any price."""
        bound = any_price(-self.position(trader, position_id).size)
        return self.send("close_position", position_id, bound, sender=trader, at=at)

    def donate(self, sender: AccountAPI, amount: int) -> None:
        """Send tokens to the vault as if by mistake."""
        self.at()
        self.node.send(sender, self.token, "transfer", self.vault, amount)
        self.model.donate(plain(sender), amount)
        self.donated += amount

    # ---- views ----

    def view(self, function: str, *arguments: Any) -> Any:
        """Any view of the vault."""
        return self.node.view(self.vault, function, *arguments)

    def position(self, owner: Any, position_id: int) -> Position:
        return Position(*self.view("get_position", owner, position_id))

    def market(self) -> Market:
        return Market(*self.view("get_market"))

    def health(self, owner: Any, position_id: int) -> Health:
        status, *rest = self.view("get_health", owner, position_id)
        return Health(Status(status), *rest)

    def balance(self, account: Any) -> int:
        return int(self.node.view(self.token, "balanceOf", account))

    def events_of(self, receipt: Any) -> Events:
        """The vault's events of a transaction, fields in the order of the ABI."""
        return list(self._decoded(receipt.logs))

    # ---- checks ----

    def check_mirror(self) -> None:
        """Chain and model have the same state: market, positions, claims, shares, funds."""
        model = self.model
        keys, creditors, holders = list(model.positions), list(model.claims), list(model.accounts)
        market, fees, balance, supply, *rest = self.node.views(
            [
                (self.vault, "get_market"),
                (self.vault, "protocol_fees"),
                (self.token, "balanceOf", self.vault),
                (self.vault, "totalSupply"),
                *((self.vault, "get_position", *key) for key in keys),
                *((self.vault, "claimable", account) for account in creditors),
                *((self.vault, "balanceOf", account) for account in holders),
                *((self.vault, "lock_of", account) for account in holders),
            ]
        )
        assert Market(*market) == model.market
        answers = iter(rest)
        assert {key: Position(*next(answers)) for key in keys} == model.positions
        assert {account: next(answers) for account in creditors} == model.claims
        assert {account: next(answers) for account in holders} == {
            account: shares.balance for account, shares in model.accounts.items()
        }
        now = self.now
        locks = {
            account: (shares.locked if now < shares.unlock_at else 0, shares.unlock_at)
            for account, shares in model.accounts.items()
        }
        assert {account: next(answers) for account in holders} == locks
        assert fees == model.uncollected_fees
        assert balance == model.token_balance
        assert supply == model.supply

    def check_accounts(self) -> None:
        """Promise 3, from the chain alone: over everything that the vault's events mention."""
        keys, creditors = self._mentioned()
        market, fees, balance, *rest = self.node.views(
            [
                (self.vault, "get_market"),
                (self.vault, "protocol_fees"),
                (self.token, "balanceOf", self.vault),
                *((self.vault, "get_position", *key) for key in keys),
                *((self.vault, "claimable", account) for account in creditors),
            ]
        )
        market = Market(*market)
        positions = [Position(*words) for words in rest[: len(keys)]]
        sums = Market(**{name: getattr(market, name) for name in _NOT_SUMS})
        for position in positions:
            assert position.size != 0 or position == Position(), "size 0: both words are zero"
            sums.reserved += position.reserve
            if position.size > 0:
                sums.long_size += position.size
                sums.long_basis += position.basis
            else:
                sums.short_size -= position.size
                sums.short_basis += position.basis
        assert sums == market, "aggregates are the exact sums over the positions"
        assert market.pool >= market.reserved, "winners can be paid in full"
        margins = sum(position.margin for position in positions)
        owed = market.pool + margins + sum(rest[len(keys) :]) + fees
        assert balance == owed + self.donated, "every unit has its owner"

    def _mentioned(self) -> tuple[list[tuple[str, int]], list[str]]:
        """Every position of the vault's logs, and every account with something to claim."""
        query = {"address": self.vault.address, "fromBlock": "0x0", "toBlock": "latest"}
        positions, creditors = set(), set(self.creditors)
        for name, values in self._decoded(self.node.request("eth_getLogs", query)):
            if "position_id" in values:
                positions.add((values["owner"], values["position_id"]))
            if name in ("PositionLiquidated", "PositionSettled"):
                creditors |= {values["owner"], values["keeper"]}
        return sorted(positions), sorted(creditors)

    def _decoded(self, logs: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
        decode = self.chain.provider.network.ecosystem.decode_logs
        own = [log for log in logs if to_checksum_address(log["address"]) == self.vault.address]
        for log in decode(own, *self.vault.contract_type.events):
            names = [item.name for item in log.abi.inputs]
            yield log.event_name, {name: plain(log.event_arguments[name]) for name in names}

    def _check_events(self, events: Events) -> None:
        expected = [
            (type(event).__name__, tuple(getattr(event, field.name) for field in fields(event)))
            for event in self.model.take_events()
        ]
        assert [(name, tuple(values.values())) for name, values in events] == expected


def build(
    chain: ChainManager,
    project: Any,
    owner: AccountAPI,
    people: list[AccountAPI],
    *,
    lp: AccountAPI,
    decimals: int = 6,
    pool: int = POOL,
    token: ContractInstance | None = None,
    protocol_share: int = PROTOCOL_SHARE,
    **changes: Any,
) -> World:
    """A vault of the reference profile with `changes`, deployed by `owner` as its factory.

    Everyone of `people` has `WALLET` whole tokens and has approved the vault; `lp` has put `pool`
    whole tokens into it a day ago, so its shares are not locked. The band is `BID` to `ASK`.
    """
    unit = 10**decimals
    if token is None:
        token = owner.deploy(project.MockToken, "Mock dollar", "MUSD", decimals)
    oracle = owner.deploy(project.MockOracle, PRICE)
    params = replace(
        reference_profile(decimals, asset=token.address, oracle=oracle.address), **changes
    )
    chain.pending_timestamp = born = int(chain.blocks.head.timestamp) + 1
    vault = owner.deploy(project.PairVault, asdict(params), protocol_share)
    model = Vault(params, protocol_share, decimals, born, address=vault.address)
    world = World(chain, owner, vault, token, oracle, model, PriceBand(0, 0, 0, False))
    for person in people:
        world.node.send(owner, token, "mint", person, WALLET * unit)
        world.node.send(person, token, "approve", vault, MAX_UINT256)
    world.set_band(BID, ASK)
    if pool:
        world.node.send(owner, token, "mint", lp, pool * unit)
        world.send("deposit", pool * unit, sender=lp)
    world.advance(86_400)
    return world
