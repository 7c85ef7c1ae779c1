# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Liquidation
@notice How much of a position under the maintenance line is closed, at what reward, and where that line lies.
@dev The reward is a reverse Dutch auction: a minimum that is always worth a keeper's while, and a penalty that starts
     near zero at the line and grows with the shortfall. Competing keepers leave to the trader what a fixed
     penalty would take. It executes at the raw closing price: without impact there is nothing to sandwich.
"""
from ..interfaces import IPairVault
from . import execution
from . import fixed_point
from . import margin_rules
from . import parameters

uses: parameters
uses: margin_rules
uses: execution

WAD: constant(uint256) = fixed_point.WAD


@internal
@view
def _liquidate(d: margin_rules.Deal) -> margin_rules.Deal:
    """
    @notice Close what is needed of a liquidatable position, or all where the rest would not be fit to stay.
    """
    equity: int256 = margin_rules._equity(d)
    requirement: uint256 = margin_rules._requirement(d, parameters.PARAMS.maintenance_ratio)
    # the reverse Dutch auction: from nearly 0 at the line to the full penalty at no equity
    missing: uint256 = convert(unsafe_sub(convert(requirement, int256), equity), uint256)
    shortfall: uint256 = min(unsafe_div(unsafe_mul(missing, WAD), requirement), WAD)
    penalty: uint256 = unsafe_div(unsafe_mul(parameters.PARAMS.liquidation_penalty, shortfall), WAD)
    d.size_delta = self._liquidation_size(d, equity, penalty)
    if d.size_delta != unsafe_sub(0, d.position.size):
        part: margin_rules.Deal = execution._execute(d, True, penalty)
        # fit to stay: a margin, and no longer liquidatable, so that its health has strictly risen
        if part.position.margin >= parameters.PARAMS.min_margin:
            if margin_rules._status(part) != IPairVault.Status.LIQUIDATABLE:
                return part
        d.size_delta = unsafe_sub(0, d.position.size)
    return execution._execute(d, True, penalty)


@internal
@view
def _liquidation_size(d: margin_rules.Deal, equity: int256, penalty: uint256) -> int256:
    """
    @notice How much to close, as a size_delta: enough to bring the rest back to the initial requirement.
    @dev Closing x of notional N costs the equity E the reward and fee, k + f * x, and leaves a requirement of at
         most (N - x) * t. Solve E - k - f * x = (N - x) * t for x. t >= 2 * f by the bounds of birth.
    """
    size: uint256 = fixed_point._magnitude(d.position.size)
    ratio: uint256 = margin_rules._with_size(parameters.PARAMS.initial_ratio, size)
    costs: uint256 = unsafe_add(parameters.PARAMS.trading_fee, penalty)
    notional: uint256 = margin_rules._notional(size, d.price)
    target: uint256 = unsafe_add(
        fixed_point._div_up(unsafe_mul(notional, ratio), WAD), parameters.PARAMS.keeper_min_reward
    )
    # positive: the equity is under the maintenance line, which is not above the initial one
    shortage: int256 = unsafe_sub(convert(target, int256), equity)
    # 2 units for the roundings of gain and fee, so that the rest does not end just under its line
    missing: uint256 = unsafe_add(convert(shortage, uint256), 2)
    to_close: uint256 = fixed_point._div_up(unsafe_mul(missing, WAD), unsafe_sub(ratio, costs))
    if to_close >= notional:
        return unsafe_sub(0, d.position.size)
    # not more than the size: to_close <= notional - 1 <= |size| * price / SCALE
    scaled: uint256 = unsafe_mul(to_close, convert(parameters.SCALE, uint256))
    closed: int256 = convert(fixed_point._div_up(scaled, d.price), int256)
    return unsafe_sub(0, closed) if d.position.size > 0 else closed


@internal
@view
def _liquidation_price(d: margin_rules.Deal) -> uint256:
    """
    @notice Where equity meets the maintenance requirement, carry as it is now; 0 where nowhere.
    @dev Solve margin + size * (price - carry) / SCALE - cost = |size| * price * ratio / SCALE for the price; a short's
         size is negative, its carry and cost are negated, as in margin_rules.
    """
    size: int256 = d.position.size
    wad: int256 = convert(WAD, int256)
    slope: int256 = convert(
        margin_rules._with_size(parameters.PARAMS.maintenance_ratio, fixed_point._magnitude(size)),
        int256,
    )
    cost: int256 = d.position.basis
    carry: int256 = d.market.carry_long
    if size < 0:
        slope = unsafe_sub(0, slope)
        cost = unsafe_sub(0, cost)
        carry = unsafe_sub(0, d.market.carry_short)
    slope = unsafe_sub(wad, slope)  # of equity above requirement; WAD of the notional
    if slope <= 0:
        return 0
    missing: int256 = unsafe_sub(cost, convert(d.position.margin, int256))
    price: int256 = unsafe_add(unsafe_div(unsafe_mul(missing, parameters.SCALE), size), carry)
    return convert(max(unsafe_div(unsafe_mul(price, wad), slope), 0), uint256)


# ---- view ----


@internal
@view
def _health(d: margin_rules.Deal) -> IPairVault.Health:
    h: IPairVault.Health = empty(IPairVault.Health)
    h.status = margin_rules._status(d)
    if d.position.size != 0 and d.quote.is_live:
        h.gain = margin_rules._gain(d)
        h.equity = unsafe_add(convert(d.position.margin, int256), h.gain)
        h.maintenance = margin_rules._requirement(d, parameters.PARAMS.maintenance_ratio)
        h.margin_call = margin_rules._requirement(d, parameters.PARAMS.margin_call_ratio)
        h.initial = margin_rules._requirement(d, parameters.PARAMS.initial_ratio)
        h.closing_price = margin_rules._closing_price(d)
        h.liquidation_price = self._liquidation_price(d)
    return h
