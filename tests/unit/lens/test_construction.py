"""What a lens is made from."""

from __future__ import annotations

import ape


def test_constructor__as_given(lens, yard):
    assert lens.contract.FACTORY() == yard.factory
    assert lens.contract.ORDER_BOOK() == yard.factory  # of these tests
    assert lens.contract.REHEARSAL().startswith("0x")


def test_constructor__account_without_code__reverts(owner, project, yard, attacker):
    factory, blueprint = yard.factory, yard.blueprint
    with ape.reverts("lens: no factory or order book"):
        owner.deploy(project.VaultLens, attacker, factory, blueprint)
    with ape.reverts("lens: no factory or order book"):
        owner.deploy(project.VaultLens, factory, attacker, blueprint)
    with ape.reverts("lens: no blueprint"):
        owner.deploy(project.VaultLens, factory, factory, attacker)
