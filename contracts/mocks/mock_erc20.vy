# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title ERC-20 for mocks
@notice The book-keeping that all mock tokens share; each deployable adds its own oddity.
@dev As strict as OpenZeppelin's: the zero address can neither send, receive nor be approved, and an
     infinite allowance is not counted down. Nothing is locked against re-entry, as in most tokens.
"""

from ethereum.ercs import IERC20


# ---- storage ----

name: reentrant(public(String[64]))
symbol: reentrant(public(String[32]))
decimals: reentrant(public(uint8))
totalSupply: reentrant(public(uint256))                                  # token units, sum of balances
balanceOf: reentrant(public(HashMap[address, uint256]))                  # token units
allowance: reentrant(public(HashMap[address, HashMap[address, uint256]]))  # token units


@deploy
def __init__(name: String[64], symbol: String[32], decimals: uint8):
    self.name = name
    self.symbol = symbol
    self.decimals = decimals


# ---- holders ----


@external
@reentrant
def transfer(to: address, amount: uint256) -> bool:
    """
    @param amount Token units; more than the balance reverts.
    """
    self._transfer(msg.sender, to, amount)
    return True


@external
@reentrant
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @param amount Token units; more than the allowance or the balance reverts.
    """
    self._spend_allowance(owner, msg.sender, amount)
    self._transfer(owner, to, amount)
    return True


@external
@reentrant
def approve(spender: address, amount: uint256) -> bool:
    """
    @param amount Token units; the largest number is an allowance without end.
    """
    self._approve(msg.sender, spender, amount)
    return True


@external
@reentrant
def mint(to: address, amount: uint256):
    """
    @notice Anyone mints: it is a mock.
    """
    self._mint(to, amount)


# ---- book-keeping ----


@internal
def _transfer(sender: address, to: address, amount: uint256):
    self._move(sender, to, amount)
    log IERC20.Transfer(sender=sender, receiver=to, value=amount)


@internal
def _move(sender: address, to: address, amount: uint256):
    assert sender != empty(address), "token: from zero address"
    assert to != empty(address), "token: to zero address"
    balance: uint256 = self.balanceOf[sender]
    assert balance >= amount, "token: balance too low"
    self.balanceOf[sender] = unsafe_sub(balance, amount)
    # No balance exceeds `totalSupply`, so this cannot overflow.
    self.balanceOf[to] = unsafe_add(self.balanceOf[to], amount)


@internal
def _spend_allowance(owner: address, spender: address, amount: uint256):
    allowed: uint256 = self.allowance[owner][spender]
    if allowed != max_value(uint256):
        assert allowed >= amount, "token: allowance too low"
        self._approve(owner, spender, unsafe_sub(allowed, amount))


@internal
def _approve(owner: address, spender: address, amount: uint256):
    assert spender != empty(address), "token: approve zero address"
    self.allowance[owner][spender] = amount
    log IERC20.Approval(owner=owner, spender=spender, value=amount)


@internal
def _mint(to: address, amount: uint256):
    assert to != empty(address), "token: mint to zero address"
    self.totalSupply += amount
    self.balanceOf[to] = unsafe_add(self.balanceOf[to], amount)
    log IERC20.Transfer(sender=empty(address), receiver=to, value=amount)


@internal
def _burn(owner: address, amount: uint256):
    balance: uint256 = self.balanceOf[owner]
    assert balance >= amount, "token: burn above balance"
    self.balanceOf[owner] = unsafe_sub(balance, amount)
    self.totalSupply = unsafe_sub(self.totalSupply, amount)
    log IERC20.Transfer(sender=owner, receiver=empty(address), value=amount)
