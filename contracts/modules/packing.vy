# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Packing
@notice Several numbers in one storage word, each checked against its width when it is written.
"""

from . import refusal

UINT32: constant(uint256) = 2**32 - 1
UINT96: constant(uint256) = 2**96 - 1
UINT112: constant(uint256) = 2**112 - 1
UINT128: constant(uint256) = 2**128 - 1
INT127: constant(int256) = 2**127 - 1  # the lower half of a signed word, without its first bit
INT128: constant(int256) = 2**128 - 1  # the lower half of a signed word


@internal
@pure
def _fit(number: uint256, mask: uint256) -> uint256:
    """
    @notice `number`, if it is not above `mask`, the largest number of its field.
    """
    if number > mask:
        refusal._because(refusal.AMOUNT_OUT_OF_RANGE)
    return number


@internal
@pure
def _check_fit(amounts: uint256, width: uint256, first: int256, second: int256):
    """
    @notice Several fields of one store in one check: a word that packs what does not fit is never written.
    @param amounts Unsigned ones, or-ed together; they fit `width` bits if each of them does
    @param first For a signed field of 128 bits, as `second`
    """
    # shifted by 2**127 such a field starts at 0, and everything outside it is above its width
    both: int256 = unsafe_add(first, 2**127) | unsafe_add(second, 2**127)
    if (amounts >> width) | (convert(convert(both, bytes32), uint256) >> 128) != 0:
        refusal._because(refusal.AMOUNT_OUT_OF_RANGE)
