# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Trading
@notice What happens to one position, from the price to the tokens: the order of checks is docs/mechanics.md section 6.
"""
from ..interfaces import IPairVault
from . import execution
from . import fixed_point
from . import limits
from . import margin_rules
from . import market_state
from . import parameters
from . import position_book
from . import price_source
from . import refusal
from . import treasury

uses: parameters
uses: market_state
uses: price_source
uses: margin_rules
uses: execution
uses: position_book
uses: limits
uses: treasury

WAD: constant(uint256) = fixed_point.WAD


struct Outcome:
    size: int256  # base units, WAD, afterwards
    margin: uint256  # asset units, afterwards
    paid_out: uint256  # asset units, owed to the receiver


@internal
@view
def _deal(owner: address, position_id: uint256) -> margin_rules.Deal:
    """
    @notice A position, its market accrued to now and the price of now: what every rule works on.
    """
    d: margin_rules.Deal = empty(margin_rules.Deal)
    d.position = position_book._load(owner, position_id)
    d.market = market_state._load()
    d.quote = price_source._quote(d.market.accrued_at == market_state.WOUND_DOWN, msg.gas)
    d.market = market_state._accrued(d.market, d.quote.mid)
    return d


@internal
@view
def _deal_in(
    wanted: IPairVault.Status, reason: uint256, owner: address, position_id: uint256
) -> margin_rules.Deal:
    """
    @notice The deal of a position in the wanted status; the reason if it is in another.
    """
    d: margin_rules.Deal = self._deal(owner, position_id)
    position_book._check_known(d.position.size != 0)
    price_source._check_live(d.quote.is_live)
    if margin_rules._status(d) != wanted:
        refusal._because(reason)
    return d


@internal
def _adjust(
    owner: address,
    position_id: uint256,
    size_delta: int256,
    margin_delta: int256,
    acceptable_price: uint256,
    is_close: bool,
) -> Outcome:
    """
    @notice Rule, store and log; the tokens are the caller's to move.
    """
    d: margin_rules.Deal = self._deal(owner, position_id)
    d.size_delta = unsafe_sub(0, d.position.size) if is_close else size_delta  # all of it, or as told
    position_book._check_known(d.position.size | d.size_delta != 0)
    price_source._check_live(d.quote.is_live)
    pulled: uint256 = convert(max(margin_delta, 0), uint256)
    paid_out: uint256 = fixed_point._magnitude(min(margin_delta, 0))
    d.position.margin = unsafe_add(d.position.margin, pulled)  # its width is checked when stored
    bounds: IPairVault.Limits = empty(IPairVault.Limits)  # where risk is added
    if d.size_delta != 0:
        bounds = self._checked_bounds(d)
        d.price = execution._price(d, acceptable_price)
        d = execution._execute(d, False, 0)
    ratio: uint256 = bounds.initial_ratio  # that the margin has to meet; 0: maintenance
    if ratio != 0:
        if unsafe_mul(d.market.reserved, WAD) > unsafe_mul(d.market.pool, bounds.max_utilisation):
            refusal._because(refusal.POOL_FULL)
    if d.position.size == 0:
        paid_out = d.left
    else:
        if paid_out != 0:
            ratio = max(ratio, parameters.PARAMS.initial_ratio)
        if d.position.margin < unsafe_add(paid_out, parameters.PARAMS.min_margin):
            refusal._because(refusal.BELOW_MIN_MARGIN)
        d.position.margin = unsafe_sub(d.position.margin, paid_out)
        if ratio != 0:
            # unrealised profit neither leverages up nor lets margin out
            loss: int256 = min(margin_rules._raw_gain(d), 0)
            missing: int256 = unsafe_sub(margin_rules._requirement(d, ratio), loss)
            if convert(d.position.margin, int256) < missing:
                refusal._because(refusal.BELOW_INITIAL_RATIO)
        elif not margin_rules._is_maintained(d):
            refusal._because(refusal.LIQUIDATABLE)
    self._store(owner, position_id, d)
    log IPairVault.PositionAdjusted(
        owner=owner,
        position_id=position_id,
        sender=msg.sender,
        size_delta=d.size_delta,
        price=d.price,
        fee=d.fee,
        realised=d.realised,
        paid_out=paid_out,
        size=d.position.size,
        margin=d.position.margin,
        basis=d.position.basis,
        reserve=d.position.reserve,
        pool=d.market.pool,
    )
    return Outcome(size=d.position.size, margin=d.position.margin, paid_out=paid_out)


@internal
@view
def _checked_bounds(d: margin_rules.Deal) -> IPairVault.Limits:
    """
    @notice Refuse a size delta that cannot be.
    @return The limits that hold for an increase; empty for a decrease
    """
    change: uint256 = fixed_point._magnitude(d.size_delta)
    if d.position.size != 0 and (d.position.size > 0) != (d.size_delta > 0):
        if change > fixed_point._magnitude(d.position.size):
            refusal._because(refusal.FLIP_THROUGH_ZERO)
        if d.position.increased_at == block.timestamp:
            refusal._because(refusal.INCREASED_IN_THIS_BLOCK)
        return empty(IPairVault.Limits)
    bounds: IPairVault.Limits = limits._load()
    market_state._check_alive(d.market.accrued_at)
    if bounds.reduce_only:
        refusal._because(refusal.REDUCE_ONLY)
    # a new reserve would revive the gain that the old one has cut off
    if d.position.size != 0 and margin_rules._is_capped(d):
        refusal._because(refusal.GAIN_AT_RESERVE)
    side: uint256 = d.market.long_size if d.size_delta > 0 else d.market.short_size
    if change > unsafe_sub(parameters.PARAMS.skew_scale, side):  # before any arithmetic on it
        refusal._because(refusal.OPEN_INTEREST_FULL)
    return bounds


@internal
def _store(owner: address, position_id: uint256, d: margin_rules.Deal):
    position_book._store(owner, position_id, d.position)
    if d.size_delta != 0:
        market_state._store_sums(d.market)
    market_state._store_funds(d.market)
    treasury._owe_protocol(d.protocol_fee)


@internal
def _add_margin(owner: address, position_id: uint256, amount: uint256) -> uint256:
    treasury._check_amount(amount)
    margin: uint256 = position_book._add_margin(owner, position_id, amount)
    log IPairVault.MarginAdded(
        owner=owner, position_id=position_id, sender=msg.sender, amount=amount, margin=margin
    )
    treasury._pull(amount)
    return margin
