"""The section on the quality of the data: missing, out of range and unseen values, and codes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from model.card.bins import Bins
from training.reports.parts import Cell, Column, Part, Prose, Section, Table, Text, say
from training.reports.sections.names import is_table, label_of
from training.run import TrainedRun
from training.samples.sample import Values

#: A column of so few whole numbers may hold codes: grades, kinds, districts.
_MOST_CODES = 12


def quality_section(run: TrainedRun) -> Section:
    """Return the section."""
    parts: tuple[Part, ...] = (
        Prose(say(
            "入模指标在两个样本中的取值。“超出范围”为不在数据字典范围内、不可读或未见过的取值。",
            "Values of the card's attributes in both samples. Out of range: outside the"
            " dictionary's range, unreadable, or a spelling not seen in training.",
        )),
        _values(run),
        Prose(_codes_in_words(run), "mark" if ordered_codes(run) else ""),
    )  # fmt: skip
    return Section("quality", say("数据质量", "Data quality"), parts)


def _values(run: TrainedRun) -> Table:
    columns = (
        Column(say("指标", "attribute")),
        Column(say("类型", "type")),
        Column(say("不同取值", "distinct values"), "count"),
        Column(say("缺失·开发", "missing, development"), "percent", 1),
        Column(say("缺失·验证", "missing, validation"), "percent", 1),
        Column(say("超出范围·开发", "out of range, development"), "percent", 1),
        Column(say("超出范围·验证", "out of range, validation"), "percent", 1),
    )
    samples = run.samples.development, run.samples.validation
    codes = [run.card.codes(sample.columns) for sample in samples]
    rows: list[tuple[Cell, ...]] = []
    for name in run.card.attributes:
        bins = run.card.bins[name]
        shares = [
            _share(each[name], code) for code in (bins.missing, bins.out_of_range) for each in codes
        ]
        distinct = _distinct(run.samples.development.columns[name])
        rows.append((label_of(run, name), _type(run, bins), distinct, *shares))
    return Table("quality", say("数据质量", "Data quality"), columns, tuple(rows))


def _share(codes: np.ndarray, code: int) -> float:
    return float((codes == code).mean())


def _distinct(values: Values) -> int:
    if values.dtype == object:
        return len({value for value in values.tolist() if value is not None})
    return len(np.unique(values[np.isfinite(values.astype(np.float64))]))


def _type(run: TrainedRun, bins: Bins) -> Text:
    if bins.levels:
        return say("文字", "text")
    if bins.attribute in ordered_codes(run):
        return say("整数代码，按大小排序", "whole-number codes, taken as ordered")
    return say("数值", "number")


def ordered_codes(run: TrainedRun) -> tuple[str, ...]:
    """Return the card's columns of a flat table that look like codes and are taken as ordered.

    Three to twelve different whole numbers may be grades or kinds; only the latter have no order.
    """
    return tuple(_ordered_codes(run)) if is_table(run) else ()


def _ordered_codes(run: TrainedRun) -> Iterator[str]:
    for name in run.card.attributes:
        values = run.samples.development.columns[name]
        if run.card.bins[name].levels or name in run.card.derived:
            continue
        finite = np.unique(values[np.isfinite(values.astype(np.float64))].astype(np.float64))
        if 2 < len(finite) <= _MOST_CODES and (finite == np.floor(finite)).all():
            yield name


def _codes_in_words(run: TrainedRun) -> Text:
    names = ", ".join(ordered_codes(run))
    if not names:
        return say(
            "没有整数代码被当作有序取值。", "No column of whole-number codes is taken as ordered."
        )
    return say(
        f"以下列只有少数几个整数，按大小排序建模：{names}。若它们是没有顺序的代码，"
        "请在数据字典中将类型改为 text 后重新训练。",
        f"These columns hold few whole numbers, and the card takes them as ordered: {names}. If"
        " they are codes without an order, set their type to text in the dictionary and train"
        " again.",
    )
