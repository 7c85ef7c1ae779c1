# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock token with a fee on transfer
@notice The receiver gets less than was sent; the difference is burnt.
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


# ---- constants ----

WAD: constant(uint256) = 10**18


# ---- storage ----

fee: reentrant(public(uint256))  # WAD of the amount


@deploy
def __init__(name: String[64], symbol: String[32], decimals: uint8, fee: uint256):
    mock_erc20.__init__(name, symbol, decimals)
    self._set_fee(fee)


@external
@reentrant
def set_fee(fee: uint256):
    """
    @param fee WAD of the amount, at most 100 %.
    """
    self._set_fee(fee)


@external
@reentrant
def transfer(to: address, amount: uint256) -> bool:
    """
    @param amount Token units that leave the sender.
    """
    self._transfer_with_fee(msg.sender, to, amount)
    return True


@external
@reentrant
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @param amount Token units that leave the owner.
    """
    mock_erc20._spend_allowance(owner, msg.sender, amount)
    self._transfer_with_fee(owner, to, amount)
    return True


@internal
def _set_fee(fee: uint256):
    assert fee <= WAD, "token: fee above 100 %"
    self.fee = fee


@internal
def _transfer_with_fee(sender: address, to: address, amount: uint256):
    mock_erc20._transfer(sender, to, amount)
    taken: uint256 = amount * self.fee // WAD
    if taken != 0:
        mock_erc20._burn(to, taken)
