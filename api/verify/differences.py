"""Reports of the bank's books, and settlements, against a fold of the entries before each.

An entry states the difference that it found or settled, for whoever reads it. Nothing counts by
that copy, and verification does not believe it: it folds the entries up to there again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from api.cases.bank import AGREES, BANK_SAID, DIFFERS, FIGURES, MOVED, figures_of
from api.cases.differences import Differing, differences_of, takes_two
from api.core.calendar import date_in_china
from api.ledger.chain import entry_from_row
from api.ledger.entries import Entry
from api.ledger.findings import Report
from api.ledger.tables import entries
from model.policy.controls import controls_on
from model.reconciliation.comparison import Side

_SUBJECTS = select(entries.c.subject_id).where(entries.c.kind.in_(BANK_SAID)).distinct()
_OF_SUBJECTS = (
    select(entries)
    .where(entries.c.subject_id.in_(_SUBJECTS))
    .order_by(entries.c.subject_id, entries.c.seq)
)


def verify_differences(connection: Connection, report: Report) -> None:
    """Verify what each report and settlement states."""
    rows = connection.execute(_OF_SUBJECTS).mappings()
    for _, group in itertools.groupby(rows, key=lambda row: row["subject_id"]):
        known = [entry for row in group if (entry := _entry(dict(row)))]
        for position, entry in enumerate(known):
            if entry.kind in BANK_SAID:
                _verify(entry, known[:position], report)


def _entry(row: Mapping[str, Any]) -> Entry | None:
    """Return the entry; None for an edited row that is none, which the chain reports."""
    try:
        entry = entry_from_row(row)
    except (ValueError, TypeError):
        return None
    return entry if isinstance(entry.body, dict) else None


def _verify(entry: Entry, before: Sequence[Entry], report: Report) -> None:
    defects = _of_report if entry.kind == "BANK_REPORTED" else _of_settlement
    try:
        found = list(defects(entry, before))
    except (ValueError, TypeError, KeyError, AttributeError):
        found = ["is not in a form that this version knows"]
    for defect in found:
        what = f"entry {entry.seq} ({entry.kind}) {defect}; the entries before it say otherwise"
        report.add("difference", entry.seq, what)


def _of_report(entry: Entry, before: Sequence[Entry]) -> Iterator[str]:
    if entry.outcome == MOVED:
        return
    found = _differing(entry, [*before, entry])
    if _stated(entry) != figures_of(found.difference if found else None):
        yield "states other figures than differ by it"
    if entry.outcome != (DIFFERS if found else AGREES):
        yield f"says {entry.outcome}"


def _of_settlement(entry: Entry, before: Sequence[Entry]) -> Iterator[str]:
    found = _differing(entry, before)
    if found is None or _stated(entry) != figures_of(found.difference):
        yield "settles figures that did not differ then"
        return
    if entry.outcome not in ("BANK", "LEDGER"):
        yield "says whose figures hold in no form that this version knows"
        return
    side: Side = "BANK" if entry.outcome == "BANK" else "LEDGER"
    if entry.amount_yuan != found.difference.yuan_of(side):
        yield "states another amount than that of the side whose figures hold"
    on, every = date_in_china(entry.recorded_at), differences_of(before)
    is_large = takes_two(found, every, side, entry.actor, on, controls_on(on))
    is_alone = is_large and not found.is_second(side, entry.actor)
    if is_alone and not entry.body.get("second_needed"):
        yield "settles alone what two people settle"


def _differing(entry: Entry, known: Sequence[Entry]) -> Differing | None:
    found = (each for each in differences_of(known) if each.bank.loan == entry.body.get("loan"))
    return next(found, None)


def _stated(entry: Entry) -> dict[str, Any]:
    return {name: entry.body[name] for name in FIGURES if name in entry.body}
