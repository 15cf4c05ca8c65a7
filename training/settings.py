"""The settings of a training run: every number that shapes a card, with its unit and reason."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import rfc8785

from model.card.scorecard import Grade, Scaling
from model.profile.dictionary import Direction

#: 600 points at 50:1 odds, 20 points double them.
SCALING = Scaling()
#: Grades for flat tables, which have no policy: bands double, as in the policy's master scale.
MASTER_SCALE = tuple(
    Grade(name, ceiling)
    for name, ceiling in zip("ABCDEFG", (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 1.0), strict=True)
)


Family = Literal["auto", "woe", "ebm", "boosted", "boosted_single", "blend"]
CurveName = Literal["line", "long_run", "beta", "isotonic", "centred_isotonic"]
RejectMethod = Literal["none", "parcelling", "fuzzy", "ipw"]
Population = Literal["members", "declined"]
# The command line offers these names without importing the code behind them.
FAMILIES: tuple[Family, ...] = get_args(Family)
CURVES: tuple[CurveName, ...] = get_args(CurveName)
REJECT_METHODS: tuple[RejectMethod, ...] = get_args(RejectMethod)
POPULATIONS: tuple[Population, ...] = get_args(Population)


@dataclass(frozen=True)
class Settings:
    """The settings of one training run; equal settings and equal data give the same card.

    Attributes
    ----------
    family : str
        A family of `training.contest`, or ``auto``.
    folds : int
        Folds of the cross-fit that chooses the penalty and calibrates.
    least_bads : int
        Bads, and goods, the development sample needs: ten an attribute is the usual floor for a
        logistic regression (Peduzzi et al. 1996), and a card has several.
    chance_errors : float
        Standard errors under chance by which the out-of-fold AUC must exceed one half. Three, not
        two: folds share rows, so out-of-fold AUCs of pure noise spread wider.
    most_bins : int
        Ordinary bins an attribute may have, so that a card fits on a page.
    least_bin_share : float
        Minimum share of an attribute's values in an ordinary bin.
    prior_rows : float
        Rows at the base rate added to every bin before its weight of evidence is taken, so that
        small or pure bins get little weight.
    least_iv : float
        Information value an attribute needs. Siddiqi (2006, ch. 6) calls less than 0.02
        unpredictive; half of that gained 0.006 AUC on wide, weak tables and cost none elsewhere.
    turned_errors : float
        Standard errors below one half at which an attribute, learned on one half of development,
        ranks the other half so wrongly that it is dropped. Two: one attribute in forty of pure
        noise leaves by chance, and it is no loss.
    most_unknown_share : float
        Share of rows without a value above which an attribute is dropped.
    most_correlation : float
        If the weights of evidence of two attributes correlate more, the weaker is dropped.
    most_derived : int
        Maximum number of ratios and differences of two attributes in a boosted card; 0: none are
        tried.
    least_points : int
        An attribute whose best and worst bins differ by fewer points is left out.
    penalties : tuple of float
        Inverse strengths C of the ridge tried by cross-validation.
    least_level_rows : int
        Rows a spelling of a text attribute needs for a bin of its own.
    resamples : int
        Bootstrap resamples behind each interval.
    out_of_time_share, hold_out_share : float
        Share of loans (by vintage) or rows (at random) held out from development for validation.
    refit : bool
        Whether the judged choices are fitted again to development and validation rows together.
    without : tuple of str
        Attributes that the analyst keeps out of the card.
    directions : tuple of (str, Direction)
        Attribute and the direction of risk that the card must give it: ``up``, ``down``, ``free``.
    most_range_share : float
        Share of the card's range that the tables of one attribute may hold; 1: no cap. See
        `training.card.range_cap`.
    bins : tuple of (str, tuple of float)
        Cut points that the analyst sets for an attribute; see `training.binning.by_hand`.
    least_held_bads : int
        Bads, and goods, the validation sample needs; vintages are added to it until it has them.
    window_months, bullet_window_months : int
        Performance window: months on book; for loans whose principal falls due at the
        end, months from maturity.
    bad_days, indeterminate_days : int
        Days past due that make a loan bad, and that leave it undecided.
    calibration : str
        Curve from points to PD, of `training.card.calibrate`; ``line`` keeps the scale's odds,
        ``long_run`` takes slope and level over years, and is the line where rows span no two.
    reject_inference : str
        ``none``, ``parcelling``, ``fuzzy`` or ``ipw``: see `training.reject`.
    unobserved : str
        Whose outcomes are inferred: ``members`` never booked, or applicants ``declined``. A flat
        table's unobserved are its rows without a target.
    most_unobserved : int
        Maximum number of unobserved members drawn; each then represents several.
    reject_prudence : float
        Factor on the inferred PD of the unobserved; 1 takes the card's PD as it is.
    most_weight_quantile : float
        Quantile at which inverse-probability weights are cut, so that no single loan
        represents hundreds.
    run_in_months : int
        Months that the archive must have recorded before a loan was applied for. Longer attribute
        windows are still cut short in the first vintages. On the simulated archive the bads of
        these vintages were worth more than complete windows (of 0, 3, 6 and 9 months, 3 ranked best
        out of time).
    """

    seed: int = 54
    family: Family = "auto"
    folds: int = 5
    least_bads: int = 30
    chance_errors: float = 3.0
    most_bins: int = 7
    least_bin_share: float = 0.05
    prior_rows: float = 20.0
    least_iv: float = 0.01
    turned_errors: float = 2.0
    most_unknown_share: float = 0.95
    most_correlation: float = 0.9
    most_derived: int = 4
    least_points: int = 3
    penalties: tuple[float, ...] = (0.01, 0.1, 1.0, 10.0)
    least_level_rows: int = 20
    resamples: int = 500
    out_of_time_share: float = 0.27
    hold_out_share: float = 0.25
    refit: bool = True
    without: tuple[str, ...] = ()
    directions: tuple[tuple[str, Direction], ...] = ()
    most_range_share: float = 0.25
    bins: tuple[tuple[str, tuple[float, ...]], ...] = ()
    window_months: int = 12
    bullet_window_months: int = 4
    least_held_bads: int = 15
    bad_days: int = 90
    indeterminate_days: int = 30
    run_in_months: int = 3
    calibration: CurveName = "long_run"
    reject_inference: RejectMethod = "none"
    unobserved: Population = "members"
    most_unobserved: int = 20_000
    reject_prudence: float = 1.0
    most_weight_quantile: float = 0.99
    scaling: Scaling = SCALING
    grades: tuple[Grade, ...] = MASTER_SCALE

    @property
    def least_points_kept(self) -> int:
        """Points a table must move to stay in the card.

        A shape averaged over many ensembles stays if it moves any point: on micro-loans with 44
        weak attributes, dropping shapes below three points cost 0.002 AUC.
        """
        return self.least_points if self.family == "woe" else 1

    def as_parameters(self) -> dict[str, Any]:
        """Return the settings as plain values by name, for the run's record."""
        return asdict(self)


def training_digest(settings: Settings, data: Mapping[str, str]) -> str:
    """Return the SHA-256 over settings and data; equal digests give equal cards."""
    statement = {"settings": settings.as_parameters(), "data": dict(data)}
    return hashlib.sha256(rfc8785.dumps(_plain(statement))).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list | tuple) else value
