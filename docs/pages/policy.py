"""The page ``docs/reference/policy.md``, from ``model/policy/policy.yaml``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from docs.pages.rendering import render
from model.policy.controls import shipped_controls
from model.policy.policy_file import shipped_policy
from model.policy.reconciliation import shipped_reconciliation
from model.policy.retention import shipped_retention

Row = tuple[object, ...]


def policy_page() -> str:
    """Return the page: every dated value with its source, every rule and what missing does."""
    spec = shipped_policy()
    return render(
        "policy.md",
        numbers=list(_numbers(spec)),
        margins=list(_margins(spec)),
        besides=list(_names(spec, "trade_besides_crops")),
        crops=list(_crops(spec)),
        evidence=list(_evidence(spec)),
        caps=list(_caps(spec)),
        fieldless=list(_names(spec, "occupations_without_fields")),
        grades=list(_grades(spec)),
        tiers=list(_tiers(spec)),
        review_reasons=list(_review_reasons(spec)),
        member_rules=list(_rules(spec["rules"])),
        request_rules=list(_rules(spec["request_rules"])),
        controls=list(_dated_entries(shipped_controls())),
        reconciliation=list(_dated_entries(shipped_reconciliation())),
        retention=list(_dated_entries(shipped_retention())),
        sources={name: entry["source"] for name, entry in spec.items() if "source" in entry},
    )


def _dated(spec: Mapping[str, Any], table: str) -> Iterator[tuple[Any, Any]]:
    """Yield the dates and values of a dated entry, oldest first."""
    yield from sorted(spec[table]["values"].items())


def _numbers(spec: Mapping[str, Any]) -> Iterator[Row]:
    for name, entry in spec["numbers"].items():
        for start, value in _dated(spec["numbers"], name):
            yield f"`{name}`", value, entry["unit"], start, entry["source"]


def _margins(spec: Mapping[str, Any]) -> Iterator[Row]:
    for start, margins in _dated(spec, "trade_margin_percent"):
        yield from ((occupation, percent, start) for occupation, percent in margins.items())


def _caps(spec: Mapping[str, Any]) -> Iterator[Row]:
    for start, caps in _dated(spec, "exposure_caps_yuan"):
        yield from ((of, yuan, start) for of, yuan in caps.items())


def _names(spec: Mapping[str, Any], table: str) -> Iterator[Row]:
    yield from ((", ".join(names), start) for start, names in _dated(spec, table))


def _crops(spec: Mapping[str, Any]) -> Iterator[Row]:
    for start, crops in _dated(spec, "crops"):
        for crop, entry in crops.items():
            market = ", ".join(f"{month}月 {share}" for month, share in entry["market"].items())
            yield crop, *_yuan_of_a_mu(entry), market, start


def _yuan_of_a_mu(entry: Mapping[str, Any]) -> tuple[object, object, object, object]:
    """Return net, gross, inputs and normal yield; the net alone before capacity from evidence."""
    if "net_yuan_per_mu" in entry:
        return entry["net_yuan_per_mu"], "", "", ""
    gross, inputs = entry["gross_yuan_per_mu"], entry["inputs_yuan_per_mu"]
    return gross - inputs, gross, inputs, entry["normal_kg_per_mu"] or "not compared"


def _evidence(spec: Mapping[str, Any]) -> Iterator[Row]:
    for start, weights in _dated(spec, "evidence_percent"):
        yield from ((evidence, percent, start) for evidence, percent in weights.items())


def _grades(spec: Mapping[str, Any]) -> Iterator[Row]:
    for start, grades in _dated(spec, "grades"):
        for g in grades:
            yield g["grade"], g["pd_at_most"], g["spread_bp"], g["cap_yuan"], start


def _tiers(spec: Mapping[str, Any]) -> Iterator[Row]:
    for start, tiers in _dated(spec, "tiers"):
        yield from ((tier, points, start) for tier, points in tiers.items())


def _review_reasons(spec: Mapping[str, Any]) -> Iterator[Row]:
    for start, reasons in _dated(spec, "review_reasons"):
        for r in reasons:
            yield f"`{r['code']}`", r["for"], start, f"{r['zh']}<br>{r['en']}"


def _dated_entries(entries: Mapping[str, Any]) -> Iterator[Row]:
    for name, entry in entries.items():
        for start, value in sorted(entry["values"].items()):
            yield f"`{name}`", _listed(value), entry["unit"], start, entry["source"]


def _listed(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    return ", ".join(" – ".join(e) if isinstance(e, list) else e for e in value) or "none"


def _rules(rules: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    for rule in rules:
        matches = f"`{rule['attribute']}` {rule['holds'].replace('_', ' ')} {rule['value']}"
        ways = {"unscored": ", not scored", "alone": ", told alone"}
        effect = rule["outcome"] + "".join(told for way, told in ways.items() if rule.get(way))
        holds = str(rule["from"]) + (f" until {rule['until']}" if "until" in rule else "")
        texts = "<br>".join(rule[way] + rule.get("detail", {}).get(way, "") for way in ("zh", "en"))
        yield rule["code"], matches, rule["missing"], effect, holds, texts, rule["source"]
