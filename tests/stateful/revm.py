"""The chain of the deepest runs: pyrevm, in this process."""

from __future__ import annotations

import re

from pyrevm import EVM, BlockEnv, CfgEnv, Env, JournalCheckpoint

from tests.stateful.words import DEPLOYER, KEYS, Log, Names
from tests.stateful.world import BIRTH, Answer, Call

_OUTPUT = re.compile(r"output: (0x[0-9a-f]*)")


class Revm:
    chain_id = 1

    def __init__(self, largest_code: int = 24_576) -> None:
        """`largest_code`: bytes; the EVM's own limit is a number like another here."""
        limits = Env(cfg=CfgEnv(limit_contract_code_size=largest_code))
        self._evm = EVM(env=limits, spec_id="CANCUN", gas_limit=2**63)
        self._owner = KEYS[DEPLOYER].public_key.to_checksum_address()
        self.set_time(BIRTH)

    def set_time(self, now: int) -> None:
        self.now = now
        self._evm.set_block_env(BlockEnv(number=1, timestamp=now))

    # ---- building ----

    def deploy(self, code: bytes) -> bytes:
        return bytes.fromhex(self._evm.deploy(self._owner, code)[2:])

    def transact(self, sender: bytes, target: bytes, data: bytes) -> None:
        self._evm.message_call("0x" + sender.hex(), "0x" + target.hex(), data)

    def read(self, target: bytes, data: bytes) -> bytes:
        return self._evm.message_call(self._owner, "0x" + target.hex(), data, is_static=True)

    # ---- running ----

    def call(self, names: Names, call: Call) -> Answer:
        target = names.hex(call.target)
        try:
            output = self._evm.message_call(names.hex(call.sender), target, call.data, gas=call.gas)
        except RuntimeError as error:
            found = _OUTPUT.search(str(error))
            return Answer(False, bytes.fromhex(found[1][2:]) if found else b"", [])
        return Answer(True, bytes(output), self._logs(call.target, target))

    def _logs(self, name: str, target: str) -> list[Log]:
        if not name.startswith("vault"):
            return []
        result = self._evm.result
        assert result is not None
        found = []
        for log in result.logs:
            if log.address.lower() == target:
                topics, data = log.data
                found.append((tuple(topics), data))
        return found

    # ---- going back ----

    def snapshot(self) -> JournalCheckpoint:
        return self._evm.snapshot()

    def revert(self, checkpoint: JournalCheckpoint) -> None:
        self._evm.revert(checkpoint)
