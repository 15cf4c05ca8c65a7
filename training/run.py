"""A training run: where a card comes from, how it was learned, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from model.card.card_file import CardFile
from model.card.derived import Derived
from model.card.scorecard import Card
from model.profile.dictionary import Dictionary
from training.additive import Dropped, Fit
from training.card.calibrate import Calibration
from training.card.long_run import LongRunLine
from training.card.range_cap import RangeCap
from training.fairness.findings import FairnessReport
from training.fairness.offers import OffersReport
from training.families.comparison import Comparison, HandBinsCost, RoundingLoss
from training.gates.verdict import GateVerdicts
from training.measures.evaluate import Evaluation
from training.reject.inference import RejectReport
from training.samples.sample import Sample
from training.samples.vintages import VintageRow
from training.settings import Settings

DEVELOPMENT, UNSEEN = "development", "cross_validated"
OUT_OF_TIME, NEW_BORROWERS, HELD_OUT = "out_of_time", "out_of_time_new_borrowers", "held_out"


@dataclass(frozen=True)
class Source:
    """The data of a run.

    Attributes
    ----------
    name : str
        The card's name.
    facts : mapping of str to str
        Facts of the data for the card's provenance: kind, digest, dates, target.
    vintages : tuple of VintageRow
        Counts by vintage; empty for a flat table.
    notes : tuple of str
        What was inferred or left out, for the reader.
    file : mapping of str to str
        Name and SHA-256 of the file that the data were read from, for the reader; not in the card,
        so that equal data give the same card. Empty for an archive or a frame.
    """

    name: str
    facts: Mapping[str, str]
    vintages: tuple[VintageRow, ...] = ()
    notes: tuple[str, ...] = ()
    file: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What a reader calls the data."""
        return self.file.get("file", self.facts["source"])


@dataclass(frozen=True)
class Origin:
    """Where a card comes from.

    The dictionary includes the card's derived attributes.
    """

    dictionary: Dictionary
    source: Source
    settings: Settings


@dataclass(frozen=True)
class Learned:
    """The fit that a card is compiled from.

    Attributes
    ----------
    derived : mapping of str to Derived
        Ratios and differences that were chosen, by name.
    candidate : str
        The chosen family's candidate with the least out-of-fold log loss.
    log_loss : mapping of str to float
        Out-of-fold log loss by candidate of the chosen family.
    dropped : tuple of Dropped
        The attributes that are not in the card.
    reject_inference : RejectReport or None
        None if the run had no unobserved rows.
    long_run : LongRunLine or None
        The line behind the served card's PDs; None where they keep the odds of the scale.
    range_cap : RangeCap or None
        What the cap on one attribute's points did; None if no attribute reached it.
    hand_bins : HandBinsCost or None
        What the analyst's bins cost against the automatic ones; None without any.
    """

    fit: Fit
    derived: Mapping[str, Derived]
    candidate: str
    log_loss: Mapping[str, float]
    calibration: Calibration
    dropped: tuple[Dropped, ...]
    reject_inference: RejectReport | None = None
    long_run: LongRunLine | None = None
    range_cap: RangeCap | None = None
    hand_bins: HandBinsCost | None = None


@dataclass(frozen=True)
class Samples:
    """The rows of a run.

    Attributes
    ----------
    development, validation : Sample
        What the judged card learned from, and people or times that it never saw.
    validated_on : str
        Name of the validation sample.
    fitted : Sample
        What the served card learned from: development, or development and validation.
    """

    development: Sample
    validation: Sample
    validated_on: str
    fitted: Sample


@dataclass(frozen=True)
class Performance:
    """What a card is worth.

    Attributes
    ----------
    evaluations : mapping of str to Evaluation
        ``development`` (optimistic: the card saw it), ``cross_validated``, and each validation
        sample.
    attribute_psi, points_psi
        Shift from the development to the validation sample, over the card's frozen bins.
    baseline : mapping of str to list of float
        Share of the rows that the served card learned from by bin code, which monitoring compares
        with.
    rounding : RoundingLoss or None
        What merging bins and whole points lost on the validation sample.
    fairness : FairnessReport or None
        On the validation sample; None if it has no protected groups.
    offers : OffersReport or None
        The decisions on all consenting members; None for a flat table.
    """

    evaluations: Mapping[str, Evaluation]
    attribute_psi: Mapping[str, float]
    points_psi: float
    baseline: Mapping[str, list[float]]
    rounding: RoundingLoss | None = None
    fairness: FairnessReport | None = None
    offers: OffersReport | None = None


@dataclass(frozen=True)
class TrainedRun:
    """A card with the evidence for and against it.

    Attributes
    ----------
    card : Card
        The card to be served, fitted to all rows if the settings say so.
    judged : Card
        The card that the performance is of: the same choices, fitted to development rows only.
    digest : str
        SHA-256 of the card's canonical JSON.
    trained_by : str
        Who ran the training; this person may not approve the card.
    gates : GateVerdicts or None
        Verdicts against the champion in use; None until the gates have judged.
    trained_at : datetime or None
        When the training ended, with its time zone; no part of the card, whose bytes repeat.
    champion : CardFile or None
        The card that the gates compared with; None if none was in use.
    """

    card: Card
    judged: Card
    digest: str
    origin: Origin
    learned: Learned
    samples: Samples
    performance: Performance
    comparison: Comparison
    trained_by: str = ""
    gates: GateVerdicts | None = None
    trained_at: datetime | None = None
    champion: CardFile | None = None
