# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Token calls
@notice Calls of any ERC-20 by a contract that holds none between transactions. A token answers with nothing or with true.
"""
from ethereum.ercs import IERC20

from ..interfaces import IOrderBook


@internal
def _use_permit(asset: IERC20, owner: address, permit: IOrderBook.Permit):
    """
    @notice The owner's EIP-2612 allowance for this contract, where there is a permit at all.
    """
    if permit.deadline == 0:
        return
    is_permitted: bool = raw_call(
        asset.address,
        abi_encode(
            owner,
            self,
            permit,
            method_id=method_id("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"),
        ),
        revert_on_failure=False,
    )
    if not is_permitted:
        # anyone may have handed it in before; what it allowed is what counts
        allowed: uint256 = staticcall asset.allowance(owner, self)
        assert allowed != 0, "tokens: permit refused"


@internal
def _allow(asset: IERC20, spender: address, amount: uint256):
    self._check(extcall asset.approve(spender, amount, default_return_value=True))


@internal
def _pull(asset: IERC20, owner: address, to: address, amount: uint256):
    if amount != 0:
        self._check(extcall asset.transferFrom(owner, to, amount, default_return_value=True))


@internal
def _push(asset: IERC20, to: address, amount: uint256):
    if amount != 0:
        self._check(extcall asset.transfer(to, amount, default_return_value=True))


@internal
@pure
def _check(success: bool):
    assert success, "tokens: refused"
