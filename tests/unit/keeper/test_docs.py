"""docs/keeping.md says all that there is to set and to see."""

from __future__ import annotations

from pathlib import Path

from bulkhead.keeper.metrics import Metrics
from bulkhead.settings import KeeperSettings

TEXT = Path("docs/keeping.md").read_text("utf-8")


def test_settings__every_one__has_its_row():
    for name, field in KeeperSettings.model_fields.items():
        assert f"| `{name}` |" in TEXT, name
        assert str(field.description) in TEXT, name


def test_metrics__every_one__is_named():
    for metric in Metrics().registry.collect():
        name = metric.name.removeprefix("bulkhead")
        assert (
            f"`bulkhead{name}" in TEXT
            or f"`{name.replace('_items', '')}`" in TEXT
            or (f"`{name}`" in TEXT)
        ), metric.name
