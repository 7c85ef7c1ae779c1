# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Mock re-enterer
@notice A trader, LP or keeper that is a contract and, when a token hands it control, makes a call of its
        choice and writes down what came of it.
"""

from . import ITransferHook

implements: ITransferHook


struct HookCall:
    is_before: bool     # the hook before the transfer, or the one after it
    is_success: bool
    returned: Bytes[1024]  # return or revert data


# ---- storage ----

target: reentrant(public(address))     # called from the hook; empty: the hook does nothing
payload: reentrant(public(Bytes[4096]))
hook_count: reentrant(public(uint256))  # calls made from hooks since `set_target`
hook_calls: HashMap[uint256, HookCall]
is_in_hook: bool  # transfers that the call itself makes are let through, or it would never end


@external
@payable
@reentrant
def __default__():
    """
    @notice Takes ether.
    """
    pass


@external
@reentrant
def set_target(target: address, payload: Bytes[4096]):
    """
    @notice What to call from the next hooks; forgets the calls so far.
    @param target The zero address for nothing.
    """
    self.target = target
    self.payload = payload
    self.hook_count = 0


@external
@reentrant
def on_transfer(sender: address, receiver: address, amount: uint256, is_before: bool):
    """
    @notice The hook: calls the target, whatever comes of it.
    """
    if self.target == empty(address) or self.is_in_hook:
        return
    self.is_in_hook = True
    is_success: bool = False
    returned: Bytes[1024] = b""
    is_success, returned = raw_call(
        self.target, self.payload, max_outsize=1024, revert_on_failure=False
    )
    self.is_in_hook = False
    self.hook_calls[self.hook_count] = HookCall(
        is_before=is_before, is_success=is_success, returned=returned
    )
    self.hook_count += 1


@external
@payable
@reentrant
def execute(target: address, payload: Bytes[4096]) -> Bytes[1024]:
    """
    @notice Any call, in this contract's name, by anyone: it is a mock.
    @return What the target returned; where it reverts this reverts with the same reason.
    """
    return raw_call(target, payload, max_outsize=1024, value=msg.value)


@external
@view
@reentrant
def get_hook_call(index: uint256) -> HookCall:
    """
    @param index From 0 to `hook_count - 1`.
    """
    assert index < self.hook_count, "hook: no such call"
    return self.hook_calls[index]
