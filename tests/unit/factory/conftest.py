"""A factory for every test, without vaults."""

from __future__ import annotations

import pytest

from tests.factory_kit import Yard, build_yard


@pytest.fixture(scope="module")
def yard(chain, project, owner, trader, recipient, lp, guardian, attacker) -> Yard:
    """Built once per module; the chain goes back to it after every test. The creator is a trader:
    anyone may create."""
    return build_yard(chain, project, owner, trader, recipient)
