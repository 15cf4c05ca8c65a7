"""The notice that a member takes home: always in Chinese, on one page of paper.

Its text is made once, for the page that a browser prints and for the file.
"""

from __future__ import annotations

from starlette.responses import Response

from api.cases.schemas import DecisionWithHistory, ExplanationShape
from api.console.decisions import read_decision, read_explanation
from api.console.page import Page
from api.console.paper import Paper, Section
from api.console.paper_file import PaperFiles, is_installed
from api.console.rendering import day, in_chinese, percent, yuan
from api.core.calendar import CHINA

_TITLE = "贷款申请结果告知书"
_TO_FILL = ("申请人签字", "经办人", "日期")


async def show_notice(page: Page) -> Response:
    """Show the notice of a decision."""
    decision_id = page.named("decision_id")
    return page.show(
        "notice.html", paper=await _paper(page), here=f"/console/decisions/{decision_id}",
        has_file=is_installed(),
    )  # fmt: skip


async def get_notice_file(page: Page) -> Response:
    """Send the notice of a decision as a file."""
    paper = await _paper(page)
    files: PaperFiles = page.request.app.state.paper_files
    content = await files.file_of(paper)
    name = f'attachment; filename="notice-{page.named("decision_id")}.pdf"'
    return Response(content, headers={"Content-Disposition": name}, media_type="application/pdf")


async def _paper(page: Page) -> Paper:
    return notice_of(await read_decision(page), await read_explanation(page))


def notice_of(decision: DecisionWithHistory, told: ExplanationShape | None) -> Paper:
    """Return the notice of `decision`.

    Parameters
    ----------
    told
        Its explanation in Chinese; None once the person's profile was erased.
    """
    made_at = decision.history[0].recorded_at.astimezone(CHINA)
    number = f"（{decision.member_id}）" if decision.member_id else ""
    facts = (
        ("申请人", (decision.member_name or "（身份信息已删除）") + number),
        ("决策编号", decision.decision_id),
        ("决策时间", f"{made_at:%Y-%m-%d %H:%M}"),
        ("有效期至", day(decision.valid_until)),
    )
    sections = _explained(decision, told) if told else (_erased(decision),)
    return Paper(_TITLE, made_at, facts, sections, _TO_FILL)


def _explained(decision: DecisionWithHistory, told: ExplanationShape) -> tuple[Section, ...]:
    rest = [told.rest.text] if told.rest else []
    no_proposal = [told.no_proposal] if told.no_proposal else []
    grounds = [*told.rules, *(each.text for each in told.counted), *rest, *told.missing]
    ways = [*told.alternatives, *(each.text for each in told.proposals), *no_proposal]
    standing = (told.standing,) if told.standing else ()
    return (
        Section("一、结果", told.answer, _offer(decision)),
        Section("二、依据", "", standing, tuple(grounds)),
        Section("三、您可以怎样做", "", (), tuple(ways)),
        Section("四、您的权利", "", (told.rights,)),
    )


def _offer(decision: DecisionWithHistory) -> tuple[str, ...]:
    answer = decision.answer
    if not answer.limit_yuan:
        return ()
    return (
        f"额度 {yuan(answer.limit_yuan)}，年利率 {percent(answer.annual_rate)}，"
        f"期限 {answer.months} 个月，{in_chinese('repayment', answer.repayment)}。"
        f"额度取决于{in_chinese('bound', answer.limit_bound_by)}。",
    )


def _erased(decision: DecisionWithHistory) -> Section:
    outcome = in_chinese("outcome", decision.answer.outcome)
    return Section("", "", (f"会员资料已应本人要求删除，只保留结果：{outcome}。",))
