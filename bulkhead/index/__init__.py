"""Positions and markets rebuilt from events, kept in a file, and held against the chain.

`Index.sync` reads what is new, as far as the node's last block; stopped anywhere, it goes on from
there the next time. After a reorganisation it goes back to the last common block by itself.
"""

from bulkhead.index.follow import Advance, Index
from bulkhead.index.verify import Difference

__all__ = ["Advance", "Difference", "Index"]
