"""Rows without an outcome: members never booked, or declined applicants, with their profiles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.storage.archive import Archive
from model.card.bins import Columns
from model.profile.dictionary import member_dictionary
from training.samples.archive import applied_profiles
from training.samples.sample import Rows
from training.samples.vintages import visible_rows
from training.settings import Settings


@dataclass(frozen=True)
class Unobserved:
    """Rows without an outcome.

    Attributes
    ----------
    columns : Columns
        By attribute, each of shape (n,).
    period : array of int
        Shape (n,): as in a `Sample`.
    stands_for : float
        How many people each row represents, if only some were drawn.
    description : str
        Who the rows are, for the reader.
    """

    columns: Columns
    period: Rows
    stands_for: float
    description: str

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.period)


def unobserved_applicants(
    archive: Archive,
    as_of: date,
    months: NDArray[np.datetime64],
    settings: Settings,
) -> Unobserved:
    """Return the unobserved rows of ``settings.unobserved``, each with the profile of a month.

    ``members``: everyone without a disbursed loan before `as_of`, at a month drawn from `months`,
    so that the mix of seasons is the same; at most `most_unobserved` of them, drawn at random.
    ``declined``: the applications declined within the span of `months`, at their own month.

    Parameters
    ----------
    months : array of datetime64[M]
        Application months of the observed development loans.
    """
    loans = visible_rows(archive, "loans", ["loan_id", "member_id", "applied_on", "decision",
                                            "disbursed_on"], as_of)  # fmt: skip
    if settings.unobserved == "declined":
        member_id, month, weight = _declined(loans, months)
    else:
        member_id, month, weight = _never_booked(archive, as_of, loans, months, settings)
    columns, known = applied_profiles(
        archive, member_id, month, member_dictionary().named("scored")
    )
    period = month[known].astype("datetime64[M]").astype(np.int64)
    description = f"{len(period):,} {settings.unobserved} without an outcome, each for {weight:.1f}"
    return Unobserved(columns, period, weight, description)


#: Member ids, months, and how many people each row represents.
Drawn = tuple[NDArray[np.object_], NDArray[np.datetime64], float]


def _declined(loans: pd.DataFrame, months: NDArray[np.datetime64]) -> Drawn:
    applied = loans["applied_on"].to_numpy(dtype="datetime64[M]")
    inside = (applied >= months.min()) & (applied <= months.max())
    rows = inside & (loans["decision"] == "declined").to_numpy(dtype=bool)
    return loans["member_id"].to_numpy(dtype=object)[rows], applied[rows], 1.0


def _never_booked(
    archive: Archive,
    as_of: date,
    loans: pd.DataFrame,
    months: NDArray[np.datetime64],
    settings: Settings,
) -> Drawn:
    members = visible_rows(archive, "members", ["member_id"], as_of)["member_id"]
    booked = loans.loc[loans["disbursed_on"].notna(), "member_id"]
    never = np.sort(np.setdiff1d(members.to_numpy(dtype=str), booked.to_numpy(dtype=str)))
    rng = np.random.default_rng(settings.seed)
    drawn = rng.permutation(never)[: settings.most_unobserved].astype(object)
    return drawn, rng.choice(months, len(drawn)), len(never) / max(len(drawn), 1)
