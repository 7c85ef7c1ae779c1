# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Refusal
@notice Every reason for which the vault says no, and the one way in which it says it: `Error("vault: " + reason)`.
@dev A reason given to `assert` is 123 bytes of bytecode, one given to `_because` as a number about 35. The vault has some
     forty, and 24,576 bytes for everything. A number is the ASCII of the text beside it, most significant byte
     first: int.from_bytes(text). `make check` holds the two against each other. The condition is tested
     where it stands, so what passes pays no call.
"""

# ---- trading ----

NOT_OWNER_OR_OPERATOR: constant(uint256) = 161401467793927040628149953414333604570932020801394  # not owner or operator
UNKNOWN_POSITION: constant(uint256) = 156093007128696673788110468966081195886  # unknown position
ZERO_AMOUNT: constant(uint256) = 147968019944086256483659380  # zero amount
NO_LIVE_PRICE: constant(uint256) = 8749489910246493644449513038693  # no live price
WINDING_DOWN: constant(uint256) = 36956174692384245283764008814  # winding down
REDUCE_ONLY: constant(uint256) = 138296355583960646153038969  # reduce only
GAIN_AT_RESERVE: constant(uint256) = 536782323200202373810030629465781861  # gain at reserve
OPEN_INTEREST_FULL: constant(uint256) = 9707710187358151449463749109857885927861356  # open interest full
POOL_FULL: constant(uint256) = 2074065091802508389484  # pool full
FLIP_THROUGH_ZERO: constant(uint256) = 34852905514851843683712706541392052449903  # flip through zero
INCREASED_IN_THIS_BLOCK: constant(
    uint256
) = 10098303214787541916490960297360117084683350708019225451  # increased in this block
PRICE_BEYOND_ACCEPTABLE: constant(
    uint256
) = 10770275274962289476395732919066800043858872007013854309  # price beyond acceptable
SAME_POSITION: constant(uint256) = 9141390985564819690848197898094  # same position
BELOW_MIN_MARGIN: constant(uint256) = 130790964901064925076559885874638580078  # below min margin
BELOW_INITIAL_RATIO: constant(uint256) = 2194308268993584562662388710201280082094614895  # below initial ratio
LIQUIDATABLE: constant(uint256) = 33551854065040726403678628965  # liquidatable

# ---- keeping ----

STILL_HEALTHY: constant(uint256) = 9147266399500898125051185096825  # still healthy
NOT_SETTLEABLE: constant(uint256) = 2239895321932476249935828928851045  # not settleable
NO_MARGIN_CALL: constant(uint256) = 2239869418194175638414762577063020  # no margin call
ALREADY_REPORTED: constant(uint256) = 129498203878739341826192295871821145444  # already reported
ORACLE_IS_LIVE: constant(uint256) = 2260409616773451400689594713863781  # oracle is live
TOO_EARLY: constant(uint256) = 2147851984830731545721  # too early
NOT_ENOUGH_GAS_TO_PROBE: constant(
    uint256
) = 10577606593119011433542096932520711415694642477427286629  # not enough gas to probe

# ---- liquidity ----

ZERO_NAV: constant(uint256) = 8819581266886025590  # zero nav
BOUND_MISSED: constant(uint256) = 30464276281704271332685079908  # bound missed
NOT_ENOUGH_LIQUIDITY: constant(uint256) = 630474483556688513370877321605551242458994144377  # not enough liquidity
ZERO_RECEIVER: constant(uint256) = 9697232155056859618948989478258  # zero receiver
BALANCE_TOO_LOW: constant(uint256) = 510821072663016032745224671035420535  # balance too low
SHARES_LOCKED: constant(uint256) = 9143542936187517277758378698084  # shares locked
ALLOWANCE_TOO_LOW: constant(uint256) = 33151509243742294473310272261816622804855  # allowance too low

# ---- guardian ----

NOT_GUARDIAN: constant(uint256) = 34178090238587976537789260142  # not guardian
NOT_PENDING_GUARDIAN: constant(uint256) = 630474483571263269024122773825157283433251692910  # not pending guardian
LIMITS_NOT_TIGHTER: constant(uint256) = 9444001962561396668227296439899175706191218  # limits not tighter
LIMITS_OUT_OF_BOUNDS: constant(uint256) = 618922112618423692130029171965954902594555896947  # limits out of bounds
NOTHING_SCHEDULED: constant(uint256) = 37579209092994670550323952847955499443556  # nothing scheduled
LIMITS_TOO_EARLY: constant(uint256) = 144104033852560374076549669183894482041  # limits too early

# ---- tokens, signatures, storage ----

WRONG_AMOUNT_RECEIVED: constant(uint256) = 174572004790411979325927288125102055810113054598500  # wrong amount received
TOKEN_REFUSED: constant(uint256) = 9224949521798025889390750033252  # token refused
SIGNATURE_EXPIRED: constant(uint256) = 39272578180827998963431511160451891357028  # signature expired
SIGNATURE_INVALID: constant(uint256) = 39272578180827998963431512275382317115748  # signature invalid
AMOUNT_OUT_OF_RANGE: constant(uint256) = 2172705450859944026366932135085030117003388773  # amount out of range

_PREFIX: constant(uint256) = 33321204210481696 << 200  # vault: and a blank, in the highest 7 of 32 bytes


@internal
@pure
def _because(reason: uint256):
    """
    @param reason One of the numbers above, at most 25 bytes
    """
    text: uint256 = reason
    length: uint256 = 32
    for i: uint256 in range(25):
        if text >> 192 != 0:  # it has come up to the prefix
            break
        text = text << 8
        length = unsafe_sub(31, i)
    raw_revert(
        abi_encode(
            convert(32, uint256), length, _PREFIX | text, method_id=method_id("Error(string)")
        )
    )
