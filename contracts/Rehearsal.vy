# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Rehearsal
@license MIT
@notice What an adjustment would do to a position, found by doing it: the vault's own modules, on a copy of what the vault
        knows, without its tokens.
@dev All of it happens in the constructor, which always reverts, with the answer; the blueprint is never a contract. So a
     formula stands in one place, and the answer of this file is right whenever the vault is.
"""
from .interfaces import IPairVault
from .interfaces import IVaultLens
from .modules import execution
from .modules import fixed_point
from .modules import limits
from .modules import liquidation
from .modules import margin_rules
from .modules import market_state
from .modules import parameters
from .modules import position_book
from .modules import price_source
from .modules import trading
from .modules import treasury

initializes: parameters
initializes: treasury[parameters := parameters]
initializes: position_book
initializes: market_state[parameters := parameters]
initializes: price_source[parameters := parameters]
initializes: limits[parameters := parameters, market_state := market_state]
initializes: margin_rules[parameters := parameters, market_state := market_state]
initializes: execution[parameters := parameters, margin_rules := margin_rules]
initializes: liquidation[
    parameters := parameters, margin_rules := margin_rules, execution := execution
]
initializes: trading[
    parameters := parameters,
    market_state := market_state,
    price_source := price_source,
    margin_rules := margin_rules,
    execution := execution,
    position_book := position_book,
    limits := limits,
    treasury := treasury,
]


@deploy
def __init__(
    vault: IPairVault,
    owner: address,
    position_id: uint256,
    size_delta: int256,
    margin_delta: int256,
):
    """
    @param owner Empty for nobody: the answer is then an `IVaultLens.Moment`, else an `IVaultLens.Preview` or the refusal
    """
    parameters.__init__(staticcall vault.get_params(), staticcall vault.protocol_fee_share())
    market_state.__init__()
    limits.__init__(empty(address))
    self._copy(vault, owner, position_id)
    if owner == empty(address):
        raw_revert(abi_encode(self._moment()))
    raw_revert(abi_encode(self._preview(owner, position_id, size_delta, margin_delta)))


@internal
def _copy(vault: IPairVault, owner: address, position_id: uint256):
    """
    @notice Put what the vault has stored where its modules look for it.
    """
    market: IPairVault.Market = staticcall vault.get_market()
    market_state._store(market)
    bounds: IPairVault.Limits = staticcall vault.get_limits()
    limits._set(limits._pack(bounds.max_utilisation, bounds.initial_ratio, bounds.reduce_only))
    position_book._store(owner, position_id, staticcall vault.get_position(owner, position_id))
    if market.accrued_at == market_state.WOUND_DOWN:
        # the one price of wind-down; without a position there is nothing to be done at it
        health: IPairVault.Health = staticcall vault.get_health(owner, position_id)
        price_source._settlement_price = health.closing_price


@internal
@view
def _moment() -> IVaultLens.Moment:
    """
    @notice The price as the vault takes it, and what it charges at it.
    """
    m: IPairVault.Market = market_state._load()
    is_wound_down: bool = m.accrued_at == market_state.WOUND_DOWN
    quote: price_source.Quote = price_source._quote(is_wound_down, msg.gas)
    answer: IVaultLens.Moment = IVaultLens.Moment(
        bid=quote.bid,
        ask=quote.ask,
        updated_at=quote.updated_at,
        is_live=quote.is_live and not quote.is_final,
        borrow_rate=0,
        funding_rate=0,
    )
    if not is_wound_down:
        pool: uint256 = max(m.pool, 1)
        skew: int256 = convert(m.long_size, int256) - convert(m.short_size, int256)
        answer.borrow_rate = convert(market_state._borrow_rate(m.reserved, pool), uint256)
        answer.funding_rate = market_state._funding_rate(skew, quote.mid, pool)
    return answer


@internal
def _preview(
    owner: address, position_id: uint256, size_delta: int256, margin_delta: int256
) -> IVaultLens.Preview:
    """
    @notice As `PairVault.adjust_position` by the owner, at any price.
    """
    answer: IVaultLens.Preview = empty(IVaultLens.Preview)
    amount: uint256 = fixed_point._magnitude(margin_delta)
    if size_delta != 0:
        added: uint256 = amount if margin_delta > 0 else 0
        answer = self._adjusted(owner, position_id, size_delta, added, amount - added)
    elif margin_delta < 0:
        trading._remove_margin(owner, position_id, amount)
        answer.paid_out = amount
    else:
        trading._add_margin(owner, position_id, amount)
    answer.position = position_book._load(owner, position_id)
    answer.health = liquidation._health(trading._deal(owner, position_id))
    return answer


@internal
def _adjusted(
    owner: address, position_id: uint256, size_delta: int256, added: uint256, removed: uint256
) -> IVaultLens.Preview:
    """
    @notice A change of size. The trade in it is done once more, for what the vault tells in its event only.
    """
    any_price: uint256 = max_value(uint256) if size_delta > 0 else 0
    d: margin_rules.Deal = trading._deal(owner, position_id)
    outcome: trading.Outcome = trading._adjust(
        owner, position_id, size_delta, added, removed, any_price
    )
    skew: int256 = convert(d.market.long_size, int256) - convert(d.market.short_size, int256)
    d.size_delta = size_delta
    d.position.margin += added
    d.price = execution._price(d.quote, skew, size_delta, any_price)
    d = execution._execute(d, False, 0)
    answer: IVaultLens.Preview = empty(IVaultLens.Preview)
    answer.price = d.price
    answer.fee = d.fee
    answer.realised = d.realised
    answer.paid_out = outcome.paid_out
    return answer
