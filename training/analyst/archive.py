"""An archive as frames: profiles, labels and vintages, as known on a day."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import pandas as pd

from data.storage.archive import Archive
from data.storage.profiles import profile_as_of
from training.samples.vintages import labelled_loans, vintage_rows
from training.settings import Settings


def profile(archive: Archive | str | Path, as_of: date) -> pd.DataFrame:
    """Return every member's profile, as ``rongzi profile`` writes it: one row a member.

    Only what was recorded before `as_of` counts. Columns are ``member_id``, ``as_of`` and the
    attributes of the data dictionary.

    Raises
    ------
    ArchiveError
        If the archive has no members, or is damaged.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from data.simulator import load_scenario, simulate
    >>> archive = Archive(Path(mkdtemp()))
    >>> simulate(load_scenario(), 200, 24, seed=54).write(archive)
    >>> frame = profile(archive, date(2023, 10, 1))
    >>> frame.shape[0], frame.member_id.is_unique
    (200, True)
    >>> frame.columns[:2].tolist()
    ['member_id', 'as_of']
    """
    frame: pd.DataFrame = profile_as_of(opened(archive), as_of).to_pandas()
    return frame


def labels(
    archive: Archive | str | Path, as_of: date, settings: Settings | None = None
) -> pd.DataFrame:
    """Return every loan disbursed before `as_of` with its label as known on that day.

    Parameters
    ----------
    settings : Settings or None
        The performance window, and the days past due that are bad; None: the defaults.

    Returns
    -------
    DataFrame
        Columns ``loan_id``, ``member_id``, ``vintage`` (month of disbursement), ``applied`` (month
        whose first day the profile is as of) and ``label``: ``good`` or ``bad``, or why the loan is
        in no sample.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from data.simulator import load_scenario, simulate
    >>> archive = Archive(Path(mkdtemp()))
    >>> simulate(load_scenario(), 400, 36, seed=54).write(archive)
    >>> loans = labels(archive, date(2023, 10, 1))
    >>> set(loans.label) <= {"good", "bad", "indeterminate", "unripe", "unrecorded", "run_in"}
    True
    >>> strict = labels(archive, date(2023, 10, 1), Settings(bad_days=31))
    >>> int((strict.label == "bad").sum()) >= int((loans.label == "bad").sum())
    True
    """
    loans = labelled_loans(opened(archive), as_of, settings or Settings())
    frame = pd.DataFrame(vars(loans))
    for name in ("vintage", "applied"):
        frame[name] = pd.PeriodIndex(frame[name].to_numpy(), freq="M")
    return frame


def vintages(
    archive: Archive | str | Path, as_of: date, settings: Settings | None = None
) -> pd.DataFrame:
    """Return the number of loans of each vintage by label, oldest first.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from data.simulator import load_scenario, simulate
    >>> archive = Archive(Path(mkdtemp()))
    >>> simulate(load_scenario(), 400, 36, seed=54).write(archive)
    >>> counts = vintages(archive, date(2023, 10, 1))
    >>> by_label = counts[["good", "bad", "indeterminate", "unripe", "unrecorded", "run_in"]]
    >>> bool((by_label.sum(axis=1) == counts.loans).all())
    True
    >>> len(labels(archive, date(2023, 10, 1))) - int(counts.loans.sum())
    0
    """
    loans = labelled_loans(opened(archive), as_of, settings or Settings())
    frame = pd.DataFrame([asdict(row) for row in vintage_rows(loans)])
    return frame.set_index("vintage")


def opened(archive: Archive | str | Path) -> Archive:
    """Return `archive`, or the archive in that folder, in the state of this moment."""
    return (archive if isinstance(archive, Archive) else Archive(Path(archive))).pinned()
