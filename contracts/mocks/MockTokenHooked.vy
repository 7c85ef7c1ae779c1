# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock token with transfer hooks
@notice Like ERC-777: hands control to hooks of sender and receiver before and after every transfer.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from . import ITransferHook
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


# ---- storage ----

hook: reentrant(public(HashMap[address, address]))  # account to ITransferHook; empty: none


@deploy
def __init__(name: String[64], symbol: String[32], decimals: uint8):
    mock_erc20.__init__(name, symbol, decimals)


@external
@reentrant
def set_hook(account: address, hook: address):
    """
    @notice Anyone sets the hook of anyone, of a vault too: it is a mock.
    @param hook An ITransferHook, or the zero address for none.
    """
    self.hook[account] = hook


@external
@reentrant
def transfer(to: address, amount: uint256) -> bool:
    """
    @dev Reverts where a hook does.
    """
    self._transfer_with_hooks(msg.sender, to, amount)
    return True


@external
@reentrant
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @dev Reverts where a hook does.
    """
    mock_erc20._spend_allowance(owner, msg.sender, amount)
    self._transfer_with_hooks(owner, to, amount)
    return True


@internal
def _transfer_with_hooks(sender: address, to: address, amount: uint256):
    self._call_hooks(sender, to, amount, True)
    mock_erc20._transfer(sender, to, amount)
    self._call_hooks(sender, to, amount, False)


@internal
def _call_hooks(sender: address, to: address, amount: uint256, is_before: bool):
    hook: address = self.hook[sender]
    if hook != empty(address):
        extcall ITransferHook(hook).on_transfer(sender, to, amount, is_before)
    if to == sender:
        return
    hook = self.hook[to]
    if hook != empty(address):
        extcall ITransferHook(hook).on_transfer(sender, to, amount, is_before)
