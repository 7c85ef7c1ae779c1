"""Rounding never favours the taker: claims about the pure rules, run as they are in the model."""

from __future__ import annotations

from unittest.mock import patch

from bulkhead.model import WAD, YEAR, Position, rules
from tests.proofs.stage import (
    AMOUNT,
    MAX_PRICE,
    MAX_SIZE,
    SCALES,
    any_market,
    any_params,
    price,
    ratio,
    size,
)
from tests.proofs.symbolic import Run, Term, lifted


def open_and_close(run: Run, scale: int) -> None:
    """Opening and closing at one price and moment loses 0 or 1 unit, before fees."""
    market, at = any_market(run), price(run)
    for signed in (size(run), -size(run)):
        basis = rules.basis_of_increase(signed, at, market, scale)
        gain = rules.raw_gain(signed, basis, at, market, scale)
        run.prove(gain <= 0, "no gain")
        run.prove(gain >= -1, "a unit at most")


def increase(run: Run, scale: int) -> None:
    """An increase at no better than the closing price never lifts the gain there is."""
    market, at, impact = any_market(run), price(run), run.integer("impact", 0, MAX_PRICE)
    basis, held, delta = run.integer("basis", -(2**127), 2**127), size(run), size(run)
    before = rules.raw_gain(held, basis, at, market, scale)
    added = rules.basis_of_increase(delta, at + impact, market, scale)
    after = rules.raw_gain(held + delta, basis + added, at, market, scale)
    run.assume(delta * impact >= 0)  # of two numbers that are not negative
    run.prove(after <= before, "a long gains nothing")
    executed = at - impact
    run.assume(executed >= 1)
    before = rules.raw_gain(-held, basis, at, market, scale)
    added = rules.basis_of_increase(-delta, executed, market, scale)
    after = rules.raw_gain(-(held + delta), basis + added, at, market, scale)
    run.prove(after <= before, "a short gains nothing")


def decrease(run: Run, scale: int) -> None:
    """A part closed and the rest are together worth no more than the whole, and what is realised
    is at most the reserve that leaves."""
    market, at, held = any_market(run), price(run), size(run)
    part = run.integer("part", 1)
    run.assume(part <= held)
    reserve = run.integer("reserve", 0, 2**96)
    basis = run.integer("basis", -(2**127), 2**127)
    for sign in (1, -1):
        position = Position(sign * held, 0, basis, reserve, 1, 1)
        share = rules.closed_share(position, part, at, market, scale)
        run.prove(share.realised <= share.reserve, "realised within the closed reserve")
        whole = rules.raw_gain(sign * held, basis, at, market, scale)
        rest = rules.raw_gain(sign * (held - part), basis - share.basis, at, market, scale)
        gain = rules.raw_gain(sign * part, share.basis, at, market, scale)
        run.prove(gain + rest <= whole, "splitting gains nothing")


def notional(run: Run, scale: int) -> None:
    """A value is at least what it is exactly and less than a unit more, the same on both sides."""
    held, at = size(run), price(run)
    worth = rules.notional(held, at, scale)
    run.prove(worth * scale >= held * at, "rounded up")
    run.prove((worth - 1) * scale < held * at, "by less than a unit")
    run.prove(rules.notional(-held, at, scale) == worth, "the same for a short")


def fee(run: Run) -> None:
    """A fee is at least what it is exactly, and never above the value it is taken of."""
    value, share = run.integer("value", 0, AMOUNT), ratio(run)
    taken = rules.div_up(value * share, WAD)
    run.prove(taken * WAD >= value * share, "rounded up")
    run.prove(taken <= value, "not more than all of it")


def requirement(run: Run) -> None:
    """A requirement is at least what it is exactly, risk-based part included."""
    value, held = run.integer("value", 0, AMOUNT), size(run)
    depth = run.integer("skew_scale", 10**18, MAX_SIZE)
    risk = rules.risk_ratio(held, depth)
    run.prove(risk * depth >= held * WAD, "risk-based part rounded up")
    total = run.integer("total", 0)  # of the two parts of the ratio
    with patch.object(rules, "risk_ratio", lambda *_: total):
        needed = rules.requirement(value, 0, held, depth)
        run.prove(needed * WAD >= value * total, "rounded up")


def carry(run: Run) -> None:
    """Accruing twice charges no less than once; rates stay within their terms and signs."""
    params, market = any_params(run), any_market(run)
    rate = run.integer("rate", -(10**20), 10**20)
    weight, more = run.integer("weight", 0, 2**136), run.integer("weight", 0, 2**136)
    once = rules.div_up(rate * weight + rate * more, YEAR * WAD)
    twice = rules.div_up(rate * weight, YEAR * WAD) + rules.div_up(rate * more, YEAR * WAD)
    run.prove(twice >= once, "two accruals charge no less than one")
    mid = price(run)
    borrow = rules.borrow_rate(market.reserved, market.pool, params)
    run.prove(borrow >= params.borrow_base, "no less than the base rate")
    run.prove(borrow <= 3 * 10 * WAD, "no more than the three terms")
    funding = rules.funding_rate(market.skew, market.pool, mid, params, SCALES[6])
    run.prove((market.skew > 0).implies(funding >= 0), "longs in the majority pay")
    run.prove((market.skew < 0).implies(funding <= 0), "shorts in the majority pay")
    run.prove(funding <= params.max_funding, "no more than the highest rate")


def funding_is_never_the_pools(run: Run) -> None:
    """What the two sides pay together is never negative: the pool is no net payer of carry."""
    many, few = run.integer("many", 0, 2**120), run.integer("few", 0, 2**120)
    run.assume(few <= many)
    borrow, funding = run.integer("borrow", 0, 30 * WAD), run.integer("funding", 0, 10 * WAD)
    weight = run.integer("weight", 0, 2**136)
    charged = rules.div_up((borrow + funding) * weight, YEAR * WAD)
    received = rules.div_up((borrow - funding) * weight, YEAR * WAD)
    pair = charged + received
    run.prove(pair >= 0, "on each unit of size of both sides")
    run.prove(charged >= 0, "on the rest of the larger side")
    rest = many - few
    run.assume(few * pair >= 0, rest * charged >= 0)
    run.prove(many * charged + few * received >= 0, "on all")


def execution_price(run: Run) -> None:
    """Never better than the band, never 0; towards zero skew exactly the band."""
    bid, ask = price(run), price(run)
    run.assume(bid <= ask)
    depth = run.integer("skew_scale", 10**18, 10**36)
    skew, delta = run.integer("skew", -(10**36), 10**36), size(run)
    with lifted(rules):
        buy = rules.execution_price(delta, skew, bid, ask, depth)
        sell = rules.execution_price(-delta, skew, bid, ask, depth)
    run.prove(buy >= ask, "no cheaper than ask")
    run.prove(sell <= bid, "no dearer than bid")
    run.prove(sell >= 1, "not nothing")
    run.prove((skew + delta <= 0).implies(buy == ask), "no impact towards zero")


def distance(run: Run) -> None:
    """The contract's form of the skew's distance is the model's, and within two skew scales."""
    depth, delta = run.integer("skew_scale", 10**18, MAX_SIZE), size(run)
    for sign in (1, -1):
        skew = run.integer("skew", -MAX_SIZE, MAX_SIZE)
        after = skew + sign * delta
        run.assume(skew <= depth, skew >= -depth, after <= depth, after >= -depth)
        squared = after * after
        is_far = bool(skew > 0) != bool(after > 0)  # only the far side counts
        before = 0 if is_far else skew * skew
        added = squared - before
        found = rules.div_up(added, delta) if added > 0 else 0
        if bool(skew * after < 0):
            wanted = rules.div_up(squared, delta)
        elif bool(abs(after) > abs(skew)):
            wanted = abs(skew) + abs(after)
        else:
            wanted = 0
        run.prove(found <= 2 * depth, "within two skew scales")
        run.prove(found == wanted, "the model's")


def shares(run: Run) -> None:
    """No entry or exit takes from who stays, and going in and out again gains nothing."""
    nav, supply = run.integer("nav", 0, 2**113), run.integer("supply", 0, 2**112)
    virtual = supply + rules.VIRTUAL_SHARES
    amount = run.integer("amount", 1, 2**112)
    minted = rules.shares_down(amount, supply, nav)
    run.prove((nav + 1 + amount) * virtual >= (nav + 1) * (virtual + minted), "deposit")
    paid = rules.assets_up(amount, supply, nav)
    run.prove((nav + 1 + paid) * virtual >= (nav + 1) * (virtual + amount), "mint")
    burnt = rules.shares_up(amount, supply, nav)
    run.prove((nav + 1 - amount) * virtual >= (nav + 1) * (virtual - burnt), "withdraw")
    got = rules.assets_down(amount, supply, nav)
    run.prove((nav + 1 - got) * virtual >= (nav + 1) * (virtual - amount), "redeem")


def deposit_and_redeem(run: Run) -> None:
    """What was deposited comes back at most whole, at a NAV that has grown by the deposit."""
    nav, supply = run.integer("nav", 0, 2**113), run.integer("supply", 0, 2**112)
    amount = run.integer("amount", 1, 2**112)
    virtual = supply + rules.VIRTUAL_SHARES
    minted = rules.shares_down(amount, supply, nav)
    run.prove(minted >= 0, "shares are not negative")
    value = nav + 1
    run.assume(Term((minted * value).term) == minted * nav + minted)
    run.prove(minted * value <= amount * virtual, "minted at no less than their value")
    back = rules.assets_down(minted, supply + minted, nav + amount)
    run.prove(back * (virtual + minted) <= minted * (value + amount), "redeemed at their value")
    run.prove(minted * (value + amount) <= amount * (virtual + minted), "which is no more")
    total = virtual + minted
    excess = back - amount
    run.assume((excess >= 1).implies(excess * total >= total))
    run.prove(back <= amount, "no gain")


def nav(run: Run, scale: int) -> None:
    """Leaving is never valued above the pool, nor entering below it; leaving is never negative."""
    market = any_market(run)
    bid, ask = price(run), price(run)
    run.assume(bid <= ask)
    with lifted(rules):
        low = rules.nav_low(market, bid, ask, scale)
        high = rules.nav_high(market, bid, ask, scale)
    run.prove(low <= market.pool, "no unearned loss is paid out")
    run.prove(high >= market.pool, "no owed gain makes entering cheaper")
    run.prove(low >= market.pool - market.reserved, "not below what is free")
    run.prove(low >= 0, "not negative")
