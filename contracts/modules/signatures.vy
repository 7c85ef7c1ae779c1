# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Signatures
@notice EIP-712 digests of this contract, signed by an EOA or by an EIP-1271 wallet.
"""

from . import refusal


interface IERC1271:
    def isValidSignature(digest: bytes32, signature: Bytes[1024]) -> bytes4: view


_TYPE_HASH: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_VERSION_HASH: constant(bytes32) = keccak256("1")
_MAGIC: constant(bytes4) = 0x1626ba7e
# half of the curve's order: above it the same signature has a second form
_MAX_S: constant(uint256) = (
    57896044618658097711785492504343953926418782139537452191302581570759080747168
)
MAX_SIGNATURE: constant(uint256) = 1024  # bytes: a Safe of some fifteen owners

_NAME_HASH: immutable(bytes32)

nonces: public(HashMap[address, uint256])  # signed permits used, by owner


@deploy
def __init__(name: String[64]):
    _NAME_HASH = keccak256(name)


@internal
@view
def _domain_separator() -> bytes32:
    # from the chain id of the moment: nothing signed here is good on a fork of the chain
    return keccak256(abi_encode(_TYPE_HASH, _NAME_HASH, _VERSION_HASH, chain.id, self))


@internal
def _check_permit(
    type_hash: bytes32,
    owner: address,
    permitted: address,
    number: uint256,
    deadline: uint256,
    signature: Bytes[MAX_SIGNATURE],
):
    """
    @notice Use up a nonce of the owner's, who must have signed this permit. All permits have one shape: owner,
            who is permitted, a number, nonce, deadline.
    """
    if block.timestamp > deadline:
        refusal._because(refusal.SIGNATURE_EXPIRED)
    nonce: uint256 = self.nonces[owner]
    self.nonces[owner] = unsafe_add(nonce, 1)
    struct_hash: bytes32 = keccak256(
        abi_encode(type_hash, owner, permitted, number, nonce, deadline)
    )
    digest: bytes32 = keccak256(concat(0x1901, self._domain_separator(), struct_hash))
    if not self._is_valid(owner, digest, signature):
        refusal._because(refusal.SIGNATURE_INVALID)


@internal
@view
def _is_valid(owner: address, digest: bytes32, signature: Bytes[MAX_SIGNATURE]) -> bool:
    """
    @dev An EOA that delegates (EIP-7702) has code and a key: either will do.
    """
    if len(signature) == 65:
        r: bytes32 = extract32(signature, 0)
        s: bytes32 = extract32(signature, 32)
        v: uint256 = convert(extract32(signature, 33), uint256) & 255
        signer: address = ecrecover(digest, v, r, s)
        if convert(s, uint256) <= _MAX_S and signer != empty(address) and signer == owner:
            return True
    if not owner.is_contract:
        return False
    # a static call, of whose answer one word is read
    return staticcall IERC1271(owner).isValidSignature(digest, signature) == _MAGIC
