"""The sections of the card itself: its attributes bin by bin, its pairs, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.card.bin_labels import bin_labels
from model.card.bins import Term
from model.card.scorecard import Card
from training.binning.evidence import BinRow, bin_rows
from training.measures.calibration import jeffreys_interval
from training.measures.evaluate import Interval
from training.reports.bin_plots import bins_plot, pair_plot
from training.reports.parts import (
    Cell,
    Column,
    Heading,
    Illustrated,
    Part,
    Picture,
    Points,
    Prose,
    Section,
    Table,
    Text,
    say,
)
from training.reports.sections.names import label_of
from training.run import TrainedRun
from training.samples.sample import Sample

#: Below so many rows that the card learned from, the points of a bin rest on its neighbours more
#: than on its own rows: at a bad rate of 10 % the 95 % interval of 30 rows is from 3 % to 24 %.
FEW_ROWS = 30
_SUSPICIOUS_IV = 0.5
_DIRECTIONS = {
    "up": say("取值越大风险越高", "riskier as it rises"),
    "down": say("取值越大风险越低", "safer as it rises"),
    "free": say("未声明方向", "no direction declared"),
}


def card_section(run: TrainedRun) -> Section:
    """Return the section with the points of every attribute by bin."""
    return Section(
        "card",
        say("评分卡", "Scorecard"),
        (
            Prose(say(
                f"基础分 {run.card.base}。WoE = ln(坏占比/好占比)，大于 0 表示风险高于平均。PSI"
                f" 为开发到验证的变化。行数为此卡学习所用的行。† 不足 {FEW_ROWS} 行："
                "分数由相邻分箱与平均不良率收缩而来，单看此箱没有说服力。",
                f"Base points: {run.card.base}. WoE = ln(share of bads / share of goods): above 0"
                " is riskier than average. IV: information value. PSI: shift from development to"
                " validation. Rows are those that the card learned from."
                f" † fewer than {FEW_ROWS} of them: the points are shrunk towards the neighbours"
                " and the average; this bin alone is no evidence.",
            )),
            *_derived(run),
            *(_attribute(run, at, term) for at, term in enumerate(_singles(run.card), start=1)),
        ),
    )  # fmt: skip


def _singles(card: Card) -> list[Term]:
    return [term for term in card.terms if len(term.attributes) == 1]


def pair_terms(card: Card) -> list[Term]:
    """Return the terms of two attributes."""
    return [term for term in card.terms if len(term.attributes) == 2]


def bins_with_few_rows(run: TrainedRun) -> int:
    """Return how many ordinary bins of single attributes have few development rows."""
    return sum(
        is_few(row.rows)
        for term in _singles(run.card)
        for row in rows_of_term(run, term)[: run.card.bins[term.attributes[0]].ordinary]
    )


def is_few(rows: int) -> bool:
    """Return whether so few development rows cannot carry a bin's points alone."""
    return rows < FEW_ROWS


def rows_of_term(run: TrainedRun, term: Term) -> list[BinRow]:
    """Return the bins of a single-attribute `term` of the run's card."""
    samples, prior_rows = run.samples, run.origin.settings.prior_rows
    return bin_rows(run.card, term, samples.fitted, samples.validation, prior_rows)


def _derived(run: TrainedRun) -> Iterator[Part]:
    if not run.card.derived:
        return
    yield Prose(say(
        "派生指标由两项指标算出；任一项缺失、或除数不大于零时记为缺失，"
        "任一项超出范围时记为超出范围。",
        "Derived attributes are computed from two others: missing if either is missing or the"
        " divisor is not above zero, and out of range if either is.",
    ))  # fmt: skip
    rows = tuple(
        (own.name, f"{own.first} {'÷' if own.kind == 'ratio' else '−'} {own.second}")
        for own in run.card.derived.values()
    )
    columns = (Column(say("派生指标", "derived"), "code"), Column(say("算法", "formula"), "code"))
    yield Table("derived", say("派生指标", "Derived attributes"), columns, rows)


_BIN_COLUMNS = (
    Column(say("分箱", "bin")),
    Column(say("分数", "points"), "number", 0),
    Column(say("行数", "rows"), "count"),
    Column(say("占比", "share"), "percent", 1),
    Column(say("不良率", "bad rate"), "rate", 1),
    Column(say("WoE"), "signed", 2),
    Column(say("验证占比", "validation"), "percent", 1),
)


def _attribute(run: TrainedRun, at: int, term: Term) -> Illustrated:
    (name,) = term.attributes
    label, rows = label_of(run, name), rows_of_term(run, term)
    table = Table(f"bins {name}", label, _BIN_COLUMNS, tuple(_bin(row) for row in rows))
    heading = Text(f"{at}. {label.zh}", f"{at}. {label.en}")
    return Illustrated(table, Picture(f"bins/{name}", bins_plot(rows)), heading, _facts(run, term))


def _bin(row: BinRow) -> tuple[Cell, ...]:
    rate = Interval(row.bad_rate, *jeffreys_interval(row.bads, row.rows)) if row.rows else None
    points = Points(row.points, row.rows, is_few(row.rows))
    woe = row.woe if row.rows else None
    return row.label, points, row.rows, row.share, rate, woe, row.share_now


def _facts(run: TrainedRun, term: Term) -> Text:
    (name,) = term.attributes
    iv, psi = run.learned.fit.strength[name], run.performance.attribute_psi[name]
    direction = _DIRECTIONS[run.origin.dictionary[name].direction]
    zh = f"IV {iv:.3f} · PSI {psi:.3f} · 平均分 {term.reference} · {direction.zh}"
    en = f"IV {iv:.3f} · PSI {psi:.3f} · mean points {term.reference} · {direction.en}"
    if iv < _SUSPICIOUS_IV:
        return Text(zh, en)
    return Text(
        f"{zh} · 异常强，请核实其取值在结果发生前已知",
        f"{en} · suspiciously strong (IV above {_SUSPICIOUS_IV}): make sure it is known before the"
        " outcome",
    )


def pairs_section(run: TrainedRun) -> Section:
    """Return the section with every pair: a heat map of the two together, and the pair's points."""
    pairs = pair_terms(run.card)
    if not pairs:
        only = say("本评分卡只有单指标分数。", "This card has points by single attributes only.")
        return Section("pairs", say("指标组合", "Pairs of attributes"), (Prose(only),))
    parts: list[Part] = [Prose(say(
        f"本评分卡有 {len(pairs)} 个组合。图：两项指标合计的分数（单项加组合）；"
        f"斜线为没有行的格。表：组合本身的分数，旁为学习所用的行数；不足 {FEW_ROWS}"
        " 行的为灰色。",
        f"The card has {len(pairs)} pairs. Picture: the points of both attributes together, their"
        " own and the pair's; hatched cells have no row. Table: the points of the pair alone, with"
        f" the rows that the card learned them from; grey: fewer than {FEW_ROWS}.",
    ))]  # fmt: skip
    for at, term in enumerate(pairs, start=1):
        parts.append(_pair(run, at, term))
    return Section("pairs", say("指标组合", "Pairs of attributes"), tuple(parts))


def _pair(run: TrainedRun, at: int, term: Term) -> Illustrated:
    card, rows = run.card, cell_rows(run.card, term, run.samples.fitted)
    first, second = (run.origin.dictionary[name].label for name in term.attributes)
    heading = Text(f"{at}. {first.zh} × {second.zh}", f"{at}. {first.en} × {second.en}")
    across = bin_labels(card.bins[term.attributes[1]])
    columns = (
        Column(Text(f"{first.zh} ↓ {second.zh} →", f"{first.en} ↓ {second.en} →")),
        *(Column(label, "number", 0) for label in across),
    )
    written: tuple[tuple[Cell, ...], ...] = tuple(
        (label, *(Points(int(p), int(n), is_few(int(n))) for p, n in zip(*row, strict=True)))
        for label, *row in zip(
            bin_labels(card.bins[term.attributes[0]]), term.points, rows, strict=True
        )
    )
    table = Table(f"pair {at}", heading, columns, written, shaded=True)
    names = " × ".join(term.attributes)
    facts = say(f"{names} · 平均分 {term.reference}", f"{names} · mean points {term.reference}")
    return Illustrated(table, Picture(f"pairs/{at}", pair_plot(run, term, rows)), heading, facts)


def cell_rows(card: Card, term: Term, sample: Sample) -> np.ndarray:
    """Return the rows of `sample` in each cell of a pair `term`, shape of its points."""
    codes = [card.codes(sample.columns)[name] for name in term.attributes]
    rows = np.zeros(term.points.shape, dtype=np.int64)
    np.add.at(rows, tuple(codes), 1)
    return rows


def left_out_section(run: TrainedRun) -> Section:
    """Return the section with the attributes that are not in the card, each with its reason."""
    columns = (Column(say("指标", "attribute")), Column(say("原因", "reason")))
    dropped = tuple((label_of(run, d.attribute), d.reason) for d in run.learned.dropped)
    never = tuple(
        (label_of(run, a.name), _ROLES[a.role]) for a in run.origin.dictionary if a.role != "scored"
    )
    parts: list[Part] = [Heading(say("试过而未入模", "Tried and left out"))]
    parts.append(
        Table("left_out", say("未入模", "Left out"), columns, dropped)
        if dropped
        else Prose(
            say("全部试过的指标都已入模。", "Every attribute that was tried is in the card.")
        )
    )
    if never:
        parts += [
            Heading(say("声明不评分", "Declared as never scored")),
            Table("never_scored", say("不评分", "Never scored"), columns, never),
        ]
    return Section("left_out", say("未入模指标", "Attributes left out"), tuple(parts))


_ROLES = {
    "rule": say("仅用于准入规则与额度", "used by rules and the offer only"),
    "audit": say(
        "仅用于公平性检查，或可识别个人", "for fairness checks only, or it identifies people"
    ),
}
