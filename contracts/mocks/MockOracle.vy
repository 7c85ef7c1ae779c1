# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock price oracle
@notice An oracle adapter whose band anyone sets, and which can fail in every way that a hostile one can.
@dev `price_band` answers raw bytes, so that it can answer garbage; read it through `IPriceOracle`, or the
     same words with `band()`.
"""

from ..interfaces import IPriceOracle


flag Fault:
    REVERT        # refuses with a reason
    BURN_GAS      # takes all gas there is
    SHORT_RETURN  # answers one byte less than the four words
    EMPTY_RETURN  # answers nothing, as an address without code does
    GARBAGE_BOOL  # answers 2 for `live`
    LONG_RETURN   # answers the band and then some 8 kB
    LONG_REVERT   # refuses with some 8 kB


# ---- constants ----

BOMB_WORDS: constant(uint256) = 256
MAX_BURN_STEPS: constant(uint256) = 2_000_000


# ---- storage ----

band: reentrant(public(IPriceOracle.PriceBand))
fault: reentrant(public(Fault))          # empty: none
gas_to_burn: reentrant(public(uint256))  # gas taken before each answer


@deploy
def __init__(price: uint256):
    """
    @param price WAD quote per base, of both sides; live, answered now.
    """
    self.band = IPriceOracle.PriceBand(bid=price, ask=price, updated_at=block.timestamp, live=True)


@external
@view
@reentrant
@raw_return
def price_band() -> Bytes[8_320]:
    """
    @return bid, ask, updated_at, live as four words, unless a fault is set.
    """
    assert self.fault != Fault.REVERT, "oracle: fault"
    # An invalid instruction takes all gas.
    assert self.fault != Fault.BURN_GAS, UNREACHABLE
    if self.fault == Fault.LONG_REVERT:
        raw_revert(abi_encode(empty(uint256[BOMB_WORDS])))
    self._burn_gas()

    words: Bytes[128] = abi_encode(self.band)
    if self.fault == Fault.EMPTY_RETURN:
        return b""
    if self.fault == Fault.SHORT_RETURN:
        return slice(words, 0, 127)
    if self.fault == Fault.GARBAGE_BOOL:
        return concat(slice(words, 0, 96), convert(2, bytes32))
    if self.fault == Fault.LONG_RETURN:
        return concat(words, abi_encode(empty(uint256[BOMB_WORDS])))
    return words


# ---- setters ----


@external
@reentrant
def set_price(price: uint256):
    """
    @notice A band without width, answered now; leaves `live` as it is.
    @param price WAD quote per base.
    """
    self.band.bid = price
    self.band.ask = price
    self.band.updated_at = block.timestamp


@external
@reentrant
def set_sides(bid: uint256, ask: uint256):
    """
    @notice Both sides, answered now; leaves `live` as it is.
    @param bid WAD quote per base; nothing holds it below `ask`.
    """
    self.band.bid = bid
    self.band.ask = ask
    self.band.updated_at = block.timestamp


@external
@reentrant
def set_band(band: IPriceOracle.PriceBand):
    """
    @notice Sets every word of the answer.
    """
    self.band = band


@external
@reentrant
def set_live(live: bool):
    """
    @notice Leaves the price and its time as they are.
    """
    self.band.live = live


@external
@reentrant
def set_fault(fault: Fault):
    """
    @param fault 0 for none, else one of `Fault`: 1, 2, 4, 8, 16, 32, 64.
    """
    self.fault = fault


@external
@reentrant
def set_gas_to_burn(gas_to_burn: uint256):
    """
    @param gas_to_burn Gas that each answer takes, at least; up to some 80 million.
    """
    self.gas_to_burn = gas_to_burn


@internal
@view
def _burn_gas():
    """
    @dev Does not check that the gas is there: with too little of it the loop runs out, as a costly oracle would.
    """
    to_burn: uint256 = self.gas_to_burn
    if to_burn == 0:
        return
    start: uint256 = msg.gas
    for i: uint256 in range(MAX_BURN_STEPS):
        if unsafe_sub(start, msg.gas) >= to_burn:
            break
