"""Two cards side by side: origin, figures on the same rows, attributes, and who changes sides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.card.bins import Floats, Ints
from model.card.card_file import CardFile
from model.card.scorecard import Card
from training.measures.calibration import jeffreys_interval
from training.measures.discrimination import auc_of_scores
from training.measures.evaluate import Interval
from training.measures.paired import auc_gain, mean_over_borrowers
from training.reports.parts import (
    Cell,
    Column,
    Heading,
    Part,
    Prose,
    Section,
    Table,
    Text,
    Unmeasured,
    say,
)
from training.reports.sections.names import fact_name
from training.run import TrainedRun
from training.samples.sample import Sample

_SEED = 54
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Named:
    """A card with its digest and what a page calls it.

    Attributes
    ----------
    judged : Card
        The card of the same choices that has not seen the rows of the comparison.
    """

    card: Card
    judged: Card
    digest: str
    title: Text


def champion_section(run: TrainedRun) -> Section:
    """Return the section on what changed since the champion."""
    name, title = "champion", say("与在用评分卡相比的变化", "What changed since the champion")
    if run.champion is None:
        why = say("尚无在用评分卡：这是第一张", "no card is in use yet: this is the first")
        return Section(name, title, (Unmeasured(why),))
    own = Named(run.card, run.judged, run.digest, say("本卡", "this card"))
    other = in_use(run.champion)
    cut_off = run.performance.fairness.cut_off if run.performance.fairness else None
    return Section(name, title, tuple(beside(own, other, run.samples.validation, cut_off)))


def in_use(file: CardFile) -> Named:
    """Return the champion in `file` under the name a page gives it."""
    return Named(file.card, file.card, file.digest, say("在用评分卡", "the champion"))


def beside(own: Named, other: Named, rows: Sample, cut_off: int | None) -> Iterator[Part]:
    """Yield the tables on two cards, measured on the same `rows`.

    Parameters
    ----------
    cut_off : int or None
        Points from which a loan is offered; None leaves out who changes sides.
    """
    yield _origins(own, other)
    totals, others = _totals(own.judged, rows), _totals(other.judged, rows)
    yield Heading(say("在同样的行上", "On the same rows"))
    if totals is None or others is None:
        yield Unmeasured(say(
            "无法比较：这些行缺少另一张卡的指标",
            "these rows lack attributes that one of the cards scores",
        ))  # fmt: skip
    else:
        yield _same_rows(own, other, (totals, others), rows)
    yield Heading(say("指标与分数", "Attributes and points"))
    yield from _attributes(own, other)
    if totals is not None and others is not None:
        yield from _movements(own, other, (totals, others), rows, cut_off)


def _totals(card: Card, rows: Sample) -> Ints | None:
    try:
        return card.total(card.points_by_attribute(card.codes(rows.columns)))
    except KeyError:
        return None


def _columns(own: Named, other: Named, first: Text) -> tuple[Column, ...]:
    return Column(first), Column(own.title), Column(other.title)


def _origins(own: Named, other: Named) -> Table:
    mine, theirs = (dict(each.card.provenance) for each in (own, other))
    rows: list[tuple[Cell, ...]] = [
        (say("摘要", "digest"), own.digest[:16], other.digest[:16]),
        *((fact_name(n), _short(mine.get(n)), _short(theirs.get(n))) for n in {**mine, **theirs}),
        (say("指标数", "attributes"), *(str(len(each.card.attributes)) for each in (own, other))),
        (say("组合数", "pairs"), *(str(_pairs(each.card)) for each in (own, other))),
        (say("基础分", "base points"), *(str(each.card.base) for each in (own, other))),
        (say("总分范围", "range of totals"), *(_range(each.card) for each in (own, other))),
    ]
    columns = _columns(own, other, say("项目", "item"))
    return Table("beside_origin", say("来源对照", "Origins"), columns, tuple(rows))


def _short(value: str | None) -> str:
    """Return a fact of the provenance; of a digest, as much as people compare."""
    if value is None:
        return "—"
    return value[:16] if _DIGEST.fullmatch(value) else value


def _pairs(card: Card) -> int:
    return sum(len(term.attributes) == 2 for term in card.terms)


def _range(card: Card) -> str:
    ends = (sum(int(f(term.points)) for term in card.terms) for f in (np.min, np.max))
    low, high = (card.base + end for end in ends)
    return f"{low} – {high}"


def _same_rows(own: Named, other: Named, totals: tuple[Ints, Ints], rows: Sample) -> Table:
    first, second = totals
    pds: list[Floats] = [own.judged.pd(first), other.judged.pd(second)]
    errors = [(pd - rows.bad) ** 2 for pd in pds]
    written: tuple[tuple[Cell, ...], ...] = (
        (say("AUC"), *(auc_of_scores(each, rows.bad) for each in totals),
         auc_gain(first.astype(float), second.astype(float), rows, _SEED)),
        (say("Brier 分数", "Brier score"), *(float(error.mean()) for error in errors),
         mean_over_borrowers(errors[0] - errors[1], rows, _SEED)),
        (_rate(rows), *(float(pd.mean()) for pd in pds),
         mean_over_borrowers(pds[0] - pds[1], rows, _SEED)),
    )  # fmt: skip
    columns = (
        Column(say("指标", "measure")),
        Column(own.title, "number", 4),
        Column(other.title, "number", 4),
        Column(say("差值（95 %，按借款人）", "difference (95 %, over borrowers)"), "interval", 4),
    )
    return Table("beside_rows", say("同样的行", "Same rows"), columns, written)


def _rate(rows: Sample) -> Text:
    observed = rows.bads / len(rows)
    return say(f"预期不良率（实际 {observed:.4f}）", f"expected bad rate (observed {observed:.4f})")


def _attributes(own: Named, other: Named) -> Iterator[Part]:
    cards = own.card, other.card
    names = dict.fromkeys([*own.card.attributes, *other.card.attributes])
    added = [n for n in names if n not in other.card.attributes]
    removed = [n for n in names if n not in own.card.attributes]
    yield Prose(say(
        f"新增 {len(added)} 项，去掉 {len(removed)} 项，保留"
        f" {len(names) - len(added) - len(removed)} 项。"
        "分差为该指标自身与其所在组合最高分与最低分之差的合计。",
        f"{len(added)} attributes added, {len(removed)} removed,"
        f" {len(names) - len(added) - len(removed)} kept. Spread: most less fewest points, of the"
        " attribute's own bins and of the pairs it is in.",
    ))  # fmt: skip
    rows = tuple(
        (_label(own, other, name), *(_spread(card, name) for card in cards), _change(name, *cards))
        for name in sorted(names, key=lambda n: -max(_spread(c, n) or 0 for c in cards))
    )
    columns = (
        Column(say("指标", "attribute")),
        Column(Text(f"分差·{own.title.zh}", f"spread, {own.title.en}"), "count"),
        Column(Text(f"分差·{other.title.zh}", f"spread, {other.title.en}"), "count"),
        Column(say("变化", "change")),
    )
    yield Table("beside_attributes", say("指标对照", "Attributes"), columns, rows)


def _label(own: Named, other: Named, name: str) -> Text:
    card = own.card if name in own.card.attributes else other.card
    return card.wording[name].label


def _spread(card: Card, name: str) -> int | None:
    spreads = [int(np.ptp(term.points)) for term in card.terms if name in term.attributes]
    return sum(spreads) if spreads else None


def _change(name: str, own: Card, other: Card) -> Text:
    if name not in other.attributes:
        return say("新增", "added")
    if name not in own.attributes:
        return say("去掉", "removed")
    mine, theirs = (
        [t.points.tolist() for t in card.terms if name in t.attributes] for card in (own, other)
    )
    is_equal = mine == theirs and own.bins[name] == other.bins[name]
    return say("未变", "unchanged") if is_equal else say("分数有变", "points changed")


def _movements(
    own: Named, other: Named, totals: tuple[Ints, Ints], rows: Sample, cut_off: int | None
) -> Iterator[Part]:
    if cut_off is not None:
        yield Heading(say(f"分数线 {cut_off}：谁换边", f"At {cut_off} points: who changes sides"))
        yield _swaps(own, other, totals, rows, cut_off)
    yield Heading(Text(
        f"等级迁移（行：{other.title.zh}；列：{own.title.zh}）",
        f"Grades (rows: {other.title.en}; columns: {own.title.en})",
    ))  # fmt: skip
    yield _migration(own, other, totals)


def _swaps(
    own: Named, other: Named, totals: tuple[Ints, Ints], rows: Sample, cut_off: int
) -> Table:
    mine, theirs = (each >= cut_off for each in totals)
    sets = (
        (say("两卡都批准", "approved by both"), mine & theirs),
        (Text(f"仅{own.title.zh}批准", f"approved by {own.title.en} alone"), mine & ~theirs),
        (Text(f"仅{other.title.zh}批准", f"approved by {other.title.en} alone"), ~mine & theirs),
        (say("两卡都不批准", "approved by neither"), ~mine & ~theirs),
    )
    columns = (
        Column(say("群体", "set")),
        Column(say("行数", "rows"), "count"),
        Column(say("不良", "bads"), "count"),
        Column(say("不良率", "bad rate"), "rate", 2),
    )
    written = tuple((title, *_counted(rows, inside)) for title, inside in sets)
    return Table("beside_swaps", say("换边", "Swap sets"), columns, written)


def _counted(rows: Sample, inside: np.ndarray) -> tuple[Cell, ...]:
    n, bads = int(inside.sum()), int((rows.bad & inside).sum())
    return n, bads, Interval(bads / n, *jeffreys_interval(bads, n)) if n else None


def _migration(own: Named, other: Named, totals: tuple[Ints, Ints]) -> Table:
    mine, theirs = own.judged.grade(totals[0]), other.judged.grade(totals[1])
    columns = (
        Column(say("等级", "grade")),
        *(Column(say(grade.grade), "count") for grade in own.card.grades),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            grade.grade,
            *(int(((theirs == grade.grade) & (mine == to.grade)).sum()) for to in own.card.grades),
        )
        for grade in other.card.grades
    )
    return Table("beside_grades", say("等级迁移", "Grades"), columns, rows)
