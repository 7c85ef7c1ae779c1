"""The model's numpy twin: the health of every position of a vault after every change of price.

>>> from bulkhead.model import WAD, Market, Position, PriceBand, Status
>>> from bulkhead.profiles import REFERENCE_PROFILE
>>> from bulkhead.vector import Book, Moment
>>> book = Book(REFERENCE_PROFILE, decimals=6)
>>> book.put(("0xA11CE", 1), Position(WAD, 200 * 10**6, 2_000 * 10**6, 2_000 * 10**6, 1, 1))
>>> market = Market(long_size=WAD, long_basis=2_000 * 10**6, pool=10**12, reserved=2_000 * 10**6)
>>> now = PriceBand(1_840 * WAD, 1_841 * WAD, updated_at=0)
>>> moment = Moment(REFERENCE_PROFILE, 6, market, now=0, band=now)
>>> book.due(moment)[Status.LIQUIDATABLE]
[('0xA11CE', 1)]
>>> moment.liquidation(book["0xA11CE", 1])
Liquidation(closed=602043869565217392, reward=2722645)
"""

from bulkhead.vector.book import Book
from bulkhead.vector.moment import Liquidation, Moment
from bulkhead.vector.screen import Judgement

__all__ = ["Book", "Judgement", "Liquidation", "Moment"]
