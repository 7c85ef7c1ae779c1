"""Mutation testing of the vault: small faults put into its source, and who notices them."""
