"""Who may call what: every external function of every contract, none left out."""

from __future__ import annotations

import pytest

from bulkhead.model import MAX_UINT256, WAD
from tests.node import revert_reason
from tests.regression.surface import methods, payload, some_arguments

# ---- the table: a new function has to be put into it ----

VAULT = {
    "owner or operator": {"adjust_position", "close_position", "move_margin"},
    "owner, or who has his allowance": {"transferFrom", "withdraw", "redeem"},
    "owner's signature": {"permit", "permit_operator"},
    "anyone, for himself": {"claim", "set_operator", "transfer", "approve"},
    "anyone, who pays for it": {"add_margin", "deposit", "mint"},
    "anyone": {
        "liquidate",
        "settle_position",
        "call_margin",
        "accrue",
        "report_dead_oracle",
        "wind_down",
        "collect_protocol_fees",
    },
    "guardian": {
        "tighten_limits",
        "schedule_limits",
        "apply_limits",
        "transfer_guardian",
        "renounce_guardian",
    },
    "pending guardian": {"accept_guardian"},
    "view": {
        "get_position",
        "get_market",
        "get_health",
        "get_params",
        "get_limits",
        "get_scheduled_limits",
        "is_operator",
        "claimable",
        "protocol_fees",
        "protocol_fee_share",
        "guardian",
        "pending_guardian",
        "name",
        "symbol",
        "decimals",
        "totalSupply",
        "balanceOf",
        "allowance",
        "lock_of",
        "DOMAIN_SEPARATOR",
        "nonces",
        "asset",
        "totalAssets",
        "convertToShares",
        "convertToAssets",
        "previewDeposit",
        "previewMint",
        "previewWithdraw",
        "previewRedeem",
        "maxDeposit",
        "maxMint",
        "maxWithdraw",
        "maxRedeem",
    },
}
FACTORY = {
    "anyone": {"create_vault", "create_oracle"},
    "factory owner": {
        "set_protocol_fee",
        "set_adapter",
        "transfer_ownership",
        "renounce_ownership",
    },
    "pending factory owner": {"accept_ownership"},
    "view": {
        "VAULT_BLUEPRINT",
        "protocol_fee_share",
        "fee_recipient",
        "vault_count",
        "vault_at",
        "is_vault",
        "is_verified",
        "asset_vault_count",
        "asset_vault_at",
        "is_known_adapter",
        "is_known_oracle",
        "owner",
        "pending_owner",
    },
}
LENS = {
    "anyone": {
        "liquidate_many",
        "settle_many",
        "call_margin_many",
        "execute_many",
        "get_pairs",
        "preview_adjustment",
        "rehearse",
    },
    "view": {
        "FACTORY",
        "ORDER_BOOK",
        "REHEARSAL",
        "get_healths",
        "get_holdings",
        "get_accounts",
    },
}
ORDER_BOOK = {
    "signer's signature": {"execute", "execute_with_permit"},
    "anyone, for himself": {"cancel", "cancel_all"},
    "anyone, always taken back": {"simulate", "try_call"},
    "view": {"FACTORY", "order_status", "epoch_of", "order_digest"},
}
ROUTER = {
    "anyone, for himself": {"adjust_position", "close_positions", "deposit"},
    "view": {"FACTORY"},
}
CHAINLINK = {"view": {"price_band", "get_config"}}

REFUSALS = {
    "owner or operator": "vault: not owner or operator",
    "owner, or who has his allowance": "vault: allowance too low",
    "owner's signature": "vault: signature invalid",
    "guardian": "vault: not guardian",
    "pending guardian": "vault: not pending guardian",
    "factory owner": "ownable: caller is not the owner",
    "pending factory owner": "ownable_2step: caller is not the new owner",
}


@pytest.fixture(scope="module")
def vault(yard, lp, guardian):
    """With a position 1 of the trader's, and unlocked shares of the LP's."""
    vault = yard.create(guardian=guardian.address)
    node = yard.node
    for account in (lp, yard.creator):
        node.send(yard.owner, yard.token, "mint", account, 10**12)
        node.send(account, yard.token, "approve", vault, MAX_UINT256)
    node.send(lp, vault, "deposit", 10**11)
    node.send(yard.creator, vault, "adjust_position", 1, WAD, 300 * 10**6, MAX_UINT256)
    node.mine(node.now + 7_200)
    return vault


def class_of(table, name):
    (found,) = [group for group, names in table.items() if name in names]
    return found


@pytest.mark.parametrize(
    ("contract", "table"),
    [
        ("PairVault", VAULT),
        ("VaultFactory", FACTORY),
        ("VaultLens", LENS),
        ("OrderBook", ORDER_BOOK),
        ("Router", ROUTER),
        ("ChainlinkOracle", CHAINLINK),
    ],
)
def test_c4__every_selector__is_classified(project, contract, table):
    """Several in 2026: a function that was added, exported from a library or left from a test, and
    that anyone could call. Nothing here is callable that nobody has thought about."""
    abis = list(getattr(project, contract).contract_type.methods)
    classified = [name for names in table.values() for name in names]
    assert len(classified) == len(set(classified)), "in two classes"
    assert {abi.name for abi in abis} == set(classified)
    for abi in abis:
        assert (class_of(table, abi.name) == "view") == (not abi.is_stateful), abi.selector
        # a short form is the long one with defaults, not another function of that name
        longest = max(
            (other for other in abis if other.name == abi.name), key=lambda o: len(o.inputs)
        )
        given = [item.canonical_type for item in abi.inputs]
        assert given == [item.canonical_type for item in longest.inputs][: len(given)]


def test_c4__fallback__there_is_none(project):
    """A call of an unknown selector, or plain ether, is refused."""
    names = "PairVault", "VaultFactory", "ChainlinkOracle", "OrderBook", "VaultLens", "Router"
    for contract in (getattr(project, name) for name in names):
        kinds = {item.type for item in contract.contract_type.abi}
        assert kinds <= {"constructor", "function", "event"}
        assert not [abi for abi in contract.contract_type.methods if abi.is_payable]


def test_c4__restricted_functions__refuse_a_stranger(yard, vault, attacker, trader, lp):
    """Whatever account a stranger names as owner; each restricted selector with an owner in it."""
    count = 0
    for contract, table in ((vault, VAULT), (yard.factory, FACTORY)):
        for abi in methods(contract, is_view=False):
            group = class_of(table, abi.name)
            inputs = {item.name for item in abi.inputs}
            if group not in REFUSALS or (group.startswith("owner") and "owner" not in inputs):
                continue
            victim = lp if group == "owner, or who has his allowance" else trader
            named = {"owner": victim.address, "deadline": MAX_UINT256, "position_id": 1}
            named |= {"max_utilisation": 0, "initial_ratio": WAD}
            named |= {"max_shares": MAX_UINT256, "min_assets": 0}
            arguments = some_arguments(abi, attacker.address, 10**6, named)
            call = {
                "from": attacker.address,
                "to": contract.address,
                "data": "0x" + payload(abi, arguments).hex(),
                "gas": hex(10**7),
            }
            receipt = yard.node.request("eth_sendTransactionSync", call)
            trace = yard.node.request(
                "debug_traceTransaction",
                receipt["transactionHash"],
                {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}},
            )
            output = bytes.fromhex(trace.get("output", "0x")[2:])
            assert int(receipt["status"], 16) == 0, abi.selector
            assert revert_reason(output) == REFUSALS[group], abi.selector
            count += 1
    assert count >= 20
