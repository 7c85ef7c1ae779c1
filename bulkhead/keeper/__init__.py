"""A keeper: on every block it finds what is due in the pairs it watches, and does it.

`scout` says what is due, `plan` which of it is worth a transaction now, `send` signs and sends,
`reconcile` finds out what became of it, `journal` keeps all that in one SQLite file so that a kill
at any point loses and doubles nothing, `loop` runs it block after block. `build` puts a keeper
together from `bulkhead.settings`.
"""
