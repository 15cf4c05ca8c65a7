"""The report of a run as one HTML page: self-contained, without scripts, for screen and paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from model.card.bins import Term
from model.card.scorecard import Card
from model.profile.dictionary import Attribute, Text
from training.binning.evidence import BinRow, bin_labels
from training.reports.plots import rows_of_term
from training.run import DEVELOPMENT, HELD_OUT, NEW_BORROWERS, OUT_OF_TIME, UNSEEN, TrainedRun
from training.samples.sample import Sample

_HEADING = re.compile(r'<h2 id="(\w+)">(.*?)</h2>')
#: Sections in the order a validator reads them; each has its own template.
CONTENTS = (
    "summary", "gates", "data", "discrimination", "stability", "comparison", "card", "pairs",
    "left_out", "fairness", "reject", "limitations", "settings",
)  # fmt: skip
_SAMPLES = {
    DEVELOPMENT: Text("开发样本（已用于训练）", "development (seen by the card)"),
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
#: Red, green, blue of the most and the fewest points; distinct without colour vision too.
_MOST, _FEWEST = np.array([127, 178, 218]), np.array([236, 167, 125])
_WHITE = np.array([255, 255, 255])


@dataclass(frozen=True)
class AttributeSection:
    """The section of one attribute of the card."""

    attribute: Attribute
    term: Term
    iv: float
    psi: float
    rows: list[BinRow]
    picture: str


def report_html(
    run: TrainedRun, pictures: Mapping[str, str], bin_pictures: Mapping[str, str]
) -> str:
    """Return the page of `run` with its pictures inside.

    Parameters
    ----------
    pictures, bin_pictures : mapping of str to str
        SVG by name, from `training.reports.plots`.
    """
    terms, development = run.card.terms, run.samples.development
    return html_page(
        "report.html",
        contents=CONTENTS,
        run=run,
        samples=_SAMPLES,
        measures=_MEASURES,
        pictures={name: inline(svg) for name, svg in pictures.items()},
        sections=[_section(run, t, bin_pictures) for t in terms if len(t.attributes) == 1],
        pairs=[pair_grid(run.card, t, development) for t in terms if len(t.attributes) == 2],
        never_scored=[a for a in run.origin.dictionary if a.role != "scored"],
    )


def _section(run: TrainedRun, term: Term, bin_pictures: Mapping[str, str]) -> AttributeSection:
    name = term.attributes[0]
    return AttributeSection(
        attribute=run.origin.dictionary[name],
        term=term,
        iv=run.learned.fit.strength[name],
        psi=run.performance.attribute_psi[name],
        rows=rows_of_term(run, term),
        picture=inline(bin_pictures[name]),
    )


@dataclass(frozen=True)
class PairCell:
    """Points of one cell, its rows in development, and its colour."""

    points: int
    rows: int
    colour: str


@dataclass(frozen=True)
class PairRow:
    """One bin of the first attribute."""

    label: Text
    cells: list[PairCell]


@dataclass(frozen=True)
class PairGrid:
    """A pair's points as a coloured grid, with the labels of both attributes and their bins."""

    term: Term
    down: Text
    across: Text
    columns: list[Text]
    rows: list[PairRow]


def pair_grid(card: Card, term: Term, development: Sample) -> PairGrid:
    """Return the grid of a pair `term`: the first attribute down, the second across."""
    first, second = term.attributes
    codes = [card.bins[name].codes(development.columns[name]) for name in term.attributes]
    rows = np.zeros(term.points.shape, dtype=np.int64)
    np.add.at(rows, tuple(codes), 1)
    widest = max(int(np.abs(term.points - term.reference).max()), 1)
    return PairGrid(
        term,
        card.wording[first].label,
        card.wording[second].label,
        bin_labels(card.bins[second]),
        [
            PairRow(
                label,
                [
                    PairCell(int(p), int(n), _colour((int(p) - term.reference) / widest))
                    for p, n in zip(points, counts, strict=True)
                ],
            )
            for label, points, counts in zip(
                bin_labels(card.bins[first]), term.points, rows, strict=True
            )
        ],
    )


def _colour(gain: float) -> str:
    """Return the colour of a gain from -1 to 1 against the mean points."""
    end = _MOST if gain > 0 else _FEWEST
    red, green, blue = (_WHITE + abs(gain) * (end - _WHITE)).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def html_page(template: str, **context: Any) -> str:
    """Return the page of `template` with a table of contents; every text in it is escaped."""
    environment = Environment(
        loader=PackageLoader("training.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return _with_contents(environment.get_template(template).render(**context))


def _with_contents(page: str) -> str:
    """Add links to the headings that the page has: a run may leave out a section."""
    links = [f'<a href="#{name}">{title}</a>' for name, title in _HEADING.findall(page)]
    nav = f'<nav aria-label="目录 Contents">{"".join(links)}</nav>\n'
    return page.replace("<h2 ", f"{nav}<h2 ", 1)


def inline(svg: str) -> str:
    """Return a picture for use inside a page: without the XML declaration before ``<svg``."""
    return svg[svg.index("<svg") :]
