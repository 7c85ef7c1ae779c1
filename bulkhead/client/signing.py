"""Keys: a signed transaction has its hash before anybody has seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from eth_account import Account
from eth_account.messages import SignableMessage
from eth_account.signers.local import LocalAccount

from bulkhead.exceptions import InvalidInput

if TYPE_CHECKING:
    from ape.api import AccountAPI


class Signer(Protocol):
    """A key. `fields` are those of an EIP-1559 transaction by their JSON names, as integers."""

    @property
    def address(self) -> str: ...

    def sign(self, fields: dict[str, Any]) -> bytes:
        """The raw transaction."""

    def sign_message(self, message: SignableMessage) -> Any:
        """EIP-712, as eth-account or Ape answers it; None where the key declines."""


class KeySigner:
    """A key in memory: on a test chain, or handed over by a secret store."""

    def __init__(self, key: str) -> None:
        """`key` is 32 bytes of hex. Raises InvalidInput, which does not repeat it."""
        try:
            self._account: LocalAccount = Account.from_key(key)
        except ValueError:
            raise InvalidInput("that is no private key", "It has 32 bytes, in hex.") from None

    @property
    def address(self) -> str:
        return str(self._account.address)

    def sign(self, fields: dict[str, Any]) -> bytes:
        return bytes(self._account.sign_transaction(fields).raw_transaction)

    def sign_message(self, message: SignableMessage) -> Any:
        return self._account.sign_message(message)


class ApeSigner:
    """An account of Ape's, which must be able to sign unattended."""

    def __init__(self, account: AccountAPI) -> None:
        self._account = account

    @property
    def address(self) -> str:
        return str(self._account.address)

    def sign(self, fields: dict[str, Any]) -> bytes:
        from ape import networks  # takes seconds, and a plain key does without

        transaction = networks.ethereum.create_transaction(**fields, sender=self.address)
        signed = self._account.sign_transaction(transaction)
        if signed is None:
            raise InvalidInput(
                f"{self._account.alias or self.address} does not sign unattended",
                "Put its passphrase into APE_ACCOUNTS_<alias>_PASSPHRASE.",
            )
        return bytes(signed.serialize_transaction())

    def sign_message(self, message: SignableMessage) -> Any:
        return self._account.sign_message(message)
