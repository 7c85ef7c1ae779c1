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

# [ size int128 | margin uint96 | opened_at uint32 ], [ basis int128 | reserve uint96 | increased_at uint32 ]
# base units, WAD; asset units; unix seconds
_positions: HashMap[address, HashMap[uint256, uint256[2]]]
_operators: HashMap[address, HashMap[address, bool]]  # owner -> operator -> approved


@internal
@view
def _load(owner: address, position_id: uint256) -> IPairVault.Position:
    words: uint256[2] = self._positions[owner][position_id]
    return IPairVault.Position(
        size=packing._high_of(words[0]),
        margin=(words[0] >> 32) & packing.UINT96,
        basis=packing._high_of(words[1]),
        reserve=(words[1] >> 32) & packing.UINT96,
        opened_at=words[0] & packing.UINT32,
        increased_at=words[1] & packing.UINT32,
    )


@internal
@view
def _load_open(owner: address, position_id: uint256) -> IPairVault.Position:
    p: IPairVault.Position = self._load(owner, position_id)
    assert p.size != 0, "vault: unknown position"
    return p


@internal
def _store(owner: address, position_id: uint256, p: IPairVault.Position):
    """
    @dev A position without size must come with nothing else in it. Times fit until 2106.
    """
    self._positions[owner][position_id] = [
        packing._high_signed(p.size) | (packing._fit(p.margin, packing.UINT96) << 32) | p.opened_at,
        packing._high_signed(p.basis)
        | (packing._fit(p.reserve, packing.UINT96) << 32)
        | p.increased_at,
    ]


@internal
def _add_margin(owner: address, position_id: uint256, amount: uint256) -> uint256:
    """
    @notice Touches the first word only: margin stands in it beside the size.
    @return The margin afterwards, asset units
    """
    word: uint256 = self._positions[owner][position_id][0]
    assert word != 0, "vault: unknown position"
    margin: uint256 = packing._fit(((word >> 32) & packing.UINT96) + amount, packing.UINT96)
    self._positions[owner][position_id][0] = word + (amount << 32)
    return margin


@internal
@view
def _check_authority(owner: address):
    if msg.sender != owner:
        assert self._operators[owner][msg.sender], "vault: not owner or operator"


@internal
def _set_operator(owner: address, operator: address, approved: bool):
    self._operators[owner][operator] = approved
    log IPairVault.OperatorSet(owner=owner, operator=operator, approved=approved)
