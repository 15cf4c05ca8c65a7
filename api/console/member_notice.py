"""The notice that a member takes home: always in Chinese, on one page of paper.

Its text is made once, for the page that a browser prints and for the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from starlette.responses import Response

from api.cases.schemas import DecisionWithHistory, ExplanationShape
from api.cases.state import DECLINING, OPEN
from api.console.decisions import read_decision, read_explanation
from api.console.page import Page
from api.console.paper import Paper, Section
from api.console.paper_file import is_installed, sent_file
from api.console.rendering import day, in_chinese, percent, yuan
from api.core.calendar import CHINA

_TITLE = "贷款申请结果告知书"
#: While nobody has decided, the paper tells of no result.
_TITLE_OPEN = "贷款申请受理告知书"
_TO_FILL = ("申请人签字", "经办人", "日期", "经办机构（盖章）", "咨询和投诉电话")
#: Rules and what counted: a farmer reads no more reasons.
_MOST_REASONS = 5


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
    return await sent_file(page, paper, f"notice-{page.named('decision_id')}.pdf")


async def _paper(page: Page) -> Paper:
    decision, told = await read_decision(page), await read_explanation(page)
    return notice_of(decision, told, page.demo_day)


def notice_of(
    decision: DecisionWithHistory, told: ExplanationShape | None, plays_on: date | None = None
) -> Paper:
    """Return the notice of `decision`.

    Parameters
    ----------
    told
        Its explanation in Chinese; None once the person's profile was erased.
    plays_on
        The day of a demo, whose people and money are invented; None for any other home.
    """
    made_at = decision.history[0].recorded_at.astimezone(CHINA)
    number = f"（{decision.member_id}）" if decision.member_id else ""
    facts = (
        ("申请人", (decision.member_name or "（身份信息已删除）") + number),
        ("决策编号", decision.decision_id),
        ("决策时间", f"{made_at:%Y-%m-%d %H:%M}"),
        *(() if _is_declined(decision) else (("有效期至", day(decision.valid_until)),)),
        *((("说明", _DEMO.format(day=day(plays_on))),) if plays_on else ()),
    )
    sections = _explained(decision, told) if told else (_erased(decision),)
    title = _TITLE_OPEN if decision.status in OPEN else _TITLE
    return Paper(title, made_at, facts, sections, _TO_FILL)


#: A ledger's times are evidence, so validity runs by the calendar in a demo too.
_DEMO = "；".join(
    (
        "演示：人物和金额均为虚构，不作放款依据",
        "名单和记录按 {day} 计算，决策时间和有效期按办理当天的日历计算",
    )
)


def _is_declined(decision: DecisionWithHistory) -> bool:
    return decision.status in DECLINING


def _explained(decision: DecisionWithHistory, told: ExplanationShape) -> tuple[Section, ...]:
    rest = [told.rest.text] if told.rest else []
    no_proposal = [told.no_proposal] if told.no_proposal else []
    # The strongest come first; those that are left are all on the screen.
    counted = [each.text for each in told.counted][: max(_MOST_REASONS - len(told.rules), 1)]
    if len(counted) < len(told.counted):
        rest = []
    unknown = [f"我们没有您的下列记录：{_joined(told.missing)}"] if told.missing else []
    grounds = [*told.rules, *counted, *rest, *unknown]
    ways = [*told.alternatives, *(each.text for each in told.proposals), *no_proposal]
    standing = (told.standing,) if told.standing else ()
    return (
        Section("一、结果", told.answer, _offer(decision)),
        Section("二、依据", "", standing, tuple(grounds)),
        Section("三、您可以怎样做", "", (), tuple(ways)),
        Section("四、您的权利", "", (told.rights,)),
    )


def _joined(sentences: Sequence[str]) -> str:
    return "；".join(each.rstrip("。") for each in sentences) + "。"


def _offer(decision: DecisionWithHistory) -> tuple[str, ...]:
    answer = decision.answer
    if not answer.limit_yuan or _is_declined(decision):
        return ()
    return (
        f"额度 {yuan(answer.limit_yuan)}，年利率 {percent(answer.annual_rate)}，"
        f"期限 {answer.months} 个月，{in_chinese('repayment', answer.repayment)}。"
        f"额度取决于{in_chinese('bound', answer.limit_bound_by)}。",
    )


def _erased(decision: DecisionWithHistory) -> Section:
    outcome = in_chinese("outcome", decision.answer.outcome)
    return Section("", "", (f"会员资料已应本人要求删除，只保留结果：{outcome}。",))
