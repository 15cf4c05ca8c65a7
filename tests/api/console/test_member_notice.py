"""The member's notice as a file: the words of the page, on one A4 page, for the same people."""

from __future__ import annotations

import asyncio
import re
import sys
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import pytest

from api.access.matrix import MATRIX
from api.cases.schemas import DecisionWithHistory, ExplanationShape
from api.console.member_notice import notice_of
from api.console.paper import Paper, Section, draw
from api.console.paper_file import PaperFiles
from api.console.problems import ConsoleError
from api.console.typesetting import UnprintableError
from api.core.principal import ROLES
from tests.support.console.pdf import facts_of, fonts_of, need_pdf, text_of
from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import ELSEWHERE, Branch

#: A character of the third plane, which the typeface lacks.
UNKNOWN = "\U000323af"


@pytest.fixture
def here(branch: Branch) -> str:
    return f"/console/decisions/{branch.decision}/notice"


def _paper(name: str = "王五", items: int = 4) -> Paper:
    each = "过去 12 个月按时缴纳电费、水费等账单的比例为 98%，比一般会员高，多得 12 分。"
    return Paper(
        "贷款申请结果告知书",
        datetime(2023, 10, 9, 17, 30, tzinfo=UTC),
        (("申请人", name),),
        (
            Section("一、依据", "未同意。", (), tuple(f"第{n}项：{each}" for n in range(items))),
            Section("二、您的权利", "", ("您可以要求由工作人员重新审核。",)),
        ),
        ("申请人签字", "日期"),
    )


def _written(folder: Path, content: bytes) -> Path:
    file = folder / "notice.pdf"
    file.write_bytes(content)
    return file


def _words(page: str) -> list[str]:
    """Return the texts of the sheet on a page, in order, without any space."""
    (sheet,) = re.findall(r'<main class="sheet".*?</main>', page, re.S)
    found = re.findall(r"<(h1|h2|p|li|dt|dd)[^>]*>(.*?)</\1>", sheet, re.S)
    return ["".join(unescape(text).split()) for _, text in found if text.strip()]


def test_the_file_holds_the_words_of_the_page_and_no_others(
    branch: Branch, here: str, tmp_path: Path
) -> None:
    need_pdf()
    visitor = Visitor.of(branch, "officer")
    answer = visitor.get(f"{here}.pdf")
    assert answer.headers["content-type"] == "application/pdf", answer.text
    assert answer.headers["content-disposition"].endswith(f'"notice-{branch.decision}.pdf"')
    rest = text_of(_written(tmp_path, answer.content))
    page = visitor.get(here)
    assert f'href="{here}.pdf"' in page.text
    words = _words(page.text)
    told = branch.ask("get_explanation", branch.headers("officer")).json()
    assert "".join(told["rights"].split()) == words[words.index("四、您的权利") + 1]
    assert len(words) > 15
    for each in words:
        before, found, after = rest.partition(each)
        assert found == each, f"{each} is not in the file, or not there"
        assert set(before) <= set("：•"), before
        rest = after
    assert rest == ""


def test_the_file_is_one_page_of_a4_with_its_typeface_inside(
    branch: Branch, here: str, tmp_path: Path
) -> None:
    need_pdf()
    visitor = Visitor.of(branch, "officer")
    content = visitor.get(f"{here}.pdf").content
    file = _written(tmp_path, content)
    assert facts_of(file)["Pages"] == "1"
    assert facts_of(file)["Page size"].endswith("(A4)")
    assert branch.decision not in facts_of(file)["Title"]
    (font,) = fonts_of(file)
    assert font[0].endswith("NotoSansSC")
    # Embedded, cut to what is used, and with the way back to characters.
    assert font[-5:-2] == ["yes", "yes", "yes"]
    assert len(content) < 100_000
    assert visitor.get(f"{here}.pdf").content == content


def test_a_decline_tells_five_reasons_and_no_offer_and_a_demo_says_so(branch: Branch) -> None:
    headers = branch.headers("officer")
    found = branch.ask("get_decision", headers).json()
    approved = DecisionWithHistory.model_validate(found)
    told = ExplanationShape.model_validate(branch.ask("get_explanation", headers).json())
    missing = ["近一年没有账单记录。", "没有贷过款。"]
    many = told.model_copy(update={"rules": ["甲。", "乙。", "丙。"], "missing": missing})

    def notice(
        status: str, told: ExplanationShape, plays_on: date | None = None
    ) -> tuple[Paper, str]:
        paper = notice_of(approved.model_copy(update={"status": status}), told, plays_on)
        return paper, str(paper)

    paper, text = notice("DECLINED", many)
    grounds = paper.sections[1].items
    assert grounds[:3] == ("甲。", "乙。", "丙。")
    assert grounds[-1] == "我们没有您的下列记录：近一年没有账单记录；没有贷过款。"
    assert len(grounds) <= 7
    assert sum("比一般会员" in each and "其余" not in each for each in grounds) <= 2
    for word in ("额度取决于", "有效期至", "演示"):
        assert word not in text
    paper, text = notice("APPROVED", told, date(2023, 10, 9))
    assert paper.title == "贷款申请结果告知书"
    for word in ("额度取决于", "有效期至", "不作放款依据", "按 2023-10-09 计算", "咨询和投诉电话"):
        assert word in text
    assert notice("WAITING", told)[0].title == "贷款申请受理告知书"


def test_the_file_is_for_those_who_see_the_page_and_on_the_same_record(
    branch: Branch, here: str
) -> None:
    need_pdf()
    for role in ROLES:
        statuses = {Visitor.of(branch, role).get(here + end).status_code for end in ("", ".pdf")}
        assert statuses == {200 if role in MATRIX["get_decision"].roles else 403}, role
    assert Visitor.of(branch, "reviewer", places=(ELSEWHERE,)).get(f"{here}.pdf").status_code == 404
    assert _read_by(branch, here, "first") == _read_by(branch, f"{here}.pdf", "second")


def _read_by(branch: Branch, path: str, account: str) -> list[tuple[object, object]]:
    """Return what the access record says once `account` has read `path`."""
    Visitor.of(branch, "reviewer", account=account).get(path)
    answer = branch.send("get", "/v1/accesses?page_size=50", branch.headers("auditor"))
    rows = [row for row in answer.json()["rows"] if row["account"] == account]
    assert rows
    return sorted((row["route"], row["decision_id"]) for row in rows)


def test_without_the_extra_the_page_says_what_to_install(
    branch: Branch, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fpdf", None)
    visitor = Visitor.of(branch, "officer")
    answer = visitor.get(f"{here}.pdf")
    assert answer.status_code == 501
    assert "pip install &#39;.[pdf]&#39;" in answer.text
    page = visitor.get(here)
    assert page.status_code == 200
    assert f"{here}.pdf" not in page.text


def test_a_long_text_is_set_smaller_and_one_too_long_goes_on_overleaf(tmp_path: Path) -> None:
    need_pdf()
    long = _written(tmp_path, draw(_paper(items=42)))
    assert facts_of(long)["Pages"] == "1"
    assert "您可以要求由工作人员重新审核" in text_of(long)
    longer = _written(tmp_path, draw(_paper(items=100)))
    assert facts_of(longer)["Pages"] == "2"
    assert all(f"第{n}项" in text_of(longer) for n in range(100))
    assert text_of(longer).endswith("申请人签字日期")


def test_a_name_that_cannot_be_printed_is_refused_and_not_told() -> None:
    need_pdf()
    with pytest.raises(UnprintableError):
        draw(_paper(f"王{UNKNOWN}"))
    with pytest.raises(ConsoleError) as refused:
        asyncio.run(PaperFiles().file_of(_paper(f"王{UNKNOWN}")))
    assert refused.value.notice.status == 422
    assert "请用浏览器打印" in refused.value.notice.what_to_do.zh
