"""The workbook's sheets, in the order a committee reads them.

The first sheet: which card this is, who approved it, how to read it, where to sign.

The sheet of the scale: grades with their points, and the table from points to PD.

The sheet of attributes: every bin of every attribute with its points.

The sheet of pairs: points by the bins of two attributes, as coloured grids.

The last sheet: where the card came from, what it derives, what members are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xlsxwriter

from model.card.bins import Term
from model.card.card_file import CardFile
from model.card.scorecard import Card
from training.binning.evidence import bin_labels
from training.reports.workbook_page import Book, Page, both

_NOTE = (
    "总分 = 基础分 + 各指标所在分箱的分数 + 各指标组合所在格的分数；分数越高越安全。"
    "缺失与超出范围的取值有各自的分箱。\n"
    "Total = base + the points of each attribute's bin + the points of each pair's cell; more"
    " points are safer. Missing and out-of-range values have bins of their own."
)
_SIGNERS = ("模型负责人 Model owner", "独立验证 Validator", "信贷委员会 Credit committee")


def cover_page(book: Book) -> None:
    """Add the cover."""
    page = book.page("封面 Cover", (34, 62))
    page.merged(0, 1, "评分卡 Scorecard", "title")
    page.sheet.set_row(page.row, 36)
    page.row += 2
    for name, value in _facts(book):
        page.tall(2)
        page.text(0, name, "name")
        page.text(1, value, "code" if len(value) == 64 else "cell")
        page.row += 1
    page.row += 1
    page.merged(0, 1, _NOTE, "note")
    page.sheet.set_row(page.row, 66)
    page.row += 2
    _signatures(page)


def _facts(book: Book) -> Iterator[tuple[str, str]]:
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


def _signatures(page: Page) -> None:
    page.merged(0, 1, "签字 Signatures", "subtitle")
    for signer in _SIGNERS:
        page.row += 1
        page.sheet.set_row(page.row, 32)
        page.text(0, signer, "sign")
        page.text(1, "姓名 Name                              日期 Date", "sign")


_ACROSS = 4


def scale_page(book: Book) -> None:
    """Add the sheet: grades first, then the PD table in four columns side by side."""
    page = book.page("PD与等级 PD and grades", (14, 12) * _ACROSS)
    page.text(0, "等级 Grades", "subtitle")
    page.row += 1
    _grades(page, book.card)
    page.row += 1
    page.text(0, "总分对应的违约概率 PD by total points", "subtitle")
    page.row += 1
    _pd_table(page, book.card)


def _grades(page: Page, card: Card) -> None:
    page.heads(("等级 Grade", "PD 不超过 PD at most", "总分不低于 points from", "至 to"))
    held = card.grade(card.pd_points)
    ends = [*card.pd_points[1:].tolist(), None]
    for grade in card.grades:
        inside = np.flatnonzero(held == grade.grade)
        page.text(0, grade.grade, "name")
        page.number(1, grade.pd_at_most, "percent")
        if inside.size:
            first, last = int(inside[0]), int(inside[-1])
            # Totals below the table's first have its PD too.
            page.text(2, str(card.pd_points[first]) if first else "任意 any")
            page.text(3, "以上 and up" if ends[last] is None else str(ends[last] - 1))
        else:
            page.text(2, "无此总分 no total")
            page.text(3, "—")
        page.row += 1


def _pd_table(page: Page, card: Card) -> None:
    page.heads(("总分自 points from", "PD") * _ACROSS)
    rows = -(-len(card.pd_points) // _ACROSS)
    top = page.row
    for place, (points, pd) in enumerate(
        zip(card.pd_points.tolist(), card.pd_values.tolist(), strict=True)
    ):
        page.row = top + place % rows
        column = 2 * (place // rows)
        page.number(column, points)
        page.number(column + 1, pd, "percent")
    page.row = top + rows


_HEADS = (
    "指标 Attribute", "代码 Name", "可改善 Actionable", "箱 Bin", "取值 Values", "分数 Points",
    "平均分 Mean points",
)  # fmt: skip
_POINTS = 5


def attributes_page(book: Book) -> None:
    """Add the sheet; an attribute scored only in pairs is listed with its bins all the same."""
    page = book.page("指标 Attributes", (34, 26, 11, 6, 40, 9, 11), wide=True)
    page.heads(_HEADS)
    page.sheet.repeat_rows(0)
    page.sheet.freeze_panes(1, 0)
    single = {t.attributes[0]: t for t in book.card.terms if len(t.attributes) == 1}
    for name in book.card.attributes:
        _attribute(page, book, name, single.get(name))
    page.sheet.autofilter(0, 0, page.row - 1, len(_HEADS) - 1)
    page.coloured(1, _POINTS, page.row - 1, _POINTS)


def _attribute(page: Page, book: Book, name: str, term: Term | None) -> None:
    wording = book.card.wording[name]
    for code, label in enumerate(bin_labels(book.card.bins[name])):
        # Every row names its attribute, so that filtering and page breaks lose nothing.
        page.tall(2)
        page.text(0, both(wording.label), "name")
        page.text(1, name, "code")
        page.text(2, "是 yes" if wording.actionable else "否 no")
        page.number(3, code)
        page.text(4, both(label))
        if term is None:
            page.text(_POINTS, "见组合 see pairs")
            page.text(6, "—")
        else:
            page.number(_POINTS, int(term.points[code]))
            page.number(6, term.reference)
        page.row += 1


_NAME_WIDTH, _BIN_WIDTH = 30, 11


def pairs_page(book: Book) -> None:
    """Add the sheet: a grid for each pair, the first attribute down, the second across."""
    pairs = [term for term in book.card.terms if len(term.attributes) == 2]
    across = max(book.card.bins[term.attributes[1]].size for term in pairs)
    page = book.page("组合 Pairs", (_NAME_WIDTH, *[_BIN_WIDTH] * across), wide=True)
    breaks = []
    for place, term in enumerate(pairs, start=1):
        if page.row:
            breaks.append(page.row)
        _grid(page, book, place, term)
    page.sheet.set_h_pagebreaks(breaks)


def _grid(page: Page, book: Book, place: int, term: Term) -> None:
    down, across = (both(book.card.wording[name].label) for name in term.attributes)
    page.text(0, f"{place}. {down} × {across}", "subtitle")
    page.row += 1
    page.text(0, f"代码 names: {' × '.join(term.attributes)}; 平均分 mean points {term.reference}",
              "note")  # fmt: skip
    page.sheet.set_row(page.row, 30)
    page.row += 1
    rows, columns = (bin_labels(book.card.bins[name]) for name in term.attributes)
    page.heads([f"↓ {down}  → {across}", *map(both, columns)])
    top = page.row
    for label, points in zip(rows, term.points.tolist(), strict=True):
        page.tall(2)
        page.text(0, both(label), "name")
        for column, value in enumerate(points, start=1):
            page.number(column, value)
        page.row += 1
    page.coloured(top, 1, page.row - 1, len(columns))
    page.row += 1


def sources_page(book: Book) -> None:
    """Add the sheet: provenance, then the reasons of every attribute."""
    page = book.page("来源 Provenance", (30, 50, 50), wide=True)
    page.text(0, "来源 Provenance", "subtitle")
    page.row += 1
    for name, value in book.card.provenance.items():
        page.text(0, name, "name")
        page.merged(1, 2, value, "code")
        page.row += 1
    page.row += 1
    _derived(page, book)
    page.text(0, "告知原因 What a member is told", "subtitle")
    page.row += 1
    page.heads(("代码 Name", "失分 Points lost", "缺失 Missing"))
    for name in book.card.attributes:
        wording = book.card.wording[name]
        page.text(0, name, "code")
        page.text(1, f"{wording.reason.zh}\n{wording.reason.en}")
        page.text(2, f"{wording.missing.zh}\n{wording.missing.en}")
        page.sheet.set_row(page.row, 44)
        page.row += 1


def _derived(page: Page, book: Book) -> None:
    """Add how each derived attribute is computed, if the card has any."""
    if not book.card.derived:
        return
    page.text(0, "派生指标 Derived attributes", "subtitle")
    page.row += 1
    page.heads(("代码 Name", "算法 Formula", "缺失 Missing where"))
    for own in book.card.derived.values():
        is_ratio = own.kind == "ratio"
        page.text(0, own.name, "code")
        page.text(1, f"{own.first} {'÷' if is_ratio else '−'} {own.second}", "code")
        page.text(2, _NOT_ABOVE_ZERO if is_ratio else _EITHER)
        page.row += 1
    page.row += 1


_EITHER = "任一项缺失 either is missing"
_NOT_ABOVE_ZERO = f"{_EITHER}; 除数不大于零 the divisor is not above zero"


def write_workbook(file: CardFile, path: Path) -> None:
    """Write the card in `file` as a workbook to `path`, replacing what was there.

    The same card gives the same cells; every text is written as text, so that nothing in a label
    or a spelling is ever a formula.
    """
    draft = path.with_name(f".{path.name}.draft")
    with xlsxwriter.Workbook(draft, {"strings_to_urls": False}) as target:
        book = Book(target, file)
        cover_page(book)
        attributes_page(book)
        if any(len(term.attributes) == 2 for term in file.card.terms):
            pairs_page(book)
        scale_page(book)
        sources_page(book)
    draft.replace(path)
