"""Pages of training runs: what was found, which gates it passed, and the order to use its card."""

from __future__ import annotations

from starlette.responses import Response

from api.console.attribute_words import AttributeWords
from api.console.model_pictures import vintage_bars
from api.console.page import Page
from api.models.schemas import RunRow, RunShape

#: What stops a card is read first; what passes is folded.
_ORDER = {"fail": 0, "flag": 1, "pass": 2, "none": 3}
_URGENT = ("fail", "flag")
#: Measures that are rates, told in percent.
_RATES = ("bad_rate", "expected_bad_rate")
#: Rows of the table of measures.
_MEASURES = ("auc", "gini", "ks", "bad_rate", "expected_bad_rate", "brier", "ece")
#: Standings of a card that an order can put in use.
_NOT_IN_USE = ("NONE", "EARLIER")


async def show_runs(page: Page) -> Response:
    """Show every training run, the verified ones first, latest first."""
    runs = await page.calls.read_list("get_runs", RunRow)
    return page.show("runs.html", runs=runs)


async def show_run(page: Page) -> Response:
    """Show one training run, and the form that orders its card into use."""
    found = await page.calls.read("get_run", RunShape, run_id=page.named("run_id"))
    if found.run is None:
        return page.show("run_unverified.html", found=found)
    run, gates = found.run, found.run.gates
    told = sorted(gates.verdicts if gates else [], key=lambda gate: _ORDER[gate.status])
    is_fit = gates is not None and gates.verdict != "failed" and found.standing in _NOT_IN_USE
    return page.show(
        "run.html",
        found=found,
        run=run,
        urgent=[gate for gate in told if gate.status in _URGENT],
        calm=[gate for gate in told if gate.status not in _URGENT],
        samples=sorted(run.samples, key=lambda each: each.sample != run.validated_on),
        measures=_MEASURES,
        rates=_RATES,
        words=AttributeWords(run, page.place),
        vintages=vintage_bars(run.vintages),
        orders=is_fit and page.may("post_key_order"),
    )
