# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Order nonces
@notice What has become of each nonce of each signer. Only this module writes it.
@dev nonce = epoch * 2**64 + number. A signer who counts up pays for a fresh word once in 128 orders.
"""
from ..interfaces import IOrderBook

_EXECUTED: constant(uint256) = 1
_CANCELLED: constant(uint256) = 2

# signer -> nonce // 128 -> two bits for each nonce, the lowest first: 0 while nothing has happened
_words: HashMap[address, HashMap[uint256, uint256]]
_epochs: HashMap[address, uint256]  # of which a signer's nonces are good


@internal
@view
def _mark(signer: address, nonce: uint256) -> uint256:
    return (self._words[signer][nonce >> 7] >> ((nonce & 127) << 1)) & 3


@internal
@view
def _status(signer: address, nonce: uint256) -> IOrderBook.OrderStatus:
    mark: uint256 = self._mark(signer, nonce)
    if mark == _EXECUTED:
        return IOrderBook.OrderStatus.EXECUTED
    if mark == _CANCELLED or nonce >> 64 < self._epochs[signer]:
        return IOrderBook.OrderStatus.CANCELLED
    return IOrderBook.OrderStatus.OPEN


@internal
def _use(signer: address, nonce: uint256):
    word: uint256 = self._words[signer][nonce >> 7]
    place: uint256 = (nonce & 127) << 1
    mark: uint256 = (word >> place) & 3
    assert mark != _EXECUTED, "orders: already executed"
    epoch: uint256 = self._epochs[signer]
    assert mark != _CANCELLED and nonce >> 64 >= epoch, "orders: cancelled"
    assert nonce >> 64 == epoch, "orders: epoch not begun"
    self._words[signer][nonce >> 7] = word | (_EXECUTED << place)


@internal
def _cancel(signer: address, nonce: uint256):
    """
    @notice Leaves alone what is not open any more.
    """
    if self._status(signer, nonce) == IOrderBook.OrderStatus.OPEN:
        self._words[signer][nonce >> 7] |= _CANCELLED << ((nonce & 127) << 1)
        log IOrderBook.OrderCancelled(signer=signer, nonce=nonce)


@internal
def _start_epoch(signer: address):
    epoch: uint256 = self._epochs[signer] + 1
    self._epochs[signer] = epoch
    log IOrderBook.EpochStarted(signer=signer, epoch=epoch)
