"""Signing without sending: a signed transaction has its hash before anybody has seen it."""

from __future__ import annotations

from eth_utils.crypto import keccak

from bulkhead.client.codec import checksum
from bulkhead.client.signing import ApeSigner, KeySigner, Signer
from bulkhead.keeper.types import Fees

__all__ = ["ApeSigner", "KeySigner", "Signer", "sign_call"]


def sign_call(
    signer: Signer, chain_id: int, nonce: int, target: str, data: str, gas: int, fees: Fees
) -> tuple[str, str]:
    """Hash and raw form of a transaction."""
    raw = signer.sign(
        {
            "type": 2,
            "chainId": chain_id,
            "nonce": nonce,
            "to": checksum(target),
            "value": 0,
            "data": data,
            "gas": gas,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.tip,
            "accessList": [],
        }
    )
    return "0x" + keccak(raw).hex(), "0x" + raw.hex()
