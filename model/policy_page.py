"""The page ``docs/policy.md``: ``python -m model.policy_page > docs/policy.md`` writes it anew."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from model.policy.policy_file import RULES, shipped_policy

_HEAD = """\
# Lending policy 信贷政策

Written from `model/policy/policy.yaml` by `python -m model.policy_page`; change the policy there, never
here. A value holds from its date on, that day included, until a later one starts.
`policy_on(date)` in `model/policy/policy.py` gives what held on a day, and its digest is in every
decision.

## How an offer is worked out

1. **Income** (`model/decision/income.py`). Fields: area × net income of a mu, in the crop's market months
   from the as-of date's month on. Trade: 12 months' net sales and QR receipts × the occupation's
   margin, evenly. Subsidies, evenly. A grower's sales are his crops, so of fields and trade the
   larger counts, not the sum; the same for a cooperative and where the occupation is unknown. A
   trade beside the crops is added. Wages are not on record: each labourer on file counts for a
   modest sum a year, evenly.
2. **Capacity** (`model/decision/capacity.py`). Of the income that comes in by the end of the term, less the
   haircut, the debt-service share; less the coming year's debt service, in full even for a shorter
   term, because loans repaid after a harvest fall due at one blow. What is left repays principal
   and simple interest at the rate cap. A loan may instead be repaid in equal instalments, out of
   trade and subsidies alone, where that repays more; never by a livestock household, which sells
   its herd at once.
3. **Term**. A household that earns most from its fields repays in the month after the market month
   by whose end it can repay most, among those far enough ahead; all others after the standard
   term. A member may ask for another term: the limit is then worked out for it, the tier stays.
4. **Limit**: the least of the product's cap and the grade's cap, both less what is still owed, and
   capacity; rounded down. The decision says which of the three it was.
5. **Rate**: loan prime rate + the grade's spread, within floor and cap. The grade is the day's
   scale applied to the PD, whatever scale the card was trained under.

At a given term more income never lowers the limit, and more debt never raises it. The term itself
follows the calendar: a new crop can move it, and the limit with it.

## Tiers and outcomes

| a rule's effect | tier at best | outcome of a request |
|---|---|---|
| decline | NONE | DECLINE |
| nurture | THIRD | DECLINE |
| refer | SECOND | REFER |
| none, enough points | FIRST | APPROVE |

All rules that match are reported. Rules on a request change its outcome, never the tier.
"""


def policy_page() -> str:
    """Return the page: every dated value with its source, every rule with what missing does."""
    spec = shipped_policy()
    parts = [
        _HEAD,
        _section("Numbers", ("number", "value", "unit", "from", "source"), _numbers(spec)),
        _section("Trade", ("occupation", "margin, % of turnover", "from"), _margins(spec)),
        _note(spec, "trade_margin_percent"),
        _section("Trade beside the crops", ("occupations", "from"), _besides(spec)),
        _note(spec, "trade_besides_crops"),
        _section("Crops", ("crop", "net, yuan a mu", "sold by month, %", "from"), _crops(spec)),
        _note(spec, "crops"),
        _section(
            "Grades", ("grade", "PD at most", "spread, bp", "cap, yuan", "from"), _grades(spec)
        ),
        _note(spec, "grades"),
        _section("Tiers", ("tier", "points at least", "from"), _tiers(spec)),
        _note(spec, "tiers"),
        _section(
            "Reasons of a review", ("code", "serves to", "from", "told"), _review_reasons(spec)
        ),
        _note(spec, "review_reasons"),
        *(_section(_TITLES[name], _RULE_HEADER, _rules(spec[name])) for name in RULES),
    ]
    return "\n".join(parts)


_TITLES = {"rules": "Rules on a member", "request_rules": "Rules on a request"}
_RULE_HEADER = ("code", "matches where", "missing", "effect", "from", "told", "source")


def _section(title: str, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [f"## {title}\n", _row(header), "|" + "---|" * len(header), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _note(spec: Mapping[str, Any], table: str) -> str:
    return f"Source: {spec[table]['source']}.\n"


def _dated(spec: Mapping[str, Any], table: str) -> Iterator[tuple[Any, Any]]:
    """Yield the dates and values of a dated entry, oldest first."""
    yield from sorted(spec[table]["values"].items())


def _numbers(spec: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for name, entry in spec["numbers"].items():
        for start, value in _dated(spec["numbers"], name):
            yield f"`{name}`", value, entry["unit"], start, entry["source"]


def _margins(spec: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for start, margins in _dated(spec, "trade_margin_percent"):
        yield from ((occupation, percent, start) for occupation, percent in margins.items())


def _besides(spec: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    yield from ((", ".join(names), start) for start, names in _dated(spec, "trade_besides_crops"))


def _crops(spec: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for start, crops in _dated(spec, "crops"):
        for crop, entry in crops.items():
            market = ", ".join(f"{month}月 {share}" for month, share in entry["market"].items())
            yield crop, entry["net_yuan_per_mu"], market, start


def _grades(spec: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for start, grades in _dated(spec, "grades"):
        for g in grades:
            yield g["grade"], g["pd_at_most"], g["spread_bp"], g["cap_yuan"], start


def _tiers(spec: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for start, tiers in _dated(spec, "tiers"):
        yield from ((tier, points, start) for tier, points in tiers.items())


def _review_reasons(spec: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for start, reasons in _dated(spec, "review_reasons"):
        for r in reasons:
            yield f"`{r['code']}`", r["for"], start, f"{r['zh']}<br>{r['en']}"


def _rules(rules: Iterable[Mapping[str, Any]]) -> Iterator[tuple[object, ...]]:
    for rule in rules:
        matches = f"`{rule['attribute']}` {rule['holds'].replace('_', ' ')} {rule['value']}"
        effect = rule["outcome"] + (", not scored" if rule.get("unscored") else "")
        holds = str(rule["from"]) + (f" until {rule['until']}" if "until" in rule else "")
        told = f"{rule['zh']}<br>{rule['en']}"
        yield rule["code"], matches, rule["missing"], effect, holds, told, rule["source"]


if __name__ == "__main__":
    sys.stdout.write(policy_page())
