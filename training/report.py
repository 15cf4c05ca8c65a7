"""The run as one self-contained HTML page: readable offline, on screen and in print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model.dictionary import Attribute, Text
from model.scorecard import Term
from training.bin_table import BinRow, bin_rows
from training.html_page import html_page, inline
from training.learn import DEVELOPMENT, HELD_OUT, NEW_BORROWERS, OUT_OF_TIME, UNSEEN, TrainedRun
from training.pair_table import pair_grid

#: Sections in the order a validator reads them, each a template of its own.
CONTENTS = (
    "summary", "gates", "data", "discrimination", "stability", "comparison", "card", "pairs",
    "left_out", "fairness", "reject", "limitations", "settings",
)  # fmt: skip
_SAMPLES = {
    DEVELOPMENT: Text("开发样本（卡片见过）", "development (seen by the card)"),
    UNSEEN: Text("交叉验证", "cross-validated"),
    OUT_OF_TIME: Text("时间外样本", "out of time"),
    NEW_BORROWERS: Text("时间外·新借款人", "out of time, new borrowers"),
    HELD_OUT: Text("留出样本", "held out"),
}
_MEASURES = {
    "auc": Text("AUC", "AUC"),
    "gini": Text("基尼系数", "Gini"),
    "ks": Text("KS", "KS"),
    "brier": Text("Brier 分数", "Brier score"),
    "ece": Text("期望校准误差", "expected calibration error"),
    "bad_rate": Text("实际不良率", "observed bad rate"),
    "expected_bad_rate": Text("预期不良率", "expected bad rate"),
}


@dataclass(frozen=True)
class AttributeSection:
    """What the page says of one attribute of the card."""

    attribute: Attribute
    term: Term
    iv: float
    psi: float
    rows: list[BinRow]
    picture: str


def report_html(
    run: TrainedRun, pictures: Mapping[str, str], bin_pictures: Mapping[str, str]
) -> str:
    """Return the page for `run`, its pictures inside.

    Parameters
    ----------
    pictures, bin_pictures : mapping of str to str
        SVG by name, from `training.pictures`.
    """
    terms = run.card.terms
    return html_page(
        "report.html",
        contents=CONTENTS,
        run=run,
        samples=_SAMPLES,
        measures=_MEASURES,
        pictures={name: inline(svg) for name, svg in pictures.items()},
        sections=[_section(run, t, bin_pictures) for t in terms if len(t.attributes) == 1],
        pairs=[pair_grid(run.card, t, run.development) for t in terms if len(t.attributes) == 2],
        never_scored=[a for a in run.dictionary if a.role != "scored"],
    )


def _section(run: TrainedRun, term: Term, bin_pictures: Mapping[str, str]) -> AttributeSection:
    name = term.attributes[0]
    return AttributeSection(
        attribute=run.dictionary[name],
        term=term,
        iv=run.fit.strength[name],
        psi=run.attribute_psi[name],
        rows=bin_rows(run.card, term, run.development, run.validation, run.settings.prior_rows),
        picture=inline(bin_pictures[name]),
    )
