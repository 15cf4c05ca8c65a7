"""The first sheet: which card this is, who approved it, how to read it, where to sign."""

from __future__ import annotations

from collections.abc import Iterator

from training.card_workbook.page import Book, Page

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
