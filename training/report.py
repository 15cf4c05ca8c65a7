"""The run as one self-contained HTML page: readable offline, on screen and in print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from model.dictionary import Attribute, Text
from model.scorecard import Term
from training.bin_table import BinRow, bin_rows
from training.learn import DEVELOPMENT, HELD_OUT, NEW_BORROWERS, OUT_OF_TIME, UNSEEN, TrainedRun

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
    environment = Environment(
        loader=PackageLoader("training"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        run=run,
        samples=_SAMPLES,
        measures=_MEASURES,
        pictures={name: _inline(svg) for name, svg in pictures.items()},
        sections=[
            _section(run, term, bin_pictures)
            for term in run.card.terms
            if len(term.attributes) == 1
        ],
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
        picture=_inline(bin_pictures[name]),
    )


def _inline(svg: str) -> str:
    return svg[svg.index("<svg") :]
