"""Train a card: from the archive's ripe loans, or from any flat table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from data.importing.table_file import read_table_file
from data.storage.archive import Archive
from data.storage.flat_table import Kind, flat_columns
from data.storage.profiles import profile_as_of
from model.card.bins import Floats
from model.card.scorecard import Card, Grade
from model.errors import TrainingError
from model.policy.policy import policy_on
from model.profile.dictionary import Dictionary, member_dictionary, read_dictionary
from training.contest import CHALLENGER_SIZES, price_of_explanation
from training.fairness.findings import CutOff, average_cut_off, policy_cut_off
from training.fairness.measure import fairness_report
from training.fairness.offers import offers_report, removal_cost
from training.families.derived_attributes import without_attributes
from training.families.held_challengers import challengers_held
from training.learn import learn
from training.reject.unobserved import Unobserved, unobserved_applicants
from training.run import HELD_OUT, NEW_BORROWERS, OUT_OF_TIME, Source, TrainedRun
from training.samples.archive import archive_sample
from training.samples.draft import draft_dictionary
from training.samples.sample import Sample, held_out, out_of_time, refuse_too_few
from training.samples.split_columns import borrowers, months
from training.samples.table import (
    compared_kinds,
    flat_digest,
    flat_sample,
    table_notes,
    without_identifiers,
)
from training.samples.target import Target, find_target
from training.settings import Settings
from training.shaped import shaped

CARD_NAME = "rongzi-e"


def train_archive(
    archive: Archive,
    as_of: date,
    settings: Settings,
    step_done: Callable[[], object] = lambda: None,
    champion: Card | None = None,
) -> TrainedRun:
    """Train on the loans whose outcome is known on `as_of`; validate on the latest vintages.

    The grades are those of the policy in force on `as_of`. The validation rows keep the inputs of
    the `champion`, so that the gates can compare the two cards on them.

    Raises
    ------
    TrainingError
        If no loan is ripe, a sample has one class or too few bads, or no attribute can be used.
    ArchiveError
        If the archive is missing or damaged.
    """
    settings = replace(settings, grades=_policy_grades(as_of))
    archive = archive.pinned()  # every step reads the same state of it
    ripe = archive_sample(archive, as_of, settings, champion)
    refuse_too_few(ripe.sample, _min_bads(settings), f"{archive.folder} as of {as_of}")
    late = out_of_time(ripe.vintage, ripe.sample.bad, settings)
    development, validation = ripe.sample.take(~late), ripe.sample.take(late)
    facts = {"source": "archive", "as_of": as_of.isoformat(), "data_digest": archive.digest()}
    source = Source(CARD_NAME, facts, tuple(ripe.vintages))
    samples = {OUT_OF_TIME: validation, **_new_borrowers(development, validation)}
    unobserved = _unobserved_members(archive, as_of, development, settings)
    dictionary = shaped(member_dictionary(), settings)
    run = learn(development, samples, dictionary, settings, source, step_done, unobserved)
    run = _with_price(run, settings)
    policy = policy_on(as_of)
    offers = offers_report(
        profile_as_of(archive, as_of),
        as_of,
        policy,
        run.card,
        removal_cost(run.judged, run.samples.validation),
        run.origin.dictionary,
        settings.seed,
    )
    run = replace(run, performance=replace(run.performance, offers=offers))
    return _with_fairness(run, policy_cut_off(policy))


def train_table(
    path: Path,
    target: str,
    settings: Settings,
    bad_value: str | None = None,
    dictionary: Dictionary | None = None,
    step_done: Callable[[], object] = lambda: None,
    *,
    group: str | None = None,
    date: str | None = None,
    champion: Card | None = None,
) -> TrainedRun:
    """Train on the flat table at `path`; see `train_rows` and `FlatRows`.

    The file's name and digest stay out of the card, so that equal data give the same card.

    Raises
    ------
    TrainingError
        See `train_rows`.
    UnreadableFileError
        If the table cannot be read.
    """
    rows = FlatRows(
        read_table_file(path), target, bad_value, name=path.name, group=group, date=date
    )
    run = train_rows(rows, settings, dictionary, step_done, champion)
    file = {"file": path.name, "file_digest": hashlib.sha256(path.read_bytes()).hexdigest()}
    source = replace(run.origin.source, file=file)
    return replace(run, origin=replace(run.origin, source=source))


@dataclass(frozen=True)
class FlatRows:
    """A flat table to learn from.

    Attributes
    ----------
    bad_value : str or None
        The target's value that is bad; None: as `find_target` finds it.
    weight : Floats or None
        Shape (rows,): how many rows each row represents; None: one.
    group, date : str or None
        Column of the borrower, whose rows stay on one side of every split; column of the day, by
        which the latest months validate. Neither is scored.
    name : str
        What messages call the table.
    """

    table: pa.Table
    target: str
    bad_value: str | None = None
    weight: Floats | None = None
    name: str = "the table"
    group: str | None = None
    date: str | None = None

    def weighted_rows(self) -> FlatRows:
        """Return the rows without those of weight 0, which represent nobody."""
        if self.weight is None or (self.weight > 0).all():
            return self
        present = self.weight > 0
        return replace(
            self, table=self.table.filter(pa.array(present)), weight=self.weight[present]
        )


def train_rows(
    rows: FlatRows,
    settings: Settings,
    dictionary: Dictionary | None = None,
    step_done: Callable[[], object] = lambda: None,
    champion: Card | None = None,
) -> TrainedRun:
    """Train on a flat table in memory; validate on rows held out at random, by class.

    Without a `dictionary`, one is drafted from the table, with all directions free. Columns that
    identify people are left out, whatever the dictionary says; the run's notes name them. The
    validation rows keep the inputs of the `champion` that the table has, scored or not.

    Raises
    ------
    TrainingError
        If the target is absent or has not exactly two values, the dictionary scores a column that
        the table lacks, a sample has one class or too few bads, or no attribute can be used.
    """
    rows = rows.weighted_rows()
    table = rows.table
    outcome = find_target(table, rows.target, rows.bad_value)
    dictionary = dictionary or drafted_dictionary(table, rows.target, rows.name)
    dictionary = without_identifiers(table, dictionary)
    # They split the rows. As protected groups they would name borrowers in every report.
    splits = [name for name in (rows.group, rows.date) if name]
    dictionary = without_attributes(dictionary, splits)
    compared = compared_kinds(table, dictionary, champion, [rows.target, *splits])
    dictionary = shaped(dictionary, settings)
    sample = flat_sample(table, outcome, dictionary, rows.target, rows.weight, compared)
    refuse_too_few(sample, _min_bads(settings), rows.name)
    sample = _with_split_columns(sample, rows, table.filter(pa.array(outcome.known)))
    development, samples = _split(sample, rows, settings)
    source = _flat_source(rows, outcome, dictionary, sample)
    unobserved = _unobserved_rows(table, outcome, sample, settings)
    run = learn(development, samples, dictionary, settings, source, step_done, unobserved)
    run = _with_price(run, settings)
    return _with_fairness(run, average_cut_off(run.judged, run.samples.development.bad_rate))


def _with_split_columns(sample: Sample, rows: FlatRows, known: pa.Table) -> Sample:
    for name in (rows.group, rows.date):
        if name is not None and name not in known.column_names:
            raise TrainingError(f"the table has no column {name!r}")
    if rows.group is not None:
        sample = replace(sample, borrower=borrowers(known[rows.group]))
    if rows.date is not None:
        sample = replace(sample, period=months(known[rows.date], rows.date))
    return sample


def _split(sample: Sample, rows: FlatRows, settings: Settings) -> tuple[Sample, dict[str, Sample]]:
    """Return the development sample and the held samples: out of time where rows have a date."""
    if rows.date is None:
        validation = held_out(sample, settings)
        return sample.take(~validation), {HELD_OUT: sample.take(validation)}
    late = out_of_time(sample.period.astype("datetime64[M]"), sample.bad, settings)
    development, validated = sample.take(~late), sample.take(late)
    met = {} if rows.group is None else _new_borrowers(development, validated)
    return development, {OUT_OF_TIME: validated, **met}


def drafted_dictionary(table: pa.Table, target: str, name: str) -> Dictionary:
    """Return a dictionary drafted for `table` that takes every column as it is given.

    Nobody reviewed it, so what a draft for review would leave out is named in the run's notes.
    """
    text = draft_dictionary(table, target, as_given=True)
    return read_dictionary(text, f"the draft for {name}")


def _with_price(run: TrainedRun, requested: Settings) -> TrainedRun:
    """Return `run` with the price of explanation, if the settings left its family open."""
    if requested.family != "auto":
        return run
    settings = run.origin.settings
    own = next(row for row in run.comparison.leaderboard if row.family == settings.family)
    # Challengers do not get the card's ratios, which were screened on all development rows.
    plain = without_attributes(run.origin.dictionary, run.learned.derived)
    samples = run.samples
    price = price_of_explanation(own, samples.development, plain, settings)
    held = challengers_held(
        run.judged, samples.development, samples.validation, plain, settings, CHALLENGER_SIZES
    )
    return replace(run, comparison=replace(run.comparison, price=price, held_out=held))


def _with_fairness(run: TrainedRun, cut_off: CutOff) -> TrainedRun:
    samples, origin = run.samples, run.origin
    report = fairness_report(
        run.judged, samples.validation, samples.validated_on, cut_off, origin.dictionary,
        origin.settings.seed,
    )  # fmt: skip
    return replace(run, performance=replace(run.performance, fairness=report))


def _unobserved_members(
    archive: Archive, as_of: date, development: Sample, settings: Settings
) -> Unobserved | None:
    if settings.reject_inference == "none":
        return None
    months = development.period.astype("datetime64[M]")
    return unobserved_applicants(archive, as_of, months, settings)


def _unobserved_rows(
    table: pa.Table, outcome: Target, sample: Sample, settings: Settings
) -> Unobserved | None:
    """Return a flat table's rows without a target."""
    if settings.reject_inference == "none":
        return None
    rows = int((~outcome.known).sum())
    if not rows:
        raise TrainingError(
            f"--reject-inference {settings.reject_inference} needs rows without an outcome, and"
            " every row of the table has one; append the declined with a blank target, or use none"
        )
    kinds: dict[str, Kind] = {
        name: "text" if values.dtype == object else "number"
        for name, values in sample.columns.items()
    }
    columns = flat_columns(table.filter(pa.array(~outcome.known)), kinds)
    description = f"{rows:,} rows without a target"
    return Unobserved(columns, np.zeros(rows, dtype=np.int64), 1.0, description)


def _min_bads(settings: Settings) -> int:
    return settings.least_bads + settings.least_held_bads


def _policy_grades(as_of: date) -> tuple[Grade, ...]:
    return tuple(Grade(g.grade, g.pd_at_most) for g in policy_on(as_of).grades)


def _new_borrowers(development: Sample, validation: Sample) -> dict[str, Sample]:
    """Return the validation loans of borrowers not in development, if they have both classes."""
    new = validation.take(~np.isin(validation.borrower, development.borrower))
    return {NEW_BORROWERS: new} if 0 < new.bads < len(new) else {}


def _flat_source(rows: FlatRows, outcome: Target, dictionary: Dictionary, sample: Sample) -> Source:
    splits = [v for n, v in ((rows.group, sample.borrower), (rows.date, sample.period)) if n]
    facts = {
        "source": "table",
        "data_digest": flat_digest(rows.table, outcome, dictionary, rows.weight, splits),
        "target": rows.target,
        "bad_value": outcome.bad_value,
    }
    split = {"borrower_column": rows.group, "date_column": rows.date}
    facts |= {name: column for name, column in split.items() if column is not None}
    blank = int((~outcome.known).sum())
    left_out = (
        (f"{blank:,} 行没有目标值，未使用 · {blank:,} rows without a target were left out",)
        if blank
        else ()
    )
    notes = (outcome.explanation, *left_out, *table_notes(rows.table, dictionary))
    return Source(rows.target, facts, notes=notes)
