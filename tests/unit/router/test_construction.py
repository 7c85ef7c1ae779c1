"""A router belongs to one factory."""

from __future__ import annotations

import ape


def test_init__factory__kept(desk):
    assert desk.router.FACTORY() == desk.factory.address


def test_init__no_contract__reverts(project, owner, trader):
    with ape.reverts("router: no factory"):
        owner.deploy(project.Router, trader)
