"""Signing without sending: a signed transaction has its hash before anybody has seen it."""

from __future__ import annotations

from typing import Any, Protocol

from ape import networks
from ape.api import AccountAPI
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from bulkhead.exceptions import InvalidInput
from bulkhead.keeper.types import Fees


class Signer(Protocol):
    """A key. `fields` are those of an EIP-1559 transaction by their JSON names, as integers."""

    @property
    def address(self) -> str: ...

    def sign(self, fields: dict[str, Any]) -> bytes:
        """The raw transaction."""


class ApeSigner:
    """An account of Ape's, which must be able to sign unattended."""

    def __init__(self, account: AccountAPI) -> None:
        self._account = account

    @property
    def address(self) -> str:
        return str(self._account.address)

    def sign(self, fields: dict[str, Any]) -> bytes:
        transaction = networks.ethereum.create_transaction(**fields, sender=self.address)
        signed = self._account.sign_transaction(transaction)
        if signed is None:
            raise InvalidInput(
                f"{self._account.alias or self.address} does not sign unattended",
                "Put its passphrase into APE_ACCOUNTS_<alias>_PASSPHRASE.",
            )
        return bytes(signed.serialize_transaction())


class KeySigner:
    """A key in memory: on a test chain, or handed over by a secret store."""

    def __init__(self, key: str) -> None:
        self._account: LocalAccount = Account.from_key(key)

    @property
    def address(self) -> str:
        return str(self._account.address)

    def sign(self, fields: dict[str, Any]) -> bytes:
        return bytes(self._account.sign_transaction(fields).raw_transaction)


def sign_call(
    signer: Signer, chain_id: int, nonce: int, target: str, data: str, gas: int, fees: Fees
) -> tuple[str, str]:
    """Hash and raw form of a transaction."""
    raw = signer.sign(
        {
            "type": 2,
            "chainId": chain_id,
            "nonce": nonce,
            "to": target,
            "value": 0,
            "data": data,
            "gas": gas,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.tip,
            "accessList": [],
        }
    )
    return "0x" + keccak(raw).hex(), "0x" + raw.hex()
