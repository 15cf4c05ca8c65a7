"""What a ledger that cannot be written must do, for the tests of both databases."""

from __future__ import annotations

import pytest

from api.decisions.commands import Decide
from api.ledger.errors import LedgerAwayError
from api.ledger.writer import Ledger


def refused(ledger: Ledger, ask: Decide) -> None:
    with pytest.raises(LedgerAwayError):
        ledger.write_now(ask)
    assert ledger.fault is not None


def count(ledger: Ledger) -> int:
    with ledger.read() as view:
        return len(view.entries_where())
