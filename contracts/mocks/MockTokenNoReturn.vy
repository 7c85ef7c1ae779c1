# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock token without return values
@notice Like USDT: `transfer`, `transferFrom` and `approve` return nothing at all, and an allowance
        must be set to 0 before it can be set to something else.
"""

from ethereum.ercs import IERC20Detailed
from . import mock_erc20

implements: IERC20Detailed
initializes: mock_erc20

exports: (
    mock_erc20.name,
    mock_erc20.symbol,
    mock_erc20.decimals,
    mock_erc20.totalSupply,
    mock_erc20.balanceOf,
    mock_erc20.allowance,
    mock_erc20.mint,
)


@deploy
def __init__(name: String[64], symbol: String[32], decimals: uint8):
    mock_erc20.__init__(name, symbol, decimals)


@external
@reentrant
def transfer(to: address, amount: uint256):
    """
    @param amount Token units; more than the balance reverts.
    """
    mock_erc20._transfer(msg.sender, to, amount)


@external
@reentrant
def transferFrom(owner: address, to: address, amount: uint256):
    """
    @param amount Token units; more than the allowance or the balance reverts.
    """
    mock_erc20._spend_allowance(owner, msg.sender, amount)
    mock_erc20._transfer(owner, to, amount)


@external
@reentrant
def approve(spender: address, amount: uint256):
    """
    @param amount Token units; not 0 over an allowance that is not 0 reverts.
    """
    assert amount == 0 or mock_erc20.allowance[msg.sender][spender] == 0, "token: approve 0 first"
    mock_erc20._approve(msg.sender, spender, amount)
