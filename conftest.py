"""Set-up for every pytest run, before Ape connects to anything."""

from __future__ import annotations

import os
from pathlib import Path

import ape.exceptions
import ape.logging
import ape_ethereum.trace

# ape-foundry finds Anvil on PATH only.
BINARIES = Path(__file__).parent / "node_modules" / ".bin"
os.environ["PATH"] = f"{BINARIES}{os.pathsep}{os.environ.get('PATH', '')}"

# Ape traces every reverted call to draw a picture of it that no test looks at: without, reverts are
# ten times faster. `ape.reverts(dev_message=...)` does not work then; reason strings do.
ape_ethereum.trace.Trace.show = lambda *args, **kwargs: None
ape.exceptions._get_ape_traceback_from_tx = lambda *args: None

# What Ape tells of its own doings would stand among what a command under test prints.
ape.logging.logger.set_level("WARNING")
