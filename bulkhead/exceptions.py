"""Errors of the package. Each carries a message and what to do about it."""

from __future__ import annotations

_ADVICE = {
    "vault: not owner or operator": "Send from the owner, or have it approve the sender.",
    "vault: unknown position": "Check owner and position id: it is closed already or never was.",
    "vault: zero amount": "Ask for more: the amount, or what it converts to, is zero.",
    "vault: flip through zero": "Close the position first, then open the other side.",
    "vault: price beyond acceptable": "The price moved: try again with a wider acceptable price.",
    "vault: no live price": "Wait for the oracle. Adding margin and claiming work without a price.",
    "vault: below initial ratio": "Add margin or choose a smaller size.",
    "vault: below min margin": "Leave at least the vault's min_margin, or close the position.",
    "vault: same position": "Name two different positions.",
    "vault: pool full": "The pool cannot lock that much more reserve: choose a smaller size.",
    "vault: open interest full": "This side of the market is full: choose a smaller size.",
    "vault: gain at reserve": "The position can win no more: close or settle it, then open anew.",
    "vault: reduce only": "The guardian has stopped openings: only reducing and closing work.",
    "vault: increased in this block": "Wait for the next block to reduce what has just grown.",
    "vault: liquidatable": "Reduce more, add margin, or close the position.",
    "vault: still healthy": "Nothing to liquidate: the position is above its maintenance line.",
    "vault: not settleable": "Only a gain at its reserve, or in wind-down, is settled by others.",
    "vault: no margin call": "The position is above its margin-call line, or already liquidatable.",
    "vault: winding down": "The vault is winding down: only exits remain.",
    "vault: already reported": "The report stands: wait seven days from it, or accrue to contest.",
    "vault: oracle is live": "The oracle answers: nothing to report.",
    "vault: too early": "Wait until the oracle has been silent, or reported dead, for 7 days.",
    "vault: not enough liquidity": "The rest of the pool is reserved: withdraw less or wait.",
    "vault: bound missed": "The share price moved: try again with a wider bound.",
    "vault: zero nav": "The pool owes all it has: wait until traders' gains have fallen.",
    "vault: parameter out of bounds": "See docs/risk.md for the bounds of every parameter.",
    "vault: allowance too low": "Have the owner approve more shares.",
    "vault: balance too low": "Use at most the account's balance.",
    "vault: shares locked": "Fresh shares are locked for lp_lockup seconds: wait, or move fewer.",
    "vault: not guardian": "Send from the guardian.",
    "vault: limits not tighter": "Loosening goes through schedule_limits and apply_limits.",
    "vault: limits out of bounds": "Keep margin call <= initial <= 100 %; utilisation too.",
    "vault: limits too early": "Wait until two days after scheduling.",
    "vault: not pending guardian": "Send from the account that was offered the role.",
    "vault: zero receiver": "Name a receiver.",
    "vault: signature expired": "Sign again with a later deadline.",
    "vault: signature invalid": "Sign with the owner's key, over the owner's current nonce.",
    "vault: not enough gas to probe": "Send the call with at least 1.1 million gas.",
    "vault: wrong amount received": "The token must deliver exactly what is sent.",
    "vault: token refused": "The token refused: check balance, allowance and receiver.",
    "vault: nothing scheduled": "Call schedule_limits first.",
    "vault: amount out of range": "A number would not fit its storage word: use a smaller amount.",
    "orders: no factory": "Deploy the order book with the address of the vault factory.",
    "orders: unknown vault": "Name a vault that the order book's factory has made.",
    "orders: not valid yet": "Wait until the order's valid_from.",
    "orders: expired": "Sign it again with a later deadline.",
    "orders: already executed": "An order with this nonce was executed: sign with another.",
    "orders: cancelled": "The signer cancelled this nonce or its epoch: sign with another.",
    "orders: epoch not begun": "Sign with the nonces of the signer's present epoch.",
    "orders: not owner or operator": "Have the owner approve the signer: set_operator.",
    "orders: signature invalid": "Sign with the signer's key, for this order book and chain.",
    "orders: position exists": "Name the position's opened_at, or choose a free position id.",
    "orders: no such position": "It is closed already or was never opened: nothing to do.",
    "orders: another position": "That position is gone: sign anew for the one that is there.",
    "orders: not a reduction": "A reduce-only order needs a position of the other sign.",
    "orders: not triggered": "Wait: the trigger is not met.",
    "orders: unknown trigger": "Use one of the triggers 0 to 3.",
    "orders: no live price": "Wait for the oracle, or sign without a trigger.",
    "router: no factory": "Name the factory's address.",
    "router: not a vault": "Name a vault of the router's factory.",
    "tokens: permit refused": "Approve the contract, or sign a permit that is still good.",
    "tokens: refused": "The token refused: check balance, allowance and receiver.",
}


class BulkheadError(Exception):
    """Base of all errors of this package."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class Refused(BulkheadError):  # noqa: N818 - the word of the specification
    """A vault refused a call, and nothing changed.

    `reason` is the contract's revert string, empty where checked arithmetic reverts without one.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason or "arithmetic out of range")
        self.reason = reason
        self.advice = _ADVICE.get(reason, "Check the arguments of the call.")


class InvariantBroken(BulkheadError):  # noqa: N818 - as above
    """A promise of the protocol does not hold: a defect, never a user's mistake."""

    def __init__(self, promise: str) -> None:
        super().__init__(
            promise, "Report this with the calls that led to it; see docs/security.md."
        )


class InvalidInput(BulkheadError):  # noqa: N818 - as above
    """What someone typed or wrote into a file does not make sense."""


class InvalidOrder(InvalidInput):
    """An order, or a file of one, does not make sense."""


class InvalidSignature(InvalidInput):
    """Nobody whose signature counts has signed this order."""


class NotDeployed(BulkheadError):  # noqa: N818 - as above
    """A contract that a command needs is not on this network."""


class NodeError(BulkheadError):
    """The node did not answer, or refused a request.

    `revert` is what a contract reverted with where that is why; None elsewhere.
    """

    def __init__(self, message: str, advice: str = "", revert: bytes | None = None) -> None:
        super().__init__(message, advice)
        self.revert = revert


class NodeUnreachable(NodeError):  # noqa: N818 - as above
    """The node did not answer: another one, or the same one later, may."""


class IndexBroken(BulkheadError):  # noqa: N818 - as above
    """The index does not fit the chain it was read from, and is not to be relied on."""


class Unconfirmed(BulkheadError):  # noqa: N818 - as above
    """A transaction was sent and is in no block yet; it may still get into one."""

    def __init__(self, transaction: str, seconds: float) -> None:
        super().__init__(
            f"{transaction} is in no block after {seconds:g} s",
            "Look for its receipt before sending the same again: both could happen.",
        )
        self.transaction = transaction
