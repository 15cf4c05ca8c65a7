"""What a run compares: candidates, boosted challengers, pairs against single attributes, rounding.

All figures are of rows that the models did not see.
"""

from __future__ import annotations

from dataclasses import dataclass

from model.profile.dictionary import Text
from training.additive import NO_NOTE
from training.measures.evaluate import Interval


@dataclass(frozen=True)
class Candidate:
    """One model that was tried, out of fold on the development sample.

    Attributes
    ----------
    seconds : float
        Processor seconds it took; shown to the reader, never used to choose.
    note : Text
        Its settings in words, for the leaderboard.
    """

    name: str
    family: str
    auc: float
    log_loss: float
    brier: float
    seconds: float
    note: Text = NO_NOTE


@dataclass(frozen=True)
class PriceOfExplanation:
    """The chosen card's shapes beside boosted trees on the same folds.

    Attributes
    ----------
    challengers : tuple of Candidate
        Boosted trees; never served.
    auc, brier : float
        What explanation costs against the best challenger: AUC lost and Brier score added;
        negative where the card's shapes are better.
    """

    challengers: tuple[Candidate, ...]
    auc: float
    brier: float


@dataclass(frozen=True)
class HeldChallenger:
    """A boosted challenger on the validation rows, beside the card.

    Attributes
    ----------
    auc, brier : float
        Of the challenger.
    auc_gained, brier_added : Interval
        The challenger's less the card's, over borrowers: a positive AUC or a negative Brier score
        is the price of explanation.
    """

    name: str
    auc: float
    brier: float
    auc_gained: Interval
    brier_added: Interval


@dataclass(frozen=True)
class HandBinsCost:
    """What bins by hand give and take, out of fold on development, with 95 % intervals.

    Attributes
    ----------
    auc, log_loss : Interval
        Those of the bins by hand less those of the automatic bins.
    """

    attributes: tuple[str, ...]
    auc: Interval
    log_loss: Interval


@dataclass(frozen=True)
class PairsBought:
    """What pairs of attributes add to the best card with points by single attributes only.

    Attributes
    ----------
    single : Candidate
        The best candidate without pairs.
    auc, log_loss, brier : Interval
        The chosen candidate's less those of `single`, out of fold, over borrowers.
    """

    single: Candidate
    auc: Interval
    log_loss: Interval
    brier: Interval


@dataclass(frozen=True)
class RoundingLoss:
    """What the card lost on the validation sample on the way from shapes to whole points.

    Attributes
    ----------
    merging_auc, rounding_auc : float
        AUC lost by merging bins, and by whole points; negative where it rose.
    merging_brier, rounding_brier : float
        Brier score added by each.
    auc_error : float
        Standard error of the AUC lost in all (DeLong et al. 1988).
    """

    merging_auc: float
    rounding_auc: float
    merging_brier: float
    rounding_brier: float
    auc_error: float = 0.0

    @property
    def auc(self) -> float:
        """AUC lost in all."""
        return self.merging_auc + self.rounding_auc

    @property
    def brier(self) -> float:
        """Brier score added in all."""
        return self.merging_brier + self.rounding_brier


@dataclass(frozen=True)
class Comparison:
    """What was compared with the card.

    Attributes
    ----------
    leaderboard : tuple of Candidate
        The candidates tried, out of fold.
    pairs_bought : PairsBought or None
        None if the card has no pairs, or no candidate without pairs was tried.
    price : PriceOfExplanation or None
        None if no challenger was fitted.
    held_out : tuple of HeldChallenger
        The challengers on the validation rows; empty if none was fitted.
    """

    leaderboard: tuple[Candidate, ...] = ()
    pairs_bought: PairsBought | None = None
    price: PriceOfExplanation | None = None
    held_out: tuple[HeldChallenger, ...] = ()
