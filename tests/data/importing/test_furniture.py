"""Page furniture between and below the rows of data is passed over and named."""

import openpyxl
import pytest

from data.importing.headings.furniture import passed_over
from data.importing.headings.heading import Heading, find_heading
from data.importing.reasons import PASSED_OVER
from tests.support.sending_branch import counts, member

TITLE = "试验镇2023年5月惠农资金发放明细表"
UNIT = ["编制单位：试验镇财政所", *[""] * 9, "单位：元"]
UPPER = ["序号", "会员编号", "户主姓名", "月份", "资金", *[""] * 6, "备注"]
LOWER = ["", "", "", "", "月日均余额", "扫码收款额", "扫码付款人数", "应缴账单数", "按时缴费账单数",
         "补贴", "保费", ""]  # fmt: skip


def row(serial, tail=""):
    return [
        serial,
        f"M{serial:03d}",
        "试验",
        "2023年5月",
        1000.5,
        500,
        3,
        2,
        2,
        "1,234.56",
        50,
        tail,
    ]


@pytest.fixture(scope="module")
def heading():
    found = find_heading([[TITLE], UNIT, UPPER, LOWER])
    assert isinstance(found, Heading)
    return found


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ([], "BLANK"),
        (["", " ", "\u3000"], "BLANK"),
        (UPPER, "HEADER_AGAIN"),
        (LOWER, "HEADER_AGAIN"),
        ([low or up for up, low in zip(UPPER, LOWER, strict=True)], "HEADER_AGAIN"),
        ([TITLE], "TITLE_AGAIN"),
        (UNIT, "TITLE_AGAIN"),
        (["第1页 共2页"], "PAGE_NUMBER"),
        (["", "", "第 2 页，共 3 页"], "PAGE_NUMBER"),
        (["第一页"], "PAGE_NUMBER"),
        (["1/2"], "PAGE_NUMBER"),
        (["", "- 3 -"], "PAGE_NUMBER"),
        (["Page 1 of 2"], "PAGE_NUMBER"),
        (["以下空白"], "END_MARK"),
        (["——以下空白——"], "END_MARK"),
        (["", "（以下无正文）"], "END_MARK"),
        (["", "一组小计", "", "", 3001.5, 1500], "TOTAL"),
        (["小  计", "", "", "", 3001.5], "TOTAL"),
        (["试验村合计", "", "", "", 6000, 3000], "TOTAL"),
        (["总计（大写）：陆仟元整"], "TOTAL"),
        (["合计（元）", "", "", "", 6000], "TOTAL"),
        (["人民币大写：陆仟元整"], "TOTAL"),
        (["7", "本页合计", "", "", 6000], "TOTAL"),
        (["Total", "", "", "", 6000], "TOTAL"),
        (["经办人：试验甲", "", "", "审核人：试验乙", *[""] * 5, "2023年5月31日"], "SIGNATURE"),
        (["村民小组长（签字）：", "", "", "村民监督委员会（盖章）："], "SIGNATURE"),
        (["制表人：", "试验甲", "", "审核：", "试验乙"], "SIGNATURE"),
        (["", "单位负责人签章"], "SIGNATURE"),
        (["", "", "", "", "", "", "", "", "二〇二三年五月三十一日"], "SIGNATURE"),
        (["注：1. 本表一式三份"], "NOTE"),
        (["备注1：第 12 户由其子代领"], "NOTE"),
        (["填表说明：金额以元为单位，保留 2 位小数"], "NOTE"),
        (["", "", "试验", *[""] * 8, "代领"], "NO_KNOWN_COLUMN"),
        (["8"], "NO_KNOWN_COLUMN"),
    ],
)
def test_a_row_that_no_table_holds_is_named(heading, cells, code):
    assert passed_over([str(cell) for cell in cells], heading) == code
    assert code in PASSED_OVER


@pytest.mark.parametrize(
    "cells",
    [
        row(1),
        ["1", "", "试验", "2023年5月", "1000.5"],
        ["", "M001"],
        ["", "", "", "2023年5月", "1000"],
        ["", "", "", "", "1000"],
        ["", "试验甲", "", "", "1000"],
        ["合计", "M001", "", "2023年5月", "1000"],
        ["经办人：试验甲", "M001", "", "2023年5月", "1000"],
        ["经办人：试验甲", "", "", "2023年5月", "1000"],
        ["第1页", "M001"],
        ["", "会员编号", "", "2023年5月", "1000"],
    ],
)
def test_a_row_with_a_value_of_its_own_stays_data(heading, cells):
    assert passed_over([str(cell) for cell in cells], heading) is None


def test_a_roster_for_printing_gives_its_rows_of_data_only(branch):
    branch.imported("m.csv", "members", [member(n) for n in range(1, 7)])
    book = openpyxl.Workbook()
    sheet = book.active
    furniture = [["第1页 共2页"], UPPER, LOWER]
    tail = [
        ["试验村合计", "", "", "", 6000], ["总计（大写）：陆仟元整"],
        ["经办人：试验甲", "", "", "审核人：试验乙", *[""] * 5, "2023年5月31日"],
        ["村民小组长（签字）：", "", "", "村民监督委员会（盖章）："], ["注：1. 本表一式三份"], [],
        ["以下空白"],
    ]  # fmt: skip
    for cells in [[TITLE], UNIT, UPPER, LOWER, *map(row, (1, 2, 3)), *furniture,
                  *map(row, (4, 5, 6)), *tail]:  # fmt: skip
        sheet.append(cells)
    sheet.merge_cells("A1:L1")
    sheet.merge_cells("E3:K3")
    for letter in "ABCDL":
        sheet.merge_cells(f"{letter}3:{letter}4")
        sheet.merge_cells(f"{letter}9:{letter}10")
    book.save(branch.folder / "roster.xlsx")
    report = branch.send(branch.folder / "roster.xlsx")
    assert counts(report) == (6, 6, 0, 0)
    assert report.passed_over == {
        "HEADER_AGAIN": 2, "SIGNATURE": 2, "TOTAL": 2, "END_MARK": 1, "NOTE": 1, "PAGE_NUMBER": 1,
    }  # fmt: skip
    assert report.totals.skipped == sum(report.passed_over.values())
    assert report.as_json()["files"][0]["tables"][0]["passed_over"] == dict(report.passed_over)
