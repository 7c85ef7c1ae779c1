"""The share token: ERC-20 with allowances, and the lock on fresh shares (mechanics, section 10)."""

# ruff: noqa: ARG002 - every call takes the environment and the sender

from __future__ import annotations

from bulkhead.exceptions import Refused
from bulkhead.model.events import Approval, Transfer
from bulkhead.model.state import VaultState
from bulkhead.model.types import EMPTY, MAX_UINT256, Account, Environment

MAX_UINT112 = 2**112 - 1
MAX_POOL = 2**111  # by deposits; the rest of the field is room for losses and fees
_NONE = Account()


class ShareCalls(VaultState):
    __slots__ = ()

    def transfer(self, env: Environment, sender: str, receiver: str, amount: int) -> bool:
        self._check_receiver(receiver)
        self._check_movable(env, sender, amount)
        self._move(sender, receiver, amount)
        return True

    def transfer_from(
        self, env: Environment, sender: str, owner: str, receiver: str, amount: int
    ) -> bool:
        """Spends the allowance, infinite at the largest number; logs no Approval."""
        self._check_allowance(owner, sender, amount)
        self._check_receiver(receiver)
        self._check_movable(env, owner, amount)
        self._spend_allowance(owner, sender, amount)
        self._move(owner, receiver, amount)
        return True

    def approve(self, env: Environment, sender: str, spender: str, amount: int) -> bool:
        self.allowances[sender, spender] = amount
        self.events.append(Approval(sender, spender, amount))
        return True

    def permit(
        self,
        env: Environment,
        sender: str,
        owner: str,
        spender: str,
        amount: int,
        deadline: int,
        is_signature_valid: bool = True,
    ) -> None:
        """`approve` by the owner's signature; checking it is left to the caller of the model."""
        self._use_permit(env, owner, deadline, is_signature_valid)
        self.approve(env, owner, spender, amount)

    def balance_of(self, owner: str) -> int:
        return self.accounts.get(owner, _NONE).balance

    def allowance(self, owner: str, spender: str) -> int:
        return self.allowances.get((owner, spender), 0)

    # ---- internal ----

    def _check_allowance(self, owner: str, spender: str, amount: int) -> None:
        if self.allowance(owner, spender) < amount:
            raise Refused("vault: allowance too low")

    def _check_movable(self, env: Environment, owner: str, amount: int) -> None:
        account = self.accounts.get(owner, _NONE)
        if amount > account.balance:
            raise Refused("vault: balance too low")
        if amount > account.movable(env.now):
            raise Refused("vault: shares locked")

    def _spend_allowance(self, owner: str, spender: str, amount: int) -> None:
        allowance = self.allowance(owner, spender)
        if allowance != MAX_UINT256:
            self.allowances[owner, spender] = allowance - amount

    def _check_receiver(self, receiver: str) -> None:
        if receiver == EMPTY:
            raise Refused("vault: zero receiver")

    def _move(self, owner: str, receiver: str, amount: int) -> None:
        """Locked shares stay where they are: only balances change."""
        self._set_balance(owner, self.balance_of(owner) - amount)
        self._set_balance(receiver, self.balance_of(receiver) + amount)
        self.events.append(Transfer(owner, receiver, amount))

    def _check_mintable(self, amount: int) -> None:
        # a balance is at most the supply, so this bounds both
        if self.supply + amount > MAX_UINT112:
            raise Refused("vault: amount out of range")

    def _mint(self, env: Environment, receiver: str, amount: int) -> None:
        """Fresh shares are locked, with one unlock time per account, weighted by their number."""
        account = self.accounts.get(receiver, _NONE)
        is_running = env.now < account.unlock_at
        locked, unlock_at = (account.locked, account.unlock_at) if is_running else (0, 0)
        weighted = locked * unlock_at + amount * (env.now + self.params.lp_lockup)
        self.accounts[receiver] = Account(
            balance=account.balance + amount,
            locked=locked + amount,
            unlock_at=weighted // (locked + amount),
        )
        self.supply += amount
        self.events.append(Transfer(EMPTY, receiver, amount))

    def _burn(self, owner: str, amount: int) -> None:
        self._set_balance(owner, self.balance_of(owner) - amount)
        self.supply -= amount
        self.events.append(Transfer(owner, EMPTY, amount))

    def _set_balance(self, owner: str, balance: int) -> None:
        account = self.accounts.get(owner, _NONE)
        self.accounts[owner] = Account(balance, account.locked, account.unlock_at)
