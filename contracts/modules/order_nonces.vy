# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Order nonces
@notice What has become of each nonce of each signer. Only this module writes it.
@dev nonce = epoch * 2**64 + number. 64 nonces make a page, with two bits for each, the lowest first: 0 while nothing has
     happened.

     The page that a signer has come to stands in one word with epoch and page number, which is all that an order needs
     while its signer counts up. Once in 64 orders he turns the page, and the one that he leaves takes a fresh word.
"""
from ..interfaces import IOrderBook

_EXECUTED: constant(uint256) = 1
_CANCELLED: constant(uint256) = 2
_MARKS: constant(uint256) = 2**128 - 1  # of a page

_heads: HashMap[address, uint256]  # signer -> [ epoch uint64 | page uint58 | its marks uint128 ]
# signer -> nonce // 64 -> marks; of the page in the head, those from before it came there
_pages: HashMap[address, HashMap[uint256, uint256]]


@internal
@view
def _epoch(signer: address) -> uint256:
    return self._heads[signer] >> 186


@internal
@view
def _status(signer: address, nonce: uint256) -> IOrderBook.OrderStatus:
    head: uint256 = self._heads[signer]
    mark: uint256 = self._mark(signer, nonce, head)
    if mark == _EXECUTED:
        return IOrderBook.OrderStatus.EXECUTED
    if mark == _CANCELLED or nonce >> 64 < head >> 186:
        return IOrderBook.OrderStatus.CANCELLED
    return IOrderBook.OrderStatus.OPEN


@internal
def _use(signer: address, nonce: uint256):
    head: uint256 = self._heads[signer]
    mark: uint256 = self._mark(signer, nonce, head)
    assert mark != _EXECUTED, "orders: already executed"
    epoch: uint256 = head >> 186
    assert mark != _CANCELLED and nonce >> 64 >= epoch, "orders: cancelled"
    assert nonce >> 64 == epoch, "orders: epoch not begun"
    if nonce >> 6 > head >> 128:
        head = self._turned(signer, head, nonce >> 6)
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
    epoch: uint256 = (head >> 186) + 1
    self._heads[signer] = self._turned(signer, head, epoch << 58)
    log IOrderBook.EpochStarted(signer=signer, epoch=epoch)


# ---- pages ----


@internal
@view
def _mark(signer: address, nonce: uint256, head: uint256) -> uint256:
    marks: uint256 = head
    if nonce >> 6 != head >> 128:
        marks = self._pages[signer][nonce >> 6]
    return (marks >> ((nonce & 63) << 1)) & 3


@internal
def _set_mark(signer: address, nonce: uint256, head: uint256, mark: uint256):
    """
    @param mark Of a nonce that has none
    """
    bits: uint256 = mark << ((nonce & 63) << 1)
    if nonce >> 6 == head >> 128:
        self._heads[signer] = head | bits
    else:
        self._pages[signer][nonce >> 6] |= bits


@internal
def _turned(signer: address, head: uint256, page: uint256) -> uint256:
    """
    @return The head at another page, of which some may have been cancelled before
    """
    self._pages[signer][head >> 128] = head & _MARKS
    return (page << 128) | self._pages[signer][page]
