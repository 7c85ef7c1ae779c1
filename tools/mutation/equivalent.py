"""Mutants that no test can kill because they do the same, with the reason.

Keyed by module, the line as it is and the line as mutated, both without indentation.
"""

from __future__ import annotations

from tools.mutation.sites import Mutant

Key = tuple[str, str, str]

EQUIVALENT: dict[Key, str] = {
    ("modules/market_state.vy", "if util <= kink:", "if util < kink:"): (
        "at the kink both branches are base + slope1"
    ),
    (
        "modules/margin_rules.vy",
        "return d.quote.bid if d.position.size > 0 else d.quote.ask",
        "return d.quote.bid if d.position.size >= 0 else d.quote.ask",
    ): "a position without size has no closing price: nothing asks for it",
    (
        "modules/margin_rules.vy",
        "if d.position.size < 0:",
        "if d.position.size <= 0:",
    ): "size 0 is worth 0 at either price, and has cost nothing",
    (
        "modules/margin_rules.vy",
        "price: uint256 = d.quote.bid if d.position.size > 0 else d.quote.ask",
        "price: uint256 = d.quote.bid if d.position.size >= 0 else d.quote.ask",
    ): "size 0 needs nothing at either price",
    (
        "modules/trading.vy",
        "side: uint256 = d.market.long_size if d.size_delta > 0 else d.market.short_size",
        "side: uint256 = d.market.long_size if d.size_delta >= 0 else d.market.short_size",
    ): "a size delta of 0 does not come here",
    (
        "modules/treasury.vy",
        "success: bool = False",
        "success: bool = True",
    ): "the call writes it before it is read",
    (
        "modules/lp_shares.vy",
        "signature: Bytes[65] = concat(r, s, convert(v, bytes1))",
        "signature: Bytes[66] = concat(r, s, convert(v, bytes1))",
    ): "the bound of a buffer that holds 65 bytes",
    (
        "modules/execution.vy",
        "if (skew > 0) != (new_skew > 0):",
        "if (skew > 0) != (new_skew >= 0):",
    ): "they differ where the trade ends at a skew of 0: nothing is above the way back from there",
    (
        "modules/execution.vy",
        "is_long: bool = is_increase == (d.size_delta > 0)",
        "is_long: bool = is_increase == (d.size_delta >= 0)",
    ): "nothing of size 0 is executed",
    (
        "modules/price_source.vy",
        "return time <= block.timestamp and unsafe_sub(block.timestamp, time) >= WIND_DOWN_DELAY",
        "return time < block.timestamp and unsafe_sub(block.timestamp, time) >= WIND_DOWN_DELAY",
    ): "at equality the second condition fails",
}


def reason(mutant: Mutant) -> str:
    """Why the mutant is no fault; empty where nothing is known of it."""
    return EQUIVALENT.get((mutant.path, mutant.source.strip(), mutant.mutated.strip()), "")
