# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Pair vault
@license MIT
@notice Isolated-margin perpetuals on one pair. Holds the liquidity of its LPs and the margin of its traders, in one
        ERC-20, and nothing else; a loss stops at the margin of its position and at the walls of this vault.
@dev Units, structs and events: interfaces/IPairVault.vyi. Formulas and the order of checks: docs/mechanics.md.

     Every call goes one way: oracle -> price band -> accrual -> rule -> state -> event -> token transfer. All external
     functions are locked against re-entry, views too, but for those that answer constants.

     Invariants after every call:
         pool >= reserved, the sum of all reserves
         balance of asset >= pool + sum of margins + sum of claimables + protocol fees
"""
from .interfaces import IPairVault
from .modules import execution
from .modules import fixed_point
from .modules import limits
from .modules import liquidation
from .modules import liquidity
from .modules import lp_shares
from .modules import margin_rules
from .modules import market_state
from .modules import parameters
from .modules import position_book
from .modules import price_source
from .modules import refusal
from .modules import signatures
from .modules import trading
from .modules import treasury
from .modules import valuation

implements: IPairVault
initializes: parameters
initializes: signatures
initializes: treasury[parameters := parameters]
initializes: position_book
initializes: market_state[parameters := parameters]
initializes: price_source[parameters := parameters]
initializes: limits[parameters := parameters, market_state := market_state]
initializes: lp_shares[parameters := parameters, signatures := signatures]
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
initializes: valuation[
    market_state := market_state, price_source := price_source, lp_shares := lp_shares
]
initializes: liquidity[
    parameters := parameters,
    market_state := market_state,
    lp_shares := lp_shares,
    valuation := valuation,
    treasury := treasury,
]

exports: (
    lp_shares.transfer,
    lp_shares.transferFrom,
    lp_shares.approve,
    lp_shares.permit,
    lp_shares.name,
    lp_shares.symbol,
    lp_shares.decimals,
    lp_shares.totalSupply,
    lp_shares.balanceOf,
    lp_shares.allowance,
    lp_shares.lock_of,
    lp_shares.DOMAIN_SEPARATOR,
    signatures.nonces,
    liquidity.asset,
    liquidity.totalAssets,
    liquidity.convertToShares,
    liquidity.convertToAssets,
    liquidity.previewDeposit,
    liquidity.previewMint,
    liquidity.previewWithdraw,
    liquidity.previewRedeem,
    liquidity.maxDeposit,
    liquidity.maxMint,
    liquidity.maxWithdraw,
    liquidity.maxRedeem,
    limits.guardian,
    limits.pending_guardian,
    limits.tighten_limits,
    limits.schedule_limits,
    limits.apply_limits,
    limits.transfer_guardian,
    limits.accept_guardian,
    limits.renounce_guardian,
    limits.get_limits,
    limits.get_scheduled_limits,
    treasury.claimable,
    treasury.protocol_fees,
    parameters.protocol_fee_share,
)

_OPERATOR_TYPE_HASH: constant(bytes32) = keccak256(
    "PermitOperator(address owner,address operator,bool approved,uint256 nonce,uint256 deadline)"
)


@deploy
def __init__(params: IPairVault.VaultParams, protocol_fee_share: uint256):
    """
    @notice The deployer is the factory. Parameters out of bounds are refused.
    @param protocol_fee_share WAD of each fee, at most 20 %
    """
    parameters.__init__(params, protocol_fee_share)
    signatures.__init__(params.name)
    market_state.__init__()
    limits.__init__(params.guardian)


# ---- trader ----


@external
def adjust_position(
    position_id: uint256,
    size_delta: int256,
    margin_delta: int256,
    acceptable_price: uint256,
    owner: address = msg.sender,
    receiver: address = msg.sender,
) -> (int256, uint256):
    """
    @notice Open, increase, reduce or close a position, move its margin, or both at once.
    @param position_id Any number of the owner's choice
    @param size_delta Base units, WAD; positive buys
    @param margin_delta Asset units; positive is pulled from the sender, negative goes to `receiver`
    @param acceptable_price WAD; the highest price to buy at, the lowest to sell at
    @return Size and margin afterwards
    """
    position_book._check_authority(owner)
    amount: uint256 = fixed_point._magnitude(margin_delta)
    added: uint256 = amount if margin_delta > 0 else 0
    removed: uint256 = unsafe_sub(amount, added)
    o: trading.Outcome = empty(trading.Outcome)
    if size_delta != 0:
        o = trading._adjust(owner, position_id, size_delta, added, removed, acceptable_price)
    else:
        if margin_delta < 0:
            trading._remove_margin(owner, position_id, amount)
            o.paid_out = amount
        else:
            trading._add_margin(owner, position_id, amount)
        p: IPairVault.Position = position_book._load(owner, position_id)
        o.size = p.size
        o.margin = p.margin
    if added != 0:
        treasury._pull(added)
    treasury._push(receiver, o.paid_out)
    return o.size, o.margin


@external
def close_position(
    position_id: uint256,
    acceptable_price: uint256,
    owner: address = msg.sender,
    receiver: address = msg.sender,
) -> uint256:
    """
    @notice Close a whole position and pay everything out. Works however deep it is under water.
    @return Asset units paid to `receiver`
    """
    position_book._check_authority(owner)
    o: trading.Outcome = trading._adjust(owner, position_id, 0, 0, 0, acceptable_price)
    treasury._push(receiver, o.paid_out)
    return o.paid_out


@external
def add_margin(position_id: uint256, amount: uint256, owner: address = msg.sender):
    """
    @notice Anyone may add margin, at any time, with no price.
    @param amount Asset units, pulled from the sender
    """
    trading._add_margin(owner, position_id, amount)
    treasury._pull(amount)


@external
def move_margin(from_id: uint256, to_id: uint256, amount: uint256, owner: address = msg.sender):
    """
    @notice Move margin between two positions of one owner, as a withdrawal from one and an addition to the other.
    @param amount Asset units; no token moves
    """
    position_book._check_authority(owner)
    if from_id == to_id:
        refusal._because(refusal.SAME_POSITION)
    trading._remove_margin(owner, from_id, amount)
    trading._add_margin(owner, to_id, amount)


@external
def claim(receiver: address = msg.sender) -> uint256:
    """
    @notice Collect what liquidations and settlements have credited to the sender.
    @return Asset units paid to `receiver`
    """
    return treasury._claim(msg.sender, receiver)


@external
def set_operator(operator: address, approved: bool):
    """
    @notice Allow `operator` to do with the sender's positions whatever the sender may.
    """
    position_book._set_operator(msg.sender, operator, approved)


@external
def permit_operator(
    owner: address,
    operator: address,
    approved: bool,
    deadline: uint256,
    signature: Bytes[signatures.MAX_SIGNATURE],
):
    """
    @notice `set_operator` by the owner's EIP-712 signature, of an EOA or an EIP-1271 wallet.
    @param deadline Unix seconds; refused after it
    """
    signatures._check_permit(
        _OPERATOR_TYPE_HASH, owner, operator, convert(approved, uint256), deadline, signature
    )
    position_book._set_operator(owner, operator, approved)


# ---- keeper ----


@external
def liquidate(
    owner: address, position_id: uint256, receiver: address = msg.sender
) -> (uint256, uint256):
    """
    @notice Close a liquidatable position as far as needed, at the raw closing price, for a reward.
    @param receiver Gets the reward; if the token refuses it, the reward is credited to `claimable`
    @return Size closed, base units, and reward, asset units
    """
    d: margin_rules.Deal = trading._deal_in(
        IPairVault.Status.LIQUIDATABLE, refusal.STILL_HEALTHY, owner, position_id
    )
    d = liquidation._liquidate(d)
    trading._keep(owner, position_id, d)
    log IPairVault.PositionLiquidated(
        owner=owner,
        position_id=position_id,
        keeper=msg.sender,
        size_delta=d.size_delta,
        price=d.price,
        fee=d.fee,
        realised=d.realised,
        reward=d.reward,
        credited=d.left,
        bad_debt=d.bad_debt,
        size=d.position.size,
        margin=d.position.margin,
        basis=d.position.basis,
        reserve=d.position.reserve,
        pool=d.market.pool,
        carry_long=d.market.carry_long,
        carry_short=d.market.carry_short,
    )
    # a paused token or a blocked keeper stops no liquidation; starving the transfer of gas gains nothing
    if not treasury._try_push(receiver, d.reward):
        treasury._credit(receiver, d.reward)
    return fixed_point._magnitude(d.size_delta), d.reward


@external
def settle_position(owner: address, position_id: uint256) -> uint256:
    """
    @notice Close a position whose gain has reached its reserve, or any in wind-down; anyone may.
    @return Asset units credited to `claimable(owner)`
    """
    return trading._settle(owner, position_id)


@external
def call_margin(owner: address, position_id: uint256):
    """
    @notice Put a margin call on record for a position under that line that is not liquidatable yet.
    """
    d: margin_rules.Deal = trading._deal_in(
        IPairVault.Status.MARGIN_CALL, refusal.NO_MARGIN_CALL, owner, position_id
    )
    log IPairVault.MarginCalled(
        owner=owner,
        position_id=position_id,
        equity=margin_rules._equity(d),
        requirement=margin_rules._requirement(d, parameters.PARAMS.margin_call_ratio),
        price=d.price,
    )


@external
def accrue():
    """
    @notice Charge carry up to now. Also proves an oracle alive that was reported dead.
    """
    d: margin_rules.Deal = trading._deal(msg.sender, 0)
    price_source._check_live(d.quote.is_live)
    market_state._store_accrual(d.market)


@external
def report_dead_oracle():
    """
    @notice Start the seven days after which `wind_down` works, while the oracle gives no live price.
    """
    price_source._report_dead(market_state._last_accrual())


@external
def wind_down():
    """
    @notice End the vault seven days after the last update of its feed, or after a dead oracle's report: only exits
            remain, at the last valid price, or at zero gain where there is none.
    """
    price_source._wind_down(market_state._last_accrual())
    market_state._wind_down()


@external
def collect_protocol_fees() -> uint256:
    """
    @notice Send the protocol's share of fees to the factory's recipient; anyone may.
    @return Asset units sent
    """
    return treasury._collect_protocol_fees()


# ---- liquidity provider ----


@external
def deposit(assets: uint256, receiver: address = msg.sender, min_shares: uint256 = 0) -> uint256:
    """
    @notice Put `assets` into the pool for new shares at the high NAV.
    @return Shares minted to `receiver`, locked for `lp_lockup` seconds
    """
    return liquidity._enter(assets, 0, receiver, min_shares, assets)


@external
def mint(
    shares: uint256, receiver: address = msg.sender, max_assets: uint256 = liquidity.NO_BOUND
) -> uint256:
    """
    @notice `deposit`, by the number of shares.
    @return Asset units paid
    """
    return liquidity._enter(0, shares, receiver, shares, max_assets)


@external
def withdraw(
    assets: uint256,
    receiver: address = msg.sender,
    owner: address = msg.sender,
    max_shares: uint256 = liquidity.NO_BOUND,
) -> uint256:
    """
    @notice Take `assets` of the pool's free liquidity for shares at the low NAV.
    @return Shares burned from `owner`
    """
    return liquidity._leave(assets, 0, receiver, owner, max_shares, assets)


@external
def redeem(
    shares: uint256,
    receiver: address = msg.sender,
    owner: address = msg.sender,
    min_assets: uint256 = 0,
) -> uint256:
    """
    @notice `withdraw`, by the number of shares.
    @return Asset units paid to `receiver`
    """
    return liquidity._leave(0, shares, receiver, owner, shares, min_assets)


# ---- views ----


@external
@view
def get_position(owner: address, position_id: uint256) -> IPairVault.Position:
    return position_book._load(owner, position_id)


@external
@view
def get_market() -> IPairVault.Market:
    """
    @notice As stored: carry up to `accrued_at`.
    """
    m: IPairVault.Market = market_state._load()
    m.long_basis, m.short_basis = market_state._load_bases()
    return m


@external
@view
def get_health(owner: address, position_id: uint256) -> IPairVault.Health:
    """
    @notice What a keeper would find now. Never reverts for lack of a price.
    """
    return liquidation._health(trading._deal(owner, position_id))


@external
@view
@reentrant
def get_params() -> IPairVault.VaultParams:
    """
    @notice As at birth; `guardian()` and `get_limits()` tell what has changed since.
    """
    return parameters.PARAMS


@external
@view
def is_operator(owner: address, operator: address) -> bool:
    return position_book._operators[owner][operator]
