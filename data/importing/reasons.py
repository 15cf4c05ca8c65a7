"""Why a row is quarantined: every reason's stable code with its text in Chinese and English.

A text may name what the contract declares of the column: ``{low}``, ``{high}``, ``{words}`` (the
accepted words of a choice), ``{unit}``, and ``{other}``, the header it is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from model.archive.tables import Column


class ReasonText(NamedTuple):
    """What went wrong and what the branch should do, in both languages."""

    zh: str
    en: str


#: Reasons found in one cell.
CELL_REASONS: Mapping[str, ReasonText] = {
    "MISSING_VALUE": ReasonText("必填项为空", "a required value is missing"),
    "UNREADABLE_CHARACTER": ReasonText(
        "含无法识别的字符（编码损坏），请重新录入",
        "holds characters that cannot be decoded; type them again",
    ),
    "CONTROL_CHARACTER": ReasonText(
        "含不可见的控制字符，请重新录入", "holds invisible control characters; type it again"
    ),
    "TOO_LONG": ReasonText("内容过长", "the text is too long"),
    "FORMULA_ERROR": ReasonText(
        "单元格是公式错误值（如 #N/A、#REF!）", "a formula error such as #N/A or #REF!"
    ),
    "FORMULA_WITHOUT_VALUE": ReasonText(
        "公式没有计算结果，请粘贴为数值", "the formula was saved without its value; paste as value"
    ),
    "MERGED_FIGURE": ReasonText(
        "合并单元格中的数字无法分摊到各行，请拆分后逐行填写",
        "a figure in merged cells cannot be shared out among rows; fill in each row",
    ),
    "ID_DIGITS_LOST": ReasonText(
        "编号被表格软件转成数字，末尾数字已丢失，请按文本格式重新录入",
        "a spreadsheet made the id a number and lost its last digits; enter it as text again",
    ),
    "MASKED_VALUE": ReasonText(
        "仍是脱敏后的内容（含 *），请补录完整内容",
        "still the masked value (with *); enter the full one",
    ),
    "NOT_AN_IDENTIFIER": ReasonText(
        "编号只能含字母、数字、- 和 _", "an id may hold only letters, digits, - and _"
    ),
    "NOT_AN_ID_NUMBER": ReasonText(
        "身份证号应为 17 位数字加 1 位数字或 X",
        "an id number has 17 digits and a last digit or X",
    ),
    "ID_NUMBER_BIRTH_DATE": ReasonText(
        "身份证号中的出生日期不存在", "the birth date inside the id number does not exist"
    ),
    "ID_NUMBER_CHECK_DIGIT": ReasonText(
        "身份证号校验位不符（GB 11643），请核对各位数字",
        "the id number's check digit is wrong (GB 11643); verify each digit",
    ),
    "NOT_A_PHONE": ReasonText(
        "手机号应为 1[3-9] 开头的 11 位数字", "a mobile number has 11 digits, from 13 to 19"
    ),
    "NOT_A_VILLAGE_CODE": ReasonText("村代码应为 12 位数字", "a village code has 12 digits"),
    "UNKNOWN_CHOICE": ReasonText(
        "不在可选范围内，可填：{words}", "not one of the accepted words: {words}"
    ),
    "NOT_A_FLAG": ReasonText("应填 是 或 否", "should be 是 (yes) or 否 (no)"),
    "NOT_A_NUMBER": ReasonText("不是数字", "not a number"),
    "NOT_A_WHOLE_NUMBER": ReasonText("应为整数", "should be a whole number"),
    "NUMBER_DIGITS_LOST": ReasonText(
        "科学计数法表示的数字已丢失精度，请重新录入",
        "written in scientific notation, so digits are lost; enter it again",
    ),
    "UNKNOWN_UNIT": ReasonText(
        "单元格中的单位无法换算", "the cell names a unit that cannot be converted"
    ),
    "NEGATIVE_NUMBER": ReasonText("不能为负数", "must not be negative"),
    "OUT_OF_RANGE": ReasonText(
        "超出合理范围（{low} 至 {high}{unit}）",
        "outside the plausible range, {low} to {high}{unit}",
    ),
    "NOT_A_DATE": ReasonText("不是可识别的日期", "not a date in any known form"),
    "IMPOSSIBLE_DATE": ReasonText("日期不存在", "no such day in the calendar"),
    "DATE_OUT_OF_RANGE": ReasonText(
        "日期不在 1900 年至 2099 年之间", "the date lies outside the years 1900 to 2099"
    ),
    "NOT_A_MONTH": ReasonText("不是可识别的月份", "not a month in any known form"),
    "AMBIGUOUS_MONTH": ReasonText(
        "2023.1 可能是 1 月，也可能是丢了末尾 0 的 10 月，请写成 2023-01 或 2023-10",
        "2023.1 may be January or an October that lost its zero; write 2023-01 or 2023-10",
    ),
    "NOT_A_SEASON": ReasonText(
        "种植季应如 2023-S（夏收）、2023-A（秋收）、2023-G（大棚）",
        "a season is written 2023-S (summer harvest), 2023-A (autumn) or 2023-G (greenhouse)",
    ),
}

#: Reasons found by looking at several cells of one row.
ROW_REASONS: Mapping[str, ReasonText] = {
    "WRONG_CELL_COUNT": ReasonText(
        "该行单元格数与表头不一致，请对照原文件补齐",
        "the row has more or fewer cells than the header; complete it from the original file",
    ),
    "UNCLOSED_QUOTE": ReasonText(
        "引号没有成对，无法判断单元格的界限",
        "a quotation mark is not closed, so the cells cannot be told apart",
    ),
    "FUTURE_DATE": ReasonText(
        "日期晚于登记时间", "the date is later than the time the row was recorded"
    ),
    "DATES_OUT_OF_ORDER": ReasonText("{column}晚于{other}", "{column} is later than {other}"),
    "EXCEEDS_OTHER": ReasonText("{column}大于{other}", "{column} is greater than {other}"),
    "ID_BIRTH_DATE_DIFFERS": ReasonText(
        "身份证号中的出生日期与{other}不一致", "the id number's birth date differs from {other}"
    ),
    "ID_SEX_DIFFERS": ReasonText(
        "身份证号中的性别与{other}不一致", "the id number's sex differs from {other}"
    ),
}

#: Reasons that leave open which cell belongs to which column.
DISPLACED = frozenset({"WRONG_CELL_COUNT", "UNCLOSED_QUOTE"})

#: Reasons found by comparing a row with other rows, files and the archive.
ARCHIVE_REASONS: Mapping[str, ReasonText] = {
    "UNKNOWN_MEMBER": ReasonText(
        "档案中没有该会员，请先导入会员档案",
        "no such member in the archive; import the member first",
    ),
    "UNKNOWN_LOAN": ReasonText(
        "档案中没有该贷款，请先导入贷款", "no such loan in the archive; import the loan first"
    ),
    "CONFLICTING_ROW": ReasonText(
        "与另一行主键和登记时间相同而内容不同；如为更正，请填写更晚的登记时间",
        "same key and recording time as another row but other content;"
        " if it is a correction, give a later recording time",
    ),
    "DUPLICATE_PERSON": ReasonText(
        "该身份证号已登记在另一会员编号下", "this id number already belongs to another member id"
    ),
}

REASONS: Mapping[str, ReasonText] = {**CELL_REASONS, **ROW_REASONS, **ARCHIVE_REASONS}


class Problem(NamedTuple):
    """One reason of one row: its code, and the columns concerned, the one at fault first."""

    code: str
    columns: tuple[str, ...] = ()


def told_problem(problem: Problem) -> str:
    """Return `problem` as one text, such as ``EXCEEDS_OTHER|refunds,amount``."""
    return f"{problem.code}|{','.join(problem.columns)}"


def read_problem(told: str) -> Problem:
    """Return the problem that `told_problem` wrote."""
    code, _, columns = told.partition("|")
    return Problem(code, tuple(columns.split(",")) if columns else ())


def explain(problem: Problem, columns: Mapping[str, Column]) -> ReasonText:
    """Return the text of `problem`, with what the contract declares of its columns."""
    named = [columns[name] for name in problem.columns]
    text = REASONS[problem.code]
    return ReasonText(
        text.zh.format_map(_words(named, "zh")), text.en.format_map(_words(named, "en"))
    )


def _words(named: list[Column], language: str) -> Mapping[str, str]:
    labels = [getattr(column, language) for column in named]
    first = named[0] if named else None
    return {
        "column": labels[0] if labels else "",
        "other": labels[1] if len(labels) > 1 else "",
        "low": "" if first is None or first.minimum is None else f"{first.minimum:f}",
        "high": "" if first is None or first.maximum is None else f"{first.maximum:f}",
        "unit": "" if first is None or not first.unit else f" {first.unit}",
        "words": "" if first is None else "、".join(words[0] for words in first.choices.values()),
    }
