"""Sending: nonces, a transaction that hangs, and one that was written down but never left."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bulkhead.exceptions import NodeError, NodeUnreachable, Refused
from bulkhead.keeper.chain import Chain
from bulkhead.keeper.journal import Attempt, Batch, Journal, Status
from bulkhead.keeper.money import bumped
from bulkhead.keeper.signing import Signer, sign_call
from bulkhead.keeper.types import Call, Fees, Head, Kind
from bulkhead.settings import KeeperSettings

_CANCEL_GAS = 21_000
_LATER = ("nonce too low", "underpriced")  # settled by the next look, or by the next bump

log = structlog.get_logger(__name__)


@dataclass
class Sender:
    """Sends under one key. `chain_id` is signed; `signer` holds the key."""

    chain: Chain
    journal: Journal
    signer: Signer
    settings: KeeperSettings
    chain_id: int

    # ---- new ones ----

    @property
    def has_room(self) -> bool:
        return len(self.journal.open()) < self.settings.max_in_flight

    def send(self, call: Call, head: Head, fees: Fees) -> Batch:
        """Written down, then sent. Raises NodeError where the node refuses it for good."""
        nonce = self._next_nonce()
        batch = self.journal.record(call, nonce, self._sign(call, nonce, fees, head))
        try:
            self._submit(batch, self.journal.attempts(batch)[-1])
        except NodeError:
            self.journal.close([batch], Status.DROPPED)
            raise
        return batch

    def _next_nonce(self) -> int:
        waiting = [batch.nonce + 1 for batch in self.journal.open()]
        return max([self.chain.nonce(), *waiting])

    # ---- those that do not get into a block ----

    def push_on(self, head: Head, fees: Fees) -> None:
        """Send again what the node has lost, and for more what has waited too long."""
        batches = self.journal.open()
        newest = {batch.nonce: batch for batch in batches}  # the last one of each nonce
        for batch in newest.values():
            attempt = self.journal.attempts(batch)[-1]
            waited = head.number - attempt.block
            is_old = waited >= self.settings.replace_after
            is_known = self.chain.knows(attempt.hash)
            if is_known and not is_old:
                continue
            if not is_known and self.chain.relay is not None and not is_old:
                continue  # relays keep to themselves what they have
            is_last = batch.nonce == max(newest)
            try:
                self._push(batch, attempt, head, fees, is_known=is_known, is_last=is_last)
            except NodeError as error:  # it stays open: another node may have it
                log.warning("not taken again", nonce=batch.nonce, why=str(error))

    def _push(
        self,
        batch: Batch,
        attempt: Attempt,
        head: Head,
        fees: Fees,
        *,
        is_known: bool,
        is_last: bool,
    ) -> None:
        if not self._is_useful(batch.call):
            if not is_known and is_last:
                self.journal.close([batch], Status.DROPPED)
                log.info("dropped", nonce=batch.nonce, kind=batch.call.kind.name)
                return
            if batch.call.kind != Kind.CANCEL:
                self._cancel(batch, attempt, head, fees)
                return
        if not is_known and attempt.fees.max_fee >= head.base_fee:
            again = Attempt(attempt.hash, attempt.raw, attempt.fees, head.number)
            self.journal.add(batch, again)
            log.info("sent again", nonce=batch.nonce, hash=attempt.hash)
            self._submit(batch, again)
            return
        more = bumped(attempt.fees, fees, self.settings.max_fee)
        if more is None:
            log.warning("hangs at the highest fee", nonce=batch.nonce, hash=attempt.hash)
            return
        replacement = self._sign(batch.call, batch.nonce, more, head)
        self.journal.add(batch, replacement)
        log.info("replaced", nonce=batch.nonce, hash=replacement.hash, max_fee=more.max_fee)
        self._submit(batch, replacement)

    def _cancel(self, batch: Batch, attempt: Attempt, head: Head, fees: Fees) -> None:
        """Free the nonce for what comes behind it: there is nothing left to do with it."""
        more = bumped(attempt.fees, fees, self.settings.max_fee) or fees
        nothing = Call(Kind.CANCEL, self.signer.address, "0x", _CANCEL_GAS, ())
        cancel = self.journal.record(
            nothing, batch.nonce, self._sign(nothing, batch.nonce, more, head)
        )
        log.info("cancelled", nonce=batch.nonce, kind=batch.call.kind.name)
        self._submit(cancel, self.journal.attempts(cancel)[-1])

    def _is_useful(self, call: Call) -> bool:
        """Whether the call would still do something; never paid for if it would not."""
        if call.kind == Kind.CANCEL:
            return False
        try:
            return any(answer.is_success for answer in self.chain.simulate(call).answers)
        except Refused:
            return False

    # ---- internal ----

    def _sign(self, call: Call, nonce: int, fees: Fees, head: Head) -> Attempt:
        digest, raw = sign_call(
            self.signer, self.chain_id, nonce, call.target, call.data, call.gas, fees
        )
        return Attempt(digest, raw, fees, head.number)

    def _submit(self, batch: Batch, attempt: Attempt) -> None:
        try:
            self.chain.send(attempt.raw)
        except NodeUnreachable:
            log.warning("not sent yet: no node answers", nonce=batch.nonce, hash=attempt.hash)
        except NodeError as error:
            if any(words in str(error).lower() for words in _LATER):
                log.info("not taken yet", nonce=batch.nonce, why=str(error))
                return
            raise
