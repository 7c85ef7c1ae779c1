"""What can be proved of the rules, for all numbers within the bounds of docs/mechanics.md."""
