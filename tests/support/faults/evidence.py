"""What clients were told against what the ledger holds: nothing lost, nothing twice."""

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
#: A request that nobody waits for any more has ended by then.
_RUNS_SECONDS = 20.0


@dataclass(frozen=True)
class Evidence:
    """What a fault left behind.

    Attributes
    ----------
    acknowledged : int
        Decisions that a client was answered with.
    lost : int
        Of these, not in the ledger as they were answered.
    duplicated : int
        Decisions that stand in the ledger twice: by id, or by question.
    differing_retries : int
        Retries under the same key that were not answered with the same bytes.
    verified : bool
        Whether ``rongzi verify-ledger`` finds the chain whole.
    """

    acknowledged: int
    lost: int
    duplicated: int
    differing_retries: int
    verified: bool

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return self.verified and not (self.lost or self.duplicated or self.differing_retries)

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.lost} lost, {self.duplicated} duplicated,"
            f" {self.differing_retries} retries answered otherwise,"
            f" ledger {'verifies' if self.verified else 'DOES NOT VERIFY'}"
        )


def evidence(
    running: Running, plan: Plan, figures: Mapping[str, Any], environment: Mapping[str, str]
) -> Evidence:
    """Hold the answers of a load against the ledger of the service that runs now.

    Every answer is sought in the ledger; some `_RETRIES` keys, and all whose answer never came, are
    asked again.
    """
    kept = figures["kept"]
    held = _decisions(running.home, environment.get("RONGZI_DATABASE_URL"))
    told = [json.loads(body) for _, body in kept]
    questions = [body["question"] for body in held.values()]
    sample = kept[:: max(1, len(kept) // _RETRIES)]
    for key in figures["unanswered"][:_RETRIES]:
        json.loads(_retried(running, plan, key))["decision_id"]
    return Evidence(
        acknowledged=len(kept),
        lost=sum(held.get(each["decision_id"], {}).get("answer") != each for each in told),
        duplicated=len(questions) - len(set(questions)) + _twice(told),
        differing_retries=sum(_retried(running, plan, key) != body for key, body in sample),
        verified=verifies(running.home, environment),
    )


def verifies(home: Path, environment: Mapping[str, str]) -> bool:
    """Return what ``rongzi verify-ledger`` says by its exit code."""
    command = [sys.executable, "-m", "cli.main", "verify-ledger"]
    told = {**os.environ, "RONGZI_HOME": str(home), **environment}
    return subprocess.run(command, env=told, capture_output=True, check=False).returncode == 0


def _decisions(home: Path, url: str | None) -> dict[str, dict[str, object]]:
    engine = open_engine(database_url(url, home / "ledger" / "ledger.db"), writes=False)
    wanted = select(entries.c.decision_id, entries.c.body).where(entries.c.kind == "DECISION")
    with engine.connect() as connection:
        rows = connection.execute(wanted).all()
    engine.dispose()
    found = {str(row.decision_id): json.loads(row.body) for row in rows}
    if len(found) < len(rows):
        raise RuntimeError("a decision id stands in the ledger twice")
    return found


def _twice(told: list[dict[str, object]]) -> int:
    # Each request asked another question, so no two answers may be the same decision.
    return len(told) - len({each["decision_id"] for each in told})


def asked_again(running: Running, plan: Plan, key: str) -> tuple[int, str]:
    """Ask again what was asked under `key`; return status and text.

    While the first request still runs the answer is 409, and one asks again a moment later.
    """
    body = plan.body(int(key.rpartition("-")[2]))
    ends = time.monotonic() + _RUNS_SECONDS
    while True:
        status, text = running.post(plan.path, body, key)
        if status != 409 or time.monotonic() > ends:
            return status, text
        time.sleep(0.05)


def _retried(running: Running, plan: Plan, key: str) -> str:
    return asked_again(running, plan, key)[1]
