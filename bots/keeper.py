"""The keeper as a Silverback bot: `silverback run bots.keeper --network … --account …`.

The same library and settings as `ape run keeper`. Silverback starts again from the head and ends
when its node is gone; the keeper's own journal and index make up for what happened meanwhile, so
that a supervisor need only start it again. One bot works with one key: to scale out, start several
with keys of their own and `BULKHEAD_SHARE=1/3`, `2/3` and `3/3`.
"""

from __future__ import annotations

from ape import chain
from silverback import SilverbackBot

from bulkhead.client.accounts import connected_node, unlock
from bulkhead.keeper.build import build, configure_log
from bulkhead.keeper.loop import Keeper
from bulkhead.keeper.signing import ApeSigner
from bulkhead.settings import load_settings

bot = SilverbackBot(signer_required=True)
keepers: list[Keeper] = []


@bot.on_startup()
async def start(_):
    """On the thread that the blocks come in on, as SQLite wants it."""
    settings = load_settings()
    if not settings.rpc_urls:
        settings = load_settings(rpc_urls=[connected_node().uri])
    configure_log(settings)
    keeper = build(settings, ApeSigner(unlock(bot.signer)))
    keeper.start()
    keepers.append(keeper)


@bot.on_(chain.blocks)
async def keep(_):
    """What comes back is recorded by Silverback as metrics."""
    done = keepers[0].attempt()
    if done is None:
        return {}
    return {
        "watched": done.found.watched,
        "due": len(done.found.items),
        "sent": sum(len(batch.call.items) for batch in done.sent),
        "won": sum(len(one.won) for one in done.settled),
        "lost": sum(len(one.lost) for one in done.settled),
    }


@bot.on_shutdown()
async def stop():
    while keepers:
        keepers.pop().close()
