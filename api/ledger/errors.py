"""What the ledger refuses; nothing was written. `api.http.ledger` maps each to an HTTP problem."""


class LedgerRefusalError(Exception):
    """A write or a read that the ledger refuses."""


class LedgerAwayError(LedgerRefusalError):
    """The database or its disk cannot be reached, or the ledger is closed."""


class LedgerBusyError(LedgerRefusalError):
    """Too many commands wait already."""


class InProgressError(LedgerRefusalError):
    """A command with the same idempotency key is still running."""


class KeyReusedError(LedgerRefusalError):
    """The idempotency key was used before, with another request."""
