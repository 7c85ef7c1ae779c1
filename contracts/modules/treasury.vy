# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Treasury
@notice Tokens in and out of the vault, and what it owes outside the pool. Only this module writes these debts.
@dev Tokens are counted by what is booked, not by the balance: a gift changes nothing.
"""
from ethereum.ercs import IERC20

from ..interfaces import IPairVault
from ..interfaces import IVaultFactory
from . import parameters
from . import refusal

uses: parameters

claimable: public(HashMap[address, uint256])  # asset units owed to an account
protocol_fees: public(uint256)  # asset units owed to the protocol


# ---- debts ----


@internal
def _credit(account: address, amount: uint256):
    """
    @notice What is left of a closed position is owed, not sent: no receiver can block a liquidation.
    """
    if amount != 0:
        self.claimable[account] += amount


@internal
def _owe_protocol(amount: uint256):
    if amount != 0:
        self.protocol_fees = unsafe_add(self.protocol_fees, amount)


@internal
def _claim(account: address, receiver: address) -> uint256:
    amount: uint256 = self.claimable[account]
    self._check_amount(amount)
    self.claimable[account] = 0
    log IPairVault.Claimed(owner=account, receiver=receiver, amount=amount)
    self._push(receiver, amount)
    return amount


@internal
def _collect_protocol_fees() -> uint256:
    amount: uint256 = self.protocol_fees
    self._check_amount(amount)
    recipient: address = staticcall IVaultFactory(parameters.FACTORY).fee_recipient()
    self.protocol_fees = 0
    log IPairVault.ProtocolFeesCollected(recipient=recipient, amount=amount)
    self._push(recipient, amount)
    return amount


# ---- tokens ----


@internal
def _pull(amount: uint256):
    """
    @notice Take exactly `amount` from the sender; a token that delivers less is refused, not mis-booked.
    """
    token: IERC20 = IERC20(parameters.PARAMS.asset)
    before: uint256 = self._balance(token)
    success: bool = extcall token.transferFrom(msg.sender, self, amount, default_return_value=True)
    if not success:
        refusal._because(refusal.TOKEN_REFUSED)
    if unsafe_sub(self._balance(token), before) != amount:
        refusal._because(refusal.WRONG_AMOUNT_RECEIVED)


@internal
@view
def _balance(token: IERC20) -> uint256:
    return staticcall token.balanceOf(self)


@internal
def _push(receiver: address, amount: uint256):
    if not self._try_push(receiver, amount):
        refusal._because(refusal.TOKEN_REFUSED)


@internal
def _try_push(receiver: address, amount: uint256) -> bool:
    """
    @notice Whether the token took it: no revert, and no answer or a true one.
    """
    if amount == 0:
        return True
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        parameters.PARAMS.asset,
        abi_encode(receiver, amount, method_id=method_id("transfer(address,uint256)")),
        max_outsize=32,
        revert_on_failure=False,
    )
    return success and convert(answer, uint256) == convert(len(answer) != 0, uint256)


@internal
@pure
def _check_amount(amount: uint256):
    if amount == 0:
        refusal._because(refusal.ZERO_AMOUNT)
