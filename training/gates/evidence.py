"""The evidence that gates judge: the card, its validation rows, and the notes of its training.

Training writes it beside the card as ``evidence.json`` and ``validation.parquet``. A card that was
fitted again to all rows has seen the validation rows; the card of the same choices that has not is
in the folder ``judged``, and every measure on validation is of that one. On the day of
promotion the gates compare the card with the champion on these same rows. The rows have attributes
and groups, but no member id, name or number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.publishing.published_card import JUDGED
from data.storage.profiles import columns_of
from model.card.bins import Ints
from model.card.card_file import read_card, write_card
from model.card.scorecard import Card
from model.errors import TrainingError
from model.profile.dictionary import Direction
from training.fairness.findings import FairnessReport
from training.samples.sample import Sample

EVIDENCE, VALIDATION = "evidence.json", "validation.parquet"
_ATTRIBUTE, _GROUP, _WEIGHT = "attribute.", "group.", "weight"


@dataclass(frozen=True)
class TrainingNotes:
    """Facts of the training that the gates need.

    Attributes
    ----------
    card_digest : str
        SHA-256 of the card that was evaluated.
    trained_by : str
        Who ran the training; empty if unknown.
    source : str
        ``archive``, or ``table`` and its name.
    directions : mapping of str to Direction
        Declared direction of risk by attribute of the card.
    points_psi, attribute_psi
        Shift from development to validation.
    rounding_auc : float or None
        AUC lost by merging and rounding, on validation; None if it was not measured.
    cut_off : int or None
        Points from which a row counts as approved; None without protected groups.
    recalibrated : bool
        Whether the PD table was moved to a long-run rate after training.
    rounding_error : float
        Standard error of `rounding_auc`.
    cross_validated_auc : tuple of float or None
        AUC out of fold on the development sample, and its standard error; None in evidence of
        earlier releases.
    judged_digest : str or None
        SHA-256 of the card in ``judged``; None if the card itself never saw the validation rows.
    offer_gaps : mapping or None
        By protected attribute: the group with the least share of offers, its ratio to the highest
        (``value``, ``low``, ``high``) and what brings it; None of a flat table, and of evidence of
        earlier releases.
    """

    card_digest: str
    sample: str
    trained_by: str
    source: str
    directions: Mapping[str, Direction]
    points_psi: float
    attribute_psi: Mapping[str, float]
    rounding_auc: float | None
    cut_off: int | None
    recalibrated: bool = False
    rounding_error: float = 0.0
    cross_validated_auc: tuple[float, float] | None = None
    judged_digest: str | None = None
    offer_gaps: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Evidence:
    """A card with its training notes, its validation rows, and their fairness if it is known.

    Attributes
    ----------
    first_fit : Card or None
        The card of the same choices that has not seen the validation rows; None if `card` has not.
    """

    card: Card
    digest: str
    notes: TrainingNotes
    rows: Sample
    fairness: FairnessReport | None = None
    first_fit: Card | None = None

    @property
    def judged(self) -> Card:
        """The card to measure on the validation rows, which it has not seen."""
        return self.first_fit or self.card

    def totals(self, card: Card | None = None) -> Ints:
        """Return the points of the validation rows by the judged card, or another; shape (n,)."""
        scored = card or self.judged
        return scored.total(scored.points_by_attribute(scored.codes(self.rows.columns)))


def write_evidence(folder: Path, evidence: Evidence) -> None:
    """Write the notes, the validation rows and the judged card beside the card in `folder`."""
    pq.write_table(_table(evidence.rows), folder / VALIDATION, compression="zstd")
    if evidence.first_fit is not None:
        write_card(folder / JUDGED, evidence.first_fit)
    stated = {**vars(evidence.notes), "validation_sha256": _digest(folder / VALIDATION)}
    text = json.dumps(stated, ensure_ascii=False, indent=1) + "\n"
    (folder / EVIDENCE).write_text(text, encoding="utf-8")


def has_evidence(folder: Path) -> bool:
    """Return whether the folder of a card has evidence."""
    return (folder / EVIDENCE).is_file()


def read_evidence(folder: Path) -> Evidence:
    """Return the card in `folder` with its evidence.

    Raises
    ------
    TrainingError
        If the evidence is damaged, or its rows are not the rows that it was written with.
    CardError
        If the card is damaged.
    """
    read = read_card(folder)
    try:
        stated: dict[str, Any] = json.loads((folder / EVIDENCE).read_text(encoding="utf-8"))
        expected = stated.pop("validation_sha256")
        if _digest(folder / VALIDATION) != expected:
            raise TrainingError(
                f"{folder / VALIDATION}: not the rows this card was validated on; restore the file"
                " from the training run"
            )
        rows = _sample(pq.read_table(folder / VALIDATION))
        if stated.get("cross_validated_auc") is not None:
            auc, error = stated["cross_validated_auc"]
            stated["cross_validated_auc"] = (float(auc), float(error))
        notes = TrainingNotes(**stated)
        return Evidence(read.card, read.digest, notes, rows, first_fit=_first_fit(folder, notes))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise TrainingError(
            f"{folder}: its evidence cannot be read ({error}); restore {EVIDENCE} and {VALIDATION}"
            " from the training run"
        ) from error


def _first_fit(folder: Path, notes: TrainingNotes) -> Card | None:
    if notes.judged_digest is None:
        return None
    judged = read_card(folder / JUDGED)
    if judged.digest != notes.judged_digest:
        raise TrainingError(
            f"{folder / JUDGED}: not the card that was judged; restore it from the training run"
        )
    return judged.card


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _table(rows: Sample) -> pa.Table:
    columns = {_ATTRIBUTE + name: pa.array(values) for name, values in rows.columns.items()}
    groups = {_GROUP + name: pa.array(values, pa.string()) for name, values in rows.groups.items()}
    weight = {} if rows.weight is None else {_WEIGHT: rows.weight}
    return pa.table({**columns, **groups, "bad": rows.bad, "borrower": rows.borrower, **weight})


def _sample(table: pa.Table) -> Sample:
    columns, groups = (
        columns_of(
            table.select([name for name in table.column_names if name.startswith(prefix)]).cast(
                pa.schema([_plain(f) for f in table.schema if f.name.startswith(prefix)])
            )
        )
        for prefix in (_ATTRIBUTE, _GROUP)
    )
    borrower = table["borrower"].to_numpy().astype(np.int64)
    return Sample(
        {name.removeprefix(_ATTRIBUTE): values for name, values in columns.items()},
        table["bad"].to_numpy().astype(np.bool_),
        borrower,
        np.zeros_like(borrower),
        {name.removeprefix(_GROUP): values for name, values in groups.items()},
        table[_WEIGHT].to_numpy() if _WEIGHT in table.column_names else None,
    )


def _plain(field: pa.Field) -> pa.Field:
    # A text column without any value was written without a type.
    return pa.field(field.name, pa.string()) if pa.types.is_null(field.type) else field
