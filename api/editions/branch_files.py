"""Whitelist files for branches: one workbook a county or township, with offers and changes.

Names are masked unless a named person lets full names out. A workbook is not encrypted: no kept
library of the product does that, and the protection of a sheet is none.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from api.editions.contents import Contents
from api.editions.funnel import LEVELS
from api.editions.publish import DRAFT
from data.storage.private_files import locked
from model.archive.id_numbers import mask_name
from model.card.reasons import MAX_REASONS, reason
from model.decision.whitelist_changes import Change, change_line
from model.errors import BusyError

BranchLevel = Literal["county", "township"]
Names = Literal["masked", "full", "none"]
_OFFERED = ("FIRST", "SECOND")
_TIERS = {
    "FIRST": "一级 FIRST",
    "SECOND": "二级 SECOND",
    "THIRD": "三级 THIRD",
    "NONE": "不合格 NONE",
}
_WHITELIST = (
    "会员编号 member", "姓名 name", "乡镇 township", "村 village", "档次 tier", "评分 points",
    "等级 grade", "额度(元) limit", "年利率 rate", "期限(月) months", "理由 reasons",
    "规则 rules",
)  # fmt: skip
_CHANGES = (
    "会员编号 member", "姓名 name", "乡镇 township", "村 village", "变动 change", "原因 reason",
    "原档次 tier before", "现档次 tier after", "原评分 points before", "现评分 points after",
)  # fmt: skip
_WIDTHS = (18, 10, 12, 14, 14, 10, 10, 12, 10, 10, 60, 40)


@dataclass(frozen=True)
class BranchFiles:
    """The workbooks of one edition.

    Attributes
    ----------
    level : BranchLevel
        One workbook for each place of this level.
    names : Names
        How names appear.
    """

    contents: Contents
    level: BranchLevel
    names: Names

    def write(self, folder: Path) -> list[Path]:
        """Write every workbook to the new folder `folder`, readable by its owner only.

        A folder of that name is replaced as a whole, when all workbooks are written. What a killed
        run left is removed.

        Raises
        ------
        BusyError
            If another run is writing workbooks beside `folder`.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        refusal = BusyError(f"{folder.parent}: another run is writing here; run this one later")
        with locked(folder.parent, refusal):
            for stale in folder.parent.glob(f"{DRAFT}*"):
                shutil.rmtree(stale)
            return self._write(folder)

    def _write(self, folder: Path) -> list[Path]:
        draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder.parent))
        try:
            names = [self._write_place(draft, place) for place in self._places()]
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return [folder / name for name in names]

    def _places(self) -> list[str]:
        digits = LEVELS[self.level]
        codes = pc.utf8_slice_codeunits(self.contents.rows["village_code"], 0, digits)
        moved = {village[:digits] for village in self.contents.villages.values()}
        return sorted({*pc.unique(codes).to_pylist(), *moved})

    def _write_place(self, folder: Path, place: str) -> str:
        county, township, _ = self.contents.places.get(place, (None, None, None))
        title = township if self.level == "township" else county
        name = f"{place}{'-' + title if title else ''}.xlsx"
        options = {"strings_to_urls": False, "strings_to_formulas": False}
        with xlsxwriter.Workbook(folder / name, options) as book:
            head = book.add_format({"bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
            _fill(book.add_worksheet("名单 whitelist"), _WHITELIST, self._offers(place), head)
            _fill(book.add_worksheet("变动 changes"), _CHANGES, self._changes(place), head)
        (folder / name).chmod(0o600)
        return name

    def _offers(self, place: str) -> Iterator[tuple[Any, ...]]:
        rows = self.contents.rows
        is_here = pc.and_(
            pc.starts_with(rows["village_code"], place),
            pc.is_in(rows["tier"], pa.array(_OFFERED)),
        )
        order = [("village_code", "ascending"), ("member_id", "ascending")]
        for row in rows.filter(is_here).sort_by(order).to_pylist():
            yield (
                row["member_id"], self._name(row["member_id"]), *self._village(row["village_code"]),
                _TIERS[row["tier"]], row["points"], row["grade"], row["limit_yuan"],
                row["annual_rate"], row["months"], "；".join(self._reasons(row)),
                "；".join(self._rule(code) for code in row["knock_outs"]),
            )  # fmt: skip

    def _changes(self, place: str) -> Iterator[tuple[Any, ...]]:
        villages = self.contents.villages
        moved = [m for m in self.contents.moves if villages[m.member_id].startswith(place)]
        for move in sorted(moved, key=lambda each: (villages[each.member_id], each.member_id)):
            yield self._change(move, villages[move.member_id])

    def _change(self, move: Change, village: str) -> tuple[Any, ...]:
        _, code, change, _, reason_zh, _ = change_line(move, self.contents.basis.policy)
        statuses = (move.before, move.after)
        tiers = [_TIERS[status.tier] if status else None for status in statuses]
        points = [status.points if status else None for status in statuses]
        return (
            move.member_id, self._name(move.member_id), *self._village(village),
            f"{change} {code}", reason_zh, *tiers, *points,
        )  # fmt: skip

    def _village(self, code: str) -> tuple[str | None, str | None]:
        _, township, village = self.contents.places.get(code, (None, None, None))
        return township, village or code

    def _reasons(self, row: Mapping[str, Any]) -> Iterator[str]:
        card = self.contents.basis.card.card
        for i in range(1, MAX_REASONS + 1):
            if (code := row[f"reason_{i}"]) is not None:
                yield reason(card, code, row[f"points_lost_{i}"]).zh

    def _rule(self, code: str) -> str:
        return self.contents.basis.policy.rule(code).text.zh

    def _name(self, member_id: str) -> str | None:
        name = self._full_names.get(member_id)
        # A member who left the archive has no name any more.
        if name is None or self.names == "none":
            return None
        return name if self.names == "full" else mask_name(name)

    @cached_property
    def _full_names(self) -> Mapping[str, str | None]:
        members = self.contents.rows["member_id"].to_pylist()
        return dict(zip(members, self.contents.people.identities["name"].to_pylist(), strict=True))


def _fill(sheet: Any, head: Sequence[str], rows: Iterator[tuple[Any, ...]], style: Any) -> None:
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(head):
        sheet.write_string(0, column, title, style)
        sheet.set_column(column, column, _WIDTHS[column])
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, column, value)
            elif value is not None:
                sheet.write_number(number, column, value)
