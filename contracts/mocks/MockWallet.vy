# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock smart wallet
@notice An EIP-1271 wallet of one or several owners: a signature is valid when it is the concatenation of at
        least `threshold` owners' 65-byte signatures (r, s, v) of the hash, in rising order of owners, as in a
        Safe. Can also answer in every way that a broken or hostile wallet can.
@dev `isValidSignature` answers raw bytes, so that it can answer garbage.
"""


flag Fault:
    WRONG_MAGIC   # answers some other four bytes
    LONG_RETURN   # answers the magic value and then some 8 kB
    SHORT_RETURN  # answers the magic value's four bytes only, not a word
    REVERT        # refuses with a reason
    BURN_GAS      # takes all gas there is
    DIRTY_MAGIC   # answers the magic value with something in the word's lower bytes
    ALWAYS_VALID  # answers the magic value to anything


# ---- constants ----

MAGIC: constant(bytes4) = 0x1626ba7e
MAX_OWNERS: constant(uint256) = 10
SIGNATURE_LENGTH: constant(uint256) = 65
MAX_SIGNATURE_LENGTH: constant(uint256) = 1024
BOMB_WORDS: constant(uint256) = 256


# ---- storage ----

is_owner: reentrant(public(HashMap[address, bool]))
threshold: reentrant(public(uint256))  # signatures needed, at least 1
fault: reentrant(public(Fault))        # empty: none


@deploy
@payable
def __init__(owners: DynArray[address, MAX_OWNERS], threshold: uint256):
    """
    @param threshold Signatures needed; from 1 to the number of owners.
    """
    assert threshold != 0, "wallet: zero threshold"
    assert threshold <= len(owners), "wallet: threshold too high"
    for owner: address in owners:
        assert owner != empty(address), "wallet: zero owner"
        assert not self.is_owner[owner], "wallet: owner twice"
        self.is_owner[owner] = True
    self.threshold = threshold


@external
@payable
@reentrant
def __default__():
    """
    @notice Takes ether.
    """
    pass


@external
@payable
@reentrant
def execute(target: address, amount: uint256, payload: Bytes[4096]) -> Bytes[1024]:
    """
    @notice Any call, in the wallet's name, by any one owner.
    @param amount Wei to send along.
    @return What the target returned; where it reverts this reverts with the same reason.
    """
    assert self.is_owner[msg.sender], "wallet: not owner"
    return raw_call(target, payload, max_outsize=1024, value=amount)


@external
@reentrant
def set_fault(fault: Fault):
    """
    @param fault 0 for none, else one of `Fault`: 1, 2, 4, 8, 16, 32, 64. Anyone sets it: it is a mock.
    """
    self.fault = fault


@external
@view
@reentrant
@raw_return
def isValidSignature(digest: bytes32, signature: Bytes[MAX_SIGNATURE_LENGTH]) -> Bytes[8_224]:
    """
    @return The magic value 0x1626ba7e as a word, or zeros, unless a fault is set.
    """
    assert self.fault != Fault.REVERT, "wallet: fault"
    # An invalid instruction takes all gas.
    assert self.fault != Fault.BURN_GAS, UNREACHABLE
    magic: Bytes[32] = abi_encode(MAGIC)
    if self.fault == Fault.ALWAYS_VALID:
        return magic
    if self.fault == Fault.WRONG_MAGIC:
        return abi_encode(0xffffffff)
    if self.fault == Fault.DIRTY_MAGIC:
        return concat(MAGIC, convert(max_value(uint224), bytes28))
    if not self._is_signed(digest, signature):
        return abi_encode(empty(bytes4))
    if self.fault == Fault.SHORT_RETURN:
        return slice(magic, 0, 4)
    if self.fault == Fault.LONG_RETURN:
        return concat(magic, abi_encode(empty(uint256[BOMB_WORDS])))
    return magic


@internal
@view
def _is_signed(digest: bytes32, signature: Bytes[MAX_SIGNATURE_LENGTH]) -> bool:
    count: uint256 = len(signature) // SIGNATURE_LENGTH
    if count < self.threshold or len(signature) % SIGNATURE_LENGTH != 0:
        return False
    last: uint160 = 0
    for i: uint256 in range(count, bound=15):
        start: uint256 = i * SIGNATURE_LENGTH
        r: uint256 = extract32(signature, start, output_type=uint256)
        s: uint256 = extract32(signature, start + 32, output_type=uint256)
        v: uint256 = convert(slice(signature, start + 64, 1), uint256)
        signer: address = ecrecover(digest, v, r, s)
        # Rising, so that no owner counts twice; the zero address of a failed recovery is no owner.
        if not self.is_owner[signer] or convert(signer, uint160) <= last:
            return False
        last = convert(signer, uint160)
    return True
