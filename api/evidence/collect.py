"""Collect the evidence of a case from the ledger and the published cards."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import and_, or_, select

from api.cases.case import member_named, state_body
from api.cases.state import DecisionState
from api.consent.consent import CONSENT
from api.decisions.caps import BEYOND_CAP, BEYOND_GROUP_CAPS
from api.decisions.profiles import ProfileErasedError, stored_profile
from api.decisions.rulings import RULINGS
from api.evidence.bundle import (
    ACCESSES,
    CARD,
    CARD_MANIFEST,
    DECISION,
    ENTRIES,
    INPUTS,
    POLICY,
    SEALS,
    manifest_of,
    pack,
    signed_bytes,
    to_lines,
)
from api.http.problem_kinds import UNKNOWN_DECISION
from api.http.problems import ProblemError
from api.ledger.chain import AUDIT_COLUMNS
from api.ledger.checkpoints import Checkpoint
from api.ledger.commands import View
from api.ledger.entries import Entry
from api.ledger.tables import accesses, checkpoints, entries
from api.visits.visits import VISITED, VISITS
from data.publishing.published_card import cards_folder
from model.card.card_file import MANIFEST as CARD_MANIFEST_FILE

#: What a decision was made from, as its entry holds it.
INPUT_FIELDS = (
    "question", "asked_on", "request", "as_of", "edition_digest", "policy_digest", "card_digest",
    "consent_at_that_moment", "profile", "edition_age", "ruling",
    BEYOND_CAP, BEYOND_GROUP_CAPS, VISITS,
)  # fmt: skip


def evidence_of(
    view: View, decision_id: str, home: Path, made_by: str, sign: Callable[[bytes], bytes]
) -> bytes:
    """Return the signed bundle of a case as a ZIP file.

    Raises
    ------
    ProblemError
        If the ledger has no such decision.
    """
    of_decision = view.entries_of_decision(decision_id)
    if not of_decision:
        raise ProblemError(UNKNOWN_DECISION)
    decided = of_decision[0]
    rows = _entry_rows(view, decided)
    files = {
        DECISION: _json(_decision(view, of_decision)),
        INPUTS: _json(_inputs(view, decided)),
        **_versions(view, decided, home),
        ENTRIES: to_lines(rows),
        SEALS: to_lines(_seals(view, [int(row["seq"]) for row in rows])),
        ACCESSES: to_lines(_accesses(view, decision_id)),
    }
    case = {"decision_id": decision_id, "made_at": view.now.isoformat(), "made_by": made_by}
    manifest = manifest_of(case, files)
    return pack(files, manifest, sign(signed_bytes(manifest)))


def _inputs(view: View, decided: Entry) -> Mapping[str, Any]:
    """Return what the decision was made from, the exact profile opened; None after erasure."""
    inputs = {name: decided.body.get(name) for name in INPUT_FIELDS}
    try:
        return inputs | {"profile": stored_profile(view, decided)}
    except ProfileErasedError:
        return inputs


def _decision(view: View, of_decision: Sequence[Entry]) -> Mapping[str, Any]:
    state = DecisionState.of(of_decision)
    return {
        **member_named(view.identities.person(state.subject_id)),
        "state": state_body(state, view.now),
        "answer": state.answer,
    }


def _versions(view: View, decided: Entry, home: Path) -> dict[str, bytes]:
    card, policy = (str(decided.body[f"{kind}_digest"]) for kind in ("card", "policy"))
    files = {CARD: view.version(card) or b"", POLICY: view.version(policy) or b""}
    manifest = cards_folder(home) / card[:16] / CARD_MANIFEST_FILE
    return files | ({CARD_MANIFEST: manifest.read_bytes()} if manifest.is_file() else {})


def _entry_rows(view: View, decided: Entry) -> list[Mapping[str, Any]]:
    """Return the stored rows of the decision, and of what bears on it: consent, visits, rulings."""
    of_case = entries.c.decision_id == decided.decision_id
    of_member = entries.c.subject_id == decided.subject_id
    bearing = and_(of_member, entries.c.kind.in_((*CONSENT, *VISITED, *RULINGS)))
    statement = select(entries).where(or_(of_case, bearing)).order_by(entries.c.seq)
    return [dict(row) for row in view.connection.execute(statement).mappings()]


def _seals(view: View, seqs: Sequence[int]) -> list[Mapping[str, Any]]:
    """Return the checkpoint that covers each of the entries `seqs`, each once."""
    found: dict[int, Mapping[str, Any]] = {}
    for seq in seqs:
        statement = select(checkpoints).where(checkpoints.c.seq >= seq)
        row = view.connection.execute(statement.order_by(checkpoints.c.seq).limit(1)).mappings()
        for each in row:
            found[each["seq"]] = asdict(Checkpoint.of_row(dict(each)))
    return list(found.values())


def _accesses(view: View, decision_id: str) -> list[Mapping[str, Any]]:
    before = accesses.alias()
    statement = (
        select(accesses, before.c.digest.label("previous"))
        .join(before, before.c.number == accesses.c.number - 1, isouter=True)
        .where(accesses.c.decision_id == decision_id)
        .order_by(accesses.c.number)
    )
    names = (*AUDIT_COLUMNS, "authority", "digest", "previous")
    rows = view.connection.execute(statement).mappings()
    return [{name: row[name] for name in names} for row in rows]


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
