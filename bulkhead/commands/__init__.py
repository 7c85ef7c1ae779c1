"""Commands that are too many for one script; `ape run trade` has them all."""
