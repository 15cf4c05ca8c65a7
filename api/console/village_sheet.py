"""The sheet of a village for a visit, to print or as a workbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from api.console.page import Page
from api.console.paper_file import is_installed
from api.console.wording import WORDS
from api.console.workbook import Cell, Sheet, sent
from api.members.schemas import SheetRow, VillageSheet

#: People on a sheet of A4, with room to write by hand beside each.
PEOPLE_A_SHEET = 18
_HEADS: dict[str, list[Cell]] = {
    "zh": [
        "会员编号", "姓名", "身份证", "手机", "等级", "额度（元）", "期限（月）", "授权", "核实",
        "走访记录",
    ],
    "en": [
        "member", "name", "id", "phone", "tier", "limit_yuan", "months", "consent", "to verify",
        "visit",
    ],
}  # fmt: skip
_CONSENT = {"zh": ("无效", "有效"), "en": ("not in force", "in force")}


@dataclass(frozen=True)
class Village:
    """A village and everybody on its list."""

    code: str
    as_of: date
    rows: list[SheetRow]

    @property
    def name(self) -> str:
        """Its name in the archive, or its code."""
        return self.rows[0].place.village or self.code


async def read_village(page: Page) -> Village:
    """Return the village of the page's path, as its route lists it."""
    code, language = page.named("village_code"), page.session.language
    rows, cursor = list[SheetRow](), None
    while True:
        sheet = await page.calls.read(
            "get_village_sheet", VillageSheet, village_code=code, lang=language, cursor=cursor
        )
        rows += sheet.rows
        cursor = sheet.next_cursor
        if cursor is None:
            return Village(code, sheet.as_of, rows)


async def show_village(page: Page) -> Response:
    """Show a village as sheets of paper."""
    village = await read_village(page)
    return page.show(
        "village_sheet.html", village=village, people_a_sheet=PEOPLE_A_SHEET,
        has_file=is_installed(),
    )  # fmt: skip


async def get_village_workbook(page: Page) -> Response:
    """Return a village as a workbook: a row a member, what to verify in one cell."""
    village, language = await read_village(page), page.session.language
    rows = [_cells(each, language) for each in village.rows]
    return sent([Sheet("visit", [_HEADS[language], *rows])], f"rongzi-visit-{village.code}.xlsx")


def _cells(row: SheetRow, language: str) -> list[Cell]:
    who = row.identity
    tier = getattr(WORDS["tier_short"][row.tier], language)
    consent = _CONSENT[language][row.has_consent]
    return [
        row.member_id, who.name, who.id_number, who.phone, tier, row.limit_yuan, row.months,
        consent, "\n".join(row.verify), None,
    ]  # fmt: skip
