"""The archive's ripe loans as a sample: each with its borrower's profile at application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from data.storage.archive import Archive
from data.storage.profiles import columns_of, profile_spine
from model.card.bins import Columns
from model.card.scorecard import Card
from model.errors import TrainingError
from model.profile.dictionary import member_dictionary
from training.samples.groups import PROTECTED, member_groups
from training.samples.sample import Bools, Sample
from training.samples.vintages import BAD, GOOD, Loans, VintageRow, labelled_loans, vintage_rows
from training.settings import Settings


@dataclass(frozen=True)
class ArchiveSample:
    """Ripe loans, good or bad, in order of loan id, and the counts by vintage.

    Attributes
    ----------
    vintage : array of datetime64[M]
        Shape (n,): month of disbursement.
    """

    sample: Sample
    vintage: NDArray[np.datetime64]
    vintages: list[VintageRow]


def archive_sample(
    archive: Archive, as_of: date, settings: Settings, champion: Card | None = None
) -> ArchiveSample:
    """Return the sample as known on `as_of`, with the inputs of the `champion` as well.

    Raises
    ------
    TrainingError
        If no loan is ripe; the message counts the loans by label.
    """
    loans = labelled_loans(archive, as_of, settings)
    decided = np.flatnonzero((loans.label == GOOD) | (loans.label == BAD))
    if not len(decided):
        raise _no_ripe_loan(archive, as_of, loans)
    dictionary = member_dictionary()
    compared = (
        name for name in (champion.inputs if champion else ()) if name in dictionary.attributes
    )
    scored = tuple(dict.fromkeys([*dictionary.named("scored"), *compared]))
    profiles, known = applied_profiles(
        archive, loans.member_id[decided], loans.applied[decided], (*scored, *PROTECTED)
    )
    decided = decided[known]
    columns = {name: profiles[name] for name in scored}
    borrower = np.unique(loans.member_id[decided].astype(str), return_inverse=True)[1]
    bad = (loans.label[decided] == BAD).astype(np.bool_)
    period = loans.vintage[decided].astype("datetime64[M]").astype(np.int64)
    sample = Sample(columns, bad, borrower.astype(np.int64), period, member_groups(profiles))
    return ArchiveSample(sample, loans.vintage[decided], vintage_rows(loans))


def applied_profiles(
    archive: Archive,
    member_id: NDArray[np.object_],
    applied: NDArray[np.datetime64],
    names: tuple[str, ...],
) -> tuple[Columns, Bools]:
    """Return the profile columns `names` of the known rows, and which rows are known.

    A row is known if the archive had a profile of the member by then. Each profile is as of the day
    `applied` and sees only what was recorded before it, so that no effect of the loan leaks into
    it; rows of one member and day share a profile.
    """
    wanted = pd.MultiIndex.from_arrays([member_id, applied])
    spine = wanted.unique()
    table = profile_spine(
        archive,
        pa.table(
            {
                "member_id": pa.array(spine.get_level_values(0), pa.string()),
                "as_of": pa.array(spine.get_level_values(1).to_numpy("datetime64[D]"), pa.date32()),
            }
        ),
    )
    profiled = pd.MultiIndex.from_arrays(
        [table["member_id"].to_pylist(), table["as_of"].to_numpy().astype("datetime64[D]")]
    )
    profile_row = profiled.get_indexer(wanted)
    known = profile_row >= 0
    columns = columns_of(table.select(list(dict.fromkeys(names))))
    return {name: values[profile_row[known]] for name, values in columns.items()}, known


def _no_ripe_loan(archive: Archive, as_of: date, loans: Loans) -> TrainingError:
    names, numbers = np.unique(loans.label.astype(str), return_counts=True)
    by_label = ", ".join(f"{number:,} {name}" for name, number in zip(names, numbers, strict=True))
    return TrainingError(
        f"{archive.folder}: no loan has a known outcome as of {as_of}"
        f" ({by_label or 'no loan was disbursed'}); train as of a later date, or import repayments"
    )
