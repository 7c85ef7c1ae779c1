"""Parameter files of pairs: TOML or JSON in human numbers, see `pairs/eth-usdc.toml`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from bulkhead.client.codec import parse_address
from bulkhead.client.units import parse_amount, parse_decimal, parse_ratio
from bulkhead.exceptions import InvalidInput
from bulkhead.model.params import VaultParams
from bulkhead.model.types import EMPTY
from bulkhead.profiles import reference_profile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_EXAMPLES = "Examples are in pairs/ and networks/."
_AMOUNTS = ("keeper_min_reward", "min_margin")  # of the quote asset
_IDENTITY = ("asset", "oracle", "guardian", "name", "symbol")
_TOP = {
    "label", "name", "symbol", "asset", "guardian", "expected_price", "tolerance", "seed",
    "oracle", "parameters", "mock",
}  # fmt: skip
_LEG = {"feed", "heartbeat", "deviation", "min_answer", "max_answer"}
_MOCK = {"asset_name", "asset_symbol", "asset_decimals", "feed_decimals"}


@dataclass(frozen=True)
class LegTerms:
    """One Chainlink feed. Bounds in the feed's own human numbers."""

    feed: str
    heartbeat: int  # seconds
    deviation: int  # WAD
    min_answer: Decimal
    max_answer: Decimal


@dataclass(frozen=True)
class MockTerms:
    """What `--mock` deploys in place of the asset and the feeds."""

    asset_name: str = "Mock dollar"
    asset_symbol: str = "USDC"
    asset_decimals: int = 6
    feed_decimals: int = 8


@dataclass(frozen=True)
class PairFile:
    """What a file says of a pair; amounts stay decimal until the asset's decimals are known."""

    label: str
    name: str
    symbol: str
    asset: str
    guardian: str
    expected_price: int  # WAD
    tolerance: int  # WAD
    seed: Decimal
    base: LegTerms
    quote: LegTerms | None
    sequencer_feed: str
    grace_period: int
    parameters: dict[str, Any]
    mock: MockTerms

    def vault_params(self, decimals: int, asset: str, oracle: str) -> VaultParams:
        """The reference profile with what the file says instead."""
        values = asdict(reference_profile(decimals))
        known = {item.name for item in fields(VaultParams)} - set(_IDENTITY)
        for key, value in self.parameters.items():
            if key not in known:
                raise InvalidInput(
                    f"parameters: unknown parameter {key!r}", f"Known: {', '.join(sorted(known))}."
                )
            values[key] = _parameter(key, value, decimals)
        values |= {"asset": asset, "oracle": oracle, "guardian": self.guardian}
        return VaultParams(**(values | {"name": self.name, "symbol": self.symbol}))


def read_pair_file(path: Path) -> PairFile:
    """Read and check a file. Raises InvalidInput with what is wrong and where."""
    content = load(path)
    try:
        return pair_from(content)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}", error.advice) from None


def load(path: Path) -> dict[str, Any]:
    """The table that a TOML or JSON file holds."""
    try:
        text = path.read_text("utf-8")
        content = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}", _EXAMPLES) from None
    except ValueError as error:
        raise InvalidInput(f"{path} is not valid: {error}", _EXAMPLES) from None
    if not isinstance(content, dict):
        raise InvalidInput(f"{path} holds no table", _EXAMPLES)
    return content


def pair_from(content: dict[str, Any]) -> PairFile:
    """A pair of what its file says. Raises InvalidInput."""
    _check_keys(content, _TOP, "the file")
    oracle = _table(content, "oracle")
    _check_keys(oracle, {"base", "quote", "sequencer_feed", "grace_period"}, "oracle")
    mock = _table(content, "mock", is_optional=True)
    _check_keys(mock, _MOCK, "mock")
    label = _text(content, "label")
    return PairFile(
        label=label,
        name=_text(content, "name", f"Bulkhead {label}"),
        symbol=_text(content, "symbol", f"bh{label.replace('/', '-')}"),
        asset=_address(content, "asset", EMPTY),
        guardian=_address(content, "guardian", EMPTY),
        expected_price=parse_amount(_get(content, "expected_price"), 18, "expected_price"),
        tolerance=parse_ratio(content.get("tolerance", "2 %"), "tolerance"),
        seed=parse_decimal(_get(content, "seed"), "seed"),
        base=_leg(_table(oracle, "base"), "oracle.base"),
        quote=_leg(_table(oracle, "quote"), "oracle.quote") if "quote" in oracle else None,
        sequencer_feed=_address(oracle, "sequencer_feed", EMPTY),
        grace_period=_whole(oracle.get("grace_period", 0), "oracle.grace_period"),
        parameters=_table(content, "parameters", is_optional=True),
        mock=MockTerms(**mock),
    )


def _leg(table: dict[str, Any], where: str) -> LegTerms:
    _check_keys(table, _LEG, where)
    return LegTerms(
        feed=_address(table, "feed", EMPTY),
        heartbeat=_whole(_get(table, "heartbeat", where), f"{where}.heartbeat"),
        deviation=parse_ratio(_get(table, "deviation", where), f"{where}.deviation"),
        min_answer=parse_decimal(_get(table, "min_answer", where), f"{where}.min_answer"),
        max_answer=parse_decimal(_get(table, "max_answer", where), f"{where}.max_answer"),
    )


def _parameter(key: str, value: Any, decimals: int) -> int:
    if key in _AMOUNTS:
        return parse_amount(value, decimals, key)
    if key == "skew_scale":
        return int(parse_amount(value, 18, key))
    return _whole(value, key) if key == "lp_lockup" else parse_ratio(value, key)


def _get(table: dict[str, Any], key: str, where: str = "") -> Any:
    if key not in table:
        raise InvalidInput(f"{where + '.' if where else ''}{key} is missing")
    if isinstance(table[key], float):
        raise InvalidInput(
            f"{key} is a binary fraction, not an exact number", f'Write {key} = "{table[key]}".'
        )
    return table[key]


def _text(table: dict[str, Any], key: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{key} is missing" if value is None else f"{key} must be a text")
    return value


def _whole(value: Any, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidInput(f"{what} must be a whole number", "Seconds are meant.")
    return value


def _address(table: dict[str, Any], key: str, default: str) -> str:
    return parse_address(table.get(key, default), key)


def _table(content: dict[str, Any], key: str, *, is_optional: bool = False) -> dict[str, Any]:
    value = content.get(key, {} if is_optional else None)
    if not isinstance(value, dict):
        raise InvalidInput(f"[{key}] is missing" if value is None else f"[{key}] must be a table")
    return value


def _check_keys(table: dict[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise InvalidInput(
            f"{where}: unknown entry {unknown[0]!r}", f"Known: {', '.join(sorted(known))}."
        )
