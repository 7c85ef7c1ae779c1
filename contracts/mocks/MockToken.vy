# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock token
@notice A well-behaved ERC-20 of any decimals, which anyone may mint.
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
    mock_erc20.transfer,
    mock_erc20.transferFrom,
    mock_erc20.approve,
    mock_erc20.mint,
)


@deploy
def __init__(name: String[64], symbol: String[32], decimals: uint8):
    """
    @param decimals Any; vaults refuse more than 18.
    """
    mock_erc20.__init__(name, symbol, decimals)
