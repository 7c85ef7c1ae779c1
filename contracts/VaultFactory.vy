# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Vault factory
@license MIT
@notice Makes vaults and the oracles they read, keeps the register of both, and holds the protocol's fee settings. Anyone
        may create a pair: a vault holds its own funds only, so a bad one harms those who entered it.
@dev The owner sets the fee share of vaults to come, the recipient, and which adapters count as known. He can do nothing
     to a vault that exists, but for where its protocol fees are sent.
"""
from ethereum.ercs import IERC20
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from .interfaces import IPairVault
from .interfaces import IPriceOracle
from .interfaces import IVaultFactory

initializes: ownable
initializes: ownable_2step[ownable := ownable]
implements: IVaultFactory

exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    ownable_2step.renounce_ownership,
)

WAD: constant(uint256) = 10**18
MAX_PROTOCOL_FEE_SHARE: constant(uint256) = WAD // 5
MAX_ARGS: constant(uint256) = 2048  # bytes of an adapter's constructor arguments
PREAMBLE: constant(uint256) = 3  # bytes of ERC-5202 before a blueprint's code
# nobody's: the seed's shares never move, so a vault is never empty again
SEED_HOLDER: constant(address) = 0x000000000000000000000000000000000000dEaD

VAULT_BLUEPRINT: public(immutable(address))

protocol_fee_share: public(uint256)  # WAD of each fee, of vaults created from now on
fee_recipient: public(address)  # of every vault's protocol fees

vault_count: public(uint256)
vault_at: public(HashMap[uint256, address])
is_vault: public(HashMap[address, bool])
is_verified: public(HashMap[address, bool])  # the vault's oracle came from a known adapter
asset_vault_count: public(HashMap[address, uint256])
asset_vault_at: public(HashMap[address, HashMap[uint256, address]])  # asset -> index -> vault

is_known_adapter: public(HashMap[address, bool])  # blueprint of an oracle adapter
is_known_oracle: public(HashMap[address, bool])
_oracles: HashMap[bytes32, address]  # hash of adapter and arguments -> oracle


@deploy
def __init__(vault_blueprint: address, fee_recipient: address, owner: address):
    """
    @param vault_blueprint ERC-5202 blueprint of PairVault
    @param fee_recipient Where protocol fees go; the share starts at 0
    @param owner Named, since the sender may be a deployer with nobody behind it
    """
    ownable.__init__()
    ownable_2step.__init__()
    assert owner != empty(address), "factory: no owner"
    ownable_2step._transfer_ownership(owner)
    assert vault_blueprint.codesize > PREAMBLE, "factory: no blueprint"
    VAULT_BLUEPRINT = vault_blueprint
    self._set_protocol_fee(0, fee_recipient)


# ---- creator ----


@external
def create_vault(
    params: IPairVault.VaultParams,
    oracle: address,
    seed_assets: uint256,
    expected_price: uint256,
    tolerance: uint256,
) -> address:
    """
    @notice Create a pair and seed it from the sender's allowance, in one transaction.
    @param params Refused by the vault where out of bounds
    @param oracle The same as in `params`: said twice, since a wrong one cannot be repaired
    @param seed_assets Asset units, at least the minimum margin; their shares are locked for ever
    @param expected_price WAD quote per base, from another source than the oracle
    @param tolerance WAD; how far bid and ask may be from it
    @return The vault
    """
    assert params.oracle == oracle, "factory: another oracle"
    self._check_price(oracle, expected_price, tolerance)
    assert seed_assets >= params.min_margin, "factory: seed too small"
    share: uint256 = self.protocol_fee_share
    # bound to creator and parameters: nobody else can take the address, nor put other terms behind it
    vault: address = create_from_blueprint(
        VAULT_BLUEPRINT,
        params,
        share,
        code_offset=PREAMBLE,
        salt=keccak256(abi_encode(msg.sender, params)),
    )
    self._check_params(vault, params)
    is_verified: bool = self.is_known_oracle[oracle]
    self._register(vault, params.asset, is_verified)
    log IVaultFactory.VaultCreated(
        vault=vault,
        asset=params.asset,
        creator=msg.sender,
        oracle=oracle,
        is_verified=is_verified,
        protocol_fee_share=share,
        seed_assets=seed_assets,
    )
    self._seed(vault, IERC20(params.asset), seed_assets)
    return vault


@external
def create_oracle(adapter: address, args: Bytes[MAX_ARGS]) -> address:
    """
    @notice An oracle from an adapter's blueprint; the one that is there if the same was made before.
    @param args The adapter's constructor arguments, ABI-encoded
    """
    key: bytes32 = keccak256(abi_encode(adapter, args))
    oracle: address = self._oracles[key]
    if oracle == empty(address):
        assert self.is_known_adapter[adapter], "factory: unknown adapter"
        oracle = create_from_blueprint(adapter, args, raw_args=True, code_offset=PREAMBLE, salt=key)
        self._oracles[key] = oracle
        self.is_known_oracle[oracle] = True
        log IVaultFactory.OracleCreated(oracle=oracle, adapter=adapter, creator=msg.sender)
    return oracle


# ---- owner ----


@external
def set_protocol_fee(share: uint256, recipient: address):
    """
    @param share WAD of each fee, at most 20 %; of vaults created from now on
    @param recipient Of the protocol fees of every vault
    """
    ownable._check_owner()
    self._set_protocol_fee(share, recipient)


@external
def set_adapter(adapter: address, is_known: bool):
    """
    @notice Whether oracles can be made from this blueprint, and vaults on them are verified. Those that are stay so.
    """
    ownable._check_owner()
    assert adapter.codesize > PREAMBLE, "factory: no adapter"
    self.is_known_adapter[adapter] = is_known
    log IVaultFactory.AdapterSet(adapter=adapter, is_known=is_known)


# ---- internal ----


@internal
def _set_protocol_fee(share: uint256, recipient: address):
    assert share <= MAX_PROTOCOL_FEE_SHARE, "factory: share too high"
    assert recipient != empty(address), "factory: no recipient"
    self.protocol_fee_share = share
    self.fee_recipient = recipient
    log IVaultFactory.ProtocolFeeSet(share=share, recipient=recipient)


@internal
@view
def _check_price(oracle: address, expected_price: uint256, tolerance: uint256):
    """
    @notice A wrong leg or wrong decimals would be off by far more than any tolerance.
    """
    band: IPriceOracle.PriceBand = staticcall IPriceOracle(oracle).price_band()
    assert band.live, "factory: oracle not live"
    assert 0 < band.bid and band.bid <= band.ask, "factory: crossed band"
    assert tolerance <= WAD, "factory: tolerance too wide"
    margin: uint256 = expected_price * tolerance // WAD
    is_near: bool = band.bid >= expected_price - margin and band.ask <= expected_price + margin
    assert is_near, "factory: unexpected price"


@internal
@view
def _check_params(vault: address, params: IPairVault.VaultParams):
    """
    @notice `create_from_blueprint` does not check its arguments: read back what the vault understood.
    """
    found: IPairVault.VaultParams = staticcall IPairVault(vault).get_params()
    is_same: bool = keccak256(abi_encode(found)) == keccak256(abi_encode(params))
    assert is_same, "factory: wrong parameters"


@internal
def _register(vault: address, asset: address, is_verified: bool):
    count: uint256 = self.vault_count
    self.vault_at[count] = vault
    self.vault_count = count + 1
    count = self.asset_vault_count[asset]
    self.asset_vault_at[asset][count] = vault
    self.asset_vault_count[asset] = count + 1
    self.is_vault[vault] = True
    self.is_verified[vault] = is_verified


@internal
def _seed(vault: address, asset: IERC20, amount: uint256):
    """
    @notice Creator to factory to vault; the vault measures what it receives.
    """
    success: bool = extcall asset.transferFrom(msg.sender, self, amount, default_return_value=True)
    assert success, "factory: seed refused"
    success = extcall asset.approve(vault, amount, default_return_value=True)
    assert success, "factory: approval refused"
    extcall IPairVault(vault).deposit(amount, SEED_HOLDER)
