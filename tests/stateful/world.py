"""One clock, several vaults, and the exact model of each: what a step should do to the chain."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from eth_utils import keccak

from bulkhead.exceptions import Refused
from bulkhead.model import EMPTY, Environment, PriceBand, Vault, VaultParams
from tests.mocks import OracleFault
from tests.stateful import probe
from tests.stateful.words import KEYS, TREASURY, EventCodec, Log, Names, error, selector, word

BIRTH = 1_800_000_000  # unix seconds
GAS = 4_000_000
STARVED = 900_000  # too little to probe an oracle


class Step(NamedTuple):
    """What somebody does, `seconds` after the step before. Plain data, so that it can be printed.

    `action` is a function of the vault; `set_band` (bid, ask, age, live), `set_fault` (a number)
    of its oracle; `donate` (amount) of its token. `tag`: "starved" of gas; "absurd" arguments, to
    be refused with whatever reason; "forged" signature.
    """

    seconds: int
    vault: int
    action: str
    sender: str
    arguments: tuple[Any, ...] = ()
    tag: str = ""


class Call(NamedTuple):
    sender: str
    target: str
    data: bytes
    gas: int = GAS


class Answer(NamedTuple):
    """What a chain made of it; `output` is None where it does not tell (a mined transaction)."""

    is_success: bool
    output: bytes | None
    logs: list[Log]  # of the target


@dataclass(slots=True)
class Outcome:
    """What must come of a step: `output` None is any refusal; `view` is what the probe answers."""

    now: int
    call: Call
    is_success: bool
    output: bytes | None
    logs: list[Log]
    probe: Call
    view: bytes
    reason: str = ""
    views: list[probe.View] = field(default_factory=list)


# Types of all arguments; from which number on they have defaults.
_A, _U, _I, _B = "address", "uint256", "int256", "bool"
SIGNATURES: dict[str, tuple[tuple[str, ...], int]] = {
    "adjust_position": ((_U, _I, _I, _U, _A, _A), 4),
    "close_position": ((_U, _U, _A, _A), 2),
    "add_margin": ((_U, _U, _A), 2),
    "move_margin": ((_U, _U, _U, _A), 3),
    "claim": ((_A,), 0),
    "set_operator": ((_A, _B), 2),
    "permit_operator": ((_A, _A, _B, _U, "bytes"), 5),
    "liquidate": ((_A, _U, _A), 2),
    "settle_position": ((_A, _U), 2),
    "call_margin": ((_A, _U), 2),
    "accrue": ((), 0),
    "report_dead_oracle": ((), 0),
    "wind_down": ((), 0),
    "collect_protocol_fees": ((), 0),
    "deposit": ((_U, _A, _U), 1),
    "mint": ((_U, _A, _U), 1),
    "withdraw": ((_U, _A, _A, _U), 1),
    "redeem": ((_U, _A, _A, _U), 1),
    "transfer": ((_A, _U), 2),
    "transferFrom": ((_A, _A, _U), 3),
    "approve": ((_A, _U), 2),
    "permit": ((_A, _A, _U, _U, "uint8", "bytes32", "bytes32"), 7),
    "tighten_limits": ((_U, _U, _B), 3),
    "schedule_limits": ((_U, _U, _B), 3),
    "apply_limits": ((), 0),
    "transfer_guardian": ((_A,), 1),
    "accept_guardian": ((), 0),
    "renounce_guardian": ((), 0),
}
ORACLE_ACTIONS = ("set_band", "set_fault")
_UNREADABLE = {
    OracleFault.REVERT, OracleFault.SHORT_RETURN, OracleFault.EMPTY_RETURN, OracleFault.LONG_REVERT,
}  # fmt: skip
_PERMIT = "(address owner,address {},uint256 nonce,uint256 deadline)"
_PERMITS = {
    "permit": "Permit" + _PERMIT.format("spender,uint256 value"),
    "permit_operator": "PermitOperator" + _PERMIT.format("operator,bool approved"),
}
_DOMAIN = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)


@dataclass
class Place:
    """One vault, what it stands on, and its model."""

    index: int
    model: Vault
    band: PriceBand
    fault: int = 0

    @property
    def key(self) -> str:
        return f"vault{self.index}"

    def environment(self, now: int) -> Environment:
        if self.fault in _UNREADABLE:
            return Environment(now, None)
        if self.fault == OracleFault.GARBAGE_BOOL:
            return Environment(now, replace(self.band, live=False))
        return Environment(now, self.band)


@dataclass
class World:
    """Runs steps on the models alone; a chain is held against the outcomes afterwards."""

    names: Names
    codec: EventCodec
    chain_id: int
    places: list[Place]
    now: int = BIRTH
    focus: probe.Focus = field(default=("ann", 0, "lena", 10**6))

    def fork(self) -> World:
        """The same contracts with models of their own."""
        places = [Place(p.index, copy.deepcopy(p.model), p.band, p.fault) for p in self.places]
        return World(self.names, self.codec, self.chain_id, places, self.now)

    def environment(self, index: int) -> Environment:
        return self.places[index].environment(self.now)

    def run(self, step: Step, focus: probe.Focus, is_thorough: bool) -> Outcome:
        """Do the step to the model and say what the chain must do.

        `is_thorough`: everything is looked at afterwards, else the vault's words and the focus.
        """
        self.now += step.seconds
        place = self.places[step.vault]
        if step.action in SIGNATURES:
            outcome = self._run_on_vault(place, step)
        else:
            outcome = self._run_on_mock(place, step)
        name = "probe" if is_thorough else "glance"
        data = self.names.encode(focus)
        outcome.probe = Call("deployer", f"{name}{place.index}", data, 100_000_000)
        outcome.views = probe.EVERYTHING if is_thorough else probe.GLANCE
        env = place.environment(self.now)
        outcome.view = probe.expected(outcome.views, place.model, env, focus)
        return outcome

    # ---- oracle and token ----

    def _run_on_mock(self, place: Place, step: Step) -> Outcome:
        arguments = step.arguments
        if step.action == "set_band":
            bid, ask, age, live = arguments
            place.band = PriceBand(bid, ask, self.now - age, live)
            data = selector("set_band((uint256,uint256,uint256,bool))")
            data += b"".join(map(word, (bid, ask, self.now - age, live)))
            call = Call(step.sender, f"oracle{place.index}", data)
        elif step.action == "set_fault":
            place.fault = arguments[0]
            data = selector("set_fault(uint256)") + word(arguments[0])
            call = Call(step.sender, f"oracle{place.index}", data)
        else:
            (amount,) = arguments
            place.model.donate(step.sender, amount)
            data = selector("transfer(address,uint256)") + self.names.encode((place.key, amount))
            call = Call(step.sender, f"token{place.index}", data)
            return Outcome(self.now, call, True, word(1), [], call, b"")
        return Outcome(self.now, call, True, b"", [], call, b"")

    # ---- the vault ----

    def _run_on_vault(self, place: Place, step: Step) -> Outcome:
        call = Call(
            step.sender,
            place.key,
            self._data(place, step),
            STARVED if step.tag == "starved" else GAS,
        )
        if step.tag == "absurd":
            return Outcome(self.now, call, False, None, [], call, b"")
        try:
            result = self._run_model(place, step)
        except Refused as refused:
            place.model.take_events()
            data = error(refused.reason)
            return Outcome(self.now, call, False, data, [], call, b"", refused.reason)
        logs = [self.codec.encode(event) for event in place.model.take_events()]
        return Outcome(self.now, call, True, self._output(result), logs, call, b"")

    def _run_model(self, place: Place, step: Step) -> Any:
        env = place.environment(self.now)
        if step.tag == "starved":
            if place.model.is_winding_down:
                raise Refused("vault: winding down")
            raise Refused("vault: not enough gas to probe")
        arguments = step.arguments
        if step.action == "collect_protocol_fees":
            arguments = (TREASURY,)
        elif step.action in _PERMITS:
            arguments = (*arguments, step.tag != "forged")
        elif step.action == "liquidate" and arguments[2:] == (EMPTY,):
            arguments = (*arguments, True)  # ERC-20 tokens do not send to nobody
        elif EMPTY in arguments and step.action in _PAYING:
            return self._run_unpayable(place, step, env)
        name = "transfer_from" if step.action == "transferFrom" else step.action
        return getattr(place.model, name)(env, step.sender, *arguments)

    def _run_unpayable(self, place: Place, step: Step, env: Environment) -> Any:
        """To nobody: the very last check, and only if there is something to pay."""
        model = copy.deepcopy(place.model)
        result = getattr(model, step.action)(env, step.sender, *step.arguments)
        if model.flows.get(EMPTY, 0) != place.model.flows.get(EMPTY, 0):
            raise Refused("vault: token refused")
        place.model = model
        return result

    def _output(self, result: Any) -> bytes:
        if result is None:
            return b""
        return self.names.encode(result if isinstance(result, tuple) else (result,))

    # ---- call data ----

    def _data(self, place: Place, step: Step) -> bytes:
        arguments = step.arguments
        types, _ = SIGNATURES[step.action]
        if step.action in _PERMITS:
            return self._permit_data(place, step)
        signature = f"{step.action}({','.join(types[: len(arguments)])})"
        return selector(signature) + b"".join(map(self.names.word, arguments))

    def _permit_data(self, place: Place, step: Step) -> bytes:
        owner, other, amount, deadline = step.arguments
        encode, nonce = self.names.encode, place.model.nonces.get(owner, 0)
        struct = keccak(
            keccak(text=_PERMITS[step.action]) + encode((owner, other, amount, nonce, deadline))
        )
        domain = keccak(
            _DOMAIN
            + keccak(text=place.model.params.name)
            + keccak(text="1")
            + encode((self.chain_id, place.key))
        )
        signer = step.sender if step.tag == "forged" else owner
        signature = KEYS[signer].sign_msg_hash(keccak(b"\x19\x01" + domain + struct))
        r, s, v = word(signature.r), word(signature.s), 27 + signature.v
        types, _ = SIGNATURES[step.action]
        head = selector(f"{step.action}({','.join(types)})") + encode(step.arguments)
        if step.action == "permit":
            return head + word(v) + r + s
        return head + word(160) + word(65) + r + s + bytes([v]) + bytes(31)


_PAYING = ("adjust_position", "close_position", "claim", "withdraw", "redeem")


def born(
    index: int, params: VaultParams, share: int, decimals: int, seed: int, now: int, band: PriceBand
) -> Vault:
    """The model of a vault that the factory has just created and seeded."""
    model = Vault(params, share, decimals, now, address=f"vault{index}")
    model.deposit(Environment(now, band), "factory", seed, "seed")
    model.take_events()
    return model
