"""How large the operands of unchecked arithmetic can be, and why nothing overflows.

Signed where the interval says so. A local variable is looked up under its function first. What no
interval can show, because two operands depend on each other, stands in `RELATED` with its reason.
"""

from __future__ import annotations

from bulkhead.model import WAD, YEAR

Interval = tuple[int, int]

U256 = 2**256 - 1
PRICE, SIZE, SCALE = 2**104, 10**36, 10**36
EXECUTED = 2 * PRICE  # impact is at most the price: both skews are within skew_scale
AMOUNT96, AMOUNT112, BASIS, CARRY = 2**96 - 1, 2**112 - 1, 2**127, 2**127
NOTIONAL = SIZE * EXECUTED // 10**18 + 1
VALUE = SIZE * (EXECUTED + CARRY)  # of a size after carry, times SCALE
WORTH = VALUE // 10**18 + 1
GAIN = WORTH + BASIS
RATE = 4 * 10 * WAD  # base, two slopes, funding
REQUIREMENT = NOTIONAL * 2 + 1
TIME = 2**32 - 1


def both(most: int) -> Interval:
    return -most, most


def upto(most: int) -> Interval:
    return 0, most


NAMES: dict[str, Interval] = {
    # constants
    "WAD": (WAD, WAD),
    "WAD - 1": (WAD - 1, WAD - 1),
    "YEAR_WAD": (YEAR * WAD, YEAR * WAD),
    "MAX_POOL": (2**111, 2**111),
    "packing.UINT112": (AMOUNT112, AMOUNT112),
    "parameters.SCALE": (10**18, SCALE),
    "wad": (WAD, WAD),
    # parameters, by the bounds of birth
    "parameters.PARAMS.skew_scale": (10**18, SIZE),
    "parameters.PARAMS.trading_fee": upto(WAD // 100),
    "parameters.PARAMS.liquidation_penalty": upto(WAD // 2),
    "parameters.PARAMS.reserve_ratio": (WAD // 100, 10 * WAD),
    "parameters.PARAMS.keeper_min_reward": upto(AMOUNT96 // 4),
    "parameters.PARAMS.min_margin": (1, AMOUNT96),  # or no position could ever be stored
    "parameters.PARAMS.lp_lockup": upto(30 * 86_400),
    "parameters.PROTOCOL_FEE_SHARE": upto(WAD // 5),
    "parameters.PARAMS.borrow_base": upto(10 * WAD),
    "parameters.PARAMS.borrow_slope2": upto(10 * WAD),
    "parameters.PARAMS.max_funding": upto(10 * WAD),
    # storage, by the widths of its words
    "d.position.size": both(SIZE),
    "d.position.margin": upto(AMOUNT96),
    "d.position.basis": both(BASIS),
    "d.position.reserve": upto(AMOUNT96),
    "p.basis": both(BASIS),
    "d.size_delta": both(SIZE),
    "d.market.long_basis": both(BASIS),
    "d.market.short_basis": both(BASIS),
    "d.market.pool": upto(2 * AMOUNT112 + NOTIONAL),
    "d.market.reserved": upto(AMOUNT112 + 11 * NOTIONAL),
    "m.reserved": upto(AMOUNT112),
    "m.pool": upto(AMOUNT112),
    "m.long_size": upto(SIZE),
    "m.short_size": upto(SIZE),
    "m.carry_long": both(CARRY),
    "m.carry_short": both(CARRY),
    "m.accrued_at": upto(TIME),
    "block.timestamp": upto(TIME),
    "v.market.pool": upto(AMOUNT112),
    "v.market.reserved": upto(AMOUNT112),
    "v.market.short_size": upto(SIZE),
    "v.market.long_basis": both(BASIS),
    "v.market.short_basis": both(BASIS),
    "v.nav": upto(AMOUNT112),
    "lp_shares.totalSupply": upto(AMOUNT112),
    "self.totalSupply": upto(AMOUNT112),
    "d.market.long_size": upto(SIZE),
    "d.market.short_size": upto(SIZE),
    "d.market.carry_short": both(CARRY),
    "v.market.carry_short": both(CARRY),
    "d.price": upto(EXECUTED),
    # functions
    "market_state._value_down(d.position.size, price, carry)": both(WORTH),
    "margin_rules._cost(d.position)": both(BASIS),
    "self._cost(d.position)": both(BASIS),
    "margin_rules._raw_gain(d)": both(GAIN),
    "self._gain(d)": (-GAIN, AMOUNT96),
    "margin_rules._closing_price(d)": upto(PRICE),
    "self._locked(account)": upto(AMOUNT112),
    "margin_rules._requirement(d, ratio)": upto(REQUIREMENT),
    "self._with_size(ratio, size)": upto(2 * WAD + 1),
    # the same everywhere
    "size": both(SIZE),
    "price": upto(EXECUTED),
    "notional": upto(NOTIONAL),
    "penalty": upto(WAD // 2),
    "worth": both(WORTH),
    "cost": both(GAIN),
    "skew": both(SIZE),
    "mid": upto(PRICE),
    "size_wad": upto(SIZE * WAD),
    "loss": (-GAIN, 0),
    "gain": (-GAIN, AMOUNT96),
    "h.gain": (-GAIN, AMOUNT96),
    "equity": (-GAIN, AMOUNT96 * 2),
    "requirement": upto(REQUIREMENT),
    "ratio": upto(2 * WAD + 1),
    "d.realised": both(AMOUNT96),
    "carry": both(CARRY),
}

LOCALS: dict[str, dict[str, Interval]] = {
    "margin_rules._notional": {"size": upto(SIZE), "price": upto(EXECUTED)},
    "margin_rules._with_size": {"size": upto(SIZE), "ratio": upto(WAD)},
    "margin_rules._check_initial": {"self._requirement(d, ratio)": upto(REQUIREMENT)},
    "margin_rules._requirement": {
        "whole_ratio": upto(2 * WAD + 1),
        "product": upto(NOTIONAL * (2 * WAD + 1)),
    },
    "execution._price": {
        "size_delta": both(SIZE),
        "new_skew": both(SIZE),  # each side stays within skew_scale
        "before": upto(SIZE**2),
        "after": upto(SIZE**2),
        "distance": upto(2 * SIZE + 1),  # proved: `distance`
        "impact": upto(PRICE + 1),
    },
    "execution._execute": {
        "fee": upto(NOTIONAL * WAD // 100),
        "least": upto(AMOUNT96 // 4),
        "extra": upto(NOTIONAL),
        "margin": upto(2 * AMOUNT96),
        "d.fee": upto(AMOUNT96 * 2),
        "pool": upto(2 * AMOUNT112),
        "cost": both(GAIN),
        "traded": (1, SIZE),
        "size": (1, SIZE),
        "reserve": upto(NOTIONAL * 10 * WAD),
        "share": both(BASIS + 1),
    },
    "liquidation._liquidate": {"missing": upto(REQUIREMENT + GAIN), "shortfall": upto(WAD)},
    "liquidation._liquidation_size": {
        "target": upto(REQUIREMENT + AMOUNT96),
        "shortage": upto(REQUIREMENT + AMOUNT96 + GAIN),
        "missing": upto(REQUIREMENT + AMOUNT96 + GAIN + 2),
        "costs": upto(WAD // 2),
        "closed": (1, SIZE),
    },
    "liquidation._liquidation_price": {"missing": both(2**129), "slope": upto(2 * WAD + 1)},
    "limits.schedule_limits": {"DELAY": upto(2 * 86_400)},
    "lp_shares._mint": {
        "locked": upto(AMOUNT112),
        "shares": upto(AMOUNT112),
        "lockup_end": upto(2**33),
        "account & packing.UINT32": upto(TIME),
        "account >> 144": upto(AMOUNT112),
        "moments": upto(2**146),
        "all_locked": (1, 2**113),
    },
    "market_state._accrued": {
        "elapsed": upto(TIME),
        "borrow": upto(30 * WAD),
        "funding": both(10 * WAD),
        "price_time": upto(PRICE * TIME),
        "cost_long": both(RATE * PRICE * TIME),
        "cost_short": both(RATE * PRICE * TIME),
    },
    "market_state._borrow_rate": {
        "reserved": upto(AMOUNT112),
        "slope1": upto(10 * WAD),
        "util": upto(WAD),
        "kink": (1, WAD - 1),
        "beyond": upto(10 * WAD * WAD),
        "rise": upto(20 * WAD),
    },
    "market_state._funding_rate": {
        "pool": (1, AMOUNT112),
        "value": both(NOTIONAL),
        "ratio": both(WAD),
    },
    "market_state._store": {
        "bases >> 128": both(BASIS),
        "bases << 128 >> 128": both(BASIS),
        "m.long_basis": both(GAIN),
        "m.short_basis": both(GAIN),
    },
    "packing._check_fit": {"first": both(GAIN + BASIS), "second": both(GAIN + BASIS)},
    "liquidity._enter": {"assets": upto(2**143)},  # or the checked product with the supply reverts
    "trading._adjust": {
        "added": upto(2**255),
        "removed": upto(2**255),
        "bounds.max_utilisation": upto(WAD),
    },
    "valuation._to_assets_up": {"VIRTUAL_SHARES": (1000, 1000)},
    "valuation._valuation": {
        "longs": both(GAIN),
        "shorts": both(GAIN),
        "owed": (-2 * GAIN, AMOUNT112),
    },
    "price_source._quote": {"q.bid": upto(PRICE), "q.ask": upto(PRICE)},
    "fixed_point._magnitude": {"x": both(2**255 - 1)},
}

SIGNED = {"unsafe_sub(after, before)", "unsafe_sub(wad, slope)"}  # differences of int256

# What no interval shows: operation -> why it cannot wrap, or why a wrap is what is meant.
RELATED: dict[str, str] = {
    "unsafe_sub(max(price, unsafe_add(impact, 1)), impact)": "the minuend is more than impact",
    "unsafe_sub(d.realised, gain)": "realised = max(gain, ...), so it is not under gain",
    "unsafe_sub(d.market.pool, unsafe_sub(topped_up, d.position.margin))": (
        "topped_up is not under the margin; pool >= reserved, proved in `liquidate_all`"
    ),
    "unsafe_sub(topped_up, d.reward)": "topped_up = max(reward, margin)",
    "unsafe_sub(d.position.margin, d.fee)": "fee = min(fee, margin)",
    "unsafe_add(d.market.pool, unsafe_sub(d.fee, d.protocol_fee))": (
        "protocol_fee is at most a fifth of it"
    ),
    "unsafe_add(unsafe_div(unsafe_sub(x, 1), y), 1)": "x is positive there",
    "unsafe_div(unsafe_add(x, unsafe_sub(y, 1)), y)": (
        "x is a product of two bounded numbers, under 2**254, and y is one of them"
    ),
    "unsafe_div(x, y)": "y is positive: see the docstring of the module",
    "unsafe_sub(unsafe_div(unsafe_add(x, 1), y), 1)": "x is negative there",
    "unsafe_sub(convert(requirement, int256), equity)": "liquidatable: equity < requirement",
    "unsafe_div(unsafe_mul(missing, WAD), requirement)": (
        "missing * WAD < 2**250; the requirement of a size is at least 1"
    ),
    "unsafe_sub(ratio, costs)": "ratio >= initial_ratio >= 2 * (fee + penalty)",
    "unsafe_mul(to_close, convert(parameters.SCALE, uint256))": (
        "to_close < notional there, and (notional - 1) * SCALE < size * price < 2**225"
    ),
    "unsafe_add(unsafe_div(unsafe_mul(missing, parameters.SCALE), size), carry)": (
        "missing * SCALE is of 249 bits, carry of 117"
    ),
    "unsafe_div(unsafe_mul(price, wad), slope)": (
        "NOT BOUNDED: wraps where margin * SCALE * WAD / size > 2**255: at 6 decimals a margin of "
        "6e22 whole tokens on a size of some 1e-18. `liquidation_price` of get_health alone"
    ),
    "unsafe_sub(max(MAX_POOL, v.market.pool), v.market.pool)": "the minuend is not under the pool",
    "unsafe_sub(packing.UINT112, lp_shares.totalSupply)": "the supply fits its field",
    "unsafe_sub(v.market.pool, v.market.reserved)": "pool >= reserved: `safety`",
    "unsafe_sub(v.market.pool, assets)": "assets <= pool - reserved, checked before",
    "unsafe_sub(account >> 144, self._locked(account))": "locked <= balance while it is locked",
    "unsafe_div(moments, all_locked)": "shares are not 0 in a mint",
    "unsafe_sub(self.totalSupply, shares)": "shares <= a balance <= supply, checked before",
    "unsafe_add(self._accounts[to], shares << 144)": "balances sum up to the supply, 112 bits",
    "unsafe_sub(account, shares << 144)": "shares <= balance, checked before",
    "unsafe_sub(allowed, amount)": "amount <= allowed, checked before",
    "unsafe_sub(block.timestamp, m.accrued_at)": "accrued_at < now, checked before",
    "unsafe_mul(parameters.PARAMS.borrow_slope2, unsafe_sub(util, kink))": "beyond the kink",
    "unsafe_add(params.trading_fee, params.liquidation_penalty)": (
        "may wrap where one of them is out of bounds, which is a flaw of its own"
    ),
    "unsafe_div(params.min_margin, 4)": "no product",
    "unsafe_div(params.maintenance_ratio, 2)": "no product",
    "unsafe_sub(q.bid, 1)": "wraps at 0 on purpose: above any ask",
    "unsafe_sub(block.timestamp, time)": "time <= now, checked before",
    "unsafe_sub(31, i)": "i < 25",
    "unsafe_add(nonce, 1)": "one a transaction",
    "unsafe_sub(d.position.margin, removed)": "margin >= removed + min_margin, checked before",
    "unsafe_add(removed, parameters.PARAMS.min_margin)": "2**255 + 2**96",
    "unsafe_sub(parameters.PARAMS.skew_scale, side)": "no side is above skew_scale",
    "unsafe_sub(self._balance(token), before)": "a token that takes instead wraps: refused",
    "unsafe_add(self.protocol_fees, amount)": "each is under 2**96",
    "trading: unsafe_sub(d.position.margin, amount)": "margin >= amount + min_margin, checked",
    "trading: unsafe_sub(0, convert(amount, int256))": "amount <= a margin, checked before",
    "unsafe_add(convert(before, int256), delta)": (
        "before is of 96 bits; where the sum wraps it is negative, and refused as such"
    ),
    "unsafe_add(word, unsafe_sub(margin, before) << 32)": "exact modulo 2**256: proved, `position`",
    "unsafe_add(p.size, size_delta)": "of opposite signs",
    "unsafe_add(d.position.reserve, reserve)": "what leaves comes negated and is a part of it",
    "unsafe_add(d.market.reserved, reserve)": "the same; it is the sum of the positions'",
    "unsafe_add(d.market.long_size, bought)": "exact modulo 2**256, and from 0 to skew_scale",
    "unsafe_sub(d.market.short_size, bought)": "exact modulo 2**256, and from 0 to skew_scale",
    "unsafe_sub(amount, added)": "added is all of it or 0",
    "unsafe_sub(0, freed)": "negated on purpose: what is added to wraps back",
    "unsafe_sub(x ^ sign, sign)": "negates where the sign is -1: proved, `magnitude`",
    **{
        f"unsafe_div({dividend}, {divisor})": "checked; the divisor is of 113 bits, and not 0"
        for dividend, divisor in (
            ("assets * unsafe_add(lp_shares.totalSupply, VIRTUAL_SHARES)", "unsafe_add(nav, 1)"),
            (
                "assets * unsafe_add(lp_shares.totalSupply, VIRTUAL_SHARES) + nav",
                "unsafe_add(nav, 1)",
            ),
            (
                "shares * unsafe_add(nav, 1)",
                "unsafe_add(lp_shares.totalSupply, VIRTUAL_SHARES)",
            ),
            ("shares * unsafe_add(nav, 1) + unsafe_sub(supply, 1)", "supply"),
        )
    },
}
