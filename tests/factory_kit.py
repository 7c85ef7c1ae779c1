"""A factory with a known adapter, a token and an oracle to create vaults on.

`Yard.create` makes a vault as its creator would; whatever is not named is a creation that works.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ape.api import AccountAPI
from ape.contracts import ContractInstance
from ape.managers.chain import ChainManager
from ape.managers.project import ProjectManager
from eth_abi import encode
from eth_utils import keccak, to_checksum_address

from bulkhead.model import MAX_UINT256, WAD
from bulkhead.profiles import reference_profile
from tests.node import Node, Receipt, decode_output, method, plain, revert_reason
from tests.unit.oracles.reference import EMPTY_LEG, leg
from tests.unit.oracles.reference import ZERO_ADDRESS as ZERO

PRICE = 2_000 * WAD
TOLERANCE = WAD // 100
SEED = 100 * 10**6
SEED_HOLDER = to_checksum_address("0x" + "dead".rjust(40, "0"))
PREAMBLE = bytes.fromhex("fe7100")  # ERC-5202: version 0, no data

Params = dict[str, Any]


@dataclass
class Yard:
    """What the creation of a vault needs. `creator` has tokens and has approved the factory."""

    chain: ChainManager
    project: ProjectManager
    node: Node
    owner: AccountAPI
    creator: AccountAPI
    recipient: AccountAPI
    blueprint: str  # of PairVault
    adapter: str  # blueprint of ChainlinkOracle, known to the factory
    factory: ContractInstance
    token: ContractInstance
    oracle: ContractInstance

    # ---- creation ----

    def params(self, **changes: Any) -> Params:
        """The reference profile over the yard's token and oracle."""
        profile = reference_profile(6, asset=self.token.address, oracle=self.oracle.address)
        return asdict(profile) | changes

    def arguments(
        self,
        *,
        said_oracle: str | None = None,
        seed: int = SEED,
        expected_price: int = PRICE,
        tolerance: int = TOLERANCE,
        **changes: Any,
    ) -> tuple[Any, ...]:
        """Of `create_vault`; `changes` are of the parameters."""
        params = self.params(**changes)
        return params, said_oracle or params["oracle"], seed, expected_price, tolerance

    def attempt(self, *, sender: AccountAPI | None = None, **changes: Any) -> Receipt:
        """A creation that may revert."""
        arguments = self.arguments(**changes)
        return self.node.attempt(sender or self.creator, self.factory, "create_vault", *arguments)

    def create(self, *, sender: AccountAPI | None = None, **changes: Any) -> ContractInstance:
        """A creation that must succeed: the vault."""
        return self.vault_of(self.attempt(sender=sender, **changes))

    def vault_of(self, receipt: Receipt) -> ContractInstance:
        """The vault that a creation has answered."""
        assert receipt.is_success, revert_reason(receipt.output)
        address = decode_output(method(self.factory, "create_vault", 5), receipt.output)
        return self.project.PairVault.at(to_checksum_address(address))

    def refuse(self, reason: str, *, sender: AccountAPI | None = None, **changes: Any) -> None:
        """The creation reverts with exactly `reason` (empty: without one) and leaves no vault."""
        before = self.factory.vault_count()
        receipt = self.attempt(sender=sender, **changes)
        assert not receipt.is_success, "the vault was created"
        assert (revert_reason(receipt.output) or "") == reason
        assert self.factory.vault_count() == before

    def fund(self, account: Any, token: ContractInstance | None = None) -> None:
        """Give an account tokens, and the factory its allowance."""
        token = token or self.token
        self.node.send(self.owner, token, "mint", account, 1_000 * SEED)
        self.node.send(account, token, "approve", self.factory, MAX_UINT256)

    # ---- oracles ----

    def oracle_args(self, heartbeat: int = 86_400) -> bytes:
        """Constructor arguments of the adapter, over a new feed that says `PRICE`."""
        feed = self.owner.deploy(self.project.MockFeed, 8, PRICE // 10**10)
        base = leg(feed, heartbeat=heartbeat, deviation=WAD // 1_000, low=1, high=10**13)
        config = {"base": base, "quote": EMPTY_LEG, "sequencer_feed": ZERO, "grace_period": 0}
        (struct,) = self.project.ChainlinkOracle.contract_type.constructor.inputs
        return bytes(encode([struct.canonical_type], [_words(config)]))

    def make_oracle(self) -> str:
        """An oracle from the factory's own adapter."""
        receipt = self.node.send(
            self.creator, self.factory, "create_oracle", self.adapter, self.oracle_args()
        )
        ((_, values),) = self.events(receipt)
        return str(values["oracle"])

    # ---- addresses ----

    def vault_address(self, creator: Any, params: Params, protocol_fee_share: int = 0) -> str:
        """CREATE2, from the rules: salt of creator and parameters, code of the blueprint."""
        constructor = self.project.PairVault.contract_type.constructor
        struct = constructor.inputs[0].canonical_type
        words = tuple(params.values())
        salt = keccak(encode(["address", struct], [plain(creator), words]))
        arguments = encode([struct, "uint256"], [words, protocol_fee_share])
        return self.create2(self.blueprint, arguments, salt)

    def create2(self, blueprint: str, arguments: bytes, salt: bytes) -> str:
        """Address of what the factory makes from a blueprint."""
        code = bytes(self.chain.provider.get_code(blueprint))
        assert code.startswith(PREAMBLE)
        init_code = code[len(PREAMBLE) :] + arguments
        factory = bytes.fromhex(self.factory.address[2:])
        return to_checksum_address(keccak(b"\xff" + factory + salt + keccak(init_code))[-20:])

    # ---- events ----

    def events(self, receipt: Receipt) -> list[tuple[str, dict[str, Any]]]:
        """The factory's own, fields in the order of the ABI."""
        return list(self._decoded(receipt))

    def _decoded(self, receipt: Receipt) -> Iterator[tuple[str, dict[str, Any]]]:
        decode = self.chain.provider.network.ecosystem.decode_logs
        own = [log for log in receipt.logs if to_checksum_address(log["address"]) == self.factory]
        for log in decode(own, *self.factory.contract_type.events):
            names = [item.name for item in log.abi.inputs]
            yield log.event_name, {name: plain(log.event_arguments[name]) for name in names}


def build_yard(
    chain: ChainManager,
    project: ProjectManager,
    owner: AccountAPI,
    creator: AccountAPI,
    recipient: AccountAPI,
    *,
    token: ContractInstance | None = None,
) -> Yard:
    """A factory of `owner` that knows the Chainlink adapter; the oracle says `PRICE` twice."""
    blueprint = owner.declare(project.PairVault).contract_address
    adapter = owner.declare(project.ChainlinkOracle).contract_address
    factory = owner.deploy(project.VaultFactory, blueprint, recipient, owner)
    token = token or owner.deploy(project.MockToken, "Mock dollar", "MUSD", 6)
    oracle = owner.deploy(project.MockOracle, PRICE)
    node = Node(chain)
    yard = Yard(
        chain, project, node, owner, creator, recipient, blueprint, adapter, factory, token, oracle
    )
    node.send(owner, factory, "set_adapter", adapter, True)
    yard.fund(creator)
    return yard


def _words(value: Any) -> Any:
    """A struct as the codec takes it: tuples of plain values."""
    if isinstance(value, dict):
        return tuple(_words(item) for item in value.values())
    return value
