"""The archive's ripe loans as a sample: each with the profile its borrower had when applying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from data.archive import Archive
from data.profiles import columns_of, profile_spine
from model.dictionary import member_dictionary
from model.errors import TrainingError
from model.scorecard import Columns
from training.sample import Sample
from training.settings import Settings
from training.vintages import BAD, GOOD, Loans, VintageRow, labelled_loans, vintage_rows


@dataclass(frozen=True)
class ArchiveSample:
    """Ripe loans, good or bad, in order of loan id, and the counts they were taken from.

    Attributes
    ----------
    vintage : array of datetime64[M]
        Shape (n,): month of disbursement.
    """

    sample: Sample
    vintage: NDArray[np.datetime64]
    vintages: list[VintageRow]


def archive_sample(archive: Archive, as_of: date, settings: Settings) -> ArchiveSample:
    """Return the sample as known on `as_of`.

    Every loan's profile is as of the first day of its application month, so that nothing the loan
    itself caused can leak into it.

    Raises
    ------
    TrainingError
        If no loan is ripe; the message says what became of the loans there are.
    """
    loans = labelled_loans(archive, as_of, settings)
    decided = (loans.label == GOOD) | (loans.label == BAD)
    if not decided.any():
        raise TrainingError(_no_ripe_loan(archive, as_of, loans))
    columns = _profiles(archive, loans.member_id[decided], loans.applied[decided])
    borrower = np.unique(loans.member_id[decided].astype(str), return_inverse=True)[1]
    bad = (loans.label[decided] == BAD).astype(np.bool_)
    period = loans.vintage[decided].astype("datetime64[M]").astype(np.int64)
    sample = Sample(columns, bad, borrower.astype(np.int64), period)
    return ArchiveSample(sample, loans.vintage[decided], vintage_rows(loans))


def _profiles(
    archive: Archive, member_id: NDArray[np.object_], applied: NDArray[np.datetime64]
) -> Columns:
    """Return the profile columns by loan; two loans of one member and month share a profile."""
    as_of = applied.astype("datetime64[D]")
    wanted = pd.MultiIndex.from_arrays([member_id, as_of])
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
    found = pd.MultiIndex.from_arrays(
        [table["member_id"].to_pylist(), table["as_of"].to_numpy().astype("datetime64[D]")]
    )
    place = found.get_indexer(wanted)
    columns = columns_of(table.select(member_dictionary().named("scored")))
    return {name: values[place] for name, values in columns.items()}


def _no_ripe_loan(archive: Archive, as_of: date, loans: Loans) -> str:
    names, numbers = np.unique(loans.label.astype(str), return_counts=True)
    told = ", ".join(f"{number:,} {name}" for name, number in zip(names, numbers, strict=True))
    return (
        f"{archive.folder}: no loan has a known outcome as of {as_of}"
        f" ({told or 'no loan was disbursed'}); train as of a later date, or import repayments"
    )
