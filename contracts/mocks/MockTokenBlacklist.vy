# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock token with a blacklist and a pause
@notice Looks like USDC: 6 decimals, accounts that can be blocked, and a switch that stops every
        transfer and approval.
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
    mock_erc20.mint,
)


# ---- storage ----

is_blacklisted: reentrant(public(HashMap[address, bool]))
is_paused: reentrant(public(bool))


@deploy
def __init__():
    mock_erc20.__init__("Mock USD Coin", "USDC", 6)


@external
@reentrant
def set_blacklisted(account: address, blacklisted: bool):
    """
    @notice Anyone blocks anyone: it is a mock.
    """
    self.is_blacklisted[account] = blacklisted


@external
@reentrant
def set_paused(paused: bool):
    """
    @notice Stops or resumes every transfer and approval.
    """
    self.is_paused = paused


@external
@reentrant
def transfer(to: address, amount: uint256) -> bool:
    """
    @dev Reverts while paused, or with a blocked sender or receiver.
    """
    self._check(msg.sender, msg.sender, to)
    mock_erc20._transfer(msg.sender, to, amount)
    return True


@external
@reentrant
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @dev Reverts while paused, or with a blocked spender, owner or receiver.
    """
    self._check(msg.sender, owner, to)
    mock_erc20._spend_allowance(owner, msg.sender, amount)
    mock_erc20._transfer(owner, to, amount)
    return True


@external
@reentrant
def approve(spender: address, amount: uint256) -> bool:
    """
    @dev Reverts while paused, or with a blocked owner or spender.
    """
    self._check(msg.sender, msg.sender, spender)
    mock_erc20._approve(msg.sender, spender, amount)
    return True


@internal
@view
def _check(sender: address, owner: address, other: address):
    assert not self.is_paused, "token: paused"
    assert not (
        self.is_blacklisted[sender] or self.is_blacklisted[owner] or self.is_blacklisted[other]
    ), "token: blacklisted"
