"""What a training run tells whoever judges it without the tracking server: no person, no file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from model.card.card_json import card_to_json
from model.profile.dictionary import Text
from training.fairness.findings import AttributeFairness, FairnessReport
from training.gates.verdict import GateVerdicts, json_fields
from training.learn import digest_of
from training.measures.evaluate import Evaluation, Interval
from training.reports.sections.attributes import rows_of_term
from training.run import Samples, TrainedRun
from training.samples.sample import Sample
from training.settings import Settings

#: Rates of a group that a summary tells; it tells no count of a group.
_RATES = ("approval", "bad_rate")


def run_summary(run: TrainedRun, code_version: str, link: str | None) -> dict[str, Any]:
    """Return the summary of `run`, as `data.publishing.run_summaries` stores it.

    Parameters
    ----------
    link : str or None
        The run's page on the tracking server; None without one.
    """
    performance = run.performance
    return {
        "made_at": run.trained_at.isoformat() if run.trained_at else None,
        "made_by": run.trained_by,
        "code_version": code_version,
        "link": link,
        "card_digest": run.digest,
        "judged_digest": None if run.judged is run.card else digest_of(run.judged),
        "card": json.loads(card_to_json(run.card)),
        "data": _data(run),
        "outcome": _text(_outcome(run)),
        "period": _period(run.samples),
        "validated_on": run.samples.validated_on,
        "samples": [_sample(name, each) for name, each in performance.evaluations.items()],
        "gates": _gates(run.gates) if run.gates else None,
        "points_psi": performance.points_psi,
        "attributes": _attributes(run),
        "vintages": [asdict(row) for row in run.origin.source.vintages],
        "fairness": _fairness(performance.fairness) if performance.fairness else None,
        "notes": list(run.origin.source.notes),
    }


def _data(run: TrainedRun) -> dict[str, str | None]:
    source = run.origin.source
    return {
        "source": source.facts["source"],
        "title": source.title,
        "as_of": source.facts.get("as_of"),
        "digest": source.facts["data_digest"],
    }


def _outcome(run: TrainedRun) -> Text:
    facts, settings = run.origin.source.facts, run.origin.settings
    if facts["source"] == "archive":
        return _loan_outcome(settings)
    target, bad = facts["target"], facts["bad_value"]
    return Text(f"列“{target}”等于“{bad}”为坏", f"bad where column “{target}” is “{bad}”")


def _loan_outcome(settings: Settings) -> Text:
    bad, undecided = settings.bad_days, settings.indeterminate_days
    months, after = settings.window_months, settings.bullet_window_months
    return Text(
        f"放款后 {months} 个月内逾期达到 {bad} 天为坏；到期一次还本的贷款看到期后 {after} 个月；"
        f"重组或核销当日即为坏；逾期 {undecided} 至 {bad - 1} 天不作判断",
        f"bad: {bad} days past due within {months} months on book, or within {after} months after"
        f" maturity where principal falls due at the end; restructured or written off: bad that"
        f" day; {undecided} to {bad - 1} days: left undecided",
    )


def _period(samples: Samples) -> dict[str, str] | None:
    """Return the first and last month of both samples; None where rows have no time."""
    development, validation = (_months(s) for s in (samples.development, samples.validation))
    if development is None or validation is None:
        return None
    return {
        "from_month": development[0], "to_month": development[1],
        "validated_from": validation[0], "validated_to": validation[1],
    }  # fmt: skip


def _months(sample: Sample) -> tuple[str, str] | None:
    if not len(sample) or sample.period.min() == sample.period.max():
        return None
    first, last = (
        str(np.datetime64(int(month), "M")) for month in (sample.period.min(), sample.period.max())
    )
    return first, last


def _sample(name: str, evaluation: Evaluation) -> dict[str, Any]:
    return {
        "sample": name,
        "rows": evaluation.rows,
        "bads": evaluation.bad_rows,
        "measures": {measure: _interval(m) for measure, m in evaluation.measures.items()},
    }


def _interval(measured: Interval) -> dict[str, float | None]:
    return {name: _number(value) for name, value in asdict(measured).items()}


def _gates(gates: GateVerdicts) -> dict[str, Any]:
    stated = asdict(gates, dict_factory=json_fields)
    for verdict in stated["verdicts"]:
        verdict["value"] = _number(verdict["value"])
    return {
        "verdict": "failed" if gates.failed else "flagged" if gates.flagged else "passed",
        **{name: value for name, value in stated.items() if name != "card_digest"},
        "verdicts": list(stated["verdicts"]),
    }


def _attributes(run: TrainedRun) -> list[dict[str, Any]]:
    """Return by attribute its points and shift, and by bin code its shares and weights of evidence.

    The weights are known where the attribute has points of its own.
    """
    singles = {t.attributes[0]: t for t in run.card.terms if len(t.attributes) == 1}
    performance = run.performance
    found = []
    for name in run.card.attributes:
        rows = rows_of_term(run, singles[name]) if name in singles else []
        points = [row.points for row in rows]
        found.append({
            "attribute": name,
            "label": _text(run.card.wording[name].label),
            "least_points": min(points, default=None),
            "most_points": max(points, default=None),
            "psi": _number(performance.attribute_psi.get(name)),
            "share": [_number(share) for share in performance.baseline[name]],
            "share_validated": [_number(row.share_now) for row in rows],
            "woe": [_number(row.woe) for row in rows],
        })  # fmt: skip
    return found


def _fairness(report: FairnessReport) -> dict[str, Any]:
    return {
        "sample": report.sample,
        "cut_off": report.cut_off,
        "cut_off_from": _text(report.cut_off_from),
        "attributes": [_group_rates(each) for each in report.attributes],
    }


def _group_rates(each: AttributeFairness) -> dict[str, Any]:
    return {
        "attribute": each.attribute,
        "label": _text(each.label),
        "groups": [
            {
                "group": row.group,
                **{name: _rate(row.rates[name]) for name in _RATES if name in row.rates},
                "expected_bad_rate": _number(row.expected_bad_rate),
            }
            for row in each.groups
        ],
        "gaps": [{**asdict(gap), **_rate(gap)} for gap in each.gaps],
    }


def _rate(measured: Any) -> dict[str, float | None]:
    return {name: _number(getattr(measured, name)) for name in ("value", "low", "high")}


def _text(text: Text) -> Mapping[str, str]:
    return {"zh": text.zh, "en": text.en}


def _number(value: float | None) -> float | None:
    """Return a number that JSON can hold; None for one that could not be measured."""
    return None if value is None or not np.isfinite(value) else float(value)
