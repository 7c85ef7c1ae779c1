# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock token that rebases
@notice Like stETH: balances are shares times an index, and the index moves them all at once. As there,
        a transfer may arrive a unit short, since what moves is a whole number of shares.
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
    mock_erc20.allowance,
    mock_erc20.approve,
)


# ---- constants ----

WAD: constant(uint256) = 10**18


# ---- storage ----

index: reentrant(public(uint256))  # WAD token units per share


@deploy
def __init__(name: String[64], symbol: String[32], decimals: uint8):
    mock_erc20.__init__(name, symbol, decimals)
    self.index = WAD


@external
@reentrant
def rebase(index: uint256):
    """
    @param index WAD token units per share; above the last one everybody gains, below it everybody loses.
    """
    assert index != 0, "token: zero index"
    self.index = index


@external
@reentrant
def mint(to: address, amount: uint256):
    """
    @notice Anyone mints: it is a mock.
    """
    mock_erc20._mint(to, self._shares_down(amount))


@external
@reentrant
def transfer(to: address, amount: uint256) -> bool:
    """
    @param amount Token units, rounded down to whole shares.
    """
    self._transfer_shares(msg.sender, to, amount)
    return True


@external
@reentrant
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @param amount Token units, rounded down to whole shares.
    """
    mock_erc20._spend_allowance(owner, msg.sender, amount)
    self._transfer_shares(owner, to, amount)
    return True


@external
@view
@reentrant
def balanceOf(owner: address) -> uint256:
    """
    @return Token units at the present index.
    """
    return mock_erc20.balanceOf[owner] * self.index // WAD


@external
@view
@reentrant
def totalSupply() -> uint256:
    """
    @return Token units at the present index.
    """
    return mock_erc20.totalSupply * self.index // WAD


@internal
def _transfer_shares(sender: address, to: address, amount: uint256):
    mock_erc20._move(sender, to, self._shares_down(amount))
    log IERC20.Transfer(sender=sender, receiver=to, value=amount)


@internal
@view
def _shares_down(amount: uint256) -> uint256:
    return amount * WAD // self.index
