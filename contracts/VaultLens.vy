# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Vault lens
@license MIT
@notice Many reads in one call, what an adjustment would do, and many keeper calls in one transaction. Holds nothing and
        is nobody's operator. Only vaults of the factory take part: a read of another reverts.
@dev Structs: interfaces/IVaultLens.vyi; docs/mechanics.md section 14.

     Batches. A call that fails is a failed item with its reason, and the others go on; a vault that is not the
     factory's is one without being called. Each call gets a fixed amount of gas, and the batch reverts unless that much
     was really there: so an item never fails for want of gas that its sender has kept back, and what a hostile token or
     oracle burns is bounded. Whoever sends a batch needs that amount on top of what it uses.

     A batch adds some 14,000 gas to its first liquidation. Of ten in one vault each costs about 39,000, where alone it
     costs 100,000 (docs/performance.md).
"""
from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from ethereum.ercs import IERC4626

from .interfaces import IOrderBook
from .interfaces import IPairVault
from .interfaces import IVaultFactory
from .interfaces import IVaultLens
from .modules import fixed_point
from .modules import market_state
from .modules import parameters
from .modules import revert_reason

implements: IVaultLens

WAD: constant(uint256) = fixed_point.WAD
PREAMBLE: constant(uint256) = 3  # bytes of ERC-5202 before a blueprint's code
KEEPER_GAS: constant(uint256) = 500_000  # for a vault's call: the dearest measured needs 110,000
ORDER_GAS: constant(uint256) = 1_500_000  # for an order: the signer's wallet may be a contract
REHEARSAL_GAS: constant(uint256) = 2_000_000
MOMENT_SIZE: constant(uint256) = 32 * 6  # bytes of an encoded Moment
PREVIEW_SIZE: constant(uint256) = 32 * 21  # of an encoded Preview without a refusal
ANSWER_SIZE: constant(uint256) = PREVIEW_SIZE + 96  # of the longest Preview that can be decoded

FACTORY: public(immutable(address))
ORDER_BOOK: public(immutable(address))
REHEARSAL: public(immutable(address))


@deploy
def __init__(factory: address, order_book: address, rehearsal: address):
    """
    @param factory Whose vaults take part
    @param order_book Executes the orders
    @param rehearsal ERC-5202 blueprint of Rehearsal
    """
    assert factory.is_contract and order_book.is_contract, "lens: no factory or order book"
    assert rehearsal.codesize > PREAMBLE, "lens: no blueprint"
    FACTORY = factory
    ORDER_BOOK = order_book
    REHEARSAL = rehearsal


# ---- reader ----


@external
@view
def get_healths(keys: DynArray[IVaultLens.PositionKey, 256]) -> DynArray[IPairVault.Health, 256]:
    """
    @notice What a keeper would find now, of each position; an empty status where there is none.
    """
    healths: DynArray[IPairVault.Health, 256] = []
    for key: IVaultLens.PositionKey in keys:
        vault: IPairVault = self._known(key.vault)
        healths.append(staticcall vault.get_health(key.owner, key.position_id))
    return healths


@external
@view
def get_holdings(keys: DynArray[IVaultLens.PositionKey, 128]) -> DynArray[IVaultLens.Holding, 128]:
    """
    @notice Positions, each with its health.
    """
    holdings: DynArray[IVaultLens.Holding, 128] = []
    for key: IVaultLens.PositionKey in keys:
        vault: IPairVault = self._known(key.vault)
        holdings.append(
            IVaultLens.Holding(
                position=staticcall vault.get_position(key.owner, key.position_id),
                health=staticcall vault.get_health(key.owner, key.position_id),
            )
        )
    return holdings


@external
@view
def get_accounts(owner: address, vaults: DynArray[address, 32]) -> DynArray[IVaultLens.Account, 32]:
    """
    @notice What an account has in each vault besides positions, and what it could bring.
    """
    accounts: DynArray[IVaultLens.Account, 32] = []
    for item: address in vaults:
        vault: IPairVault = self._known(item)
        asset: IERC20 = IERC20(staticcall vault.asset())
        account: IVaultLens.Account = empty(IVaultLens.Account)
        account.claimable = staticcall vault.claimable(owner)
        account.shares = staticcall IERC20(item).balanceOf(owner)
        account.share_value = staticcall IERC4626(item).convertToAssets(account.shares)
        account.redeemable = staticcall IERC4626(item).maxRedeem(owner)
        account.locked, account.unlock_at = staticcall vault.lock_of(owner)
        account.balance = staticcall asset.balanceOf(owner)
        account.allowance = staticcall asset.allowance(owner, item)
        accounts.append(account)
    return accounts


@external
def get_pairs(vaults: DynArray[address, 16]) -> DynArray[IVaultLens.PairSummary, 16]:
    """
    @notice Terms, price, rates, open interest and liquidity of each pair. Not a view, for `eth_call` all the same.
    """
    pairs: DynArray[IVaultLens.PairSummary, 16] = []
    for item: address in vaults:
        pairs.append(self._summary(self._known(item)))
    return pairs


@external
def preview_adjustment(
    vault: address,
    owner: address,
    position_id: uint256,
    size_delta: int256,
    margin_delta: int256,
) -> IVaultLens.Preview:
    """
    @notice What `adjust_position` by the owner would do now at any price, or why it would be refused; then position and
            health are as they are, and the rest is 0. Tokens are taken as granted. Not a view, for `eth_call` all the same.
    """
    known: IPairVault = self._known(vault)
    answer: Bytes[ANSWER_SIZE] = self._rehearsed(
        vault, owner, position_id, size_delta, margin_delta
    )
    if len(answer) == PREVIEW_SIZE:
        return abi_decode(answer, IVaultLens.Preview)
    preview: IVaultLens.Preview = empty(IVaultLens.Preview)
    # zeros behind it, for there to be enough to cut
    padded: Bytes[ANSWER_SIZE + 192] = concat(answer, abi_encode(empty(uint256[6])))
    preview.refusal = revert_reason._text(slice(padded, 0, revert_reason.MAX_ANSWER))
    preview.position = staticcall known.get_position(owner, position_id)
    preview.health = staticcall known.get_health(owner, position_id)
    return preview


@external
@reentrant
def rehearse(
    vault: address,
    owner: address,
    position_id: uint256,
    size_delta: int256,
    margin_delta: int256,
):
    """
    @notice The inside of the two above: always reverts, with the answer, so that nothing of it is left.
    """
    rehearsal: address = create_from_blueprint(
        REHEARSAL, vault, owner, position_id, size_delta, margin_delta, code_offset=PREAMBLE
    )
    assert rehearsal == empty(address)  # not reached: its constructor always reverts


# ---- keeper ----


@external
def liquidate_many(
    keys: DynArray[IVaultLens.PositionKey, 64], receiver: address = msg.sender
) -> DynArray[IVaultLens.Result, 64]:
    """
    @param receiver Gets the rewards
    @return Of each item the reward, asset units, or why it failed
    """
    results: DynArray[IVaultLens.Result, 64] = []
    for key: IVaultLens.PositionKey in keys:
        data: Bytes[100] = abi_encode(
            key.owner,
            key.position_id,
            receiver,
            method_id=method_id("liquidate(address,uint256,address)"),
        )
        results.append(self._keep(key.vault, data))
    return results


@external
def settle_many(keys: DynArray[IVaultLens.PositionKey, 64]) -> DynArray[IVaultLens.Result, 64]:
    """
    @return Of each item what its owner is credited, asset units, or why it failed
    """
    results: DynArray[IVaultLens.Result, 64] = []
    for key: IVaultLens.PositionKey in keys:
        data: Bytes[100] = abi_encode(
            key.owner, key.position_id, method_id=method_id("settle_position(address,uint256)")
        )
        results.append(self._keep(key.vault, data))
    return results


@external
def call_margin_many(keys: DynArray[IVaultLens.PositionKey, 64]) -> DynArray[IVaultLens.Result, 64]:
    """
    @return Of each item whether the call is on record now, or why not
    """
    results: DynArray[IVaultLens.Result, 64] = []
    for key: IVaultLens.PositionKey in keys:
        data: Bytes[100] = abi_encode(
            key.owner, key.position_id, method_id=method_id("call_margin(address,uint256)")
        )
        results.append(self._keep(key.vault, data))
    return results


@external
def execute_many(
    orders: DynArray[IOrderBook.Order, 16],
    signatures: DynArray[Bytes[1024], 16],
    receiver: address = msg.sender,
) -> DynArray[IVaultLens.Result, 16]:
    """
    @notice Signed orders through the order book, which asks for their vaults.
    @param receiver Gets the keeper's fees
    @return Of each item the fee, asset units, or why it failed
    """
    assert len(orders) == len(signatures), "lens: one signature an order"
    results: DynArray[IVaultLens.Result, 16] = []
    for i: uint256 in range(len(orders), bound=16):
        data: Bytes[4 + 32 * 19 + 1024] = abi_encode(
            orders[i],
            signatures[i],
            receiver,
            method_id=method_id(
                "execute((address,address,address,uint256,uint256,int256,int256,bool,uint256,uint8,uint256,uint256,uint256,uint256,uint256),bytes,address)"
            ),
        )
        self._check_gas(ORDER_GAS)
        success: bool = False
        answer: Bytes[revert_reason.MAX_ANSWER] = b""
        success, answer = raw_call(
            ORDER_BOOK,
            data,
            max_outsize=revert_reason.MAX_ANSWER,
            gas=ORDER_GAS,
            revert_on_failure=False,
        )
        results.append(self._result(success, answer))
    return results


# ---- pairs ----


@internal
@view
def _known(vault: address) -> IPairVault:
    assert staticcall IVaultFactory(FACTORY).is_vault(vault), "lens: not a vault"
    return IPairVault(vault)


@internal
def _summary(vault: IPairVault) -> IVaultLens.PairSummary:
    answer: Bytes[ANSWER_SIZE] = self._rehearsed(vault.address, empty(address), 0, 0, 0)
    assert len(answer) == MOMENT_SIZE, "lens: unreadable pair"
    params: IPairVault.VaultParams = staticcall vault.get_params()
    m: IPairVault.Market = staticcall vault.get_market()
    bounds: IPairVault.Limits = staticcall vault.get_limits()
    pair: IVaultLens.PairSummary = empty(IVaultLens.PairSummary)
    pair.name = params.name
    pair.asset = params.asset
    pair.oracle = params.oracle
    share_decimals: uint8 = staticcall IERC20Detailed(vault.address).decimals()
    pair.decimals = share_decimals - parameters.SHARE_DECIMALS_OFFSET
    pair.is_verified = staticcall IVaultFactory(FACTORY).is_verified(vault.address)
    pair.is_winding_down = m.accrued_at == market_state.WOUND_DOWN
    pair.moment = abi_decode(answer, IVaultLens.Moment)
    pair.long_size = m.long_size
    pair.short_size = m.short_size
    pair.skew = convert(m.long_size, int256) - convert(m.short_size, int256)
    pair.pool = m.pool
    pair.reserved = m.reserved
    pair.free_liquidity = m.pool - m.reserved
    if not (pair.is_winding_down or bounds.reduce_only):
        usable: uint256 = m.pool * bounds.max_utilisation // WAD
        pair.open_interest_room = max(usable, m.reserved) - m.reserved
    pair.utilisation = fixed_point._div_up(m.reserved * WAD, max(m.pool, 1))
    pair.net_assets = staticcall IERC4626(vault.address).totalAssets()
    pair.total_supply = staticcall IERC20(vault.address).totalSupply()
    # of WAD whole shares at once, for the sake of the digits
    whole: uint256 = 10**convert(share_decimals, uint256)
    worth: uint256 = staticcall IERC4626(vault.address).convertToAssets(WAD * whole)
    pair.share_price = worth // 10**convert(pair.decimals, uint256)
    pair.limits = bounds
    return pair


@internal
def _rehearsed(
    vault: address,
    owner: address,
    position_id: uint256,
    size_delta: int256,
    margin_delta: int256,
) -> Bytes[ANSWER_SIZE]:
    """
    @return What the rehearsal has reverted with
    """
    self._check_gas(REHEARSAL_GAS)
    success: bool = False
    answer: Bytes[ANSWER_SIZE] = b""
    success, answer = raw_call(
        self,
        abi_encode(
            vault,
            owner,
            position_id,
            size_delta,
            margin_delta,
            method_id=method_id("rehearse(address,address,uint256,int256,int256)"),
        ),
        max_outsize=ANSWER_SIZE,
        gas=REHEARSAL_GAS,
        revert_on_failure=False,
    )
    return answer


# ---- batches ----


@internal
def _keep(vault: address, data: Bytes[100]) -> IVaultLens.Result:
    """
    @notice One keeper's call, of a vault of the factory.
    """
    if not staticcall IVaultFactory(FACTORY).is_vault(vault):
        return IVaultLens.Result(is_success=False, amount=0, reason="lens: not a vault")
    self._check_gas(KEEPER_GAS)
    success: bool = False
    answer: Bytes[revert_reason.MAX_ANSWER] = b""
    success, answer = raw_call(
        vault,
        data,
        max_outsize=revert_reason.MAX_ANSWER,
        gas=KEEPER_GAS,
        revert_on_failure=False,
    )
    return self._result(success, answer)


@internal
@view
def _check_gas(amount: uint256):
    """
    @dev A call gets at most 63/64 of the gas that is left; with this much left, it gets the amount, whatever the call
         itself costs.
    """
    assert msg.gas >= amount + amount // 32, "lens: not enough gas"


@internal
@pure
def _result(success: bool, answer: Bytes[revert_reason.MAX_ANSWER]) -> IVaultLens.Result:
    """
    @notice The amount is the last word of any answer.
    """
    if not success:
        return IVaultLens.Result(is_success=False, amount=0, reason=revert_reason._text(answer))
    amount: uint256 = 0
    if len(answer) != 0:
        amount = convert(extract32(answer, len(answer) - 32), uint256)
    return IVaultLens.Result(is_success=True, amount=amount, reason="")
