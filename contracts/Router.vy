# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Router
@license MIT
@notice What takes a wallet several transactions, in one. The owner of whatever is done is the sender, who needs to
        have made the router an operator in the vault, or signs that in the same call.
@dev Units and structs: interfaces/IRouter.vyi. Nothing is here between transactions: what is pulled from the sender goes
     on to a vault of the factory, which is allowed exactly that, and what a vault pays out goes to the sender.

     Whatever a pair's token or oracle does while it is called, the lock of this contract keeps it out, and there
     is nothing of anybody else's to reach.
"""
from ethereum.ercs import IERC20

from .interfaces import IOrderBook
from .interfaces import IPairVault
from .interfaces import IRouter
from .interfaces import IVaultFactory
from .modules import token_calls

implements: IRouter

FACTORY: public(immutable(address))


@deploy
def __init__(factory: address):
    """
    @param factory Whose vaults take part
    """
    assert factory.is_contract, "router: no factory"
    FACTORY = factory


# ---- trader ----


@external
def adjust_position(
    vault: address,
    position_id: uint256,
    size_delta: int256,
    margin_delta: int256,
    acceptable_price: uint256,
    permit: IOrderBook.Permit,
    operators: DynArray[IRouter.OperatorPermit, 2],
) -> (int256, uint256):
    """
    @notice `PairVault.adjust_position` of the sender's, after what it needs has been permitted. With the order book among
            `operators`, a take profit and a stop that were signed before can follow (docs/orders.md, attached orders).
    @param margin_delta Asset units; positive is pulled from the sender through this contract, negative goes to the sender
    @param permit EIP-2612, of the sender for this contract; none with deadline 0, where an allowance is there already
    @param operators Permits of the vault; one that is used up already does not matter
    @return Size and margin afterwards
    """
    known: IPairVault = self._known(vault)
    for item: IRouter.OperatorPermit in operators:
        self._permit_operator(known, item)
    if margin_delta > 0:
        self._bring(known, convert(margin_delta, uint256), permit)
    return extcall known.adjust_position(
        position_id, size_delta, margin_delta, acceptable_price, msg.sender, msg.sender
    )


@external
def close_positions(closes: DynArray[IRouter.Close, 16]) -> DynArray[uint256, 16]:
    """
    @notice Close several of the sender's positions as a whole, in any vaults: all of them or none.
    @return Asset units of its vault that each has paid to the sender
    """
    paid: DynArray[uint256, 16] = []
    for item: IRouter.Close in closes:
        known: IPairVault = self._known(item.vault)
        amount: uint256 = extcall known.close_position(
            item.position_id, item.acceptable_price, msg.sender, msg.sender
        )
        paid.append(amount)
    return paid


# ---- liquidity provider ----


@external
def deposit(
    vault: address, assets: uint256, min_shares: uint256, permit: IOrderBook.Permit
) -> uint256:
    """
    @notice `PairVault.deposit` for the sender, after the sender's EIP-2612 permit for this contract.
    @return Shares minted to the sender, locked for the vault's `lp_lockup` seconds
    """
    known: IPairVault = self._known(vault)
    self._bring(known, assets, permit)
    return extcall known.deposit(assets, msg.sender, min_shares)


# ---- internal ----


@internal
@view
def _known(vault: address) -> IPairVault:
    """
    @notice A contract that only claims to be a vault would be handed the sender's tokens.
    """
    assert staticcall IVaultFactory(FACTORY).is_vault(vault), "router: not a vault"
    return IPairVault(vault)


@internal
def _permit_operator(vault: IPairVault, item: IRouter.OperatorPermit):
    """
    @dev Whoever has handed the permit in before has done what it is for.
    """
    if not staticcall vault.is_operator(msg.sender, item.operator):
        extcall vault.permit_operator(
            msg.sender, item.operator, True, item.deadline, item.signature
        )


@internal
def _bring(vault: IPairVault, amount: uint256, permit: IOrderBook.Permit):
    """
    @notice Take exactly what the vault will pull. A token that delivers less makes the vault's own pull fail.
    """
    asset: IERC20 = IERC20(staticcall vault.asset())
    token_calls._use_permit(asset, msg.sender, permit)
    token_calls._pull(asset, msg.sender, self, amount)
    token_calls._allow(asset, vault.address, amount)
