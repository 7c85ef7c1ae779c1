"""Settings of a keeper: from the environment (`BULKHEAD_…`), and from a TOML file below it.

The file is `keeper.toml`, or what `BULKHEAD_SETTINGS` names. Amounts are exact: write fractions as
texts. `docs/keeping.md` has a file to start from.
"""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from eth_utils.address import is_address, to_checksum_address
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from bulkhead.client.units import to_units
from bulkhead.exceptions import InvalidInput

PREFIX = "BULKHEAD_"
FILE = Path("keeper.toml")
_GWEI_DECIMALS = 9
_WEI_DECIMALS = 18


def _listed(value: Any) -> Any:
    """`a, b` of an environment variable."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _exact(value: Any) -> Any:
    if isinstance(value, float):
        raise ValueError('write a number with a fraction as a text, such as "0.5"')
    return value


def _address(value: str) -> str:
    if not is_address(value):
        raise ValueError(f"{value!r} is not an address")
    return str(to_checksum_address(value))


Listed = Annotated[list[str], NoDecode, BeforeValidator(_listed)]
Exact = Annotated[Decimal, BeforeValidator(_exact)]
Address = Annotated[str, AfterValidator(_address)]


class KeeperSettings(BaseSettings):
    """Everything an operator may decide. Each field is also an environment variable."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    # ---- the chain ----

    rpc_urls: Listed = Field([], description="HTTP nodes, the preferred one first; commas between")
    ws_url: str | None = Field(None, description="Websocket that tells of new blocks; else polling")
    relay_url: str | None = Field(None, description="Private relay that transactions are sent to")
    poll_seconds: float = Field(2.0, gt=0, description="Between two looks without a websocket")
    stale_seconds: float = Field(
        60.0, gt=0, description="Without a new block for so long, another node is asked"
    )
    confirmations: int = Field(
        12, ge=1, description="Blocks after which nothing is looked at again"
    )
    deployments: Path = Field(Path("deployments"), description="Folder of <chain id>.json")

    # ---- what is kept ----

    pairs: Listed = Field(
        [], description="Labels of the pairs to keep; all that are deployed if none"
    )
    orders: Path | None = Field(None, description="Folder of signed orders to execute")
    unpaid: bool = Field(True, description="Also call margin and settle, which pay nothing")
    unpaid_max_fee_gwei: Exact = Field(Decimal(20), ge=0, description="Highest base fee for that")
    share: str = Field(
        "1/1", pattern=r"^[1-9]\d*/[1-9]\d*$", description="This keeper's part of a team: 2/3"
    )
    patience: int = Field(2, ge=0, description="Blocks that the team's others get for their part")

    # ---- money ----

    receiver: Address | None = Field(None, description="Gets the rewards; the sender if none")
    native: str = Field("ETH", description="Symbol of the coin that pays for gas")
    native_prices: dict[str, str] = Field(
        {}, description="Price of that coin by quote symbol: a number, or the label of a pair"
    )
    min_profit: Exact = Field(
        Decimal(0), description="In native coins, after gas, for each transaction; may be negative"
    )
    max_fee_gwei: Exact = Field(Decimal(300), gt=0, description="Never pay more for a unit of gas")
    tip_gwei: Exact = Field(Decimal("0.1"), ge=0, description="For the block's builder")
    l1_fee_oracle: Address | None = Field(
        None, description="OP stack's GasPriceOracle, where data on the first layer is paid apart"
    )
    min_balance: Exact = Field(Decimal("0.05"), ge=0, description="Alarm below so many coins")

    # ---- sending ----

    dry_run: bool = Field(False, description="Say what would be sent, and send nothing")
    batch_size: int = Field(64, ge=1, le=64, description="Positions in one transaction")
    max_in_flight: int = Field(8, ge=1, le=64, description="Transactions that may wait at once")
    replace_after: int = Field(3, ge=1, description="Blocks until a waiting one is sent for more")
    cooldown_seconds: int = Field(12, ge=1, description="After a failure; doubles with each")

    # ---- the keeper itself ----

    state: Path = Field(
        Path(".keeper"), description="Folder of the journals, one per chain and key"
    )
    metrics_host: str = Field("127.0.0.1", description="Where metrics and health are served")
    metrics_port: int | None = Field(None, ge=0, le=65535, description="None serves nothing")
    notify: Path | None = Field(None, description="TOML file of owners' and operator's channels")
    log_format: Literal["console", "json"] = Field("console", description="For people or machines")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least")

    @model_validator(mode="after")
    def _part_exists(self) -> KeeperSettings:
        if self.part > self.parts:
            raise ValueError(f"share: there is no part {self.share}")
        return self

    @property
    def part(self) -> int:
        return int(self.share.partition("/")[0])

    @property
    def parts(self) -> int:
        return int(self.share.partition("/")[2])

    @property
    def max_fee(self) -> int:
        """Wei per gas."""
        return to_units(self.max_fee_gwei, _GWEI_DECIMALS, "max_fee_gwei")

    @property
    def tip(self) -> int:
        """Wei per gas."""
        return to_units(self.tip_gwei, _GWEI_DECIMALS, "tip_gwei")

    @property
    def unpaid_max_fee(self) -> int:
        """Wei per gas."""
        return to_units(self.unpaid_max_fee_gwei, _GWEI_DECIMALS, "unpaid_max_fee_gwei")

    @property
    def min_profit_wei(self) -> int:
        return to_units(self.min_profit, _WEI_DECIMALS, "min_profit")

    @property
    def min_balance_wei(self) -> int:
        return to_units(self.min_balance, _WEI_DECIMALS, "min_balance")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names them
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _file())


def load_settings(**overrides: Any) -> KeeperSettings:
    """Overrides first, then the environment, then the file. Raises InvalidInput."""
    path = _file()
    if path != FILE and not path.is_file():
        raise InvalidInput(f"no settings at {path}", f"Check {PREFIX}SETTINGS.")
    try:
        _refuse_unknown(path)
        return KeeperSettings(**overrides)
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(map(str, problem["loc"])) or "settings"
        what = problem["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"{name}: {what}", f"See {path} and {PREFIX}…") from None
    except (SettingsError, ValueError) as error:  # a damaged file, or JSON that is none
        raise InvalidInput(f"settings cannot be read: {error}", f"Repair {path}.") from None


def _file() -> Path:
    return Path(os.environ.get(f"{PREFIX}SETTINGS", FILE))


def _refuse_unknown(path: Path) -> None:
    """A misspelt name would silently leave the default in place."""
    if not path.is_file():
        return
    given = TomlConfigSettingsSource(KeeperSettings, path)()
    unknown = sorted(set(given) - set(KeeperSettings.model_fields))
    if unknown:
        raise InvalidInput(f"{path}: unknown setting {unknown[0]!r}", "See docs/keeping.md.")
