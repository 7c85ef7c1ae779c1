# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Fixed point
@notice Division with the rounding direction in its name. Vyper's own `//` truncates towards zero, which for negative
        numbers is the wrong side half of the time.
@dev Divisors are positive: constants, bounded parameters, sizes of what exists.

     Arithmetic in the modules is unchecked where docs/mechanics.md section 1 bounds the operands far below
     2**255 (sizes 2**120, prices 2**104, carry 2**117, amounts 2**127): unchecked is a third of the bytecode.
     Checked where an operand comes from outside or a result is about to be stored.
"""

WAD: constant(uint256) = 10**18


@internal
@pure
def _div_up(x: uint256, y: uint256) -> uint256:
    return unsafe_div(unsafe_add(x, unsafe_sub(y, 1)), y)


@internal
@pure
def _div_down_signed(x: int256, y: int256) -> int256:
    """
    @notice floor(x / y)
    """
    if x >= 0:
        return unsafe_div(x, y)
    return unsafe_sub(unsafe_div(unsafe_add(x, 1), y), 1)


@internal
@pure
def _div_up_signed(x: int256, y: int256) -> int256:
    """
    @notice ceil(x / y)
    """
    if x <= 0:
        return unsafe_div(x, y)
    return unsafe_add(unsafe_div(unsafe_sub(x, 1), y), 1)


@internal
@pure
def _magnitude(x: int256) -> uint256:
    """
    @dev 2**255 for min_value(int256), which is right.
    """
    sign: int256 = x >> 255  # 0, or -1: all bits
    return convert(convert(unsafe_sub(x ^ sign, sign), bytes32), uint256)
