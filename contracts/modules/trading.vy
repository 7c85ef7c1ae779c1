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
    @notice The deal of a position in the wanted status, at its closing price; the reason if it is in another.
    """
    d: margin_rules.Deal = self._deal(owner, position_id)
    position_book._check_known(d.position.size != 0)
    price_source._check_live(d.quote.is_live)
    if margin_rules._status(d) != wanted:
        refusal._because(reason)
    d.price = margin_rules._closing_price(d)
    return d


@internal
def _keep(owner: address, position_id: uint256, d: margin_rules.Deal):
    """
    @notice Store what a keeper's call has come to; what is left of a closed position is owed to its owner.
    """
    position_book._store(owner, position_id, d.position)
    market_state._store(d.market)
    treasury._owe_protocol(d.protocol_fee)
    treasury._credit(owner, d.left)


@internal
def _settle(owner: address, position_id: uint256) -> uint256:
    d: margin_rules.Deal = self._deal_in(
        IPairVault.Status.SETTLEABLE, refusal.NOT_SETTLEABLE, owner, position_id
    )
    d.size_delta = unsafe_sub(0, d.position.size)
    d = execution._execute(d, False, 0)
    self._keep(owner, position_id, d)
    log IPairVault.PositionSettled(
        owner=owner,
        position_id=position_id,
        keeper=msg.sender,
        size_delta=d.size_delta,
        price=d.price,
        fee=d.fee,
        realised=d.realised,
        credited=d.left,
        bad_debt=d.bad_debt,
        pool=d.market.pool,
        carry_long=d.market.carry_long,
        carry_short=d.market.carry_short,
    )
    return d.left


@internal
def _adjust(
    owner: address,
    position_id: uint256,
    size_delta: int256,
    added: uint256,
    removed: uint256,
    acceptable_price: uint256,
) -> Outcome:
    """
    @notice A change of size, 0 for a whole close, and of margin with it. The tokens are the caller's to move.
    """
    d: margin_rules.Deal = empty(margin_rules.Deal)  # as `_deal`, in place: a call would copy it twice
    d.position = position_book._load(owner, position_id)
    d.market = market_state._load()
    d.quote = price_source._quote(d.market.accrued_at == market_state.WOUND_DOWN, msg.gas)
    d.market = market_state._accrued(d.market, d.quote.mid)
    d.size_delta = size_delta if size_delta != 0 else unsafe_sub(0, d.position.size)
    position_book._check_known(d.size_delta != 0)
    price_source._check_live(d.quote.is_live)
    d.position.margin = unsafe_add(d.position.margin, added)  # width: checked when stored
    bounds: IPairVault.Limits = empty(IPairVault.Limits)  # of what adds risk; ratio 0: maintenance
    if d.position.size == 0 or (d.position.size > 0) == (d.size_delta > 0):
        bounds = self._checked_bounds(d)
    else:
        self._check_decrease(d.position, d.size_delta)
    skew: int256 = unsafe_sub(
        convert(d.market.long_size, int256), convert(d.market.short_size, int256)
    )
    d.price = execution._price(d.quote, skew, d.size_delta, acceptable_price)
    d = execution._execute(d, False, 0)
    if bounds.initial_ratio != 0:
        if unsafe_mul(d.market.reserved, WAD) > unsafe_mul(d.market.pool, bounds.max_utilisation):
            refusal._because(refusal.POOL_FULL)
    if d.position.size != 0:
        if removed != 0:
            bounds.initial_ratio = max(bounds.initial_ratio, parameters.PARAMS.initial_ratio)
        if d.position.margin < unsafe_add(removed, parameters.PARAMS.min_margin):
            refusal._because(refusal.BELOW_MIN_MARGIN)
        d.position.margin = unsafe_sub(d.position.margin, removed)
        if bounds.initial_ratio != 0:
            margin_rules._check_initial(d, bounds.initial_ratio)
        elif margin_rules._status(d) == IPairVault.Status.LIQUIDATABLE:
            refusal._because(refusal.LIQUIDATABLE)
    position_book._store(owner, position_id, d.position)
    market_state._store(d.market)
    treasury._owe_protocol(d.protocol_fee)
    if d.position.size == 0:
        log IPairVault.PositionClosed(
            owner=owner,
            position_id=position_id,
            sender=msg.sender,
            size_delta=d.size_delta,
            price=d.price,
            fee=d.fee,
            realised=d.realised,
            paid_out=d.left,
            pool=d.market.pool,
            carry_long=d.market.carry_long,
            carry_short=d.market.carry_short,
        )
        return Outcome(size=0, margin=0, paid_out=d.left)
    self._log_adjusted(owner, position_id, d, removed)
    return Outcome(size=d.position.size, margin=d.position.margin, paid_out=removed)


@internal
def _log_adjusted(owner: address, position_id: uint256, d: margin_rules.Deal, removed: uint256):
    log IPairVault.PositionAdjusted(
        owner=owner,
        position_id=position_id,
        sender=msg.sender,
        size_delta=d.size_delta,
        price=d.price,
        fee=d.fee,
        realised=d.realised,
        paid_out=removed,
        size=d.position.size,
        margin=d.position.margin,
        basis=d.position.basis,
        reserve=d.position.reserve,
        pool=d.market.pool,
        carry_long=d.market.carry_long,
        carry_short=d.market.carry_short,
    )


@internal
@view
def _checked_bounds(d: margin_rules.Deal) -> IPairVault.Limits:
    """
    @notice Refuse an increase that cannot be.
    @return The limits that hold for it
    """
    bounds: IPairVault.Limits = limits._load()
    market_state._check_alive(d.market.accrued_at)
    if bounds.reduce_only:
        refusal._because(refusal.REDUCE_ONLY)
    # a new reserve would revive the gain that the old one has cut off
    if d.position.size != 0:
        if margin_rules._raw_gain(d) >= convert(d.position.reserve, int256):
            refusal._because(refusal.GAIN_AT_RESERVE)
    side: uint256 = d.market.long_size if d.size_delta > 0 else d.market.short_size
    change: uint256 = fixed_point._magnitude(d.size_delta)
    if change > unsafe_sub(parameters.PARAMS.skew_scale, side):  # before any arithmetic on it
        refusal._because(refusal.OPEN_INTEREST_FULL)
    return bounds


@internal
@view
def _check_decrease(p: IPairVault.Position, size_delta: int256):
    # the two are of opposite signs: their sum does not overflow
    size: int256 = unsafe_add(p.size, size_delta)
    if size != 0 and (size > 0) == (size_delta > 0):
        refusal._because(refusal.FLIP_THROUGH_ZERO)
    if p.increased_at == block.timestamp:
        refusal._because(refusal.INCREASED_IN_THIS_BLOCK)


@internal
def _remove_margin(owner: address, position_id: uint256, amount: uint256):
    """
    @notice Out of a position, and nothing else changes.
    @dev Carry up to now counts in the check but is not stored: size, pool and reserves stay, so whoever accrues next
         charges the same time for the same state.
    """
    d: margin_rules.Deal = self._deal(owner, position_id)
    position_book._check_known(d.position.size != 0)
    price_source._check_live(d.quote.is_live)
    if d.position.margin < amount + parameters.PARAMS.min_margin:
        refusal._because(refusal.BELOW_MIN_MARGIN)
    d.position.margin = unsafe_sub(d.position.margin, amount)
    margin_rules._check_initial(d, parameters.PARAMS.initial_ratio)
    position_book._move_margin(owner, position_id, unsafe_sub(0, convert(amount, int256)))
    log IPairVault.MarginRemoved(
        owner=owner,
        position_id=position_id,
        sender=msg.sender,
        amount=amount,
        margin=d.position.margin,
    )


@internal
def _add_margin(owner: address, position_id: uint256, amount: uint256):
    treasury._check_amount(amount)
    margin: uint256 = position_book._move_margin(owner, position_id, convert(amount, int256))
    log IPairVault.MarginAdded(
        owner=owner, position_id=position_id, sender=msg.sender, amount=amount, margin=margin
    )
