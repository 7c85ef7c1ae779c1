"""The open positions of one vault: exact, and beside that in columns for the screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from bulkhead.model.params import VaultParams
from bulkhead.model.rules import risk_ratio
from bulkhead.model.state import PositionKey
from bulkhead.model.types import WAD, Position, Status
from bulkhead.vector import screen
from bulkhead.vector.moment import Moment
from bulkhead.vector.screen import Judgement

Column = NDArray[np.float64]
_FIRST_CAPACITY = 1024


class Book:
    """Positions by key, in dense slots: `book.keys[slot]` belongs to `judgement.status[slot]`.

    `put` and `drop` cost the same however many there are. A drop moves the last position into the
    slot that becomes free, so slots hold from one change to the next only.
    """

    def __init__(self, params: VaultParams, decimals: int) -> None:
        self.params, self.decimals = params, decimals
        self.keys: list[PositionKey] = []
        self._positions: list[Position] = []
        self._slots: dict[PositionKey, int] = {}
        self._columns: Column = np.zeros((screen.COLUMNS, _FIRST_CAPACITY))

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, key: PositionKey) -> bool:
        return key in self._slots

    def __getitem__(self, key: PositionKey) -> Position:
        return self._positions[self._slots[key]]

    def items(self) -> Iterable[tuple[PositionKey, Position]]:
        """In the order of the slots."""
        return zip(self.keys, self._positions, strict=True)

    # ---- changes ----

    def put(self, key: PositionKey, position: Position) -> None:
        """Add or replace a position; one without size leaves."""
        self.update({key: position})

    def drop(self, key: PositionKey) -> None:
        """Remove a position, if it is there."""
        slot = self._slots.pop(key, None)
        if slot is None:
            return
        last, last_position = self.keys.pop(), self._positions.pop()
        if slot < len(self.keys):
            self.keys[slot], self._positions[slot] = last, last_position
            self._slots[last] = slot
            self._columns[:, slot] = self._columns[:, len(self.keys)]

    def update(self, changes: Mapping[PositionKey, Position | None]) -> None:
        """What an index reports as changed; None stands for closed."""
        for key, position in changes.items():
            if position is None or position.size == 0:
                self.drop(key)
        stored = {key: position for key, position in changes.items() if position and position.size}
        slots = [self._slot(key, position) for key, position in stored.items()]
        if slots:
            self._columns[:, slots] = np.array(list(map(self._words, stored.values()))).T

    # ---- judging ----

    def judge(self, moment: Moment) -> Judgement:
        """Status, equity and spare margin of every position, by slot."""
        judgement = screen.judge(self._filled, moment)
        for slot in judgement.undecided:
            judgement.status[slot] = moment.status(self._positions[slot])
        return judgement

    def due(self, moment: Moment) -> dict[Status, list[PositionKey]]:
        """The positions that a keeper can act on, by their status."""
        status = self.judge(moment).status
        return {
            kind: [self.keys[slot] for slot in np.flatnonzero(status == kind)]
            for kind in (Status.MARGIN_CALL, Status.LIQUIDATABLE, Status.SETTLEABLE)
        }

    def liquidation_prices(self, moment: Moment) -> Column:
        """Estimates (WAD, within the screen's error) of `liquidation_price`, by slot."""
        return screen.liquidation_prices(self._filled, moment)

    def rewards(self, moment: Moment, judgement: Judgement) -> Column:
        """Estimates (asset units) of what a liquidation pays, by slot: to order by.

        0 where there is nothing to liquidate. `Moment.liquidation` has the exact number.
        """
        return screen.rewards(self._filled, moment, judgement)

    # ---- internal ----

    @property
    def _filled(self) -> Column:
        return self._columns[:, : len(self.keys)]

    def _slot(self, key: PositionKey, position: Position) -> int:
        """Where the position stands from now on."""
        slot = self._slots.get(key)
        if slot is not None:
            self._positions[slot] = position
            return slot
        slot = self._slots[key] = len(self.keys)
        self.keys.append(key)
        self._positions.append(position)
        if slot == self._columns.shape[1]:
            self._columns = np.concatenate([self._columns, np.zeros_like(self._columns)], axis=1)
        return slot

    def _words(self, position: Position) -> tuple[float, ...]:
        """In the order of the screen's columns. Every number is rounded correctly, once."""
        params, size = self.params, position.size
        risk = risk_ratio(size, params.skew_scale)
        weight = abs(position.basis) + position.margin + position.reserve
        return (
            float(max(size, 0)),
            float(min(size, 0)),
            float(-position.basis if size > 0 else position.basis),
            float(position.margin),
            float(position.reserve),
            (params.maintenance_ratio + risk) / WAD,
            (params.margin_call_ratio + risk) / WAD,
            screen.ERROR * weight + screen.ROUNDINGS,
            float(position.increased_at),
        )
