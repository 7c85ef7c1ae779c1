# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock token that answers False
@notice Answers `False` where others revert, and can be told to refuse everything, or to claim a success
        that did not happen.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from . import mock_erc20

implements: IERC20
implements: IERC20Detailed
initializes: mock_erc20

exports: (
    mock_erc20.name,
    mock_erc20.symbol,
    mock_erc20.decimals,
    mock_erc20.totalSupply,
    mock_erc20.balanceOf,
    mock_erc20.allowance,
    mock_erc20.approve,
    mock_erc20.mint,
)


flag Mode:
    REFUSING  # moves nothing, returns False
    LYING     # moves nothing, returns True


# ---- storage ----

mode: reentrant(public(Mode))  # empty: moves tokens where it can


@deploy
def __init__(name: String[64], symbol: String[32], decimals: uint8):
    mock_erc20.__init__(name, symbol, decimals)


@external
@reentrant
def set_mode(mode: Mode):
    """
    @param mode 0: works, 1: refuses, 2: lies.
    """
    self.mode = mode


@external
@reentrant
def transfer(to: address, amount: uint256) -> bool:
    """
    @return Whether it worked (or so it says).
    """
    return self._try_transfer(msg.sender, msg.sender, to, amount)


@external
@reentrant
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @return Whether it worked (or so it says).
    """
    return self._try_transfer(msg.sender, owner, to, amount)


@internal
def _try_transfer(spender: address, owner: address, to: address, amount: uint256) -> bool:
    if self.mode == Mode.LYING:
        return True
    if self.mode == Mode.REFUSING or to == empty(address):
        return False
    if mock_erc20.balanceOf[owner] < amount:
        return False
    if spender != owner:
        if mock_erc20.allowance[owner][spender] < amount:
            return False
        mock_erc20._spend_allowance(owner, spender, amount)
    mock_erc20._transfer(owner, to, amount)
    return True
