# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock token with permits
@notice EIP-2612, as most dollars have it.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from . import mock_erc20

implements: IERC20
implements: IERC20Detailed
initializes: mock_erc20

exports: (
    mock_erc20.name,
    mock_erc20.symbol,
    mock_erc20.decimals,
    mock_erc20.totalSupply,
    mock_erc20.balanceOf,
    mock_erc20.allowance,
    mock_erc20.transfer,
    mock_erc20.transferFrom,
    mock_erc20.approve,
    mock_erc20.mint,
)

DOMAIN_TYPE_HASH: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
PERMIT_TYPE_HASH: constant(bytes32) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)


# ---- storage ----

nonces: reentrant(public(HashMap[address, uint256]))  # permits used


@deploy
def __init__(name: String[64], symbol: String[32], decimals: uint8):
    mock_erc20.__init__(name, symbol, decimals)


@external
@reentrant
def permit(
    owner: address,
    spender: address,
    amount: uint256,
    deadline: uint256,
    v: uint8,
    r: bytes32,
    s: bytes32,
):
    """
    @param deadline Unix seconds; refused after it
    """
    assert block.timestamp <= deadline, "token: permit expired"
    nonce: uint256 = self.nonces[owner]
    self.nonces[owner] = nonce + 1
    struct_hash: bytes32 = keccak256(
        abi_encode(PERMIT_TYPE_HASH, owner, spender, amount, nonce, deadline)
    )
    signer: address = ecrecover(
        keccak256(concat(x"1901", self._domain_separator(), struct_hash)),
        convert(v, uint256),
        convert(r, uint256),
        convert(s, uint256),
    )
    assert signer != empty(address) and signer == owner, "token: permit invalid"
    mock_erc20._approve(owner, spender, amount)


@external
@view
@reentrant
def DOMAIN_SEPARATOR() -> bytes32:
    """
    @return As EIP-2612 asks for it.
    """
    return self._domain_separator()


@internal
@view
def _domain_separator() -> bytes32:
    return keccak256(
        abi_encode(DOMAIN_TYPE_HASH, keccak256(mock_erc20.name), keccak256("1"), chain.id, self)
    )
