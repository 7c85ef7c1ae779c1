"""Human numbers to integers and back, exactly: what someone types is a `Decimal`, never a float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation, localcontext
from typing import Final

from bulkhead.exceptions import InvalidInput
from bulkhead.model.types import WAD

WAD_DECIMALS: Final = 18
_DIGITS: Final = 100  # enough for any 256-bit number with all its decimals


def parse_decimal(text: str | int | Decimal, what: str = "number") -> Decimal:
    """A finite decimal number; thousands may be separated by `,` or `_`. Raises InvalidInput."""
    cleaned = str(text).strip().replace(",", "").replace("_", "")
    try:
        number = Decimal(cleaned)
    except InvalidOperation:
        raise InvalidInput(f"{what}: {text!r} is not a number", "Write it like 1250.5.") from None
    if not number.is_finite():
        raise InvalidInput(f"{what}: {text!r} is not a finite number", "Write it like 1250.5.")
    return number


def to_units(number: Decimal, decimals: int, what: str = "amount") -> int:
    """Units of a token with `decimals`; a number with more decimals than that is refused."""
    with localcontext() as context:
        context.prec = _DIGITS
        scaled = number.scaleb(decimals)
        if scaled != scaled.to_integral_value():
            raise InvalidInput(
                f"{what}: {number} has more than {decimals} decimals", "Round it first."
            )
        return int(scaled)


def parse_amount(text: str | int | Decimal, decimals: int, what: str = "amount") -> int:
    """Token units of a human amount, exactly."""
    return to_units(parse_decimal(text, what), decimals, what)


def parse_ratio(text: str | int | Decimal, what: str = "ratio") -> int:
    """WAD of a share: `"5 %"` or `0.05`."""
    words = str(text).strip()
    if words.endswith("%"):
        return to_units(parse_decimal(words[:-1], what), WAD_DECIMALS - 2, what)
    return to_units(parse_decimal(words, what), WAD_DECIMALS, what)


def parse_percent(text: str, what: str = "percentage") -> int:
    """WAD of a percentage, with or without its sign: `"0.5"` and `"0.5 %"` are half a percent."""
    return parse_ratio(text.strip().removesuffix("%") + "%", what)


def to_decimal(units: int, decimals: int) -> Decimal:
    """The exact human number of token units, or of a WAD with 18 decimals."""
    with localcontext() as context:
        context.prec = _DIGITS
        return Decimal(units).scaleb(-decimals)


def show(units: int, decimals: int, places: int | None = None) -> str:
    """With thousands separated; `places` decimals, or as many as it takes to be exact."""
    number = to_decimal(units, decimals)
    if places is not None:
        return f"{number:,.{places}f}"
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def show_price(price: int) -> str:
    """A WAD price with about six significant digits."""
    number = to_decimal(price, WAD_DECIMALS)
    if number == 0:
        return "0"
    places = max(2, 5 - number.adjusted()) if number < 1000 else 2
    return f"{number:,.{places}f}"


def show_percent(ratio: int, places: int = 2) -> str:
    """A WAD ratio or rate as a percentage."""
    return f"{to_decimal(ratio, WAD_DECIMALS - 2):,.{places}f} %"


def ratio_of(part: int, whole: int) -> int:
    """WAD of a part, rounded down; 0 of nothing."""
    return part * WAD // whole if whole else 0
