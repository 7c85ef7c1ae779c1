# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Order book
@license MIT
@notice Executes EIP-712 orders in the vaults of one factory, as an operator of the positions' owners. A keeper chooses
        nothing but the moment.
@dev Units, structs and events: interfaces/IOrderBook.vyi. The order of checks: docs/mechanics.md section 13.

     What an order costs is pulled from its signer, what it pays out is the owner's, and both pass through within one
     call: between transactions nothing is here. So vaults are allowed to pull without limit: a vault of the factory
     pulls from whoever calls it, and this contract calls one only for an order, under its lock.
"""
from ethereum.ercs import IERC20

from .interfaces import IOrderBook
from .interfaces import IPairVault
from .interfaces import IPriceOracle
from .interfaces import IVaultFactory
from .modules import fixed_point
from .modules import order_nonces
from .modules import price_source
from .modules import revert_reason
from .modules import signatures
from .modules import token_calls

implements: IOrderBook
initializes: order_nonces
initializes: signatures

WAD: constant(uint256) = fixed_point.WAD

# triggers
_NONE: constant(uint8) = 0
_PRICE_AT_OR_ABOVE: constant(uint8) = 1
_PRICE_AT_OR_BELOW: constant(uint8) = 2
_HEALTH_BELOW: constant(uint8) = 3

_ORDER_TYPE_HASH: constant(bytes32) = keccak256(
    "Order(address owner,address signer,address vault,uint256 position_id,uint256 opened_at,int256 size_delta,int256 margin_delta,bool reduce_only,uint256 acceptable_price,uint8 trigger,uint256 trigger_value,uint256 keeper_fee,uint256 nonce,uint256 valid_from,uint256 deadline)"
)
_EXECUTE: constant(bytes4) = method_id(
    "execute_with_permit((address,address,address,uint256,uint256,int256,int256,bool,uint256,uint8,uint256,uint256,uint256,uint256,uint256),bytes,(uint256,uint256,uint8,bytes32,bytes32),address)",
    output_type=bytes4,
)
_CALL_SIZE: constant(uint256) = 4 + 32 * 24 + signatures.MAX_SIGNATURE  # of `_EXECUTE`


FACTORY: public(immutable(address))

# of a vault, for life; empty before its first order
_assets: HashMap[address, address]
_oracles: HashMap[address, address]


@deploy
def __init__(factory: address):
    """
    @param factory Whose vaults take part
    """
    assert factory.is_contract, "orders: no factory"
    signatures.__init__("Bulkhead OrderBook")
    FACTORY = factory


# ---- keeper ----


@external
def execute(
    order: IOrderBook.Order,
    signature: Bytes[signatures.MAX_SIGNATURE],
    receiver: address = msg.sender,
) -> IOrderBook.Outcome:
    """
    @notice Execute an order whose moment has come. A failed execution reverts as a whole and uses up nothing.
    @param signature Of the signer: 65 bytes r, s, v of a key, or whatever an EIP-1271 wallet takes
    @param receiver Gets the keeper's fee
    """
    return self._execute(order, signature, receiver)


@external
def execute_with_permit(
    order: IOrderBook.Order,
    signature: Bytes[signatures.MAX_SIGNATURE],
    permit: IOrderBook.Permit,
    receiver: address = msg.sender,
) -> IOrderBook.Outcome:
    """
    @notice `execute` after the signer's EIP-2612 permit for this contract; one that is used up already does not matter.
    """
    token_calls._use_permit(self._asset(order.vault), order.signer, permit)
    return self._execute(order, signature, receiver)


@external
@reentrant
def simulate(
    order: IOrderBook.Order,
    signature: Bytes[signatures.MAX_SIGNATURE],
    permit: IOrderBook.Permit,
) -> (bool, IOrderBook.Outcome, String[revert_reason.MAX_REASON]):
    """
    @notice What `execute` would do now, and if it would fail, exactly why. For `eth_call`: as a transaction it changes nothing.
    @return Whether it would succeed, its outcome, and the reason if it would not
    """
    execution: Bytes[_CALL_SIZE] = abi_encode(
        order, signature, permit, msg.sender, method_id=_EXECUTE
    )
    is_caught: bool = False
    report: Bytes[32 * 3 + 192] = b""
    is_caught, report = raw_call(
        self,
        abi_encode(execution, method_id=method_id("try_call(bytes)")),
        max_outsize=32 * 3 + 192,
        revert_on_failure=False,
    )
    success: bool = False
    answer: Bytes[revert_reason.MAX_ANSWER] = b""
    if len(report) != 0:  # it was not starved of gas
        success, answer = abi_decode(report, (bool, Bytes[revert_reason.MAX_ANSWER]))
    if success:
        return True, abi_decode(answer, IOrderBook.Outcome), ""
    return False, empty(IOrderBook.Outcome), revert_reason._text(answer)


@external
@reentrant
def try_call(execution: Bytes[_CALL_SIZE]):
    """
    @notice The inside of `simulate`: makes a call to this contract, and always reverts, with what came of it. So that is
            taken back, and nobody who was called can have made it up.
    """
    success: bool = False
    answer: Bytes[revert_reason.MAX_ANSWER] = b""
    success, answer = raw_call(
        self, execution, max_outsize=revert_reason.MAX_ANSWER, revert_on_failure=False
    )
    raw_revert(abi_encode(success, answer))


# ---- signer ----


@external
def cancel(nonces: DynArray[uint256, 64]):
    """
    @notice Cancel those of the nonces that are the sender's and still open; others are left alone, so that no keeper
            keeps the rest of a list alive by executing one of it first.
    """
    for nonce: uint256 in nonces:
        order_nonces._cancel(msg.sender, nonce)


@external
def cancel_all():
    """
    @notice Cancel every nonce of the sender's epoch, used or not, by starting the next.
    """
    order_nonces._start_epoch(msg.sender)


# ---- views ----


@external
@view
def order_status(signer: address, nonce: uint256) -> IOrderBook.OrderStatus:
    return order_nonces._status(signer, nonce)


@external
@view
def epoch_of(signer: address) -> uint256:
    return order_nonces._epoch(signer)


@external
@view
def order_digest(order: IOrderBook.Order) -> bytes32:
    """
    @notice What is signed: EIP-712, domain "Bulkhead OrderBook", version "1", the chain id of the moment, this contract.
    """
    return self._digest(order)


# ---- checks ----


@internal
@view
def _digest(order: IOrderBook.Order) -> bytes32:
    struct_hash: bytes32 = keccak256(abi_encode(_ORDER_TYPE_HASH, order))
    return keccak256(concat(x"1901", signatures._domain_separator(), struct_hash))


@internal
def _asset(vault: address) -> IERC20:
    """
    @notice Of a vault of the factory. The first order asks it for what it can never change, and lets it pull.
    """
    asset: address = self._assets[vault]
    if asset == empty(address):
        assert staticcall IVaultFactory(FACTORY).is_vault(vault), "orders: unknown vault"
        params: IPairVault.VaultParams = staticcall IPairVault(vault).get_params()
        asset = params.asset
        self._assets[vault] = asset
        self._oracles[vault] = params.oracle
        token_calls._allow(IERC20(asset), vault, max_value(uint256))
    return IERC20(asset)


@internal
@pure
def _check_life(order: IOrderBook.Order, opened_at: uint256):
    """
    @notice The position is the one that was meant, not another under the same id.
    @param opened_at Of the position; 0 for none
    """
    if order.opened_at == 0:
        assert opened_at == 0, "orders: position exists"
        return
    assert opened_at != 0, "orders: no such position"
    # signed together with the order that opens: a life that begins within a window
    is_awaited: bool = order.valid_from < opened_at and opened_at <= order.opened_at
    assert opened_at == order.opened_at or is_awaited, "orders: another position"


@internal
@pure
def _clamped(size_delta: int256, size: int256) -> int256:
    """
    @notice A size delta that can only reduce.
    """
    is_reduction: bool = (size < 0 and size_delta > 0) or (size > 0 and size_delta < 0)
    assert is_reduction, "orders: not a reduction"
    # the sizes of positions are far from the ends of the type
    return min(size_delta, -size) if size_delta > 0 else max(size_delta, -size)


@internal
@view
def _check_trigger(order: IOrderBook.Order, size: int256, size_delta: int256):
    """
    @param size Of the position, before `size_delta`
    """
    assert order.trigger <= _HEALTH_BELOW, "orders: unknown trigger"
    is_met: bool = False
    if order.trigger == _HEALTH_BELOW:
        health: IPairVault.Health = staticcall IPairVault(order.vault).get_health(
            order.owner, order.position_id
        )
        self._check_live(health.status != IPairVault.Status.NO_PRICE)
        if size != 0:
            line: uint256 = order.trigger_value * health.maintenance
            is_met = health.equity <= 0 or convert(health.equity, uint256) * WAD < line
    else:
        band: IPriceOracle.PriceBand = staticcall IPriceOracle(
            self._oracles[order.vault]
        ).price_band()
        is_sane: bool = 0 < band.bid and band.bid <= band.ask and band.ask <= price_source.MAX_PRICE
        self._check_live(band.live and is_sane)
        is_buy: bool = size_delta > 0 or (size_delta == 0 and size < 0)
        price: uint256 = band.ask if is_buy else band.bid
        if order.trigger == _PRICE_AT_OR_ABOVE:
            is_met = price >= order.trigger_value
        else:
            is_met = price <= order.trigger_value
    assert is_met, "orders: not triggered"


@internal
@pure
def _check_live(is_live: bool):
    assert is_live, "orders: no live price"


# ---- execution ----


@internal
def _execute(
    order: IOrderBook.Order, signature: Bytes[signatures.MAX_SIGNATURE], receiver: address
) -> IOrderBook.Outcome:
    assert block.timestamp >= order.valid_from, "orders: not valid yet"
    assert block.timestamp <= order.deadline, "orders: expired"
    asset: IERC20 = self._asset(order.vault)
    order_nonces._use(order.signer, order.nonce)
    digest: bytes32 = self._digest(order)
    # who pays must have signed, and may act for the owner in this vault now
    if order.signer != order.owner:
        is_operator: bool = staticcall IPairVault(order.vault).is_operator(
            order.owner, order.signer
        )
        assert is_operator, "orders: not owner or operator"
    is_signed: bool = signatures._is_valid(order.signer, digest, signature)
    assert is_signed, "orders: signature invalid"
    position: IPairVault.Position = staticcall IPairVault(order.vault).get_position(
        order.owner, order.position_id
    )
    self._check_life(order, position.opened_at)
    size_delta: int256 = order.size_delta
    if order.reduce_only:
        size_delta = self._clamped(size_delta, position.size)
    if order.trigger != _NONE:
        self._check_trigger(order, position.size, size_delta)
    outcome: IOrderBook.Outcome = self._trade(order, asset, size_delta, receiver)
    log IOrderBook.OrderExecuted(
        owner=order.owner,
        vault=order.vault,
        signer=order.signer,
        digest=digest,
        nonce=order.nonce,
        position_id=order.position_id,
        paid_out=outcome.paid_out,
        keeper=msg.sender,
        receiver=receiver,
        keeper_fee=outcome.keeper_fee,
    )
    return outcome


@internal
def _trade(
    order: IOrderBook.Order, asset: IERC20, size_delta: int256, receiver: address
) -> IOrderBook.Outcome:
    """
    @notice From the signer to the vault, and from the vault to keeper and owner.
    @dev A vault pays out what is closed or withdrawn. For an order that opens it pays nothing: a position has no margin to
         withdraw before it is there, and whatever a token's hook has opened while the margin was pulled, no vault closes
         in the same second. So only for other orders what is here is counted.
    """
    outcome: IOrderBook.Outcome = empty(IOrderBook.Outcome)
    before: uint256 = 0
    if order.opened_at != 0:
        before = staticcall asset.balanceOf(self)
    token_calls._pull(asset, order.signer, self, convert(max(order.margin_delta, 0), uint256))
    outcome.size, outcome.margin = extcall IPairVault(order.vault).adjust_position(
        order.position_id,
        size_delta,
        order.margin_delta,
        order.acceptable_price,
        order.owner,
        self,
    )
    proceeds: uint256 = 0
    if order.opened_at != 0:
        proceeds = staticcall asset.balanceOf(self) - before
    fee: uint256 = min(order.keeper_fee, proceeds)
    outcome.keeper_fee = order.keeper_fee
    outcome.paid_out = proceeds - fee
    token_calls._push(asset, receiver, fee)
    token_calls._pull(asset, order.signer, receiver, order.keeper_fee - fee)
    token_calls._push(asset, order.owner, outcome.paid_out)
    return outcome
