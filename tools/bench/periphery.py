"""Scenes of the contracts around the vault that are nobody's counterparty: lens and router."""

from __future__ import annotations

from dataclasses import replace

from bulkhead.model.types import WAD
from tools.bench.contracts import Contract, compiled
from tools.bench.market import BUY_BOUND, INFINITE, PRICE, USDC, Market, person
from tools.bench.node import NodeError, Transaction

BATCH = 10  # positions


def deploy_lens(market: Market) -> Contract:
    """Over the market's factory, without an order book."""
    node, owner, factory = market.node, person("owner"), market.factory.address
    blueprint, _ = compiled("Rehearsal").deploy_blueprint(node, owner)
    return compiled("VaultLens").deploy(node, owner, factory, factory, blueprint)


def liquidate_in_batch(market: Market) -> Transaction:
    """All of one of ten positions in a batch: a tenth of the transaction."""
    traders = [market.fund(person("trader", number)) for number in range(BATCH)]
    for trader in traders:
        market.open(trader, 1, 10 * WAD, 2_000 * USDC)
    lens = deploy_lens(market)
    market.go_to(PRICE * 0.9)
    keys = [(market.vault.address, trader, 1) for trader in traders]
    done = lens.send(person("keeper"), "liquidate_many", keys, elapsed=12)
    if any(market.vault.view("get_position", trader, 1)[0] for trader in traders):
        raise NodeError("liquidate_in_batch: one was not closed")
    return replace(done, gas_used=done.gas_used // BATCH)


def open_by_router(market: Market) -> Transaction:
    """A user who has allowed the router and made it an operator before: no permits."""
    trader = market.fund(person("trader"))
    router = compiled("Router").deploy(market.node, person("owner"), market.factory.address)
    market.token.send(trader, "approve", router.address, INFINITE)
    market.vault.send(trader, "set_operator", router.address, True)
    terms = (market.vault.address, 1, 10 * WAD, 2_000 * USDC, BUY_BOUND)
    no_permit = (0, 0, 0, bytes(32), bytes(32))
    return router.send(trader, "adjust_position", *terms, no_permit, [], elapsed=12)
