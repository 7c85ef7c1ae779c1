# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Order nonces
@notice What has become of each nonce of each signer. Only this module writes it.
@dev nonce = epoch * 2**64 + number. Two bits mark each nonce, the lowest first: 0 while nothing has happened.

     The marks of the first 96 numbers of a signer's present epoch stand beside that epoch, so that an order with one of
     them reads and writes one word. When the epoch ends, they move to the places that are theirs among all others.
"""
from ..interfaces import IOrderBook

_EXECUTED: constant(uint256) = 1
_CANCELLED: constant(uint256) = 2
_HEAD_NUMBERS: constant(uint256) = 96
_HEAD_MARKS: constant(uint256) = 2**192 - 1

_heads: HashMap[address, uint256]  # signer -> [ epoch uint64 | marks of 96 numbers ]
_words: HashMap[address, HashMap[uint256, uint256]]  # signer -> nonce // 128 -> marks of 128 nonces


@internal
@view
def _epoch(signer: address) -> uint256:
    return self._heads[signer] >> 192


@internal
@view
def _status(signer: address, nonce: uint256) -> IOrderBook.OrderStatus:
    head: uint256 = self._heads[signer]
    mark: uint256 = self._mark(signer, nonce, head)
    if mark == _EXECUTED:
        return IOrderBook.OrderStatus.EXECUTED
    if mark == _CANCELLED or nonce >> 64 < head >> 192:
        return IOrderBook.OrderStatus.CANCELLED
    return IOrderBook.OrderStatus.OPEN


@internal
def _use(signer: address, nonce: uint256):
    head: uint256 = self._heads[signer]
    mark: uint256 = self._mark(signer, nonce, head)
    assert mark != _EXECUTED, "orders: already executed"
    epoch: uint256 = head >> 192
    assert mark != _CANCELLED and nonce >> 64 >= epoch, "orders: cancelled"
    assert nonce >> 64 == epoch, "orders: epoch not begun"
    self._set_mark(signer, nonce, head, _EXECUTED)


@internal
def _cancel(signer: address, nonce: uint256):
    """
    @notice Leaves alone what is not open any more.
    """
    if self._status(signer, nonce) == IOrderBook.OrderStatus.OPEN:
        self._set_mark(signer, nonce, self._heads[signer], _CANCELLED)
        log IOrderBook.OrderCancelled(signer=signer, nonce=nonce)


@internal
def _start_epoch(signer: address):
    head: uint256 = self._heads[signer]
    epoch: uint256 = head >> 192
    self._words[signer][epoch << 57] |= head & _HEAD_MARKS
    epoch += 1
    # what was cancelled before the epoch began
    marks: uint256 = self._words[signer][epoch << 57] & _HEAD_MARKS
    self._heads[signer] = (epoch << 192) | marks
    log IOrderBook.EpochStarted(signer=signer, epoch=epoch)


@internal
@pure
def _is_in_head(nonce: uint256, head: uint256) -> bool:
    return unsafe_sub(nonce, (head >> 192) << 64) < _HEAD_NUMBERS


@internal
@view
def _mark(signer: address, nonce: uint256, head: uint256) -> uint256:
    word: uint256 = head
    if not self._is_in_head(nonce, head):
        word = self._words[signer][nonce >> 7]
    return (word >> ((nonce & 127) << 1)) & 3


@internal
def _set_mark(signer: address, nonce: uint256, head: uint256, mark: uint256):
    """
    @param mark Of a nonce that has none
    """
    bits: uint256 = mark << ((nonce & 127) << 1)
    if self._is_in_head(nonce, head):
        self._heads[signer] = head | bits
    else:
        self._words[signer][nonce >> 7] |= bits
