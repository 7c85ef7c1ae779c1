# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Price source
@notice What the vault takes for the price: the oracle's band while the vault lives, one settlement price
        in wind-down. Only this module writes that price and the report of a dead oracle.
@dev A caught call can be made to fail by starving it of gas. So trading never uses a fallback: a band that
     cannot be read is not live and the call reverts. Where failing has a consequence (`_probe`), the
     gas for the call is checked beforehand.
"""
from ..interfaces import IPairVault
from . import parameters
from . import refusal

uses: parameters

MAX_PRICE: constant(uint256) = 2**104  # WAD quote per base; keeps every product in 256 bits
WIND_DOWN_DELAY: constant(uint256) = 7 * 86_400
PROBE_GAS: constant(uint256) = 1_000_000  # several times what an adapter with three feeds needs


struct Quote:
    bid: uint256  # WAD quote per base
    ask: uint256
    mid: uint256
    updated_at: uint256  # unix seconds, of the older source
    is_live: bool
    is_final: bool  # the settlement price of a vault in wind-down: no fee, no impact


_settlement_price: uint256  # WAD quote per base; 0 in wind-down: positions settle at zero gain
_reported_at: uint256  # unix seconds; when the oracle was last reported dead


@internal
@view
def _quote(is_wound_down: bool, gas_limit: uint256) -> Quote:
    """
    @notice The price as it is; not live where there is none to act on, 0 where there is none at all.
    @dev Raw, so that an oracle without code, with a short or a malformed answer is just not live.
    """
    q: Quote = empty(Quote)
    if is_wound_down:
        q.mid = self._settlement_price
        q.bid = q.mid
        q.ask = q.mid
        q.is_live = True
        q.is_final = True
        return q
    success: bool = False
    answer: Bytes[128] = b""
    success, answer = raw_call(
        parameters.PARAMS.oracle,
        method_id("price_band()"),
        max_outsize=128,
        gas=gas_limit,
        is_static_call=True,
        revert_on_failure=False,
    )
    if success and len(answer) == 128:
        live: uint256 = 0
        q.bid, q.ask, q.updated_at, live = abi_decode(answer, (uint256, uint256, uint256, uint256))
        # a bid of 0 wraps and is above any ask, as one of a crossed band is
        if unsafe_sub(q.bid, 1) >= q.ask or q.ask > MAX_PRICE:
            return empty(Quote)
        q.mid = unsafe_div(unsafe_add(q.bid, q.ask), 2)
        q.is_live = live == 1
    return q


@internal
@pure
def _check_live(is_live: bool):
    if not is_live:
        refusal._because(refusal.NO_LIVE_PRICE)


@internal
@view
def _probe() -> Quote:
    """
    @notice The price of an oracle that is not live.
    @dev A call gets at most 63/64 of the gas that is left. With this much left, it gets PROBE_GAS, and a
         caller cannot make a living oracle look dead by starving it.
    """
    if msg.gas < PROBE_GAS + PROBE_GAS // 32:
        refusal._because(refusal.NOT_ENOUGH_GAS_TO_PROBE)
    q: Quote = self._quote(False, PROBE_GAS)
    if q.is_live:
        refusal._because(refusal.ORACLE_IS_LIVE)
    return q


@internal
def _report_dead(accrued_at: uint256):
    """
    @dev A report that stands is not renewed: whoever renewed it again and again would put the wind-down off for ever.
    """
    self._probe()
    if accrued_at <= self._reported_at:
        refusal._because(refusal.ALREADY_REPORTED)
    self._reported_at = block.timestamp
    log IPairVault.OracleReportedDead(sender=msg.sender)


@internal
def _wind_down(accrued_at: uint256):
    """
    @param accrued_at When the market last accrued: an accrual since the report proves the oracle alive.
    """
    q: Quote = self._probe()
    reported_at: uint256 = self._reported_at
    is_stale: bool = q.mid != 0 and self._is_past(q.updated_at)
    is_dead: bool = accrued_at <= reported_at and self._is_past(reported_at)
    if not (is_stale or is_dead):
        refusal._because(refusal.TOO_EARLY)
    self._settlement_price = q.mid
    log IPairVault.WoundDown(sender=msg.sender, settlement_price=q.mid)


@internal
@view
def _is_past(time: uint256) -> bool:
    # a time in the future is the oracle's nonsense, not its age
    return time <= block.timestamp and unsafe_sub(block.timestamp, time) >= WIND_DOWN_DELAY
