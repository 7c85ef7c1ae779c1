# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Fixed point
@notice WAD arithmetic with the rounding direction in every name. Vyper's own `//` truncates towards
        zero, which for negative numbers is the wrong side.
@dev Divisors are never zero: they are constants, bounded parameters or sizes of what exists.
     Products are the caller's: the bounds in docs/mechanics.md section 1 keep them in 256 bits.
"""

WAD: constant(uint256) = 10 ** 18


@internal
@pure
def _div_up(x: uint256, y: uint256) -> uint256:
    if x == 0:
        return 0
    return unsafe_add(unsafe_div(unsafe_sub(x, 1), y), 1)


@internal
@pure
def _div_down_signed(x: int256, y: int256) -> int256:
    """
    @notice floor(x / y), y > 0
    """
    if x >= 0:
        return unsafe_div(x, y)
    # x + 1 cannot overflow, and the quotient is above min_value(int256) - 1 unless x is it and y is 1
    return unsafe_sub(unsafe_div(unsafe_add(x, 1), y), 1)


@internal
@pure
def _div_up_signed(x: int256, y: int256) -> int256:
    """
    @notice ceil(x / y), y > 0
    """
    if x <= 0:
        return unsafe_div(x, y)
    return unsafe_add(unsafe_div(unsafe_sub(x, 1), y), 1)


@internal
@pure
def _wad_mul_down(x: uint256, y: uint256) -> uint256:
    return unsafe_div(x * y, WAD)


@internal
@pure
def _wad_mul_up(x: uint256, y: uint256) -> uint256:
    return self._div_up(x * y, WAD)


@internal
@pure
def _abs(x: int256) -> uint256:
    """
    @dev Reverts for min_value(int256), whose magnitude no int256 holds.
    """
    return convert(abs(x), uint256)


@internal
@pure
def _signed(x: uint256) -> int256:
    """
    @dev Reverts at 2**255 and above.
    """
    return convert(x, int256)
