"""Properties that no worked number shows: splitting, rounding, order and limited loss."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bulkhead.model import MAX_UINT256, WAD, Market, Status, Vault, rules
from tests.unit.model.support import FREE, KEEPER, TRADER, Stage, params_of, wad

DEPTH = wad(10_000)
sides = st.sampled_from([1, -1])
sizes = st.integers(1, wad(250))
prices = st.integers(wad(200), wad(9000))
fixed = settings(derandomize=True, deadline=None, max_examples=200)
parts = st.lists(st.integers(1, 100), min_size=2, max_size=12)


def trading(decimals: int = 6, **changes: object) -> Stage:
    """A depth that gives trades an impact, and time that costs nothing."""
    return Stage(decimals, **{"skew_scale": DEPTH, **FREE, **changes})  # type: ignore[arg-type]


def shares_of(total: int, weights: list[int]) -> list[int]:
    """`total` split in proportion; none of the parts is 0."""
    cuts = [total * sum(weights[:i]) // sum(weights) for i in range(len(weights) + 1)]
    return [b - a for a, b in pairwise(cuts) if b > a]


def trade(stage: Stage, size_delta: int, margin_delta: int = 0, who: str = TRADER) -> None:
    limit = MAX_UINT256 if size_delta > 0 else 0
    stage.vault.adjust_position(stage.env, who, 1, size_delta, margin_delta, limit)


# ---- splitting changes nothing but rounding (SECURITY A10, A15) ----


@fixed
@given(sides, sizes, parts, st.integers(-150, 150), st.sampled_from([6, 8, 18]))
def test_increase__split__costs_the_same(
    side: int, size: int, weights: list[int], skew: int, decimals: int
) -> None:
    results = []
    for pieces in ([size], shares_of(size, weights)):
        stage = trading(decimals)
        if skew:
            stage.adjust(skew, 300_000, who="other")
        stage.vault.take_events()
        for n, piece in enumerate(pieces):
            trade(stage, piece * side, 0 if n else 800_000 * stage.unit)
        position = stage.position()
        fees = sum(event.fee for event in stage.vault.take_events())  # type: ignore[union-attr]
        results.append((position.basis * side, position.reserve * side, fees, len(pieces)))
    (basis, reserve, fee, _), (split_basis, split_reserve, split_fee, count) = results
    # an execution price is rounded to 1e-18 for every piece, and an amount to one unit
    step = count * (2 + size // stage.vault.scale)
    assert abs(split_basis - basis) <= step
    assert abs(split_reserve - reserve) <= step
    assert abs(split_fee - fee) <= step


@fixed
@given(sides, sizes, parts, prices, st.sampled_from([6, 18]))
def test_decrease__split__realises_the_same(
    side: int, size: int, weights: list[int], price: int, decimals: int
) -> None:
    paid = []
    for pieces in ([size], shares_of(size, weights)):
        stage = trading(decimals, max_funding=0)
        trade(stage, size * side, 800_000 * stage.unit)
        stage.wait()
        stage.set_price(Fraction(price, WAD))
        # enough margin to stay through every piece
        stage.vault.add_margin(stage.env, KEEPER, 1, 9_000_000 * stage.unit, TRADER)
        for piece in pieces:
            trade(stage, -piece * side)
        assert stage.vault.positions == {}
        paid.append((stage.vault.flows[TRADER], len(pieces)))
        stage.vault.check_invariants()
    (whole, _), (split, count) = paid
    # per piece basis, value, reserve and fee are rounded against the trader
    assert -4 * count <= split - whole <= 1


@fixed
@given(
    st.integers(0, 10**15),
    st.integers(0, 10**14),
    st.integers(-(10**22), 10**22),
    prices,
    st.lists(st.integers(1, 10**6), min_size=2, max_size=20),
)
def test_accrual__split__charges_the_same(
    pool: int, reserved: int, skew: int, mid: int, steps: list[int]
) -> None:
    market = Market(pool=pool, reserved=reserved, long_size=max(skew, 0), short_size=max(-skew, 0))
    params, scale = params_of(), 10**30
    once = rules.accrued_carry(market, mid, sum(steps), params, scale)
    for seconds in steps:
        carry = rules.accrued_carry(market, mid, seconds, params, scale)
        market.carry_long, market.carry_short = carry
    assert 0 <= market.carry_long - once[0] <= len(steps)
    assert 0 <= market.carry_short - once[1] <= len(steps)
    # the side that receives funding never receives more than the other pays (pool is no net payer)
    paid = market.long_size * once[0] + market.short_size * once[1]
    assert paid >= 0


# ---- rounding and prices ----


@fixed
@given(sides, sizes, st.integers(-(10**22), 10**22), prices, st.integers(1, 10**19))
def test_execution_price__any__is_never_better_than_the_band(
    side: int, size: int, skew: int, bid: int, spread: int
) -> None:
    ask = bid + spread
    price = rules.execution_price(size * side, skew, bid, ask, DEPTH)
    assert price >= ask if side > 0 else price <= bid


@fixed
@given(sides, sizes, prices, prices)
def test_equity__in_the_price__is_monotone(side: int, size: int, one: int, other: int) -> None:
    # SECURITY A12
    stage = trading()
    trade(stage, size * side, 800_000 * stage.unit)
    low, high = sorted((one, other))
    equities = []
    for price in (low, high):
        stage.set_price(Fraction(price, WAD))
        equities.append(stage.health().equity * side)
    assert equities[0] <= equities[1]


@fixed
@given(sides, sizes, prices, parts)
def test_decrease__any_pieces__never_pays_more_than_margin_and_reserve(
    side: int, size: int, price: int, weights: list[int]
) -> None:
    # SECURITY A13
    stage = trading()
    trade(stage, size * side, 800_000 * stage.unit)
    reserve = stage.position().reserve
    stage.set_price(Fraction(price, WAD))
    for piece in shares_of(size, weights):
        stage.wait()
        if stage.health().status != Status.LIQUIDATABLE:
            stage.vault.add_margin(stage.env, TRADER, 1, 800_000 * stage.unit)
            trade(stage, -piece * side)
    if not stage.vault.positions:
        assert stage.vault.flows[TRADER] <= reserve


@fixed
@given(sides, sizes, st.integers(0, 10), st.integers(0, 100), st.sampled_from([0, 6, 18]))
def test_round_trip__at_one_price__never_gains(
    side: int, size: int, spread: int, skew: int, decimals: int
) -> None:
    # SECURITY O9, A17
    stage = trading(decimals, trading_fee=0, liquidation_penalty=0)
    stage.set_price(2000, 2000 + spread)
    if skew:
        stage.adjust(skew, 300_000, who="other")
    trade(stage, size * side, 800_000 * stage.unit)
    stage.wait()
    trade(stage, -size * side)
    assert stage.vault.flows[TRADER] <= 0


def test_dust__a_thousand_steps__never_gains() -> None:
    # SECURITY A17
    for side in (1, -1):
        stage = trading(0, trading_fee=0, liquidation_penalty=0)
        stage.set_price(Fraction(3, 8))
        trade(stage, wad(100) * side, 9_000)
        for step in range(1000):
            stage.wait()
            trade(stage, (WAD // 3 if step % 2 else -WAD // 3) * side)
        stage.wait()
        stage.close()
        assert stage.vault.flows[TRADER] <= 0
        stage.vault.check_invariants()


# ---- liquidation ----


@fixed
@given(
    sides,
    sizes,
    st.integers(1, 1500),
    st.integers(15, 60),
    st.sampled_from([wad(10_000), wad(10**6), 10**36]),
    st.sampled_from([6, 18]),
)
def test_liquidate__any_shortfall__restores_health_or_closes(
    side: int, size: int, drop: int, lever: int, depth: int, decimals: int
) -> None:
    # SECURITY L3, L6, L8, L9
    stage = Stage(decimals, skew_scale=depth, **FREE)
    unit = stage.unit
    value = rules.notional(size, wad(2000), stage.vault.scale)
    needed = rules.requirement(value, wad("0.06"), size, depth)
    trade(stage, size * side, needed + value * lever // 1000 + 21 * unit)
    stage.wait()
    line = Fraction(stage.health().liquidation_price, WAD)
    stage.set_price(Fraction(round(line * (1 - side * Fraction(drop, 10_000)) * WAD), WAD))
    before, health = stage.position(), stage.health()
    assume(health.status == Status.LIQUIDATABLE)  # not for a long that nothing can hurt
    pool = stage.vault.market.pool
    closed, reward = stage.vault.liquidate(stage.env, KEEPER, TRADER, 1)
    after, now = stage.position(), stage.health()
    assert abs(after.size) == abs(before.size) - closed
    assert reward >= 2 * unit
    if after.size:
        assert after.size * side > 0
        assert after.margin >= 20 * unit
        assert now.status == Status.HEALTHY
        assert now.equity >= now.initial - 2
        assert now.equity * health.maintenance > health.equity * now.maintenance
    else:
        collected = before.margin - stage.vault.claimable(TRADER)
        assert reward <= max(collected, 0) + 2 * unit
        assert stage.vault.market.pool >= pool + min(-health.gain, before.margin) - 2 * unit
    stage.vault.check_invariants()


# ---- order of exits (SECURITY A19, A20) ----


def paid_by_order(order: tuple[int, ...], price: int) -> tuple[dict[int, int], int]:
    stage = Stage(protocol_fee_share=wad("0.2"), **FREE)
    for position_id, size in enumerate((100, -60, 40, -10)):
        stage.adjust(size, 30_000, position_id=position_id)
    stage.wait()
    stage.set_price(price)
    # settled at the raw price, so that the order is the only thing that differs
    stage.lose_price()
    stage.wait(7 * 86_400)
    stage.vault.wind_down(stage.env, KEEPER)
    paid = {}
    for position_id in order:
        paid[position_id] = stage.vault.settle_position(stage.env, KEEPER, TRADER, position_id)
        stage.vault.check_invariants()
    return paid, stage.vault.market.pool


def test_settle_position__every_order__pays_everyone_the_same() -> None:
    for price in (1, 1500, 2000, 2600, 50_000):
        results = [paid_by_order(order, price) for order in permutations(range(4))]
        assert all(result == results[0] for result in results)


# ---- LPs (SECURITY S4) ----


@fixed
@given(
    st.integers(-200, 200),
    st.integers(1200, 3000),
    st.integers(0, 20),
    st.lists(st.tuples(st.booleans(), st.integers(1, 10**13)), min_size=1, max_size=8),
)
def test_share_value__others_deposit_and_redeem__never_falls(
    skew: int, price: int, spread: int, moves: list[tuple[bool, int]]
) -> None:
    stage = Stage(lp_lockup=0, **FREE)
    if skew:
        stage.adjust(skew, 300_000)
    stage.vault.deposit(stage.env, "other", 10**12)
    stage.set_price(price, price + spread)
    stage.vault.accrue(stage.env, KEEPER)
    vault: Vault = stage.vault

    def values() -> list[Fraction]:
        bid, ask = stage.bid, stage.ask
        assert bid is not None
        market, scale = vault.market, vault.scale
        navs = (
            rules.nav_low(market, bid, ask, scale),
            vault.totalAssets(stage.env),
            rules.nav_high(market, bid, ask, scale),
        )
        return [Fraction(nav + 1, vault.supply + 1000) for nav in navs]

    before = values()
    for is_deposit, amount in moves:
        if is_deposit:
            vault.deposit(stage.env, "other", amount)
        else:
            most = min(vault.maxWithdraw(stage.env, "other"), amount)
            if most:
                vault.withdraw(stage.env, "other", most)
        after = values()
        assert all(now >= then for now, then in zip(after, before, strict=True))
        before = after
    vault.check_invariants()
