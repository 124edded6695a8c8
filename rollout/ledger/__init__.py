"""Who still calls which version: each call is counted in this process, and written in batches by a thread of it.

`middleware` makes a call of a request and its answer and puts it into the `tally`, in memory; `process` has the thread
that writes what is there every LEDGER_FLUSH_SECONDS, and once more at the end; `store` adds a batch to the rows, in one
short transaction; `places` keeps clients to LEDGER_CLIENTS a day; `retention` removes what is too old.
"""
