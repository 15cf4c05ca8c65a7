"""The sheet of a village as a PDF file: the words of the page, with room to write by hand."""

from __future__ import annotations

from datetime import datetime, time

from starlette.responses import Response

from api.console.page import Page
from api.console.paper_file import sent_file
from api.console.rendering import yuan
from api.console.table_paper import Column, TablePaper
from api.console.village_sheet import Village, read_village
from api.console.wording import WORDS
from api.core.calendar import CHINA
from api.members.schemas import SheetRow
from model.profile.dictionary import Text

_TITLE = Text("走访表", "Visit sheet")
_NOTE = Text("%s 名单，%d 人 · 用后销毁", "Edition of %s, %d people · Destroy after use")
_DEMO = Text("演示：人物均为虚构", "Demo: all people are invented")
_NUMBERED = Text("第 %d 页，共 %d 页", "Page %d of %d")
#: Head, width in mm, and whether the first line stands out.
_COLUMNS = (
    (Text("会员", "Member"), 36.0, True),
    (Text("等级、额度、授权", "Tier, limit, consent"), 32.0, True),
    (Text("要核实的", "To verify"), 76.0, False),
    (Text("走访记录", "Visit"), 30.0, False),
)
_NO_OFFER, _MONTHS = Text("没有额度", "no offer"), Text("%d 个月", "%d months")
_CONSENTS = (Text("没有授权", "no consent"), Text("授权有效", "consent in force"))
_ROOM = (Text("走访", "visited"), Text("授权", "consent"), Text("申请", "asks"))


async def get_village_file(page: Page) -> Response:
    """Send a village as a PDF file: a row a member, with room to write beside each."""
    paper = paper_of(await read_village(page), page)
    return await sent_file(page, paper, f"rongzi-visit-{page.named('village_code')}.pdf")


def paper_of(village: Village, page: Page) -> TablePaper:
    """Return the sheet of `village` in the language of `page`."""
    language = page.session.language
    note = page.text(_NOTE) % (village.as_of, len(village.rows))
    if page.demo_day:
        note = f"{note} · {page.text(_DEMO)}"
    return TablePaper(
        title=f"{village.name} · {page.text(_TITLE)}",
        note=note,
        made_at=datetime.combine(village.as_of, time(), CHINA),
        language="zh-CN" if language == "zh" else "en",
        numbered=page.text(_NUMBERED),
        columns=tuple(Column(page.text(head), width, leads) for head, width, leads in _COLUMNS),
        rows=tuple(_paragraphs(page, n, row) for n, row in enumerate(village.rows, 1)),
    )


def _paragraphs(page: Page, number: int, row: SheetRow) -> tuple[tuple[str, ...], ...]:
    who = row.identity
    months = page.text(_MONTHS) % row.months if row.months else ""
    offer = f"{yuan(row.limit_yuan)} · {months}" if row.limit_yuan else page.text(_NO_OFFER)
    return (
        (f"{number}. {who.name or row.member_id}", who.id_number or "–", who.phone or "–"),
        (page.text(WORDS["tier_short"][row.tier]), offer, page.text(_CONSENTS[row.has_consent])),
        tuple(row.verify),
        tuple(f"□ {page.text(each)}" for each in _ROOM),
    )
