"""Checks of the repository: style, sizes, layouts, ABIs; formatting and linting of Vyper."""
