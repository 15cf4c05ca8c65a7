"""Monitor a card: compare the archive with the card's training and with an earlier day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.publishing.published_card import card_in, published_card
from data.storage.archive import Archive
from data.storage.profiles import profile_as_of
from model.card.bins import Floats
from model.card.card_file import CardFile, read_card
from model.errors import TrainingError
from training.measures.baseline import Baseline, digests_of, read_baseline
from training.monitoring.alerts import MONITORING_LIMITS, alerts
from training.monitoring.book import LoanBook, loan_book, quarters, vintage_curves
from training.monitoring.early import early_rows
from training.monitoring.findings import Findings, Outcomes
from training.monitoring.outcomes import by_group, exact_ratios, shrunk_ratios, with_names
from training.monitoring.shift import Shift, applicant_shift, member_migration
from training.reports.record import FIGURES
from training.samples.archive import applied_profiles
from training.samples.limits import Limits
from training.samples.vintages import BAD, GOOD, labelled_loans, visible_rows
from training.settings import Settings
from training.tracking.runs import card_of_run, file_of_run, run_of_card

#: How often `monitor` calls ``step_done``.
STEPS = 5
_COUNTY_DIGITS = 6


def monitor(
    archive: Archive,
    baseline: Baseline,
    as_of: date,
    since: date,
    settings: Settings,
    step_done: Callable[[], object] = lambda: None,
) -> Findings:
    """Return what moved by `as_of`: members since `since`, applicants and outcomes since training.

    Raises
    ------
    TrainingError
        If the card was not trained on an archive, or its attributes are not in the profile.
    ArchiveError
        If the archive is missing or damaged.
    """
    card = baseline.file.card
    if card.provenance.get("source") != "archive":
        raise TrainingError(
            "this card was trained on a flat table; monitoring reads an archive's members and"
            " loans: name a card trained with rongzi train --archive"
        )
    limits = MONITORING_LIMITS.on(as_of)
    then, now = (profile_as_of(archive, day) for day in (since, as_of))
    step_done()
    migration = member_migration(card, then, now)
    step_done()
    book = loan_book(archive, as_of, settings)
    step_done()
    applicants = _score_applicants(archive, baseline, book, limits)
    step_done()
    findings = Findings(
        as_of=as_of,
        since=since,
        archive_digest=archive.digest(),
        baseline=baseline,
        limits=limits,
        shift=applicants.shift,
        migration=migration,
        curves=vintage_curves(book, settings.bad_days),
        outcomes=_outcomes(archive, baseline, book, applicants.pd, as_of, settings),
        early=early_rows(book, applicants.pd, settings.seed),
    )
    step_done()
    return replace(findings, alerts=alerts(findings))


@dataclass(frozen=True)
class _Applicants:
    """The card's PD of every loan's applicant, NaN if unknown, and the recent applicants' shift."""

    pd: Floats
    shift: Shift | None = None


def _score_applicants(
    archive: Archive, baseline: Baseline, book: LoanBook, limits: Limits
) -> _Applicants:
    card, loans = baseline.file.card, book.loans
    pd_of_loan = np.full(len(loans.loan_id), np.nan)
    if not len(pd_of_loan):
        return _Applicants(pd_of_loan)
    columns, known = applied_profiles(archive, loans.member_id, loans.applied, card.inputs)
    pd_of_loan[known] = card.pd(card.total(card.points_by_attribute(card.codes(columns))))
    month = loans.applied[known].astype("datetime64[M]")
    recent = month >= book.last + 1 - int(limits["recent_months"])
    if not recent.any():
        return _Applicants(pd_of_loan)
    recent_columns = {name: values[recent] for name, values in columns.items()}
    return _Applicants(pd_of_loan, applicant_shift(baseline, recent_columns))


def _outcomes(
    archive: Archive,
    baseline: Baseline,
    book: LoanBook,
    pd_of_loan: Floats,
    as_of: date,
    settings: Settings,
) -> Outcomes:
    trained = baseline.file.card.provenance["as_of"]
    loans = book.loans
    is_bad = loans.label == BAD
    ripe = ((loans.label == GOOD) | is_bad) & ~np.isnan(pd_of_loan)
    bad, expected = is_bad[ripe], pd_of_loan[ripe]
    village = _village_codes(archive, as_of, loans.member_id[ripe])
    county = np.array([None if v is None else v[:_COUNTY_DIGITS] for v in village], dtype=object)
    counties, villages = _place_names(archive, as_of)
    fresh = ripe & ~_known_to_training(archive, date.fromisoformat(trained), book, settings)
    one_group = np.full(int(fresh.sum()), "all", dtype=object)
    fresh_rows = by_group(one_group, is_bad[fresh], pd_of_loan[fresh], exact_ratios)
    by_quarter = by_group(quarters(loans.vintage[ripe]).astype(object), bad, expected, exact_ratios)
    return Outcomes(
        trained_as_of=trained,
        fresh=fresh_rows[0] if fresh_rows else None,
        quarters=tuple(sorted(by_quarter, key=lambda row: row.name)),
        counties=with_names(by_group(county, bad, expected, shrunk_ratios), counties),
        villages=with_names(by_group(village, bad, expected, shrunk_ratios), villages),
    )


def _known_to_training(
    archive: Archive, trained: date, book: LoanBook, settings: Settings
) -> NDArray[np.bool_]:
    before = labelled_loans(archive, trained, settings)
    known = before.loan_id[(before.label == GOOD) | (before.label == BAD)]
    return np.isin(book.loans.loan_id.astype(str), known.astype(str))


def _village_codes(
    archive: Archive, as_of: date, member_id: NDArray[np.object_]
) -> NDArray[np.object_]:
    members = visible_rows(archive, "members", ["member_id", "village_code"], as_of)
    rows = pd.Index(members["member_id"]).get_indexer(pd.Index(member_id))
    # The index of a member without a row is -1, and so leads to None.
    codes = [*members["village_code"].tolist(), None]
    return np.array([codes[row] for row in rows.tolist()], dtype=object)


def _place_names(archive: Archive, as_of: date) -> tuple[dict[str, str], dict[str, str]]:
    """Return county and village names by code."""
    columns = ["village_code", "county", "township", "village"]
    rows = visible_rows(archive, "villages", columns, as_of).itertuples(index=False)
    counties, villages = {}, {}
    for code, county, township, village in rows:
        counties[str(code)[:_COUNTY_DIGITS]] = str(county)
        villages[str(code)] = f"{county} {township} {village}"
    return counties, villages


def baseline_of_run(run_id: str, store: str | Path) -> Baseline:
    """Return the card that run `run_id` of `store` made, with its baseline.

    Raises
    ------
    TrainingError
        If there is no such run, or it has no baseline.
    """
    with card_of_run(run_id, store) as folder:
        return _tracked_baseline(read_card(folder), run_id, store)


def baseline_of_card(folder: Path | None, home: Path, store: str | Path) -> Baseline:
    """Return the card in `folder`, or the card in use, with the baseline of the run that made it.

    The baseline is read from the card's folder if it is there, else from the latest run in `store`
    that made the same card.

    Raises
    ------
    CardError
        If the card does not verify, or none is in use.
    TrainingError
        If neither the folder nor the store has the card's baseline.
    """
    file = published_card(home) if folder is None else card_in(folder, home)
    if folder is not None and (folder / FIGURES).exists():
        return read_baseline(file, folder / FIGURES)
    for digest in digests_of(file):
        if run_id := run_of_card(digest, store):
            return _tracked_baseline(file, run_id, store)
    raise TrainingError(
        f"no run in {store} made card {file.digest[:16]}, so there is no baseline to monitor"
        " against; name the store with --mlruns, or the folder that rongzi train --out wrote"
        " with --card"
    )


def _tracked_baseline(file: CardFile, run_id: str, store: str | Path) -> Baseline:
    with file_of_run(run_id, FIGURES, store) as figures:
        return read_baseline(file, figures)
