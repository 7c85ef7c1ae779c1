"""One of each mock token, with balances and an infinite allowance of `lp` for `trader`."""

from __future__ import annotations

import pytest

from tests.real import deploy_token

NAMES = {
    "MockToken": ("Mock", "MOCK", 6),
    "MockTokenNoReturn": ("Mock", "MOCK", 6),
    "MockTokenFalse": ("Mock", "MOCK", 6),
    "MockTokenFee": ("Mock", "MOCK", 6, 0),
    "MockTokenBlacklist": (),
    "MockTokenHooked": ("Mock", "MOCK", 6),
    "MockTokenRebasing": ("Mock", "MOCK", 6),
}
SUPPLY = 10**12


@pytest.fixture
def make_token(project, owner, lp):
    """Deploy a mock token by name; `lp` holds the supply."""

    def make(name, *arguments):
        token = owner.deploy(getattr(project, name), *(arguments or NAMES[name]))
        token.mint(lp, SUPPLY, sender=owner)
        return token

    return make


@pytest.fixture(params=list(NAMES))
def token(request, make_token):
    """Each mock token in turn, oddity switched off."""
    return make_token(request.param)


@pytest.fixture
def openzeppelin(owner, lp):
    token = deploy_token(owner, SUPPLY)
    token.transfer(lp, SUPPLY, sender=owner)
    return token
