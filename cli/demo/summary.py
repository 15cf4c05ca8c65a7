"""The results of a demo: funnel, published figures, model, true bad rates and timings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.editions.edition import Edition, PlaceFilter
from cli.users import account_lines
from data.simulator.scenario import load_scenario
from data.simulator.totals import TOTALLED, compared, comparison_lines, simulated_totals
from data.storage.archive import Archive
from model.decision.whitelist import TIERS
from model.errors import RongziError

if TYPE_CHECKING:
    from cli.demo.stores import Demo, Step
    from cli.demo.trial import Trial

#: Members in the first-tier whitelist at World Post Day, 9 October 2023, of 87,459 archived.
PUBLISHED_FIRST_TIER = 11_815 / 87_459
#: By how much of all members an edition of a card trained anew may differ.
_FIRST_TIER_WITHIN = 0.01


def summary(demo: Demo, steps: list[Step], trial: Trial) -> Iterator[str]:
    """Yield the demo's results as lines, and write the figures to ``reports/demo.json``."""
    edition = Edition.current(demo.home)
    card = json.loads((demo.reports / "card" / "evaluation.json").read_text(encoding="utf-8"))
    rows = pq.read_table(demo.edition)
    truth = true_bad_rates(rows, pq.read_table(demo.truth))
    offered = true_bad_rates(rows, pq.read_table(demo.offers_truth), "offered")
    yield from _published(demo, edition)
    yield from _funnel(edition)
    yield from _model(card)
    yield from _truth(truth, offered)
    yield from _steps(steps)
    yield from _decision(trial)
    yield from _where(demo)
    yield from _accounts(trial)
    yield _heading("试一试 try: make serve, then in another shell")
    yield from curl_lines(trial)
    yield from _console(trial)
    _write(demo, edition, card, truth, offered, steps)


def true_bad_rates(edition: pa.Table, truth: pa.Table, loan: str = "standard") -> dict[str, float]:
    """Return the share of bad outcomes of a loan by tier, over all replications.

    Parameters
    ----------
    edition
        ``member_id`` and ``tier``.
    truth
        ``member_id``, ``loan`` and ``outcome`` per replication of the simulator's counterfactual.
    loan
        ``standard``, the same for everybody, or ``offered``.
    """
    truth = truth.filter(pc.equal(truth["loan"], loan))
    position = pc.index_in(truth["member_id"], edition["member_id"].combine_chunks())
    outcomes = pa.table(
        {
            "tier": edition["tier"].take(position),
            "bad": pc.cast(pc.equal(truth["outcome"], "bad"), pa.float64()),
        }
    )
    rates = outcomes.group_by("tier").aggregate([("bad", "mean")])
    by_tier = dict(zip(rates["tier"].to_pylist(), rates["bad_mean"].to_pylist(), strict=True))
    return {tier: by_tier[tier] for tier in reversed(TIERS) if tier in by_tier}


def _published(demo: Demo, edition: Edition) -> Iterator[str]:
    archive = Archive(demo.archive)
    totals = simulated_totals({name: archive.read(name) for name in TOTALLED})
    total = edition.funnel("total", PlaceFilter())[0]
    totals["first_tier"] = float(total["first"])
    yield _heading("与公布数字对照 compared with the published figures of 9 October 2023")
    rows = compared(load_scenario(), totals)
    # The scenario's tolerance is that of its own list; an edition's list is a new card's.
    yield from comparison_lines(row for row in rows if row.name != "first_tier")
    share = total["first"] / total["members"]
    verdict = "yes" if abs(share - PUBLISHED_FIRST_TIER) <= _FIRST_TIER_WITHIN else "NO"
    yield (
        f"first tier of the edition: {share:.1%} of members, published {PUBLISHED_FIRST_TIER:.1%},"
        f" within {_FIRST_TIER_WITHIN:.0%} of all: {verdict}"
    )


def _funnel(edition: Edition) -> Iterator[str]:
    yield _heading("漏斗 funnel: archive → consent → eligible → tiers → applied → drew")
    steps = ("members", "consenting", "eligible", "first", "second", "third", "none", "applied",
             "borrowers")  # fmt: skip
    yield f"{'':10}" + "".join(f"{step:>12}" for step in steps) + f"{'disbursed':>16}"
    rows = [*edition.funnel("county", PlaceFilter()), *edition.funnel("total", PlaceFilter())]
    for row in rows:
        counts = "".join(f"{row[step]:>12,}" for step in steps)
        yield f"{row['place_code'] or 'total':10}{counts}{row['disbursed_yuan']:>16,}"


def _model(card: dict[str, Any]) -> Iterator[str]:
    evaluation = card["evaluations"][card["validated_on"]]
    yield _heading(
        f"模型 model, {card['validated_on']}: {evaluation['rows']:,} loans,"
        f" {evaluation['bads']} bad"
    )
    for name, measure in evaluation["measures"].items():
        yield f"{name:22} {measure['value']:>8.4f}   ({measure['low']:.4f} – {measure['high']:.4f})"


def _truth(truth: dict[str, float], offered: dict[str, float]) -> Iterator[str]:
    yield _heading("真实违约率 true bad rate by tier (simulator's counterfactual)")
    yield f"{'':22}{'standard loan':>16}{'loan offered':>16}"
    for tier, rate in truth.items():
        own = f"{offered[tier]:.2%}" if tier in offered else "none"
        yield f"{tier:22}{rate:>16.2%}{own:>16}"
    rates = [truth[tier] for tier in ("FIRST", "SECOND", "THIRD") if tier in truth]
    if rates != sorted(set(rates)):
        raise RongziError(f"the tiers do not rank the true bad rates: {truth}")
    if "FIRST" not in truth:
        yield "the tier FIRST is empty: a card of so few members spreads its points too little"
        return
    ratios = truth["SECOND"] / truth["FIRST"], truth["THIRD"] / truth["SECOND"]
    yield f"SECOND is {ratios[0]:.1f} times FIRST, THIRD {ratios[1]:.1f} times SECOND"


def _steps(steps: list[Step]) -> Iterator[str]:
    yield _heading("用时 time and peak memory of each step's largest process")
    for step in steps:
        yield f"{step.name:22} {step.seconds:>8.1f} s {step.peak_mib:>8,.0f} MiB"
    yield f"{'total':22} {sum(step.seconds for step in steps):>8.1f} s"


def _decision(trial: Trial) -> Iterator[str]:
    answer = trial.answer
    yield _heading("一笔决策 one decision of the running service")
    yield f"{trial.officer.name} requests {trial.request}"
    yield (
        f"→ {answer['outcome']}, tier {answer['tier']}, {answer['points']} points,"
        f" grade {answer['grade']}, limit {answer['limit_yuan']:,} yuan"
        f" at {answer['annual_rate']:.2%} for {answer['months']} months"
        f" ({answer['repayment']}), bound by {answer['limit_bound_by']}"
    )
    for reason in answer["reasons"]:
        yield f"  −{reason['points_lost']} {reason['zh']} / {reason['en']}"


def _where(demo: Demo) -> Iterator[str]:
    yield _heading("去哪里看 where to look")
    yield f"报告 model report      {demo.reports / 'card' / 'report.html'}"
    yield f"导入 import report     {demo.reports / 'import.json'}"
    yield f"隔离 quarantine        {demo.home / 'quarantine'}"
    yield "MLflow                make mlflow-ui   → http://127.0.0.1:5000"
    yield "服务 service           make serve       → http://127.0.0.1:8000"


def _console(trial: Trial) -> Iterator[str]:
    yield _heading("打开控制台 open the console: make serve, then http://127.0.0.1:8000/console/")
    yield f"账号 account  {trial.officer.name}"
    yield f"密码 password {trial.officer.password}"


def _accounts(trial: Trial) -> Iterator[str]:
    yield _heading("账号 accounts: these passwords are shown only now")
    yield from account_lines(trial.accounts)


def curl_lines(trial: Trial) -> Iterator[str]:
    """Yield shell commands that ask the running service for the same decision."""
    form = f"grant_type=password&username={trial.officer.name}&password={trial.officer.password}"
    yield "TOKEN=$(curl -s http://127.0.0.1:8000/v1/token \\"
    yield f"  -d '{form}' \\"
    yield '  | sed \'s/.*"access_token":"\\([^"]*\\)".*/\\1/\')'
    yield "curl -s http://127.0.0.1:8000/v1/decisions \\"
    yield '  -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: $(date +%s%N)" \\'
    yield f"  -H 'Content-Type: application/json' -d '{json.dumps(trial.request)}'"


def _write(
    demo: Demo,
    edition: Edition,
    card: dict[str, Any],
    truth: dict[str, float],
    offered: dict[str, float],
    steps: list[Step],
) -> None:
    figures = {
        "funnel": edition.funnel("total", PlaceFilter())[0],
        "measures": card["evaluations"][card["validated_on"]]["measures"],
        "true_bad_rate_by_tier": truth,
        "true_bad_rate_of_offers_by_tier": offered,
        "steps": [vars(step) for step in steps],
    }
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    (demo.reports / "demo.json").write_text(text, encoding="utf-8")


def _heading(text: str) -> str:
    return f"\n── {text}"
