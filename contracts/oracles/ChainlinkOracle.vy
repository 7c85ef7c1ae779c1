# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Chainlink oracle adapter
@notice The price of a base feed, or of a base feed divided by a quote feed, as a band.

    mid = base / quote                                 (quote = 1 without a quote feed)
    ask = ceil (base * (1 + base_deviation) / (quote * (1 - quote_deviation)))
    bid = floor(base * (1 - base_deviation) / (quote * (1 + quote_deviation)))

@dev A push feed answers anew only when the price has moved by its deviation threshold, so the last
     answer may be off by that much. The band holds every price that is still possible; the taker
     trades at its far side, so nobody can trade on knowing the market better than the feed.

     No owner and no storage. Round ids are neither compared nor counted with: a proxy puts its phase
     into their upper bits, and a change of phase must change nothing here.
"""

from ..interfaces import IAggregatorV3
from ..interfaces import IChainlinkOracle
from ..interfaces import IPriceOracle

implements: IChainlinkOracle
implements: IPriceOracle


# What `IAggregatorV3.latestRoundData` answers, as one struct: it is read where it has been written, without copies.
struct Round:
    round_id: uint256
    answer: int256
    started_at: uint256  # unix seconds
    updated_at: uint256  # unix seconds
    answered_in_round: uint256


interface IFeed:
    def latestRoundData() -> Round: view


# ---- constants ----

WAD: constant(uint256) = 10**18
MAX_DECIMALS: constant(uint256) = 18
# A heartbeat must end before a vault may take the silence for a dead feed (`WIND_DOWN_DELAY`).
MAX_HEARTBEAT: constant(uint256) = 7 * 86_400
MAX_DEVIATION: constant(uint256) = 10**17
MAX_GRACE_PERIOD: constant(uint256) = 86_400
# WAD; vaults take no higher price for live.
MAX_PRICE: constant(uint256) = 2**104


# ---- immutables ----

BASE_FEED: immutable(address)
BASE_HEARTBEAT: immutable(uint256)
BASE_DEVIATION: immutable(uint256)
BASE_MIN_ANSWER: immutable(int256)
BASE_MAX_ANSWER: immutable(int256)

QUOTE_FEED: immutable(address)  # may be empty
QUOTE_HEARTBEAT: immutable(uint256)
QUOTE_DEVIATION: immutable(uint256)
QUOTE_MIN_ANSWER: immutable(int256)
QUOTE_MAX_ANSWER: immutable(int256)

SEQUENCER_FEED: immutable(address)  # may be empty
GRACE_PERIOD: immutable(uint256)

# What does not change between two prices, multiplied out: with `b` and `q` the decimals of the legs,
#     ask = ceil (base * ASK_MULTIPLIER / (quote * ASK_DIVISOR))
#     bid = floor(base * BID_MULTIPLIER / (quote * BID_DIVISOR))
# and `18 + q - b >= 0`, so that all scaling is in the multiplier and there is one division, at the end.
ASK_MULTIPLIER: immutable(uint256)  # (WAD + base_deviation) * 10 ** (18 + q - b)
BID_MULTIPLIER: immutable(uint256)  # (WAD - base_deviation) * 10 ** (18 + q - b)
ASK_DIVISOR: immutable(uint256)     # WAD - quote_deviation
BID_DIVISOR: immutable(uint256)     # WAD + quote_deviation

# The largest answers whose products fit 256 bits; the constructor holds `max_answer` to them.
BASE_LIMIT: immutable(uint256)
QUOTE_LIMIT: immutable(uint256)


@deploy
def __init__(config: IChainlinkOracle.ChainlinkConfig):
    """
    @notice Reads the decimals of the feeds, once: an adapter is one pair of feeds for ever.
    @param config See `IChainlinkOracle`. Refused with a reason: values out of bounds, fields that are
           set for a feed that is not, bounds that would let a price be live that no vault can take.
    """
    assert config.base.feed != empty(address), "chainlink: zero base feed"
    self._check_leg(config.base)
    base_decimals: uint256 = self._read_decimals(config.base.feed)
    quote_decimals: uint256 = 0

    if config.quote.feed != empty(address):
        assert config.quote.feed != config.base.feed, "chainlink: one feed twice"
        self._check_leg(config.quote)
        quote_decimals = self._read_decimals(config.quote.feed)
    else:
        # A forgotten address must not turn a quoted pair into an unquoted one.
        assert (
            config.quote.heartbeat == 0
            and config.quote.deviation == 0
            and config.quote.min_answer == 0
            and config.quote.max_answer == 0
        ), "chainlink: quote without feed"

    if config.sequencer_feed != empty(address):
        assert config.grace_period != 0, "chainlink: zero grace period"
        assert config.grace_period <= MAX_GRACE_PERIOD, "chainlink: grace period too long"
        self._check_sequencer_feed(config.sequencer_feed)
    else:
        assert config.grace_period == 0, "chainlink: grace without feed"

    BASE_FEED = config.base.feed
    BASE_HEARTBEAT = config.base.heartbeat
    BASE_DEVIATION = config.base.deviation
    BASE_MIN_ANSWER = config.base.min_answer
    BASE_MAX_ANSWER = config.base.max_answer
    QUOTE_FEED = config.quote.feed
    QUOTE_HEARTBEAT = config.quote.heartbeat
    QUOTE_DEVIATION = config.quote.deviation
    QUOTE_MIN_ANSWER = config.quote.min_answer
    QUOTE_MAX_ANSWER = config.quote.max_answer
    SEQUENCER_FEED = config.sequencer_feed
    GRACE_PERIOD = config.grace_period

    scale: uint256 = 10**(18 + quote_decimals - base_decimals)
    ASK_MULTIPLIER = (WAD + config.base.deviation) * scale
    BID_MULTIPLIER = (WAD - config.base.deviation) * scale
    ASK_DIVISOR = WAD - config.quote.deviation
    BID_DIVISOR = WAD + config.quote.deviation
    BASE_LIMIT = max_value(uint256) // ASK_MULTIPLIER
    QUOTE_LIMIT = max_value(uint256) // BID_DIVISOR

    self._check_bounds(config)


# ---- views ----


@external
@view
@reentrant  # nothing here writes, so there is nothing that a lock could protect
def price_band() -> IPriceOracle.PriceBand:
    """
    @notice The price as a band that the true price is expected to lie in.
    @return bid and ask (WAD), when the older leg answered (unix seconds), and whether all legs are live.
            Not live: of the last answers, or 0 where a leg has no positive and complete one.
    @dev Reverts when a feed cannot be read: no other price is put in its place.
    """
    # Both legs are read in place: a call inside would cost every trade some hundred gas.
    base: Round = staticcall IFeed(BASE_FEED).latestRoundData()
    updated_at: uint256 = base.updated_at
    # Positive follows from `min_answer >= 1`. An answer from the future, or of an incomplete round
    # (`updated_at == 0`), has an age that wraps to or is more than any heartbeat: now is beyond 7 days.
    is_live: bool = (
        BASE_MIN_ANSWER < base.answer
        and base.answer < BASE_MAX_ANSWER
        and unsafe_sub(block.timestamp, updated_at) <= BASE_HEARTBEAT
    )

    quote_answer: int256 = 1
    if QUOTE_FEED != empty(address):
        quote: Round = staticcall IFeed(QUOTE_FEED).latestRoundData()
        quote_answer = quote.answer
        is_live = (
            is_live
            and QUOTE_MIN_ANSWER < quote_answer
            and quote_answer < QUOTE_MAX_ANSWER
            and unsafe_sub(block.timestamp, quote.updated_at) <= QUOTE_HEARTBEAT
        )
        updated_at = min(updated_at, quote.updated_at)

    if not is_live and not self._has_price(base.answer, quote_answer, updated_at):
        return IPriceOracle.PriceBand(bid=0, ask=0, updated_at=updated_at, live=False)

    if SEQUENCER_FEED != empty(address):
        is_live = self._is_sequencer_up() and is_live

    # Both answers are at least 1 here, and within BASE_LIMIT and QUOTE_LIMIT: no product overflows and none is 0.
    # Each side is rounded against the one who trades at it.
    numerator: uint256 = convert(base.answer, uint256)
    denominator: uint256 = convert(quote_answer, uint256)
    return IPriceOracle.PriceBand(
        bid=unsafe_div(unsafe_mul(numerator, BID_MULTIPLIER), unsafe_mul(denominator, BID_DIVISOR)),
        ask=unsafe_add(
            unsafe_div(
                unsafe_sub(unsafe_mul(numerator, ASK_MULTIPLIER), 1),
                unsafe_mul(denominator, ASK_DIVISOR),
            ),
            1,
        ),
        updated_at=updated_at,
        live=is_live,
    )


@external
@view
@reentrant
def get_config() -> IChainlinkOracle.ChainlinkConfig:
    """
    @return What the adapter was born with, see `IChainlinkOracle`.
    """
    return IChainlinkOracle.ChainlinkConfig(
        base=IChainlinkOracle.ChainlinkLeg(
            feed=BASE_FEED,
            heartbeat=BASE_HEARTBEAT,
            deviation=BASE_DEVIATION,
            min_answer=BASE_MIN_ANSWER,
            max_answer=BASE_MAX_ANSWER,
        ),
        quote=IChainlinkOracle.ChainlinkLeg(
            feed=QUOTE_FEED,
            heartbeat=QUOTE_HEARTBEAT,
            deviation=QUOTE_DEVIATION,
            min_answer=QUOTE_MIN_ANSWER,
            max_answer=QUOTE_MAX_ANSWER,
        ),
        sequencer_feed=SEQUENCER_FEED,
        grace_period=GRACE_PERIOD,
    )


# ---- reading ----


@internal
@view
def _has_price(base_answer: int256, quote_answer: int256, updated_at: uint256) -> bool:
    """
    @return Whether answers that are not live still are some price: positive, complete, within the limits.
    @dev Live ones always are: positive and, below `max_answer`, within the limits.
    """
    return (
        updated_at != 0
        and base_answer > 0
        and quote_answer > 0
        and convert(base_answer, uint256) <= BASE_LIMIT
        and convert(quote_answer, uint256) <= QUOTE_LIMIT
    )


@internal
@view
def _is_sequencer_up() -> bool:
    """
    @return Whether the sequencer runs, and has for longer than the grace period.
    """
    status: Round = staticcall IFeed(SEQUENCER_FEED).latestRoundData()
    # `started_at == 0`: the feed was never told the state of the sequencer.
    return (
        status.answer == 0
        and status.started_at != 0
        and status.started_at <= block.timestamp
        and unsafe_sub(block.timestamp, status.started_at) > GRACE_PERIOD
    )


# ---- construction ----


@internal
@pure
def _check_leg(leg: IChainlinkOracle.ChainlinkLeg):
    assert leg.heartbeat != 0, "chainlink: zero heartbeat"
    assert leg.heartbeat < MAX_HEARTBEAT, "chainlink: heartbeat too long"
    assert leg.deviation < MAX_DEVIATION, "chainlink: deviation too high"
    assert leg.min_answer >= 1, "chainlink: min answer below 1"
    assert leg.min_answer < leg.max_answer, "chainlink: min not below max"


@internal
@view
def _read_decimals(feed: address) -> uint256:
    decimals: uint256 = convert(staticcall IAggregatorV3(feed).decimals(), uint256)
    assert decimals <= MAX_DECIMALS, "chainlink: too many decimals"
    return decimals


@internal
@view
def _check_sequencer_feed(feed: address):
    """
    @dev An uptime feed answers 0 or 1. A price feed in its place would keep the band dead for ever.
    """
    answer: int256 = (staticcall IFeed(feed).latestRoundData()).answer
    assert answer == 0 or answer == 1, "chainlink: not a sequencer feed"


@internal
@view
def _check_bounds(config: IChainlinkOracle.ChainlinkConfig):
    """
    @dev A live band always has `1 <= bid` and `ask <= MAX_PRICE`, without a check at each price.
    """
    # The answers nearest to the bounds that are still live.
    base_low: uint256 = convert(config.base.min_answer, uint256) + 1
    base_high: uint256 = convert(config.base.max_answer, uint256) - 1
    quote_low: uint256 = 1
    quote_high: uint256 = 1
    if config.quote.feed != empty(address):
        quote_low = convert(config.quote.min_answer, uint256) + 1
        quote_high = convert(config.quote.max_answer, uint256) - 1
    assert base_high <= BASE_LIMIT, "chainlink: base bound too large"
    assert quote_high <= QUOTE_LIMIT, "chainlink: quote bound too large"
    assert base_low * BID_MULTIPLIER >= quote_high * BID_DIVISOR, "chainlink: price may be zero"
    assert (
        (base_high * ASK_MULTIPLIER - 1) // (quote_low * ASK_DIVISOR) < MAX_PRICE
    ), "chainlink: price too large"
