"""Shared by the tests of sending."""

KEY = "0x" + "5c" * 32  # that no node knows
