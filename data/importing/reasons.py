"""Reasons for quarantining a row: stable codes with texts in Chinese and English.

Placeholders are filled from the contract: ``{column}``, ``{other}`` (the header it is compared
with), ``{low}``, ``{high}``, ``{unit}`` and ``{words}`` (the accepted words of a choice).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from model.archive.tables import Column


class ReasonText(NamedTuple):
    """What is wrong and what the branch should do, in both languages."""

    zh: str
    en: str


#: Reasons in one cell.
CELL_REASONS: Mapping[str, ReasonText] = {
    "MISSING_VALUE": ReasonText("必填项为空", "a required value is missing"),
    "UNREADABLE_CHARACTER": ReasonText(
        "含无法识别的字符（编码损坏），请重新录入",
        "contains characters that cannot be decoded; enter the value again",
    ),
    "CONTROL_CHARACTER": ReasonText(
        "含不可见的控制字符，请重新录入",
        "contains invisible control characters; enter the value again",
    ),
    "TOO_LONG": ReasonText("内容过长", "the text is too long"),
    "FORMULA_ERROR": ReasonText(
        "单元格为公式错误值（如 #N/A、#REF!），请更正",
        "contains a formula error such as #N/A or #REF!",
    ),
    "FORMULA_WITHOUT_VALUE": ReasonText(
        "公式没有计算结果，请用 Excel 或 WPS 打开并保存，或粘贴为数值",
        "the formula was saved without its result; open and save the workbook in a spreadsheet"
        " program, or paste the result as a value",
    ),
    "MERGED_FIGURE": ReasonText(
        "合并单元格中的数字无法分摊到各行，请取消合并后逐行填写",
        "a figure in merged cells cannot be divided among rows; unmerge and fill in each row",
    ),
    "ID_DIGITS_LOST": ReasonText(
        "编号被表格软件转为数字，末尾数字已丢失，请按文本格式重新录入",
        "a spreadsheet turned the id into a number and lost digits; enter it again as text",
    ),
    "MASKED_VALUE": ReasonText(
        "内容仍为脱敏状态（含 *），请填写完整内容",
        "the value is masked (contains *); enter the full value",
    ),
    "NOT_AN_IDENTIFIER": ReasonText(
        "编号只能由字母、数字、- 和 _ 组成",
        "an id may contain only letters, digits, - and _",
    ),
    "NOT_AN_ID_NUMBER": ReasonText(
        "身份证号应为 17 位数字加 1 位数字或 X",
        "an id number has 17 digits followed by a digit or X",
    ),
    "ID_NUMBER_BIRTH_DATE": ReasonText(
        "身份证号中的出生日期无效",
        "the birth date in the id number does not exist",
    ),
    "ID_NUMBER_CHECK_DIGIT": ReasonText(
        "身份证号校验码不符（GB 11643），请逐位核对",
        "the check digit of the id number is wrong (GB 11643); check each digit",
    ),
    "NOT_A_PHONE": ReasonText(
        "手机号应为 11 位数字，以 13 至 19 开头；固定电话应带区号",
        "a mobile number has 11 digits and starts with 13 to 19; a landline has its area code",
    ),
    "NOT_A_VILLAGE_CODE": ReasonText("村代码应为 12 位数字", "a village code has 12 digits"),
    "NOT_A_PLACE_CODE": ReasonText(
        "地区代码应为 6 位（县）、9 位（乡镇）或 12 位（村）数字",
        "a place code has 6 digits (county), 9 (township) or 12 (village)",
    ),
    "UNKNOWN_CHOICE": ReasonText(
        "不在可选范围内，可填：{words}",
        "not an accepted value; accepted values: {words}",
    ),
    "NOT_A_FLAG": ReasonText("应填写“是”或“否”", "must be 是 (yes) or 否 (no)"),
    "NOT_A_NUMBER": ReasonText("应为数字", "must be a number"),
    "NOT_A_WHOLE_NUMBER": ReasonText("应为整数", "must be a whole number"),
    "NUMBER_DIGITS_LOST": ReasonText(
        "数字以科学计数法保存，精度已丢失，请重新录入",
        "saved in scientific notation, so digits are lost; enter the number again",
    ),
    "UNKNOWN_UNIT": ReasonText(
        "单元格中的单位无法换算",
        "the cell names a unit that cannot be converted",
    ),
    "NEGATIVE_NUMBER": ReasonText("不能为负数", "must not be negative"),
    "OUT_OF_RANGE": ReasonText(
        "超出合理范围（{low} 至 {high}{unit}）",
        "outside the plausible range ({low} to {high}{unit})",
    ),
    "NOT_A_DATE": ReasonText("日期格式无法识别", "the date format is not recognised"),
    "IMPOSSIBLE_DATE": ReasonText("日期不存在", "the date does not exist"),
    "DATE_OUT_OF_RANGE": ReasonText(
        "日期不在 1900 年至 2099 年之间；如 9999-12-31、0001-01-01 表示无日期，请留空",
        "the date is not within the years 1900 to 2099; leave the cell blank if, as 9999-12-31 and"
        " 0001-01-01 do, it stands for no date",
    ),
    "NULL_DATE": ReasonText(
        "该日期（如 1900-01-01）是系统代替空值的日期，请填写真实日期或留空",
        "a program writes this date, such as 1900-01-01, for no date; enter the real date or leave"
        " the cell blank",
    ),
    "DAY_IN_DOUBT": ReasonText(
        "单元格只显示日期，但含整点时刻（如 16:00），可能是时区偏差造成的前一天，请重新录入日期",
        "the cell shows a day but holds a full hour such as 16:00, perhaps the midnight of the next"
        " day in another time zone; enter the day again",
    ),
    "NOT_A_MONTH": ReasonText("月份格式无法识别", "the month format is not recognised"),
    "AMBIGUOUS_MONTH": ReasonText(
        "2023.1 可能是 1 月，也可能是末尾 0 丢失的 10 月，请填写 2023-01 或 2023-10",
        "2023.1 may be January, or October without its last zero; enter 2023-01 or 2023-10",
    ),
    "NOT_A_SEASON": ReasonText(
        "种植季应填写为 2023-S（夏收）、2023-A（秋收）或 2023-G（大棚）",
        "a season is entered as 2023-S (summer harvest), 2023-A (autumn) or 2023-G (greenhouse)",
    ),
}

#: Reasons in several cells of one row.
ROW_REASONS: Mapping[str, ReasonText] = {
    "WRONG_CELL_COUNT": ReasonText(
        "该行单元格数与表头不一致，请对照原文件补齐",
        "the row has more or fewer cells than the header; complete it from the original file",
    ),
    "UNCLOSED_QUOTE": ReasonText(
        "引号不成对，无法划分单元格，请更正引号",
        "a quotation mark is not closed, so the cells cannot be separated; correct it",
    ),
    "FUTURE_DATE": ReasonText(
        "日期晚于登记时间",
        "the date is later than the recording time of the row",
    ),
    "BEFORE_BIRTH": ReasonText(
        "{column}早于{other}",
        "{column} is before {other}",
    ),
    "DATES_OUT_OF_ORDER": ReasonText("{column}晚于{other}", "{column} is later than {other}"),
    "EXCEEDS_OTHER": ReasonText("{column}大于{other}", "{column} is greater than {other}"),
    "ID_BIRTH_DATE_DIFFERS": ReasonText(
        "身份证号中的出生日期与{other}不一致",
        "the birth date in the id number differs from {other}",
    ),
    "ID_SEX_DIFFERS": ReasonText(
        "身份证号中的性别与{other}不一致",
        "the sex in the id number differs from {other}",
    ),
}

#: Reasons that make it unknown which cell belongs to which column.
DISPLACED = frozenset({"WRONG_CELL_COUNT", "UNCLOSED_QUOTE"})

#: Reasons found by comparing a row with other rows, other files and the archive.
ARCHIVE_REASONS: Mapping[str, ReasonText] = {
    "UNKNOWN_MEMBER": ReasonText(
        "档案中没有该会员，请先导入会员档案",
        "the member is not in the archive; import the member first",
    ),
    "UNKNOWN_LOAN": ReasonText(
        "档案中没有该笔贷款，请先导入贷款",
        "the loan is not in the archive; import the loan first",
    ),
    "UNKNOWN_ACCOUNT": ReasonText(
        "档案中没有该账户，请先导入账户",
        "the account is not in the archive; import the account first",
    ),
    "UNKNOWN_STATION": ReasonText(
        "档案中没有该站点，请先导入站点",
        "the station is not in the archive; import the station first",
    ),
    "UNKNOWN_COOPERATIVE": ReasonText(
        "档案中没有该合作社，请先导入合作社",
        "the cooperative is not in the archive; import the cooperative first",
    ),
    "CONFLICTING_ROW": ReasonText(
        "与另一行的主键和登记时间相同，但内容不同；如属更正，请填写更晚的登记时间",
        "another row has the same key and recording time but different content;"
        " if this row is a correction, enter a later recording time",
    ),
    "DUPLICATE_PERSON": ReasonText(
        "该身份证号已登记在其他会员编号下",
        "the id number is already registered under another member id",
    ),
}

#: Remarks on cells of rows that are stored. A code of `CELL_REASONS` is a remark too where the
#: contract lets a wrong value cost the value only.
REMARKS: Mapping[str, ReasonText] = {
    "WORD_KEPT": ReasonText(
        "不在可选范围内，按“其他”入库并保留原词",
        "not an accepted value; stored as other, with its word",
    ),
    "FROM_ID_NUMBER": ReasonText("为空，已取自身份证号", "blank; read from the id number"),
    "SINCE_BIRTH": ReasonText(
        "早于出生日期，按出生日期入库", "before birth; stored as the birth date"
    ),
    "BLANK_BEFORE_BIRTH": ReasonText("早于出生日期，值未入库", "before birth; stored as blank"),
}

#: Rows that are no data, and what they are.
PASSED_OVER: Mapping[str, ReasonText] = {
    "BLANK": ReasonText("空行", "blank line"),
    "HEADER_AGAIN": ReasonText("重复打印的表头", "the header, printed again"),
    "TITLE_AGAIN": ReasonText("重复打印的标题", "a title, printed again"),
    "PAGE_NUMBER": ReasonText("页码", "page number"),
    "END_MARK": ReasonText("以下空白等结束标记", "mark of the end"),
    "TOTAL": ReasonText("合计", "total"),
    "SIGNATURE": ReasonText("签字、经办人、日期等", "signatures, preparer, date"),
    "NOTE": ReasonText("附注", "note"),
    "NO_KNOWN_COLUMN": ReasonText("本表各列均无内容", "nothing in any column of the table"),
}

REASONS: Mapping[str, ReasonText] = {**CELL_REASONS, **ROW_REASONS, **ARCHIVE_REASONS}


class Problem(NamedTuple):
    """One reason of one row: its code and the columns concerned, the column at fault first."""

    code: str
    columns: tuple[str, ...] = ()


def in_general(reason: ReasonText) -> ReasonText:
    """Return a reason without the parts that depend on its column."""
    zh = reason.zh.replace("{column}", "一列的值").replace("{other}", "另一列")
    en = reason.en.replace("{column}", "a column").replace("{other}", "another column")
    return ReasonText(
        re.sub(r"[，：（][^，：（]*\{.*", "", zh), re.sub(r"(?:;| \()[^;(]*\{.*", "", en)
    )


def of_remark(code: str) -> ReasonText:
    """Return what a remark on a stored row says: its own words, or that the value was left out."""
    if code in REMARKS:
        return REMARKS[code]
    general = in_general(REASONS[code])
    return ReasonText(f"值未入库：{general.zh}", f"the value is not stored: {general.en}")


def write_problem(problem: Problem) -> str:
    """Return `problem` as a text such as ``EXCEEDS_OTHER|refunds,amount``."""
    return f"{problem.code}|{','.join(problem.columns)}"


def read_problem(text: str) -> Problem:
    """Return the problem that `write_problem` wrote as `text`."""
    code, _, columns = text.partition("|")
    return Problem(code, tuple(columns.split(",")) if columns else ())


def explain(problem: Problem, columns: Mapping[str, Column]) -> ReasonText:
    """Return the text of `problem` with its placeholders filled from the contract."""
    concerned = [columns[name] for name in problem.columns]
    zh, en = REASONS[problem.code]
    return ReasonText(
        zh.format_map(_placeholders(concerned, "zh")), en.format_map(_placeholders(concerned, "en"))
    )


def _placeholders(columns: list[Column], language: str) -> Mapping[str, str]:
    if not columns:
        return {}
    labels = [getattr(column, language) for column in columns]
    first = columns[0]
    return {
        "column": labels[0],
        "other": labels[1] if len(labels) > 1 else "",
        "low": "" if first.minimum is None else f"{first.minimum:f}",
        "high": "" if first.maximum is None else f"{first.maximum:f}",
        "unit": f" {first.unit}" if first.unit else "",
        "words": "、".join(spellings[0] for spellings in first.choices.values()),
    }
