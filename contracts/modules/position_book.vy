# pragma version 0.4.3
#pragma optimize gas
# pragma nonreentrancy on
"""
@title Position book
@notice Two words per position, and who may act for whom. Only this module writes them.
@dev Invariants: size is 0 exactly if both words are; margin >= min_margin while size is not 0.
"""
from ..interfaces import IPairVault
from . import packing
from . import refusal

# [ size int128 | margin uint96 | opened_at uint32 ], [ basis int128 | reserve uint96 | increased_at uint32 ]
# base units, WAD; asset units; unix seconds
_positions: HashMap[address, HashMap[uint256, uint256[2]]]
_operators: HashMap[address, HashMap[address, bool]]  # owner -> operator -> approved


@internal
@view
def _load(owner: address, position_id: uint256) -> IPairVault.Position:
    words: uint256[2] = self._positions[owner][position_id]
    return IPairVault.Position(
        size=convert(convert(words[0], bytes32), int256) >> 128,
        margin=(words[0] >> 32) & packing.UINT96,
        basis=convert(convert(words[1], bytes32), int256) >> 128,
        reserve=(words[1] >> 32) & packing.UINT96,
        opened_at=words[0] & packing.UINT32,
        increased_at=words[1] & packing.UINT32,
    )


@internal
def _store(owner: address, position_id: uint256, p: IPairVault.Position):
    """
    @dev A position without size must come with nothing else in it. Times fit until 2106.
    """
    # the size fits: at most the skew scale
    packing._check_fit(p.margin | p.reserve, 96, p.basis, 0)
    size: uint256 = convert(convert(p.size, bytes32), uint256) << 128
    basis: uint256 = convert(convert(p.basis, bytes32), uint256) << 128
    self._positions[owner][position_id] = [
        size | (p.margin << 32) | p.opened_at, basis | (p.reserve << 32) | p.increased_at
    ]


@internal
def _move_margin(owner: address, position_id: uint256, delta: int256) -> uint256:
    """
    @notice Touches the first word only: margin stands in it beside the size.
    @return The margin afterwards, asset units
    """
    word: uint256 = self._positions[owner][position_id][0]
    self._check_known(word != 0)
    before: uint256 = (word >> 32) & packing.UINT96
    margin: uint256 = convert(unsafe_add(convert(before, int256), delta), uint256)
    packing._fit(margin, packing.UINT96)
    self._positions[owner][position_id][0] = unsafe_add(word, unsafe_sub(margin, before) << 32)
    return margin


@internal
@view
def _check_authority(owner: address):
    if msg.sender != owner and not self._operators[owner][msg.sender]:
        refusal._because(refusal.NOT_OWNER_OR_OPERATOR)


@internal
def _set_operator(owner: address, operator: address, approved: bool):
    self._operators[owner][operator] = approved
    log IPairVault.OperatorSet(owner=owner, operator=operator, approved=approved)


@internal
@pure
def _check_known(is_known: bool):
    if not is_known:
        refusal._because(refusal.UNKNOWN_POSITION)
