# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Pair vault
@license MIT
@notice Isolated-margin perpetuals on one pair. Holds the liquidity of its LPs and the margin of its traders, in one
        ERC-20, and nothing else; a loss stops at the margin of its position and at the walls of this vault.
@dev Units, structs and events: interfaces/IPairVault.vyi. Formulas and the order of checks: docs/mechanics.md.

     Every call goes one way: oracle -> price band -> accrual -> rule -> state -> event -> token transfer. All
     external functions are locked against re-entry, views too.

     Invariants after every call:
         pool >= reserved, the sum of all reserves
         balance of asset >= pool + sum of margins + sum of claimables + protocol fees
"""
from ethereum.ercs import IERC20

from .interfaces import IPairVault
from .interfaces import IVaultFactory
from .modules import execution
from .modules import fixed_point
from .modules import limits
from .modules import liquidity
from .modules import lp_shares
from .modules import margin_rules
from .modules import market_state
from .modules import packing
from .modules import parameters
from .modules import position_book
from .modules import price_source
from .modules import refusal
from .modules import signatures

implements: IPairVault
initializes: parameters
initializes: signatures
initializes: lp_shares[parameters := parameters, signatures := signatures]
initializes: market_state[parameters := parameters]
initializes: price_source[parameters := parameters]
initializes: margin_rules[parameters := parameters, market_state := market_state]
initializes: execution[parameters := parameters]
initializes: position_book
initializes: limits[parameters := parameters]
initializes: liquidity[
    parameters := parameters,
    market_state := market_state,
    price_source := price_source,
    lp_shares := lp_shares,
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
)
exports: (
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
)
exports: (
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
)

WAD: constant(uint256) = 10**18
NO_BOUND: constant(uint256) = packing.UINT128  # no amount of assets or shares is above 112 bits
_PERMIT_OPERATOR_TYPE_HASH: constant(bytes32) = keccak256(
    "PermitOperator(address owner,address operator,bool approved,uint256 nonce,uint256 deadline)"
)

claimable: public(HashMap[address, uint256])  # asset units owed to an account, not in the pool
protocol_fees: public(uint256)  # asset units owed to the protocol, not in the pool


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
    if size_delta == 0 and margin_delta >= 0:
        self._add_margin(owner, position_id, convert(margin_delta, uint256))
    else:
        self._adjust(owner, position_id, size_delta, margin_delta, acceptable_price, receiver)
    p: IPairVault.Position = position_book._load(owner, position_id)
    return p.size, p.margin


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
    size: int256 = position_book._load(owner, position_id).size
    position_book._check_known(size != 0)
    return self._adjust(owner, position_id, -size, 0, acceptable_price, receiver)


@external
def add_margin(position_id: uint256, amount: uint256, owner: address = msg.sender):
    """
    @notice Anyone may add margin, at any time, with no price.
    @param amount Asset units, pulled from the sender
    """
    self._add_margin(owner, position_id, amount)


@external
def claim(receiver: address = msg.sender) -> uint256:
    """
    @notice Collect what liquidations and settlements have credited to the sender.
    @return Asset units paid to `receiver`
    """
    amount: uint256 = self.claimable[msg.sender]
    self._check_amount(amount)
    self.claimable[msg.sender] = 0
    log IPairVault.Claimed(owner=msg.sender, receiver=receiver, amount=amount)
    self._push(receiver, amount)
    return amount


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
        _PERMIT_OPERATOR_TYPE_HASH,
        owner,
        operator,
        convert(approved, uint256),
        deadline,
        signature,
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
    d: margin_rules.Deal = self._deal_in(
        IPairVault.Status.LIQUIDATABLE, refusal.STILL_HEALTHY, owner, position_id
    )
    d = margin_rules._liquidate(d)
    self._store(owner, position_id, d)
    self._credit(owner, d.left)
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
    )
    # a paused token or a blocked keeper stops no liquidation; starving the transfer of gas gains nothing
    if not self._try_push(receiver, d.reward):
        self._credit(receiver, d.reward)
    return fixed_point._magnitude(d.size_delta), d.reward


@external
def settle_position(owner: address, position_id: uint256) -> uint256:
    """
    @notice Close a position whose gain has reached its reserve, or any in wind-down; anyone may.
    @return Asset units credited to `claimable(owner)`
    """
    d: margin_rules.Deal = self._deal_in(
        IPairVault.Status.SETTLEABLE, refusal.NOT_SETTLEABLE, owner, position_id
    )
    d.size_delta = unsafe_sub(0, d.position.size)
    d.price = margin_rules._closing_price(d)
    d = margin_rules._execute(d, False, 0)
    self._store(owner, position_id, d)
    self._credit(owner, d.left)
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
    )
    return d.left


@external
def call_margin(owner: address, position_id: uint256):
    """
    @notice Put a margin call on record for a position under that line that is not liquidatable yet.
    """
    d: margin_rules.Deal = self._deal_in(
        IPairVault.Status.MARGIN_CALL, refusal.NO_MARGIN_CALL, owner, position_id
    )
    market_state._store(d.market)
    requirement: int256 = margin_rules._requirement(d, parameters.PARAMS.margin_call_ratio)
    log IPairVault.MarginCalled(
        owner=owner,
        position_id=position_id,
        equity=margin_rules._equity(d),
        requirement=convert(requirement, uint256),
        price=margin_rules._closing_price(d),
    )


@external
def accrue():
    """
    @notice Charge carry up to now. Also proves an oracle alive that was reported dead.
    """
    d: margin_rules.Deal = self._deal(msg.sender, 0)
    price_source._check_live(d.quote.is_live)
    market_state._store(d.market)


@external
def report_dead_oracle():
    """
    @notice Start the seven days after which `wind_down` works, while the oracle gives no live price.
    """
    self._check_alive(market_state._load())
    price_source._report_dead()


@external
def wind_down():
    """
    @notice End the vault: seven days after the last update of a feed, or after a dead oracle's report. The last valid
            price becomes the settlement price, or none (zero gain); only exits remain.
    """
    m: IPairVault.Market = market_state._load()
    self._check_alive(m)
    price_source._wind_down(m.accrued_at)
    m.accrued_at = market_state.WOUND_DOWN
    market_state._store(m)


@external
def collect_protocol_fees() -> uint256:
    """
    @notice Send the protocol's share of fees to the factory's recipient; anyone may.
    @return Asset units sent
    """
    amount: uint256 = self.protocol_fees
    self._check_amount(amount)
    recipient: address = staticcall IVaultFactory(parameters.FACTORY).fee_recipient()
    self.protocol_fees = 0
    log IPairVault.ProtocolFeesCollected(recipient=recipient, amount=amount)
    self._push(recipient, amount)
    return amount


# ---- liquidity provider ----


@external
def deposit(assets: uint256, receiver: address = msg.sender, min_shares: uint256 = 0) -> uint256:
    """
    @notice Put `assets` into the pool for new shares at the high NAV.
    @return Shares minted to `receiver`, locked for `lp_lockup` seconds
    """
    return self._enter(assets, 0, receiver, min_shares, assets)


@external
def mint(
    shares: uint256, receiver: address = msg.sender, max_assets: uint256 = NO_BOUND
) -> uint256:
    """
    @notice `deposit`, by the number of shares.
    @return Asset units paid
    """
    return self._enter(0, shares, receiver, shares, max_assets)


@external
def withdraw(
    assets: uint256,
    receiver: address = msg.sender,
    owner: address = msg.sender,
    max_shares: uint256 = NO_BOUND,
) -> uint256:
    """
    @notice Take `assets` of the pool's free liquidity for shares at the low NAV.
    @return Shares burned from `owner`
    """
    return self._leave(assets, 0, receiver, owner, max_shares, assets)


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
    return self._leave(0, shares, receiver, owner, shares, min_assets)


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
    return market_state._load()


@external
@view
def get_health(owner: address, position_id: uint256) -> IPairVault.Health:
    """
    @notice What a keeper would find now. Never reverts for lack of a price.
    """
    d: margin_rules.Deal = self._deal(owner, position_id)
    h: IPairVault.Health = empty(IPairVault.Health)
    h.status = margin_rules._status(d)
    if d.position.size != 0 and d.quote.is_live:
        h.gain = margin_rules._gain(d)
        h.equity = margin_rules._equity(d)
        h.maintenance = self._line(d, parameters.PARAMS.maintenance_ratio)
        h.margin_call = self._line(d, parameters.PARAMS.margin_call_ratio)
        h.initial = self._line(d, parameters.PARAMS.initial_ratio)
        h.closing_price = margin_rules._closing_price(d)
        h.liquidation_price = margin_rules._liquidation_price(d)
    return h


@external
@view
def get_params() -> IPairVault.VaultParams:
    """
    @notice As at birth; `guardian()` and `get_limits()` tell what has changed since.
    """
    return parameters.PARAMS


@external
@view
def is_operator(owner: address, operator: address) -> bool:
    return position_book._operators[owner][operator]


# ---- trading ----


@internal
@view
def _deal(owner: address, position_id: uint256) -> margin_rules.Deal:
    """
    @notice A position, its market accrued to now and the price of now: what every rule works on.
    """
    d: margin_rules.Deal = empty(margin_rules.Deal)
    d.position = position_book._load(owner, position_id)
    d.market = market_state._load()
    d.quote = price_source._quote(market_state._is_wound_down(d.market))
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
    receiver: address,
) -> uint256:
    """
    @return Asset units paid to `receiver`
    """
    d: margin_rules.Deal = self._deal(owner, position_id)
    price_source._check_live(d.quote.is_live)
    pulled: uint256 = convert(max(margin_delta, 0), uint256)
    paid_out: uint256 = convert(max(unsafe_sub(0, margin_delta), 0), uint256)
    d.position.margin = unsafe_add(d.position.margin, pulled)  # its width is checked when stored
    d.size_delta = size_delta
    bounds: IPairVault.Limits = empty(IPairVault.Limits)  # where risk is added
    if size_delta == 0:
        position_book._check_known(d.position.size != 0)
    else:
        if d.position.size == 0 or (d.position.size > 0) == (size_delta > 0):
            bounds = limits._load()
            self._check_increase(d, bounds.reduce_only)
        else:
            self._check_decrease(d)
        d.price = execution._price(d, acceptable_price)
        d = margin_rules._execute(d, False, 0)
    ratio: uint256 = bounds.initial_ratio  # that the margin has to meet; 0: maintenance
    if ratio != 0:
        most: uint256 = unsafe_mul(d.market.pool, bounds.max_utilisation)
        if unsafe_mul(d.market.reserved, WAD) > most:
            refusal._because(refusal.POOL_FULL)
    if d.position.size == 0:
        paid_out = d.left
    else:
        if paid_out != 0:
            ratio = max(ratio, parameters.PARAMS.initial_ratio)
        if d.position.margin < unsafe_add(paid_out, parameters.PARAMS.min_margin):
            refusal._because(refusal.BELOW_MIN_MARGIN)
        d.position.margin = unsafe_sub(d.position.margin, paid_out)
        # after adding risk or taking margin out: unrealised profit neither leverages up nor lets margin out
        if ratio != 0:
            if not margin_rules._is_opened_well(d, ratio):
                refusal._because(refusal.BELOW_INITIAL_RATIO)
        elif not margin_rules._is_maintained(d):
            refusal._because(refusal.LIQUIDATABLE)
    self._store(owner, position_id, d)
    log IPairVault.PositionAdjusted(
        owner=owner,
        position_id=position_id,
        sender=msg.sender,
        size_delta=size_delta,
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
    self._pull(pulled)
    self._push(receiver, paid_out)
    return paid_out


@internal
@view
def _check_increase(d: margin_rules.Deal, is_reduce_only: bool):
    self._check_alive(d.market)
    if is_reduce_only:
        refusal._because(refusal.REDUCE_ONLY)
    # a new reserve would revive the gain that the old one has cut off
    if d.position.size != 0 and margin_rules._is_capped(d):
        refusal._because(refusal.GAIN_AT_RESERVE)
    side: uint256 = d.market.long_size if d.size_delta > 0 else d.market.short_size
    room: uint256 = unsafe_sub(parameters.PARAMS.skew_scale, side)
    if fixed_point._magnitude(d.size_delta) > room:  # before any arithmetic on it
        refusal._because(refusal.OPEN_INTEREST_FULL)


@internal
@view
def _check_decrease(d: margin_rules.Deal):
    if fixed_point._magnitude(d.size_delta) > fixed_point._magnitude(d.position.size):
        refusal._because(refusal.FLIP_THROUGH_ZERO)
    if d.position.increased_at == block.timestamp:
        refusal._because(refusal.INCREASED_IN_THIS_BLOCK)


@internal
def _store(owner: address, position_id: uint256, d: margin_rules.Deal):
    position_book._store(owner, position_id, d.position)
    market_state._store(d.market)
    if d.protocol_fee != 0:
        self.protocol_fees += d.protocol_fee


@internal
def _add_margin(owner: address, position_id: uint256, amount: uint256) -> uint256:
    self._check_amount(amount)
    margin: uint256 = position_book._add_margin(owner, position_id, amount)
    log IPairVault.MarginAdded(
        owner=owner, position_id=position_id, sender=msg.sender, amount=amount, margin=margin
    )
    self._pull(amount)
    return margin


@internal
@view
def _line(d: margin_rules.Deal, ratio: uint256) -> uint256:
    return convert(margin_rules._requirement(d, ratio), uint256)


# ---- liquidity ----


@internal
def _enter(
    by_assets: uint256,
    by_shares: uint256,
    receiver: address,
    min_shares: uint256,
    max_assets: uint256,
) -> uint256:
    """
    @notice New shares at the high NAV, for one of the two amounts; the other is 0.
    @return The other
    """
    v: liquidity.Valuation = liquidity._valuation(liquidity.Side.ENTRY, True)
    self._check_alive(v.market)
    if liquidity._is_worthless(v.nav):
        refusal._because(refusal.ZERO_NAV)
    assets: uint256 = by_assets
    shares: uint256 = by_shares
    if by_shares == 0:
        shares = liquidity._to_shares_down(assets, v.nav)
    else:
        assets = liquidity._to_assets_up(shares, v.nav)
    self._check_amounts(assets, shares, shares >= min_shares and assets <= max_assets)
    v.market.pool = unsafe_add(v.market.pool, assets)  # its width is checked when stored
    market_state._store(v.market)
    lp_shares._mint(receiver, shares)
    log IPairVault.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)
    self._pull(assets)
    return shares if by_shares == 0 else assets


@internal
def _leave(
    by_assets: uint256,
    by_shares: uint256,
    receiver: address,
    owner: address,
    max_shares: uint256,
    min_assets: uint256,
) -> uint256:
    """
    @notice Shares for free liquidity at the low NAV, for one of the two amounts; the other is 0.
    @return The other
    """
    v: liquidity.Valuation = liquidity._valuation(liquidity.Side.EXIT, True)
    assets: uint256 = by_assets
    shares: uint256 = by_shares
    if by_shares == 0:
        shares = liquidity._to_shares_up(assets, v.nav)
    else:
        assets = liquidity._to_assets_down(shares, v.nav)
    self._check_amounts(assets, shares, shares <= max_shares and assets >= min_assets)
    if assets > unsafe_sub(v.market.pool, v.market.reserved):
        refusal._because(refusal.NOT_ENOUGH_LIQUIDITY)
    v.market.pool = unsafe_sub(v.market.pool, assets)
    market_state._store(v.market)
    if msg.sender != owner:
        lp_shares._spend_allowance(owner, shares)
    lp_shares._burn(owner, shares)
    log IPairVault.Withdraw(
        sender=msg.sender, receiver=receiver, owner=owner, assets=assets, shares=shares
    )
    self._push(receiver, assets)
    return shares if by_shares == 0 else assets


@internal
@pure
def _check_amounts(assets: uint256, shares: uint256, is_within_bound: bool):
    self._check_amount(min(assets, shares))
    if not is_within_bound:
        refusal._because(refusal.BOUND_MISSED)


@internal
@view
def _check_alive(m: IPairVault.Market):
    if market_state._is_wound_down(m):
        refusal._because(refusal.WINDING_DOWN)


@internal
@pure
def _check_amount(amount: uint256):
    if amount == 0:
        refusal._because(refusal.ZERO_AMOUNT)


# ---- tokens ----


@internal
def _pull(amount: uint256):
    """
    @notice Take exactly `amount` from the sender; a token that delivers less is refused, not mis-booked.
    """
    if amount == 0:
        return
    token: IERC20 = IERC20(parameters.PARAMS.asset)
    before: uint256 = staticcall token.balanceOf(self)
    success: bool = extcall token.transferFrom(
        msg.sender, self, amount, default_return_value=True
    )
    self._check_token(success)
    received: uint256 = staticcall token.balanceOf(self) - before
    if received != amount:
        refusal._because(refusal.WRONG_AMOUNT_RECEIVED)


@internal
def _push(receiver: address, amount: uint256):
    self._check_token(self._try_push(receiver, amount))


@internal
def _try_push(receiver: address, amount: uint256) -> bool:
    """
    @notice Whether the token took it: no revert, and no answer or a true one.
    """
    if amount == 0:
        return True
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        parameters.PARAMS.asset,
        abi_encode(receiver, amount, method_id=method_id("transfer(address,uint256)")),
        max_outsize=32,
        revert_on_failure=False,
    )
    return success and (len(answer) == 0 or convert(answer, uint256) == 1)


@internal
def _credit(account: address, amount: uint256):
    """
    @notice What is left of a closed position is owed, not sent: no receiver can block a liquidation.
    """
    if amount != 0:
        self.claimable[account] += amount


@internal
@pure
def _check_token(success: bool):
    if not success:
        refusal._because(refusal.TOKEN_REFUSED)
