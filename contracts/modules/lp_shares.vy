# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title LP shares
@notice ERC-20 with EIP-2612 permits, and a lock on what was minted a moment ago. Only this module writes
        balances, locks and allowances.
@dev One word per account. Locked shares of an account share one unlock time, the average of theirs weighted by
     their number: a stranger's gift of dust moves it by no more than its weight.
"""
from ethereum.ercs import IERC20

from . import packing
from . import parameters
from . import refusal
from . import signatures

uses: parameters
uses: signatures

_PERMIT_TYPE_HASH: constant(bytes32) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)

_accounts: HashMap[address, uint256]  # [ balance uint112 | locked uint112 | unlock_at uint32 ]
totalSupply: public(uint256)  # at most 112 bits
allowance: public(HashMap[address, HashMap[address, uint256]])  # owner -> spender -> shares


# ---- ERC-20 ----


@external
def transfer(to: address, amount: uint256) -> bool:
    self._transfer(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self._spend_allowance(owner, amount)
    self._transfer(owner, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    self._approve(msg.sender, spender, amount)
    return True


@external
@view
def balanceOf(owner: address) -> uint256:
    return self._accounts[owner] >> 144


@external
@view
@reentrant
def name() -> String[64]:
    return parameters.PARAMS.name


@external
@view
@reentrant
def symbol() -> String[32]:
    return parameters.PARAMS.symbol


@external
@view
@reentrant
def decimals() -> uint8:
    return parameters.SHARE_DECIMALS


# ---- EIP-2612 ----


@external
def permit(
    owner: address,
    spender: address,
    amount: uint256,
    deadline: uint256,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    signature: Bytes[65] = concat(r, s, convert(v, bytes1))
    signatures._check_permit(_PERMIT_TYPE_HASH, owner, spender, amount, deadline, signature)
    self._approve(owner, spender, amount)


@external
@view
@reentrant
def DOMAIN_SEPARATOR() -> bytes32:
    return signatures._domain_separator()


# ---- lock ----


@external
@view
def lock_of(owner: address) -> (uint256, uint256):
    """
    @return Shares that cannot move yet, and the unix time of the last lock: when they can, or could
    """
    account: uint256 = self._accounts[owner]
    return self._locked(account), account & packing.UINT32


@internal
@view
def _locked(account: uint256) -> uint256:
    if account & packing.UINT32 <= block.timestamp:
        return 0
    return (account >> 32) & packing.UINT112


@internal
@view
def _spendable(owner: address) -> uint256:
    account: uint256 = self._accounts[owner]
    return unsafe_sub(account >> 144, self._locked(account))  # locked <= balance


# ---- internal ----


@internal
def _mint(to: address, shares: uint256):
    if to == empty(address):
        refusal._because(refusal.ZERO_RECEIVER)
    account: uint256 = self._accounts[to]
    locked: uint256 = self._locked(account)
    # no balance and no lock is above the supply
    self.totalSupply = packing._fit(self.totalSupply + shares, packing.UINT112)
    lockup_end: uint256 = unsafe_add(block.timestamp, parameters.PARAMS.lp_lockup)
    all_locked: uint256 = unsafe_add(locked, shares)
    moments: uint256 = unsafe_add(
        unsafe_mul(locked, account & packing.UINT32), unsafe_mul(shares, lockup_end)
    )
    self._accounts[to] = (
        (unsafe_add(account >> 144, shares) << 144)
        | (all_locked << 32)
        | unsafe_div(moments, all_locked)  # down: a gift of dust adds nothing
    )
    log IERC20.Transfer(sender=empty(address), receiver=to, value=shares)


@internal
def _burn(owner: address, shares: uint256):
    self._debit(owner, shares)
    self.totalSupply = unsafe_sub(self.totalSupply, shares)
    log IERC20.Transfer(sender=owner, receiver=empty(address), value=shares)


@internal
def _transfer(owner: address, to: address, shares: uint256):
    if to == empty(address):
        refusal._because(refusal.ZERO_RECEIVER)
    self._debit(owner, shares)
    self._accounts[to] = unsafe_add(self._accounts[to], shares << 144)
    log IERC20.Transfer(sender=owner, receiver=to, value=shares)


@internal
def _debit(owner: address, shares: uint256):
    account: uint256 = self._accounts[owner]
    if shares > account >> 144:
        refusal._because(refusal.BALANCE_TOO_LOW)
    if shares > unsafe_sub(account >> 144, self._locked(account)):
        refusal._because(refusal.SHARES_LOCKED)
    self._accounts[owner] = unsafe_sub(account, shares << 144)


@internal
def _approve(owner: address, spender: address, amount: uint256):
    self.allowance[owner][spender] = amount
    log IERC20.Approval(owner=owner, spender=spender, value=amount)


@internal
def _spend_allowance(owner: address, amount: uint256):
    """
    @notice Use the sender's allowance; the owner needs none, and one without limit stays as it is.
    """
    allowed: uint256 = self.allowance[owner][msg.sender]
    if ~allowed != 0:  # not without limit
        if amount > allowed:
            refusal._because(refusal.ALLOWANCE_TOO_LOW)
        self.allowance[owner][msg.sender] = unsafe_sub(allowed, amount)
