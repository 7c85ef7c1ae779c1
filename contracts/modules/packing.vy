# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Packing
@notice Several numbers in one storage word, each checked against its width when it is written.
"""

UINT32: constant(uint256) = 2 ** 32 - 1
UINT96: constant(uint256) = 2 ** 96 - 1
UINT112: constant(uint256) = 2 ** 112 - 1
UINT128: constant(uint256) = 2 ** 128 - 1
_HALF: constant(uint256) = 2 ** 127


@internal
@pure
def _fit(value: uint256, mask: uint256) -> uint256:
    """
    @notice `value`, if it is not above `mask`, the largest number of its field.
    """
    assert value <= mask, "packing: out of range"
    return value


@internal
@pure
def _high_signed(value: int256) -> uint256:
    """
    @notice `value` as a signed 128-bit field in the upper half of a word.
    """
    # adding 2**127 maps the field's range onto 0 .. 2**128 - 1 and everything else above it
    self._fit(unsafe_add(convert(convert(value, bytes32), uint256), _HALF), UINT128)
    return convert(convert(value, bytes32), uint256) << 128


@internal
@pure
def _low_signed(value: int256) -> uint256:
    """
    @notice `value` as a signed 128-bit field in the lower half of a word.
    """
    return self._high_signed(value) >> 128


@internal
@pure
def _high_of(word: uint256) -> int256:
    """
    @notice The signed 128-bit field in the upper half of `word`.
    """
    return convert(convert(word, bytes32), int256) >> 128


@internal
@pure
def _low_of(word: uint256) -> int256:
    """
    @notice The signed 128-bit field in the lower half of `word`.
    """
    return convert(convert(word << 128, bytes32), int256) >> 128
