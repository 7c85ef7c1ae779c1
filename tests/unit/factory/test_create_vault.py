"""`create_vault`: what a creation leaves behind, and what it is bound to."""

from __future__ import annotations

from bulkhead.model import MAX_UINT256, WAD
from tests.factory_kit import PRICE, SEED, SEED_HOLDER
from tests.node import revert_reason

SHARES_PER_UNIT = 1_000  # share decimals are three more than the asset's


# ---- success ----


def test_create_vault__by_anyone__has_the_parameters_asked_for(yard, guardian):
    params = yard.params(guardian=guardian.address, name="Some pair", symbol="SP", lp_lockup=77)
    vault = yard.create(guardian=guardian.address, name="Some pair", symbol="SP", lp_lockup=77)
    assert yard.node.view(vault, "get_params") == tuple(
        value.lower() if isinstance(value, str) and value.startswith("0x") else value
        for value in params.values()
    )
    assert vault.asset() == yard.token
    assert vault.guardian() == guardian
    assert (vault.name(), vault.symbol()) == ("Some pair", "SP")
    assert tuple(vault.get_limits()) == (params["max_utilisation"], params["initial_ratio"], False)


def test_create_vault__success__answer_is_registered(yard):
    vault = yard.create()
    assert yard.factory.vault_count() == 1
    assert yard.factory.vault_at(0) == vault
    assert yard.factory.is_vault(vault)
    assert yard.factory.asset_vault_count(yard.token) == 1
    assert yard.factory.asset_vault_at(yard.token, 0) == vault


def test_create_vault__second_asset__registered_under_its_own(yard, project):
    other = yard.owner.deploy(project.MockToken, "Other", "O", 18)
    yard.fund(yard.creator, other)
    vaults = [
        yard.create(),
        yard.create(asset=other.address),
        yard.create(name="Another pair of the same asset"),
    ]
    assert [yard.factory.vault_at(i) for i in range(3)] == vaults
    assert yard.factory.asset_vault_count(yard.token) == 2
    assert [yard.factory.asset_vault_at(yard.token, i) for i in range(2)] == [vaults[0], vaults[2]]
    assert yard.factory.asset_vault_at(other, 0) == vaults[1]
    assert yard.factory.asset_vault_count(other) == 1


def test_create_vault__success__event(yard):
    receipt = yard.attempt()
    vault = yard.vault_of(receipt)
    assert yard.events(receipt) == [
        (
            "VaultCreated",
            {
                "vault": vault.address,
                "asset": yard.token.address,
                "creator": yard.creator.address,
                "oracle": yard.oracle.address,
                "is_verified": False,
                "protocol_fee_share": 0,
                "seed_assets": SEED,
            },
        )
    ]


def test_create_vault__success__seeded_by_the_creator(yard):
    before = yard.token.balanceOf(yard.creator)
    vault = yard.create()
    assert yard.token.balanceOf(yard.creator) == before - SEED
    assert yard.token.balanceOf(vault) == SEED
    assert vault.get_market().pool == SEED
    assert vault.totalSupply() == vault.balanceOf(SEED_HOLDER) == SEED * SHARES_PER_UNIT
    # nothing stays with the factory, and nothing can be drawn from it
    assert yard.token.balanceOf(yard.factory) == 0
    assert yard.token.allowance(yard.factory, vault) == 0


def test_create_vault__seed_shares__never_move(yard, attacker):
    vault = yard.create()
    yard.node.mine(yard.node.now + 31 * 86_400)
    for function, arguments in (
        ("transferFrom", (SEED_HOLDER, attacker, 1)),
        ("redeem", (SHARES_PER_UNIT, attacker, SEED_HOLDER)),
        ("withdraw", (1, attacker, SEED_HOLDER)),
    ):
        receipt = yard.node.attempt(attacker, vault, function, *arguments)
        assert revert_reason(receipt.output) == "vault: allowance too low"
    # an address without a key and without code signs nothing: the call to it has no answer
    permit = (SEED_HOLDER, attacker, 1, MAX_UINT256, 27, b"\1" * 32, b"\1" * 32)
    assert not yard.node.attempt(attacker, vault, "permit", *permit).is_success
    assert vault.balanceOf(SEED_HOLDER) == vault.totalSupply()


def test_create_vault__known_oracle__verified(yard):
    receipt = yard.attempt(oracle=yard.make_oracle())
    vault = yard.vault_of(receipt)
    assert yard.factory.is_verified(vault)
    ((_, created),) = yard.events(receipt)
    assert created["is_verified"]
    assert yard.node.view(vault, "get_health", yard.creator, 1)[0] == 0  # the vault can read it


def test_create_vault__unknown_oracle__registered_but_not_verified(yard):
    vault = yard.create()
    assert yard.factory.is_vault(vault)
    assert not yard.factory.is_verified(vault)


def test_create_vault__adapter_no_longer_known__its_oracles_still_verify(yard):
    oracle = yard.make_oracle()
    yard.factory.set_adapter(yard.adapter, False, sender=yard.owner)
    assert yard.factory.is_verified(yard.create(oracle=oracle))


def test_create_vault__protocol_fees__go_to_the_factorys_recipient(yard, trader, lp):
    yard.factory.set_protocol_fee(WAD // 10, yard.recipient, sender=yard.owner)
    vault = yard.create()
    yard.fund(trader)
    yard.token.approve(vault, MAX_UINT256, sender=trader)
    yard.node.send(trader, vault, "adjust_position", 1, WAD // 100, 25 * 10**6, MAX_UINT256)
    owed = vault.protocol_fees()
    assert owed > 0
    yard.node.send(lp, vault, "collect_protocol_fees")
    assert yard.token.balanceOf(yard.recipient) == owed


# ---- what the address is bound to ----


def test_create_vault__address__is_bound_to_creator_and_parameters(yard, attacker):
    yard.fund(attacker)
    params = yard.params()
    assert yard.create() == yard.vault_address(yard.creator, params)
    assert yard.create(sender=attacker) == yard.vault_address(attacker, params)
    params = yard.params(lp_lockup=1)
    assert yard.create(lp_lockup=1) == yard.vault_address(yard.creator, params)


def test_create_vault__address__is_bound_to_the_fee_share_of_birth(yard):
    yard.factory.set_protocol_fee(WAD // 5, yard.recipient, sender=yard.owner)
    expected = yard.vault_address(yard.creator, yard.params(), WAD // 5)
    assert yard.create() == expected


def test_create_vault__price_terms_and_seed__do_not_change_the_address(yard):
    expected = yard.vault_address(yard.creator, yard.params())
    assert yard.create(seed=2 * SEED, expected_price=PRICE + 1, tolerance=WAD) == expected


def test_create_vault__same_creation_twice__refused(yard):
    yard.create()
    yard.refuse("")


def test_create_vault__same_creation_with_another_seed__refused(yard):
    yard.create()
    yard.refuse("", seed=2 * SEED)


def test_create_vault__same_parameters_of_another_creator__another_vault(yard, attacker):
    yard.fund(attacker)
    assert yard.create() != yard.create(sender=attacker)
    assert yard.factory.vault_count() == 2


def test_create_vault__front_run__goes_to_the_same_address(yard, attacker):
    expected = yard.vault_address(yard.creator, yard.params())
    yard.fund(attacker)
    copied = yard.create(sender=attacker, seed=SEED // 2)
    assert copied != expected
    vault = yard.create()
    assert vault == expected
    assert vault.totalSupply() == SEED * SHARES_PER_UNIT
