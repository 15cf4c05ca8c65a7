"""Refusals of the ledger, which then writes nothing; `api.http.ledger` maps them to problems."""


class LedgerRefusalError(Exception):
    """The ledger refuses a write or a read."""


class LedgerAwayError(LedgerRefusalError):
    """The database or its disk is not available, or the ledger is closed."""


class LedgerBusyError(LedgerRefusalError):
    """The queue of commands is full."""


class InProgressError(LedgerRefusalError):
    """A command with the same idempotency key is still running."""


class KeyReusedError(LedgerRefusalError):
    """The idempotency key was used with another request."""
