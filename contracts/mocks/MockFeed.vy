# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock Chainlink feed
@notice Shaped like Chainlink's AggregatorV3, with everything in it settable by anyone.
@dev `latestRoundData` answers raw bytes, so that it can answer too few; read it through `IAggregatorV3`,
     or the same words with `round()`.
"""


flag Fault:
    REVERT        # refuses with a reason
    BURN_GAS      # takes all gas there is
    SHORT_RETURN  # answers one byte less than the five words
    LONG_RETURN   # answers a word more


struct Round:
    round_id: uint80
    answer: int256       # feed units
    started_at: uint256  # unix seconds
    updated_at: uint256  # unix seconds; 0: incomplete
    answered_in_round: uint80


# ---- constants ----

# Round 1 of phase 1, as a proxy would number it.
FIRST_ROUND: constant(uint80) = 2**64 + 1


# ---- storage ----

decimals: reentrant(public(uint8))
round: reentrant(public(Round))
fault: reentrant(public(Fault))  # empty: none


@deploy
def __init__(decimals: uint8, answer: int256):
    """
    @param answer Feed units; the first round is answered now.
    """
    self.decimals = decimals
    self._push_answer(answer, FIRST_ROUND)


# ---- what an adapter reads ----


@external
@view
@reentrant
def description() -> String[16]:
    """
    @return What the feed calls itself.
    """
    return "MOCK / USD"


@external
@view
@reentrant
def version() -> uint256:
    """
    @return As of the aggregators that it stands for.
    """
    return 4


@external
@view
@reentrant
@raw_return
def latestRoundData() -> Bytes[192]:
    """
    @return roundId, answer, startedAt, updatedAt, answeredInRound as five words, unless a fault is set.
    """
    assert self.fault != Fault.REVERT, "feed: fault"
    # An invalid instruction takes all gas.
    assert self.fault != Fault.BURN_GAS, UNREACHABLE
    words: Bytes[160] = abi_encode(self.round)
    if self.fault == Fault.SHORT_RETURN:
        return slice(words, 0, 159)
    if self.fault == Fault.LONG_RETURN:
        return concat(words, empty(bytes32))
    return words


# ---- setters ----


@external
@reentrant
def set_answer(answer: int256):
    """
    @notice Pushes a new round, answered now.
    @param answer Feed units; any number, also zero or negative.
    """
    self._push_answer(answer, self.round.round_id + 1)


@external
@reentrant
def set_round(round: Round):
    """
    @notice Sets every word of the last round.
    """
    self.round = round


@external
@reentrant
def set_updated_at(updated_at: uint256):
    """
    @param updated_at Unix seconds; 0 for a round that is not complete.
    """
    self.round.updated_at = updated_at


@external
@reentrant
def set_started_at(started_at: uint256):
    """
    @param started_at Unix seconds; for a sequencer feed the time of its last change.
    """
    self.round.started_at = started_at


@external
@reentrant
def set_round_id(round_id: uint80, answered_in_round: uint80):
    """
    @notice Any ids: of another phase (the upper 16 bits), of an earlier round, equal or not.
    """
    self.round.round_id = round_id
    self.round.answered_in_round = answered_in_round


@external
@reentrant
def set_decimals(decimals: uint8):
    """
    @param decimals Any; adapters read them once, when they are made.
    """
    self.decimals = decimals


@external
@reentrant
def set_fault(fault: Fault):
    """
    @param fault 0 for none, else one of `Fault`: 1, 2, 4, 8.
    """
    self.fault = fault


@internal
def _push_answer(answer: int256, round_id: uint80):
    self.round = Round(
        round_id=round_id,
        answer=answer,
        started_at=block.timestamp,
        updated_at=block.timestamp,
        answered_in_round=round_id,
    )
