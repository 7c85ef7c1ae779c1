# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Revert reason
@notice Why a call has failed, from what it reverted with. Never reverts, whatever that was.
"""

MAX_REASON: constant(uint256) = 96  # bytes; what is longer is cut
MAX_ANSWER: constant(uint256) = 4 + 32 + 32 + MAX_REASON  # selector, offset, length, text
_ERROR: constant(bytes4) = 0x08c379a0  # Error(string)


@internal
@pure
def _text(answer: Bytes[MAX_ANSWER]) -> String[MAX_REASON]:
    """
    @notice Of `Error(string)`; a text of ours for a panic, an error of the contract's own, or nothing.
    """
    # zeros behind it, so that whatever is read is there
    padded: Bytes[2 * MAX_ANSWER] = concat(answer, empty(bytes32), abi_encode(empty(uint256[4])))
    length: uint256 = convert(extract32(padded, 36), uint256)
    is_error: bool = convert(slice(padded, 0, 4), bytes4) == _ERROR and len(answer) >= 68
    if not is_error or convert(extract32(padded, 4), uint256) != 32 or length == 0:
        return "reverted without a reason"
    text: Bytes[MAX_REASON] = slice(padded, 68, MAX_REASON)
    length = min(length, MAX_REASON)
    return abi_decode(
        concat(convert(32, bytes32), convert(length, bytes32), text), String[MAX_REASON]
    )
