"""What every operation costs, measured on a local node; `scripts/bench.py` is its command line."""
