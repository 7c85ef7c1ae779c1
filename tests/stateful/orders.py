"""Random orders on the models of book and vaults: what a chain must make of each of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, dataclass, replace
from random import Random
from typing import Any

from eth_utils import keccak

from bulkhead.exceptions import Refused
from bulkhead.model import MAX_UINT256, WAD, Position
from bulkhead.model.orders import OrderBook, OrderCancelled, OrderExecuted
from bulkhead.orders.types import EPOCH, ORDER_FIELDS, Trigger
from tests.stateful import probe
from tests.stateful.anvil import Anvil
from tests.stateful.scene import Artifacts
from tests.stateful.words import (
    KEEPERS,
    KEYS,
    OPERATORS,
    POSITION_IDS,
    STRANGER,
    TRADERS,
    Log,
    error,
    selector,
    word,
)
from tests.stateful.world import Call, Outcome, Place, Step, World

BOOK = "book"
GAS = 8_000_000
_TYPE = f"({','.join(ORDER_FIELDS.values())})"
_TYPE_HASH = keccak(text=f"Order({','.join(f'{kind} {n}' for n, kind in ORDER_FIELDS.items())})")
_DOMAIN_HASH = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_NUMBERS = (*range(30, 90), *range(110, 140))  # about the ends of pages
_EXECUTE = f"execute({_TYPE},bytes,address)"


@dataclass(frozen=True)
class Draft:
    """An order whose accounts are names."""

    owner: str
    signer: str
    vault: str
    position_id: int
    opened_at: int
    size_delta: int
    margin_delta: int
    reduce_only: bool
    acceptable_price: int
    trigger: int
    trigger_value: int
    keeper_fee: int
    nonce: int
    valid_from: int
    deadline: int


def build(anvil: Anvil, world: World) -> None:
    """The book, allowed everything by every trader and operator in every vault."""
    factory = bytes(12) + world.names.addresses["factory"]
    world.names.add(BOOK, anvil.deploy(Artifacts().code("OrderBook") + factory))
    allow, appoint = selector("approve(address,uint256)"), selector("set_operator(address,bool)")
    for place in world.places:
        token, vault = (
            world.names.addresses[f"{kind}{place.index}"] for kind in ("token", "vault")
        )
        for name in (*TRADERS, *OPERATORS):
            sender = world.names.addresses[name]
            anvil.transact(sender, token, allow + world.names.encode((BOOK, MAX_UINT256)))
            anvil.transact(sender, vault, appoint + world.names.encode((BOOK, True)))
            place.model.operators.add((name, BOOK))
        for owner in TRADERS[:2]:
            sender = world.names.addresses[owner]
            anvil.transact(sender, vault, appoint + world.names.encode((OPERATORS[0], True)))
            place.model.operators.add((owner, OPERATORS[0]))
    world.now = anvil.now


class Drawer:
    """One sequence: prices move, traders trade, sign and cancel, keepers hand in what they find."""

    def __init__(self, world: World, random: Random) -> None:
        self.world, self.random = world.fork(), random
        self.book = OrderBook({p.key: p.model for p in self.world.places}, address=BOOK)
        self.signed: list[Draft] = []
        self.outcomes: list[Outcome] = []
        self.tally: Counter[str] = Counter()

    def play(self, length: int) -> None:
        for index in (0, 1):
            amount = 10**7 * 10 ** self.world.places[index].model.decimals
            self._step(Step(1, index, "deposit", "lena", (amount,)))
        while len(self.outcomes) < length:
            place = self.world.places[self.random.choice((0, 1))]
            self.random.choices(
                (self._order, self._price, self._trade, self._appoint, self._cancel),
                (72, 11, 8, 3, 6),
            )[0](place)

    # ---- the world ----

    def _seconds(self) -> int:
        return self.random.choice((0, 0, 1, 12, 60, 3_600))

    def _step(self, step: Step) -> None:
        self.outcomes.append(self.world.run(step, ("ann", 0, "lena", 1), True))

    def _price(self, place: Place) -> None:
        mid = self.random.choice((1_000, 1_800, 1_950, 2_000, 2_050, 2_200)) * WAD
        live = self.random.random() < 0.9
        sides = (mid * 999 // 1_000, mid * 1_001 // 1_000, 0, live)
        self._step(Step(self._seconds(), place.index, "set_band", STRANGER, sides))

    def _trade(self, place: Place) -> None:
        """Close without an order, so that orders outlive their positions; or open."""
        held = [key for key in place.model.positions if key[0] in TRADERS]
        owner, number = self.random.choice(held or [("ann", 0)])
        if held and self.random.random() < 0.6:
            size = place.model.get_position(owner, number).size
            bound = MAX_UINT256 if size < 0 else 0
            self._step(Step(1, place.index, "close_position", owner, (number, bound)))
            return
        arguments = (number, WAD, 200 * self._unit(place), MAX_UINT256)
        self._step(Step(1, place.index, "adjust_position", owner, arguments))

    def _appoint(self, place: Place) -> None:
        operator = self.random.choice((*OPERATORS, *OPERATORS, BOOK))
        arguments = (operator, self.random.random() < 0.75)
        owner = self.random.choice(TRADERS)
        self._step(Step(0, place.index, "set_operator", owner, arguments))

    def _cancel(self, place: Place) -> None:
        signer = self.random.choice((*TRADERS, *OPERATORS))
        if self.random.random() < 0.15:
            self.book.cancel_all(signer)
            data = selector("cancel_all()")
        else:
            nonces = [self._nonce(signer) for _ in range(self.random.choice((0, 1, 3)))]
            self.book.cancel(signer, nonces)
            data = selector("cancel(uint256[])") + word(32) + word(len(nonces))
            data += b"".join(map(word, nonces))
        self._done(place, Call(signer, BOOK, data, GAS), b"")

    # ---- orders ----

    def _order(self, place: Place) -> None:
        roll = self.random.random()
        if self.signed and roll < 0.25:
            draft = self.random.choice(self.signed)  # again, or after a while
        else:
            draft = self._draft(place)
            self.signed.append(draft)
        if roll > 0.97:
            draft = replace(draft, vault=STRANGER)
        is_forged = self.random.random() < 0.03
        keeper, receiver = self.random.choice(KEEPERS), self.random.choice((*KEEPERS, draft.owner))
        self.world.now += self._seconds()
        place = next((p for p in self.world.places if p.key == draft.vault), place)
        call = Call(keeper, BOOK, self._data(draft, is_forged, receiver), GAS)
        env = place.environment(self.world.now)
        try:
            outcome = self.book.execute(env, keeper, draft, not is_forged, receiver)  # type: ignore[arg-type]
        except Refused as refused:
            self.tally[refused.reason] += 1
            place.model.take_events()
            self._done(place, call, error(refused.reason), refused.reason, is_success=False)
            return
        place.model.take_events()
        self.tally["executed"] += 1
        self.tally[Trigger(draft.trigger).name] += 1
        self._done(place, call, self.world.names.encode(astuple(outcome)), draft=draft)

    def _draft(self, place: Place) -> Draft:
        draw, now, unit = self.random, self.world.now, self._unit(place)
        owner, number = draw.choice(TRADERS), draw.choice(POSITION_IDS)
        held = [key for key in place.model.positions if key[0] in TRADERS]
        if held and draw.random() < 0.75:
            owner, number = draw.choice(held)
        position = place.model.get_position(owner, number)
        size_delta, margin_delta, reduce_only = self._terms(place, position)
        is_buy = size_delta > 0 or (size_delta == 0 and position.size < 0)
        trigger, value = self._trigger(place, owner, number, is_buy)
        bound = MAX_UINT256 if size_delta > 0 else 0
        signer = draw.choice(OPERATORS) if draw.random() < 0.15 else owner
        window = draw.choice((0, 0, 0, 5, 3_600))
        return Draft(
            owner=owner,
            signer=signer,
            vault=place.key,
            position_id=number,
            opened_at=position.opened_at + window
            if position.opened_at
            else draw.choice((0, 0, now)),
            size_delta=size_delta,
            margin_delta=margin_delta,
            reduce_only=reduce_only,
            acceptable_price=draw.choice((bound,) * 9 + (2_000 * WAD,)),
            trigger=trigger,
            trigger_value=value,
            keeper_fee=draw.choice((0, 1, unit, 30 * unit)),
            nonce=self._nonce(signer),
            valid_from=max(position.opened_at - 1, 0)
            if window
            else draw.choice((0, now, now, now + 9)),
            deadline=draw.choice((now - 1, now, *(now + 10**6,) * 20)),
        )

    def _terms(self, place: Place, position: Position) -> tuple[int, int, bool]:
        draw, unit = self.random, self._unit(place)
        size = draw.choice((WAD // 2, WAD, 5 * WAD, 1)) * draw.choice((1, -1))
        if position.size == 0:
            return size, draw.choice((0, 30, 600, 2_000)) * unit, draw.random() < 0.05
        sign = 1 if position.size > 0 else -1
        kind = draw.choice(("close", "part", "over", "increase", "in", "out", "nothing"))
        if kind == "increase":
            return sign * abs(size), draw.choice((0, 300)) * unit, draw.random() < 0.1
        if kind in ("in", "out", "nothing"):
            sums = {"in": 50, "out": -draw.choice((1, 20, 5_000)), "nothing": 0}
            return 0, sums[kind] * unit, draw.random() < 0.1
        sizes = {"close": position.size, "part": position.size // 3, "over": 2 * position.size}
        return -sizes[kind], draw.choice((0, 0, 10, -10)) * unit, draw.random() < 0.7

    def _trigger(self, place: Place, owner: str, number: int, is_buy: bool) -> tuple[int, int]:
        trigger = self.random.choice((*(Trigger.NONE,) * 2, *Trigger))
        if trigger == Trigger.HEALTH_BELOW:
            health = place.model.get_health(self.world.environment(place.index), owner, number)
            at = max(health.equity, 0) * WAD // max(health.maintenance, 1)
            return trigger, self.random.choice((0, at, at + 1, 2 * at, MAX_UINT256))
        side = place.band.ask if is_buy else place.band.bid
        return trigger, self.random.choice((0, side - 1, side, side + 1, 2 * side))

    def _nonce(self, signer: str) -> int:
        epoch = self.book.epoch_of(signer) + self.random.choice((0,) * 18 + (1, -1))
        return max(epoch, 0) * EPOCH + self.random.choice((*_NUMBERS, EPOCH - 1))

    def _unit(self, place: Place) -> int:
        return 10**place.model.decimals

    # ---- call data, answers, logs ----

    def _digest(self, draft: Draft) -> bytes:
        encode, names = (
            self.world.names.encode,
            (keccak(text="Bulkhead OrderBook"), keccak(text="1")),
        )
        domain = keccak(_DOMAIN_HASH + b"".join(names) + encode((self.world.chain_id, BOOK)))
        return keccak(b"\x19\x01" + domain + keccak(_TYPE_HASH + encode(astuple(draft))))

    def _data(self, draft: Draft, is_forged: bool, receiver: str) -> bytes:
        signer = STRANGER if is_forged else draft.signer
        signature = KEYS[signer].sign_msg_hash(self._digest(draft))
        encode = self.world.names.encode
        head = selector(_EXECUTE) + encode(astuple(draft)) + encode((32 * 17, receiver))
        tail = word(65) + word(signature.r) + word(signature.s) + bytes([27 + signature.v])
        return head + tail + bytes(31)

    def _done(
        self,
        place: Place,
        call: Call,
        output: bytes,
        reason: str = "",
        *,
        is_success: bool = True,
        draft: Draft | None = None,
    ) -> None:
        """Write down what the chain must answer, log and have stored."""
        names, focus = self.world.names, ("ann", 0, "lena", 1)
        look = Call("deployer", f"probe{place.index}", names.encode(focus), 100_000_000)
        env = place.environment(self.world.now)
        view = probe.expected(probe.EVERYTHING, place.model, env, focus)
        logs = [self._log(event, draft) for event in self.book.events]
        self.book.events.clear()
        self.outcomes.append(
            Outcome(
                self.world.now, call, is_success, output, logs, look, view, reason, probe.EVERYTHING
            )
        )

    def _log(self, event: Any, draft: Draft | None) -> Log:
        encode = self.world.names.encode
        if isinstance(event, OrderExecuted):
            owner, vault, signer, *rest = astuple(event)
            types = (
                "address,address,address,bytes32,uint256,uint256,uint256,address,address,uint256"
            )
            topics = (keccak(text=f"OrderExecuted({types})"), *_words(encode, owner, vault, signer))
            assert draft is not None
            return topics, self._digest(draft) + encode(rest)
        name = "OrderCancelled" if isinstance(event, OrderCancelled) else "EpochStarted"
        signer, number = astuple(event)
        topics = (keccak(text=f"{name}(address,uint256)"), *_words(encode, signer))
        return topics, word(number)


def _words(encode: Any, *values: str) -> list[bytes]:
    return [encode((value,)) for value in values]
