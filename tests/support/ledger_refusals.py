"""What a ledger that is away must do, told in one place for both databases."""

from __future__ import annotations

import pytest

from api.decisions.commands import Decide
from api.http.problem_kinds import LEDGER_AWAY
from api.http.problems import ProblemError
from api.ledger.writer import Ledger


def refused(ledger: Ledger, ask: Decide) -> None:
    with pytest.raises(ProblemError) as error:
        ledger.write_now(ask)
    assert error.value.kind == LEDGER_AWAY
    assert ledger.fault is not None


def count(ledger: Ledger) -> int:
    with ledger.read() as view:
        return len(view.entries_where())
