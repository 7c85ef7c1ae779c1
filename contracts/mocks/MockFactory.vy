# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock vault factory
@notice A register of vaults that anyone writes into.
"""
from ..interfaces import IVaultFactory

implements: IVaultFactory


# ---- storage ----

is_vault: reentrant(public(HashMap[address, bool]))
is_verified: reentrant(public(HashMap[address, bool]))
fee_recipient: reentrant(public(address))


@external
@reentrant
def set_vault(vault: address, is_vault: bool):
    """
    @notice Anyone sets it: it is a mock.
    """
    self.is_vault[vault] = is_vault
