"""What reject inference did to a training sample."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RejectReport:
    """How the rows nobody observed entered the training.

    Attributes
    ----------
    method : str
        ``none``, ``parcelling``, ``fuzzy`` or ``ipw``.
    population : str
        In words: who the unobserved are.
    observed, unobserved : int
        Rows with and without an outcome.
    selection_auc : float
        How well scored attributes tell the booked from the others, cross-validated; 0.5: chance.
    observed_bad_rate, inferred_bad_rate : float
        Of the booked, and what the method supposes of the others (NaN for ``none``).
    effective_rows : float
        Rows of equal weight that carry as much information (Kish 1965, *Survey Sampling*).
    auc, auc_without : float
        Out-of-fold AUC on the booked, with the method and without any.
    """

    method: str
    population: str
    observed: int
    unobserved: int
    selection_auc: float
    observed_bad_rate: float
    inferred_bad_rate: float
    effective_rows: float
    auc: float
    auc_without: float
