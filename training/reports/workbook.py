"""A card as a workbook for the credit committee: cover, attributes, pairs, scale, provenance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xlsxwriter

from model.card.bin_labels import bin_labels
from model.card.bins import Term
from model.card.card_file import CardFile
from model.card.scorecard import Card
from training.reports.workbook_sheet import Sheet, Workbook, both

_NOTE = (
    "总分 = 基础分 + 各指标所在分箱的分数 + 各指标组合所在格的分数；分数越高越安全。"
    "缺失与超出范围的取值有各自的分箱。\n"
    "Total = base + the points of each attribute's bin + the points of each pair's cell; more"
    " points are safer. Missing and out-of-range values have bins of their own."
)
_SIGNERS = ("模型负责人 Model owner", "独立验证 Validator", "信贷委员会 Credit committee")
_PD_COLUMNS = 4
_HEADS = (
    "指标 Attribute", "代码 Name", "可改善 Actionable", "箱 Bin", "取值 Values", "分数 Points",
    "平均分 Mean points",
)  # fmt: skip
_POINTS = 5  # column of the points
_NAME_WIDTH, _BIN_WIDTH = 30, 11
_EITHER_MISSING = "任一项缺失 either is missing"
_NOT_ABOVE_ZERO = f"{_EITHER_MISSING}; 除数不大于零 the divisor is not above zero"


class CardWorkbook(Workbook):
    """The workbook of the card in `file`."""

    def __init__(self, book: xlsxwriter.Workbook, file: CardFile) -> None:
        super().__init__(book, f"{file.card.name} · {file.digest[:16]}")
        self.file, self.card = file, file.card


def write_workbook(file: CardFile, path: Path) -> None:
    """Write the card in `file` as a workbook to `path`, replacing an existing file.

    The same card gives the same cells. Every text is written as text, so that no label or spelling
    becomes a formula.
    """
    draft = path.with_name(f".{path.name}.draft")
    with xlsxwriter.Workbook(draft, {"strings_to_urls": False}) as target:
        book = CardWorkbook(target, file)
        _cover(book)
        _attributes(book)
        if any(len(term.attributes) == 2 for term in file.card.terms):
            _pairs(book)
        _scale(book)
        _sources(book)
    draft.replace(path)


def _cover(book: CardWorkbook) -> None:
    """Add the cover: the card, its approval, how to read it, and where to sign."""
    sheet = book.add_sheet("封面 Cover", (34, 62))
    sheet.merged(0, 1, "评分卡 Scorecard", "title")
    sheet.worksheet.set_row(sheet.row, 36)
    sheet.row += 2
    for name, value in _facts(book):
        sheet.set_lines(2)
        sheet.text(0, name, "name")
        sheet.text(1, value, "code" if len(value) == 64 else "cell")
        sheet.row += 1
    sheet.row += 1
    sheet.merged(0, 1, _NOTE, "note")
    sheet.worksheet.set_row(sheet.row, 66)
    sheet.row += 2
    _signatures(sheet)


def _facts(book: CardWorkbook) -> Iterator[tuple[str, str]]:
    card, file = book.card, book.file
    pairs = sum(len(term.attributes) == 2 for term in card.terms)
    least = card.base + sum(int(term.points.min()) for term in card.terms)
    most = card.base + sum(int(term.points.max()) for term in card.terms)
    scaling = card.scaling
    yield "名称 Name", card.name
    yield "摘要 Digest (SHA-256)", file.digest
    yield "批准人 Approved by", file.approved_by or "未批准 not approved"
    yield "批准时间 Approved at", file.approved_at or "—"
    yield "指标 Attributes", str(len(card.attributes))
    yield "指标组合 Pairs of attributes", str(pairs)
    yield "基础分 Base points", str(card.base)
    yield "总分范围 Totals lie within", f"{least} – {most}"
    yield (
        "刻度 Scale",
        f"{scaling.anchor_points} 分 = 好坏比 {scaling.anchor_odds:g}:1；每 {scaling.pdo} 分翻倍"
        f" · {scaling.anchor_points} points are {scaling.anchor_odds:g}:1 good to bad;"
        f" {scaling.pdo} points double the odds",
    )


def _signatures(sheet: Sheet) -> None:
    sheet.merged(0, 1, "签字 Signatures", "subtitle")
    for signer in _SIGNERS:
        sheet.row += 1
        sheet.worksheet.set_row(sheet.row, 32)
        sheet.text(0, signer, "sign")
        sheet.text(1, "姓名 Name                              日期 Date", "sign")


def _scale(book: CardWorkbook) -> None:
    """Add the sheet of the scale: the grades, then the PD table in four pairs of columns."""
    sheet = book.add_sheet("PD与等级 PD and grades", (14, 12) * _PD_COLUMNS)
    sheet.text(0, "等级 Grades", "subtitle")
    sheet.row += 1
    _grades(sheet, book.card)
    sheet.row += 1
    sheet.text(0, "总分对应的违约概率 PD by total points", "subtitle")
    sheet.row += 1
    _pd_table(sheet, book.card)


def _grades(sheet: Sheet, card: Card) -> None:
    sheet.heading_row(("等级 Grade", "PD 不超过 PD at most", "总分不低于 points from", "至 to"))
    grades = card.grade(card.pd_points)
    ends = [*card.pd_points[1:].tolist(), None]
    for grade in card.grades:
        inside = np.flatnonzero(grades == grade.grade)
        sheet.text(0, grade.grade, "name")
        sheet.number(1, grade.pd_at_most, "percent")
        if inside.size:
            first, last = int(inside[0]), int(inside[-1])
            # Totals below the table's first row have the PD of that row.
            sheet.text(2, str(card.pd_points[first]) if first else "任意 any")
            sheet.text(3, "以上 and up" if ends[last] is None else str(ends[last] - 1))
        else:
            sheet.text(2, "无此总分 no total")
            sheet.text(3, "—")
        sheet.row += 1


def _pd_table(sheet: Sheet, card: Card) -> None:
    sheet.heading_row(("总分自 points from", "PD") * _PD_COLUMNS)
    rows = -(-len(card.pd_points) // _PD_COLUMNS)
    top = sheet.row
    for index, (points, pd) in enumerate(
        zip(card.pd_points.tolist(), card.pd_values.tolist(), strict=True)
    ):
        sheet.row = top + index % rows
        column = 2 * (index // rows)
        sheet.number(column, points)
        sheet.number(column + 1, pd, "percent")
    sheet.row = top + rows


def _attributes(book: CardWorkbook) -> None:
    """Add the sheet of attributes; one scored only in pairs is listed with its bins too."""
    sheet = book.add_sheet("指标 Attributes", (34, 26, 11, 6, 40, 9, 11), wide=True)
    sheet.heading_row(_HEADS)
    sheet.worksheet.repeat_rows(0)
    sheet.worksheet.freeze_panes(1, 0)
    single = {t.attributes[0]: t for t in book.card.terms if len(t.attributes) == 1}
    for name in book.card.attributes:
        _attribute(sheet, book, name, single.get(name))
    sheet.worksheet.autofilter(0, 0, sheet.row - 1, len(_HEADS) - 1)
    sheet.colour_block(1, _POINTS, sheet.row - 1, _POINTS)


def _attribute(sheet: Sheet, book: CardWorkbook, name: str, term: Term | None) -> None:
    wording = book.card.wording[name]
    for code, label in enumerate(bin_labels(book.card.bins[name])):
        # Repeat the attribute in every row, so that it shows after filtering and page breaks.
        sheet.set_lines(2)
        sheet.text(0, both(wording.label), "name")
        sheet.text(1, name, "code")
        sheet.text(2, "是 yes" if wording.actionable else "否 no")
        sheet.number(3, code)
        sheet.text(4, both(label))
        if term is None:
            sheet.text(_POINTS, "见组合 see pairs")
            sheet.text(6, "—")
        else:
            sheet.number(_POINTS, int(term.points[code]))
            sheet.number(6, term.reference)
        sheet.row += 1


def _pairs(book: CardWorkbook) -> None:
    """Add the sheet of pairs: a coloured grid each, the first attribute down, the second across."""
    pairs = [term for term in book.card.terms if len(term.attributes) == 2]
    across = max(book.card.bins[term.attributes[1]].size for term in pairs)
    sheet = book.add_sheet("组合 Pairs", (_NAME_WIDTH, *[_BIN_WIDTH] * across), wide=True)
    breaks = []
    for number, term in enumerate(pairs, start=1):
        if sheet.row:
            breaks.append(sheet.row)
        _grid(sheet, book, number, term)
    sheet.worksheet.set_h_pagebreaks(breaks)


def _grid(sheet: Sheet, book: CardWorkbook, number: int, term: Term) -> None:
    down, across = (both(book.card.wording[name].label) for name in term.attributes)
    sheet.text(0, f"{number}. {down} × {across}", "subtitle")
    sheet.row += 1
    sheet.text(0, f"代码 names: {' × '.join(term.attributes)}; 平均分 mean points {term.reference}",
              "note")  # fmt: skip
    sheet.worksheet.set_row(sheet.row, 30)
    sheet.row += 1
    rows, columns = (bin_labels(book.card.bins[name]) for name in term.attributes)
    sheet.heading_row([f"↓ {down}  → {across}", *map(both, columns)])
    top = sheet.row
    for label, points in zip(rows, term.points.tolist(), strict=True):
        sheet.set_lines(2)
        sheet.text(0, both(label), "name")
        for column, value in enumerate(points, start=1):
            sheet.number(column, value)
        sheet.row += 1
    sheet.colour_block(top, 1, sheet.row - 1, len(columns))
    sheet.row += 1


def _sources(book: CardWorkbook) -> None:
    """Add the last sheet: provenance, derived attributes, and the reasons of every attribute."""
    sheet = book.add_sheet("来源 Provenance", (30, 50, 50), wide=True)
    sheet.text(0, "来源 Provenance", "subtitle")
    sheet.row += 1
    for name, value in book.card.provenance.items():
        sheet.text(0, name, "name")
        sheet.merged(1, 2, value, "code")
        sheet.row += 1
    sheet.row += 1
    _derived(sheet, book)
    sheet.text(0, "告知会员的原因 Reasons given to members", "subtitle")
    sheet.row += 1
    sheet.heading_row(("代码 Name", "失分 Points lost", "缺失 Missing"))
    for name in book.card.attributes:
        wording = book.card.wording[name]
        sheet.text(0, name, "code")
        sheet.text(1, f"{wording.reason.zh}\n{wording.reason.en}")
        sheet.text(2, f"{wording.missing.zh}\n{wording.missing.en}")
        sheet.worksheet.set_row(sheet.row, 44)
        sheet.row += 1


def _derived(sheet: Sheet, book: CardWorkbook) -> None:
    """Add the formula of each derived attribute, if the card has any."""
    if not book.card.derived:
        return
    sheet.text(0, "派生指标 Derived attributes", "subtitle")
    sheet.row += 1
    sheet.heading_row(("代码 Name", "算法 Formula", "缺失 Missing where"))
    for own in book.card.derived.values():
        is_ratio = own.kind == "ratio"
        sheet.text(0, own.name, "code")
        sheet.text(1, f"{own.first} {'÷' if is_ratio else '−'} {own.second}", "code")
        sheet.text(2, _NOT_ABOVE_ZERO if is_ratio else _EITHER_MISSING)
        sheet.row += 1
    sheet.row += 1
