"""Compare the answers of clients with the ledger: no decision lost, none twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.ledger.database import database_url, open_engine
from api.ledger.tables import entries
from tests.support.load.client import Plan
from tests.support.service.running import Running

_RETRIES = 200
#: A request whose client left has ended within this time.
_REQUEST_SECONDS = 20.0


@dataclass(frozen=True)
class Evidence:
    """State of ledger and answers after a fault.

    Attributes
    ----------
    acknowledged : int
        Decisions that a client received.
    lost : int
        Of these, missing in the ledger or stored differently.
    duplicated : int
        Decisions that are in the ledger twice, by id or by question.
    differing_retries : int
        Retries under the same key that got other bytes.
    verified : bool
        Whether ``rongzi verify-ledger`` finds the chain complete.
    """

    acknowledged: int
    lost: int
    duplicated: int
    differing_retries: int
    verified: bool

    @property
    def holds(self) -> bool:
        """Whether the promise holds."""
        return self.verified and not (self.lost or self.duplicated or self.differing_retries)

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.lost} lost, {self.duplicated} duplicated,"
            f" {self.differing_retries} retries answered differently,"
            f" ledger {'verifies' if self.verified else 'DOES NOT VERIFY'}"
        )


def collect_evidence(
    running: Running, plan: Plan, figures: Mapping[str, Any], environment: Mapping[str, str]
) -> Evidence:
    """Compare the answers of a load with the ledger of the running service.

    Every answer is looked up in the ledger. About `_RETRIES` answered requests, and as many
    unanswered ones, are sent again.
    """
    answered = figures["collected"]
    stored = _decisions(running.home, environment.get("RONGZI_DATABASE_URL"))
    answers = [json.loads(body) for _, body in answered]
    questions = [body["question"] for body in stored.values()]
    sample = answered[:: max(1, len(answered) // _RETRIES)]
    for key in figures["unanswered"][:_RETRIES]:
        json.loads(retry(running, plan, key)[1])["decision_id"]
    return Evidence(
        acknowledged=len(answered),
        lost=sum(stored.get(each["decision_id"], {}).get("answer") != each for each in answers),
        duplicated=len(questions) - len(set(questions)) + _repeated(answers),
        differing_retries=sum(retry(running, plan, key)[1] != body for key, body in sample),
        verified=verifies(running.home, environment),
    )


def verifies(home: Path, environment: Mapping[str, str]) -> bool:
    """Whether ``rongzi verify-ledger`` succeeds on `home`."""
    command = [sys.executable, "-m", "cli.main", "verify-ledger"]
    variables = {**os.environ, "RONGZI_HOME": str(home), **environment}
    return subprocess.run(command, env=variables, capture_output=True, check=False).returncode == 0


def _decisions(home: Path, url: str | None) -> dict[str, dict[str, object]]:
    engine = open_engine(database_url(url, home / "ledger" / "ledger.db"), writes=False)
    wanted = select(entries.c.decision_id, entries.c.body).where(entries.c.kind == "DECISION")
    with engine.connect() as connection:
        rows = connection.execute(wanted).all()
    engine.dispose()
    found = {str(row.decision_id): json.loads(row.body) for row in rows}
    if len(found) < len(rows):
        raise RuntimeError("a decision id is in the ledger twice")
    return found


def _repeated(answers: list[dict[str, object]]) -> int:
    # Each request asked another question, so no two answers may be the same decision.
    return len(answers) - len({each["decision_id"] for each in answers})


def retry(running: Running, plan: Plan, key: str) -> tuple[int, str]:
    """Send the request of `key` again; return status and body.

    The answer is 409 while the first request still runs; then the retry is repeated.
    """
    body = plan.body(int(key.rpartition("-")[2]))
    ends = time.monotonic() + _REQUEST_SECONDS
    while True:
        status, text = running.post(plan.path, body, key)
        if status != 409 or time.monotonic() > ends:
            return status, text
        time.sleep(0.05)
