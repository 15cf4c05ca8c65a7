"""The card of an estimator, which is written, promoted and exported as ``rongzi`` does."""

from __future__ import annotations

import getpass
import os
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from data.publishing.published_card import card_in
from model.card.card_file import CardFile, write_card
from model.card.card_json import card_to_json
from model.card.card_sql import card_sql
from model.card.scorecard import Card
from model.card.sql_text import Dialect
from model.errors import TrainingError
from training.measures.cut_offs import economics_on
from training.promote import Promotion, champion_of, judge_run, promote
from training.reports.parts import pictures_of
from training.reports.plots import in_english
from training.reports.record import write_card_folder, write_run
from training.reports.training_report import report_sections
from training.reports.workbook import write_workbook
from training.run import TrainedRun


@dataclass(frozen=True)
class FittedCard:
    """A card, with the run that learned it while that is in memory.

    Attributes
    ----------
    file : CardFile
        The card, its digest, and its approval if it has one.
    run : TrainedRun or None
        The evidence, which has people's rows; None after a pickle or a folder was loaded.
    """

    file: CardFile
    run: TrainedRun | None = None

    @classmethod
    def of_run(cls, run: TrainedRun) -> FittedCard:
        """Return the unsigned card of `run`."""
        return cls(CardFile(run.card, run.digest, None, None), run)

    @property
    def card(self) -> Card:
        """The card itself."""
        return self.file.card

    @property
    def digest(self) -> str:
        """SHA-256 of the card's canonical JSON."""
        return self.file.digest

    def without_rows(self) -> FittedCard:
        """Return the card alone, without the run that has people's rows."""
        return replace(self, run=None)

    def write(
        self, folder: str | Path, trained_by: str | None = None, home: str | Path | None = None
    ) -> Path:
        """Write the card with its evidence, report and gates, as ``rongzi train --out`` does.

        Without its run, only the unsigned card is written, which no gate can judge.

        Parameters
        ----------
        trained_by : str or None
            Who trained the card, and may not approve it; None: the login name.
        home : path or None
            Where the champion is that the gates compare with; see `home_folder`.
        """
        target = Path(folder)
        if self.run is None:
            write_card(target, self.card)
            return target
        now = datetime.now().astimezone()
        named = replace(
            self.run,
            trained_by=trained_by or getpass.getuser(),
            trained_at=self.run.trained_at or now,
        )
        run = judge_run(named, champion_of(home_folder(home)), now.date())
        with tempfile.TemporaryDirectory() as draft:
            write_run(run, Path(draft))
            write_card_folder(run, target, Path(draft))
        return target

    def promote(
        self,
        approved_by: str,
        home: str | Path | None = None,
        store: str | Path = "mlruns",
        trained_by: str | None = None,
    ) -> Promotion:
        """Judge the card by every gate, sign it and publish it, as ``rongzi promote`` does.

        Raises
        ------
        TrainingError
            If the run is not in memory, a gate fails, or the approver trained the card.
        """
        if self.run is None:
            raise TrainingError(
                "the evidence is not in memory, so no gate can judge the card; promote the folder"
                " that write() wrote, or the training run by its id"
            )
        base = home_folder(home)
        with tempfile.TemporaryDirectory() as folder:
            self.write(folder, trained_by, base)
            return promote(folder, approved_by, datetime.now(UTC), base, store)

    def export(
        self, path: str | Path, table: str = "applicants", dialect: Dialect = "portable"
    ) -> Path:
        """Write the card as .json, .sql or .xlsx, as ``rongzi export-card`` does.

        Parameters
        ----------
        table, dialect : str
            Of the SQL: the table to score, and the database it is for.

        Raises
        ------
        ValueError
            If the name ends otherwise.
        """
        target = Path(path)
        if target.suffix == ".xlsx":
            write_workbook(self.file, target)
        elif target.suffix == ".sql":
            target.write_text(self.sql(table, dialect), encoding="utf-8")
        elif target.suffix == ".json":
            target.write_bytes(self.json())
        else:
            raise ValueError(f"{target}: a card is exported as .json, .sql or .xlsx")
        return target

    def pictures(self) -> dict[str, str]:
        """Return the report's pictures as SVG by name; ``bins/NAME`` for an attribute's bins.

        Raises
        ------
        TrainingError
            If the run is not in memory.
        """
        if self.run is None:
            raise TrainingError("the run is not in memory; the pictures are in its report")
        sections = report_sections(self.run, economics_on(_today()))
        return {picture.name: in_english(picture.svg) for picture in pictures_of(sections)}

    def json(self) -> bytes:
        """Return the canonical JSON, whose SHA-256 is the digest."""
        return card_to_json(self.card)

    def sql(self, table: str = "applicants", dialect: Dialect = "portable") -> str:
        """Return a SELECT that gives points, PD and grade of each row of `table`."""
        return card_sql(self.file, table, dialect)


def read_fitted_card(folder: str | Path, home: str | Path | None = None) -> FittedCard:
    """Return the card in `folder`; its signature, if it has one, is verified by keys of `home`.

    Raises
    ------
    CardError
        If a byte differs, or no trusted key made the signature.
    """
    return FittedCard(card_in(Path(folder), home_folder(home)))


def home_folder(home: str | Path | None) -> Path:
    """Return `home`, else ``RONGZI_HOME``, else the folder ``data``, as ``rongzi`` does."""
    return Path(home or os.environ.get("RONGZI_HOME") or "data")


def _today() -> date:
    return datetime.now().astimezone().date()
