"""Income as an audited sum: one line per source, with its evidence and what of it counts.

Nothing counts twice. A crop's harvest and its sales are one income, and so are a trade's turnover
and its tax paper, wages on the account and the contract they are paid under: the larger counts.
What is only declared has a line and counts nothing.

Amounts are integers in 1/10,000 yuan, so that one row and a million give the same yuan. What counts
of a line is in whole yuan, so that a printed sum adds up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.card.bins import Columns, Ints
from model.decision.amounts import in_favour
from model.policy.policy import Policy

#: Income is counted in 1/10,000 yuan: 0.01 mu × yuan a mu × percent sold in a month.
SCALE = 10_000
#: 100,000 mu of one crop, more than any household farms.
MAX_MU = 100_000
#: 100 tonnes a mu, more than any crop yields.
_MAX_KG = 100_000
#: Evidence of a line where every row has the same.
FIELD, ACCOUNT, DECLARED = "field", "account", "declared"
_DOCUMENTED = ("wages", "other", "business", "rent", "pension")
#: Incomes of a year in yuan that a profile states as one amount.
_AMOUNTS = (
    "net_sales_12m", "qr_receipts_12m", "subsidy_12m", "wages_credited_12m", "remittances_12m",
    "declared_income_yuan", *(f"documented_{kind}_yuan" for kind in _DOCUMENTED),
)  # fmt: skip


@dataclass(frozen=True)
class IncomeLine:
    """One source of income of n households.

    Attributes
    ----------
    source : str
        A crop of the policy, ``turnover``, ``subsidy``, ``wages_credited``, ``remittances``,
        ``documented_wages`` and so on, or ``declared``.
    evidence : object array of str
        ``field``, or evidence of the policy's ``evidence_percent``; None without any. Shape (n,).
    yearly : Ints
        A year's income before any haircut, in 1/10,000 yuan, shape (n,).
    percent : Ints
        Share of it that counts: stress, margin or weight of the evidence, shape (n,).
    inputs : Ints
        Costs of the harvest, taken from what counts, in 1/10,000 yuan, shape (n,).
    counted : Ints
        What counts of it in a year, in 1/10,000 yuan, shape (n,); 0 where another line of the same
        income counts instead.
    market_percent : tuple of int
        Share by calendar month; empty for an income that is spread evenly.
    """

    source: str
    evidence: NDArray[np.object_]
    yearly: Ints
    percent: Ints
    inputs: Ints
    counted: Ints
    market_percent: tuple[int, ...] = ()


def income_lines(columns: Columns, policy: Policy) -> list[IncomeLine]:
    """Return the lines of each household's income, in the order in which they are printed.

    A harvest and its sales both keep what they count: which of them is larger depends on the term,
    and `model.decision.income.Income` decides it.

    Parameters
    ----------
    columns
        Areas with a harvest ahead and latest yields by crop; sales, receipts, subsidy, wages and
        remittances of 12 months; documented incomes with their evidence; all but those in yuan.
    """
    # One step for all sources: a numpy step costs the same for one household as for a thousand.
    yuan = dict(zip(_AMOUNTS, in_favour([columns[name] for name in _AMOUNTS]), strict=True))
    credited = [_credited(name, yuan, policy) for name in ("wages_credited", "remittances")]
    wages, other, business, rent, pension = (
        _documented(kind, columns, yuan, policy) for kind in _DOCUMENTED
    )
    earned = _larger(credited, [wages, other])
    trade = _larger([_turnover(columns, yuan, policy)], [business])
    fields = _crop_lines(columns, policy)
    return [*fields, *trade, _subsidy(yuan), *earned, rent, pension, _declared(yuan)]


def _crop_lines(columns: Columns, policy: Policy) -> list[IncomeLine]:
    kept = (100 - policy["yield_stress_percent"]) * (100 - policy["price_stress_percent"]) // 100
    crops = policy.crops.values()
    area = in_favour([columns[f"harvest_{name}_mu"] for name in policy.crops], 100, MAX_MU)
    # 0.01 mu × yuan a mu is in 1/100 yuan.
    full = area * np.array([[crop.gross_yuan_per_mu] for crop in crops])
    gross = full * _yield_permille(columns, policy) // 1000
    inputs = area * np.array([[crop.inputs_yuan_per_mu] for crop in crops])
    counted = np.maximum(gross * kept // 100 - inputs, 0) // 100 * SCALE
    evidence, percent = _same(FIELD, area[0]), np.full_like(area[0], kept)
    by_crop = zip(policy.crops.items(), gross * 100, inputs * 100, counted, strict=True)
    return [
        IncomeLine(name, evidence, yearly, percent, spent, counts, crop.market_percent)
        for (name, crop), yearly, spent, counts in by_crop
    ]


def _yield_permille(columns: Columns, policy: Policy) -> Ints:
    """Return latest yields against normal ones, in thousandths; a good year is not repeated.

    Shape (crops, n). Without a recorded yield the policy's share of a normal one counts; a crop
    without a normal yield counts in full.
    """
    normal = np.array([[crop.normal_kg_per_mu] for crop in policy.crops.values()])
    rows = len(columns["occupation"])
    yields = np.array(
        [
            columns[f"yield_{name}_kg"] if crop.normal_kg_per_mu else np.zeros(rows)
            for name, crop in policy.crops.items()
        ],
        dtype=np.float64,
    )
    permille = in_favour(yields, 10, _MAX_KG) * 100 // np.maximum(normal, 1)
    unknown = policy["unknown_yield_percent"] * 10
    known = np.where(np.isnan(yields), unknown, np.minimum(permille, 1000))
    return np.where(normal > 0, known, 1000)


def _turnover(columns: Columns, yuan: Mapping[str, Ints], policy: Policy) -> IncomeLine:
    """Return the income from sales and receipts: the occupation's margin, under stress on price."""
    turnover = yuan["net_sales_12m"] + yuan["qr_receipts_12m"]
    margin = margins(columns["occupation"].tolist(), policy)
    percent = margin * (100 - policy["price_stress_percent"]) // 100
    return _weighed("turnover", _same(ACCOUNT, turnover), turnover, percent)


def margins(occupation: list[str | None], policy: Policy) -> Ints:
    """Return the share of turnover that is income, in percent; the lowest for an unknown trade."""
    known = policy.trade_margin_percent
    lowest = min(known.values())
    return np.array([known.get(each or "", lowest) for each in occupation], dtype=np.int64)


def _subsidy(yuan: Mapping[str, Ints]) -> IncomeLine:
    own = yuan["subsidy_12m"]
    return _weighed("subsidy", _same(ACCOUNT, own), own, np.full_like(own, 100))


def _credited(name: str, yuan: Mapping[str, Ints], policy: Policy) -> IncomeLine:
    own = yuan[f"{name}_12m"]
    percent = np.full_like(own, policy.evidence_percent[ACCOUNT])
    return _weighed(name, _same(ACCOUNT, own), own, percent)


def _documented(
    kind: str, columns: Columns, yuan: Mapping[str, Ints], policy: Policy
) -> IncomeLine:
    evidence = np.asarray(columns[f"documented_{kind}_evidence"], dtype=object)
    weight: Mapping[str, int] = policy.evidence_percent
    percent = np.array([weight.get(each or "", 0) for each in evidence.tolist()], dtype=np.int64)
    return _weighed(f"documented_{kind}", evidence, yuan[f"documented_{kind}_yuan"], percent)


def _declared(yuan: Mapping[str, Ints]) -> IncomeLine:
    own = yuan["declared_income_yuan"]
    return _weighed(DECLARED, _same(DECLARED, own), own, np.zeros_like(own))


def _weighed(source: str, evidence: NDArray[np.object_], yuan: Ints, percent: Ints) -> IncomeLine:
    counted = yuan * percent // 100 * SCALE
    return IncomeLine(source, evidence, yuan * SCALE, percent, np.zeros_like(yuan), counted)


def _larger(first: list[IncomeLine], second: list[IncomeLine]) -> list[IncomeLine]:
    """Return both groups; of each row only the group that counts for more keeps it."""
    is_first = sum(each.counted for each in first) >= sum(each.counted for each in second)
    return [
        *(replace(each, counted=np.where(is_first, each.counted, 0)) for each in first),
        *(replace(each, counted=np.where(is_first, 0, each.counted)) for each in second),
    ]


def _same(evidence: str, like: Ints) -> NDArray[np.object_]:
    return np.full(len(like), evidence, dtype=object)
